// SPDX-License-Identifier: GPL-2.0-or-later
#include "tc.h"

#include "log.h"
#include "netlink.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* <linux/bpf.h> of Linux 6.6; this may be built with older headers. */
#define LINK_TYPE_TCX 11
#define LINK_FIRST    (1U << 3) /* BPF_F_BEFORE nobody: no other program lets packets by unseen */

/* Our filter in a clsact qdisc. */
#define FILTER_PRIORITY 10
static uint32_t filter_handle(enum place place)
{
	return place == PLACE_MARK ? 0x7468 : 0x7467;
}

static enum bpf_attach_type attach_type(enum place place)
{
	return place == PLACE_EGRESS ? TC_ATTACH_TCX_EGRESS : TC_ATTACH_TCX_INGRESS;
}

static void hook_of(struct bpf_tc_hook *hook, uint32_t ifindex, enum place place)
{
	*hook = (struct bpf_tc_hook){
		.sz = sizeof(*hook),
		.ifindex = (int)ifindex,
		.attach_point = place == PLACE_EGRESS ? BPF_TC_EGRESS : BPF_TC_INGRESS,
	};
}

/* The pinned link, if it still holds a program on this interface. */
static int open_link(const struct owner *owner, uint32_t ifindex, enum place place,
		     uint32_t *program_id)
{
	struct bpf_link_info info = {0};
	uint32_t len = sizeof(info);
	char pin[PIN_NAME];
	int fd;

	owner_pin_name(pin, "links", ifindex, place);
	fd = bpffs_get(owner->dir, pin);
	if (fd < 0)
		return fd;
	/* `xdp.ifindex` lies where TCX links have theirs; it is 0 after the link was detached. */
	if (bpf_obj_get_info_by_fd(fd, &info, &len) || info.type != LINK_TYPE_TCX ||
	    info.xdp.ifindex != ifindex) {
		close(fd);
		return -ENOENT;
	}
	*program_id = info.prog_id;
	return fd;
}

static void find_filter(const struct owner *owner, uint32_t ifindex, enum place place,
			struct point *point)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = filter_handle(place), .priority = FILTER_PRIORITY);
	struct bpf_tc_hook hook;

	hook_of(&hook, ifindex, place);
	if (bpf_tc_query(&hook, &opts))
		return;
	point->fd = owner_open_program(owner, ifindex, place, opts.prog_id);
	if (point->fd < 0)
		return;
	point->method = METHOD_CLSACT;
	point->kernel_id = opts.prog_id;
	point->tc_handle = filter_handle(place);
}

int tc_read(const struct owner *owner, uint32_t ifindex, enum place place, struct point *point)
{
	uint32_t id;
	int link;

	*point = (struct point){.fd = -1};
	link = open_link(owner, ifindex, place, &id);
	if (link < 0) {
		find_filter(owner, ifindex, place, point);
		return 0;
	}
	close(link);
	point->method = METHOD_TCX;
	point->kernel_id = id;
	point->fd = owner_open_program(owner, ifindex, place, id);
	return 0;
}

#define OTHERS_MAX 64

/* The program of another instance at this place, or 0. */
static uint32_t other_instance(uint32_t ifindex, enum place place)
{
	uint32_t ids[OTHERS_MAX], count = OTHERS_MAX, flags;

	if (bpf_prog_query((int)ifindex, attach_type(place), 0, &flags, ids, &count))
		return 0;
	for (uint32_t i = 0; i < count; i++) {
		char name[BPF_OBJ_NAME_LEN];

		program_kernel_name(ids[i], name);
		if (!strncmp(name, place_program(place), sizeof(name) - 1))
			return ids[i];
	}
	return 0;
}

static int put_link(const struct owner *owner, uint32_t ifindex, struct program *program)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = LINK_FIRST);
	int link, err;
	char pin[PIN_NAME];

	link = bpf_link_create(program->fd, (int)ifindex, attach_type(program->place), &opts);
	if (link < 0)
		return -errno;
	owner_pin_name(pin, "links", ifindex, program->place);
	err = bpffs_pin(owner->dir, link, pin);
	close(link); /* without the pin, this detaches */
	return err;
}

static int update_link(const struct owner *owner, uint32_t ifindex, struct program *program)
{
	uint32_t id;
	int link = open_link(owner, ifindex, program->place, &id), err = 0;

	if (link < 0)
		return link;
	if (bpf_link_update(link, program->fd, NULL))
		err = -errno;
	close(link);
	return err;
}

/* Pinned while the interface's clsact qdisc is one that tidegate made, or is about to make. */
static void qdisc_mark_name(char name[PIN_NAME], uint32_t ifindex)
{
	snprintf(name, PIN_NAME, "links/%u-qdisc", ifindex);
}

/* The mark comes first, so that the qdisc is known to be ours even if this process is killed. */
static int make_qdisc(const struct owner *owner, struct bpf_tc_hook *hook, int program_fd)
{
	int err = netlink_has_clsact((uint32_t)hook->ifindex);
	char mark[PIN_NAME];

	if (err)
		return err < 0 ? err : 0;
	qdisc_mark_name(mark, (uint32_t)hook->ifindex);
	err = bpffs_pin(owner->dir, program_fd, mark);
	if (!err)
		err = bpf_tc_hook_create(hook);
	return err == -EEXIST ? 0 : err;
}

void tc_tidy(const struct owner *owner, uint32_t ifindex)
{
	struct bpf_tc_hook hook;
	char mark[PIN_NAME];
	int fd;

	qdisc_mark_name(mark, ifindex);
	fd = bpffs_get(owner->dir, mark);
	if (fd < 0)
		return;
	close(fd);
	hook_of(&hook, ifindex, PLACE_INGRESS);
	hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
	if (netlink_has_filters(ifindex) == 0)
		bpf_tc_hook_destroy(&hook);
	bpffs_unpin(owner->dir, mark);
}

static int put_filter(const struct owner *owner, uint32_t ifindex, struct program *program,
		      bool replace)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = program->fd, .priority = FILTER_PRIORITY,
		    .handle = filter_handle(program->place),
		    .flags = replace ? BPF_TC_F_REPLACE : 0);
	struct bpf_tc_hook hook;
	int err = 0;

	hook_of(&hook, ifindex, program->place);
	if (!replace)
		err = make_qdisc(owner, &hook, program->fd);
	return err ? err : bpf_tc_attach(&hook, &opts);
}

static int explain(const struct interface *interface, enum place place, int err)
{
	if (err == -EEXIST) {
		log_error("%s: another tidegate instance guards it already (TC %s filter)",
			  interface->name, place_name(place));
		log_hint("its state is in another directory (--bpffs); if that is lost: tc filter "
			 "del "
			 "dev %s %s pref %d",
			 interface->name, place_name(place), FILTER_PRIORITY);
		return err;
	}
	log_error("%s: the TC %s program cannot be attached: %s", interface->name,
		  place_name(place), log_kernel_said() ? log_kernel_said() : strerror(-err));
	if (err == -EPERM || err == -EACCES)
		log_hint("CAP_NET_ADMIN in the interface's network namespace is needed");
	else if (err == -EINVAL || err == -ENOENT || err == -EOPNOTSUPP)
		log_hint("the kernel needs TCX (Linux 6.6) or clsact (NET_SCH_INGRESS, "
			 "NET_CLS_BPF); an `ingress` qdisc on "
			 "%s is in the way of clsact (tc qdisc show dev %s)",
			 interface->name, interface->name);
	return err;
}

static bool refuse_other(const struct interface *interface, enum place place)
{
	uint32_t other = other_instance(interface->ifindex, place);

	if (!other)
		return false;
	log_error("%s: another tidegate instance guards it already (TC program %u)",
		  interface->name, other);
	log_hint("its state is in another directory: name that with --bpffs");
	return true;
}

int tc_put(const struct owner *owner, const struct interface *interface, struct program *program,
	   const struct point *before, struct point *after)
{
	enum method method = METHOD_TCX;
	char pin[PIN_NAME];
	int err = -EINVAL;

	if (before->method == METHOD_NONE && refuse_other(interface, program->place))
		return -EEXIST;
	log_forget();
	if (before->method == METHOD_TCX)
		err = update_link(owner, interface->ifindex, program);
	else if (before->method == METHOD_NONE)
		err = put_link(owner, interface->ifindex, program);
	if (before->method == METHOD_CLSACT || (before->method == METHOD_NONE && err == -EINVAL)) {
		method = METHOD_CLSACT;
		err = put_filter(owner, interface->ifindex, program,
				 before->method == METHOD_CLSACT);
	}
	if (err)
		return explain(interface, program->place, err);
	*after = (struct point){
		.method = method,
		.fd = fcntl(program->fd, F_DUPFD_CLOEXEC, 3),
		.kernel_id = program_kernel_id(program->fd),
		.tc_handle = method == METHOD_CLSACT ? filter_handle(program->place) : 0,
	};
	owner_pin_name(pin, "programs", interface->ifindex, program->place);
	return bpffs_pin(owner->dir, program->fd, pin);
}

static int remove_link(const struct owner *owner, uint32_t ifindex, enum place place)
{
	uint32_t id;
	int link = open_link(owner, ifindex, place, &id), err = 0;

	if (link < 0)
		return 0;
	/* Unpinning alone would detach too, but later, from a kernel worker. */
	if (bpf_link_detach(link))
		err = -errno;
	close(link);
	return err;
}

static int remove_filter(uint32_t ifindex, enum place place)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = filter_handle(place), .priority = FILTER_PRIORITY);
	struct bpf_tc_hook hook;

	hook_of(&hook, ifindex, place);
	return bpf_tc_detach(&hook, &opts);
}

int tc_remove(const struct owner *owner, uint32_t ifindex, enum place place,
	      const struct point *point)
{
	char pin[PIN_NAME];
	int err;

	log_forget();
	err = point->method == METHOD_TCX ? remove_link(owner, ifindex, place)
					  : remove_filter(ifindex, place);
	if (err == -ENODEV)
		err = 0;
	if (err)
		log_error("interface %u: the TC %s program cannot be detached: %s", ifindex,
			  place_name(place),
			  log_kernel_said() ? log_kernel_said() : strerror(-err));
	owner_pin_name(pin, "links", ifindex, place);
	bpffs_unpin(owner->dir, pin);
	return err;
}
