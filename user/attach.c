// SPDX-License-Identifier: GPL-2.0-or-later
#include "attach.h"

#include "log.h"
#include "tc.h"
#include "xdp.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/*
 * Egress changes before ingress: what goes out is to be remembered before its answers are judged.
 */
static const enum place put_order[PLACES] = {PLACE_EGRESS, PLACE_MARK, PLACE_INGRESS, PLACE_XDP};
static const enum place remove_order[PLACES] = {PLACE_XDP, PLACE_INGRESS, PLACE_MARK, PLACE_EGRESS};

/* A change under way. */
struct change {
	const struct owner *owner;
	const struct interface *interface;
	const struct wish *wish;
	struct attachment now; /* owned */
};

const char *method_name(enum method method)
{
	switch (method) {
	case METHOD_XDP_NATIVE:
		return "native";
	case METHOD_XDP_GENERIC:
		return "generic";
	case METHOD_TCX:
		return "tcx";
	case METHOD_CLSACT:
		return "clsact";
	case METHOD_NONE:
		break;
	}
	return "none";
}

static bool is_xdp(enum method method)
{
	return method == METHOD_XDP_NATIVE || method == METHOD_XDP_GENERIC;
}

static void point_release(struct point *point)
{
	if (point->fd >= 0)
		close(point->fd);
	*point = (struct point){.fd = -1};
}

static int point_read(const struct owner *owner, uint32_t ifindex, enum place place,
		      struct point *point)
{
	if (place == PLACE_XDP)
		return xdp_read(owner, ifindex, point);
	return tc_read(owner, ifindex, place, point);
}

static int point_remove(const struct owner *owner, uint32_t ifindex, enum place place,
			struct point *point)
{
	char pin[PIN_NAME];
	int err = 0;

	if (point->method == METHOD_NONE)
		return 0;
	if (place == PLACE_XDP)
		err = xdp_remove(owner, ifindex, point);
	else
		err = tc_remove(owner, ifindex, place, point);
	if (err)
		return err;
	owner_pin_name(pin, "programs", ifindex, place);
	bpffs_unpin(owner->dir, pin);
	point_release(point);
	return 0;
}

void attachment_init(struct attachment *attachment, uint32_t ifindex)
{
	*attachment = (struct attachment){.ifindex = ifindex};
	for (int i = 0; i < PLACES; i++)
		attachment->point[i].fd = -1;
}

int attachment_read(const struct owner *owner, uint32_t ifindex, struct attachment *attachment)
{
	attachment_init(attachment, ifindex);
	for (int i = 0; i < PLACES; i++) {
		int err = point_read(owner, ifindex, i, &attachment->point[i]);

		if (err) {
			attachment_release(attachment);
			return err;
		}
	}
	return 0;
}

void attachment_release(struct attachment *attachment)
{
	for (int i = 0; i < PLACES; i++)
		point_release(&attachment->point[i]);
}

bool attachment_has_ingress(const struct attachment *attachment)
{
	return attachment->point[PLACE_XDP].method || attachment->point[PLACE_INGRESS].method;
}

bool attachment_has_egress(const struct attachment *attachment)
{
	return attachment->point[PLACE_EGRESS].method;
}

static bool is_ahead(const struct change *change, enum place place)
{
	const struct program *ahead = change->wish->ahead;

	return ahead && ahead[place].fd >= 0 &&
	       ahead[place].target.slot == change->wish->target.slot;
}

/* A loaded program, to be closed. */
static int load_tc(struct change *change, enum place place, struct program *program)
{
	int err;

	if (is_ahead(change, place)) {
		*program = change->wish->ahead[place];
		change->wish->ahead[place] = (struct program){.fd = -1};
		return 0;
	}
	err = program_open(program, place, &change->wish->target);
	if (err)
		return err;
	err = program_load(program);
	if (err)
		program_close(program);
	return err;
}

/* Puts a fresh TC program into `place`, instead of what is there. */
static int put_tc(struct change *change, enum place place)
{
	struct point *point = &change->now.point[place], after = {.fd = -1};
	struct program program;
	int err = load_tc(change, place, &program);

	if (!err)
		err = tc_put(change->owner, change->interface, &program, point, &after);
	if (!err) {
		point_release(point);
		*point = after;
	}
	program_close(&program);
	return err;
}

static int put_xdp_program(struct change *change, struct program *program, enum method method)
{
	struct point *point = &change->now.point[PLACE_XDP], after = {.fd = -1};
	int err = xdp_put(change->owner, change->interface, program, method, point, &after);

	if (!err) {
		point_release(point);
		*point = after;
	}
	return err;
}

/* What was loaded ahead may fit no more, or libxdp refuses it: then all is done as ever, and explained. */
static bool put_xdp_ahead(struct change *change, enum method method)
{
	struct program *ahead = &change->wish->ahead[PLACE_XDP];
	bool done;

	log_mute(true);
	done = !put_xdp_program(change, ahead, method);
	log_mute(false);
	return done;
}

/*
 * Likewise for XDP in one mode; -EOPNOTSUPP, without an explanation, if the interface does not have
 * this mode.
 */
static int put_xdp_mode(struct change *change, enum method method)
{
	struct program program;
	int err;

	if (is_ahead(change, PLACE_XDP) && put_xdp_ahead(change, method))
		return 0;
	err = program_open(&program, PLACE_XDP, &change->wish->target);
	if (err)
		return err;
	err = put_xdp_program(change, &program, method);
	program_close(&program);
	return err;
}

/* Native and generic XDP exclude each other, so TC ingress bridges the gap between them. */
static int clear_xdp_mode(struct change *change)
{
	int err = 0;

	if (change->now.point[PLACE_INGRESS].method == METHOD_NONE)
		err = put_tc(change, PLACE_INGRESS);
	if (!err)
		err = point_remove(change->owner, change->interface->ifindex, PLACE_XDP,
				   &change->now.point[PLACE_XDP]);
	return err;
}

static int put_generic_instead(struct change *change)
{
	log_notice("%s: native XDP is not possible here (%s): using generic XDP",
		   change->interface->name,
		   log_kernel_said() ? log_kernel_said() : "the driver does not support it");
	return put_xdp_mode(change, METHOD_XDP_GENERIC);
}

static int put_xdp(struct change *change)
{
	enum method now = change->now.point[PLACE_XDP].method;
	enum method want = METHOD_XDP_NATIVE;
	int err = 0;

	if (change->wish->hook == TG_HOOK_GENERIC || change->wish->no_native)
		want = METHOD_XDP_GENERIC;
	if (is_xdp(now) && now != want)
		err = clear_xdp_mode(change);
	if (!err)
		err = put_xdp_mode(change, want);
	if (err == -EOPNOTSUPP && want == METHOD_XDP_NATIVE)
		err = put_generic_instead(change);
	if (err == -EOPNOTSUPP) {
		log_error("%s: XDP is not possible here: %s", change->interface->name,
			  log_kernel_said() ? log_kernel_said() : strerror(-err));
		log_hint("use --hook tc");
	}
	return err;
}

bool attachment_needs(const struct interface *interface, const struct wish *wish, enum place place)
{
	if (wish->kept[place])
		return false;
	switch (place) {
	case PLACE_EGRESS:
		return !interface->loopback;
	case PLACE_MARK:
		return wish->target.marks;
	case PLACE_INGRESS:
		return wish->hook == TG_HOOK_TC;
	default:
		return wish->hook != TG_HOOK_TC;
	}
}

static int change_all(struct change *change)
{
	struct point *point = change->now.point;
	uint32_t ifindex = change->interface->ifindex;
	bool tc = change->wish->hook == TG_HOOK_TC;
	bool marks = change->wish->target.marks;
	int err = 0;

	for (int i = 0; i < PLACES && !err; i++) {
		if (!attachment_needs(change->interface, change->wish, put_order[i]))
			continue;
		err = put_order[i] == PLACE_XDP ? put_xdp(change) : put_tc(change, put_order[i]);
	}
	if (!err && !marks)
		err = point_remove(change->owner, ifindex, PLACE_MARK, &point[PLACE_MARK]);
	if (!err && tc)
		err = point_remove(change->owner, ifindex, PLACE_XDP, &point[PLACE_XDP]);
	if (!err && !tc)
		err = point_remove(change->owner, ifindex, PLACE_INGRESS, &point[PLACE_INGRESS]);
	return err;
}

int attachment_change(const struct owner *owner, const struct interface *interface,
		      const struct wish *wish, struct attachment *after)
{
	struct change change = {.owner = owner, .interface = interface, .wish = wish};
	int err = attachment_read(owner, interface->ifindex, &change.now);

	if (err)
		return err;
	err = change_all(&change);
	if (err)
		attachment_release(&change.now);
	else
		*after = change.now;
	return err;
}

/* Puts the old program of a place back, if another one is there now. */
static void restore_point(const struct owner *owner, const struct interface *interface,
			  enum place place, const struct point *before)
{
	struct point now, after = {.fd = -1};
	struct program program;

	if (before->method == METHOD_NONE || before->fd < 0 ||
	    point_read(owner, interface->ifindex, place, &now))
		return;
	if (now.method == before->method && now.kernel_id == before->kernel_id) {
		point_release(&now);
		return;
	}
	if (now.method != METHOD_NONE && now.method != before->method)
		point_remove(owner, interface->ifindex, place, &now);
	if (program_from_fd(&program, place, before->fd)) {
		point_release(&now);
		return;
	}
	if (place == PLACE_XDP)
		xdp_put(owner, interface, &program, before->method, &now, &after);
	else
		tc_put(owner, interface, &program, &now, &after);
	program_close(&program);
	point_release(&now);
	point_release(&after);
}

void attachment_restore(const struct owner *owner, const struct interface *interface,
			const struct attachment *before)
{
	for (int i = 0; i < PLACES; i++)
		restore_point(owner, interface, put_order[i], &before->point[put_order[i]]);
	for (int i = 0; i < PLACES; i++) {
		enum place place = remove_order[i];
		struct point now;

		if (before->point[place].method != METHOD_NONE ||
		    point_read(owner, interface->ifindex, place, &now))
			continue;
		point_remove(owner, interface->ifindex, place, &now);
		point_release(&now);
	}
	if (!attachment_has_ingress(before) && !attachment_has_egress(before))
		tc_tidy(owner, interface->ifindex);
}

int attachment_clear_place(const struct owner *owner, struct attachment *attachment,
			   enum place place)
{
	return point_remove(owner, attachment->ifindex, place, &attachment->point[place]);
}

int attachment_clear(const struct owner *owner, uint32_t ifindex)
{
	struct attachment attachment;
	int err = attachment_read(owner, ifindex, &attachment);

	for (int i = 0; i < PLACES && !err; i++)
		err = point_remove(owner, ifindex, remove_order[i],
				   &attachment.point[remove_order[i]]);
	if (!err)
		tc_tidy(owner, ifindex);
	attachment_release(&attachment);
	return err;
}
