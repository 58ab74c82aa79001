// SPDX-License-Identifier: GPL-2.0-or-later
#include "xdp.h"

#include "log.h"
#include "privilege.h"
#include "xdp_leftovers.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <string.h>
#include <unistd.h>
#include <xdp/libxdp.h>

/* What the kernel says is attached, whoever did it. */
struct attached {
	uint32_t id; /* 0: nothing */
	enum method method;
};

static int query(uint32_t ifindex, struct attached *attached)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	int err = bpf_xdp_query((int)ifindex, 0, &query);

	*attached = (struct attached){0};
	if (err) {
		log_error("interface %u: its XDP programs cannot be listed: %s", ifindex,
			  strerror(-err));
		return err;
	}
	if (query.drv_prog_id) {
		attached->id = query.drv_prog_id;
		attached->method = METHOD_XDP_NATIVE;
	} else if (query.skb_prog_id) {
		attached->id = query.skb_prog_id;
		attached->method = METHOD_XDP_GENERIC;
	}
	return 0;
}

static struct xdp_multiprog *dispatcher_open(uint32_t ifindex)
{
	struct xdp_multiprog *all;

	privilege_admin(true);
	all = xdp_multiprog__get_from_ifindex((int)ifindex);
	privilege_admin(false);
	if (libxdp_get_error(all))
		return NULL;
	if (!xdp_multiprog__is_legacy(all))
		return all;
	xdp_multiprog__close(all);
	return NULL;
}

/* Our program among those that a dispatcher calls, other than number `except`. */
static int find_shared(const struct owner *owner, uint32_t ifindex, uint32_t except,
		       struct point *point)
{
	struct xdp_multiprog *all = dispatcher_open(ifindex);
	struct xdp_program *one = NULL;

	if (!all)
		return -ENOENT;
	while (point->fd < 0 && (one = xdp_multiprog__next_prog(one, all))) {
		uint32_t id = xdp_program__id(one);

		if (id == except)
			continue;
		point->fd = owner_open_program(owner, ifindex, PLACE_XDP, id);
		point->kernel_id = id;
	}
	point->shared = true;
	xdp_multiprog__close(all);
	return point->fd < 0 ? -ENOENT : 0;
}

/*
 * Something is attached that could not be looked at. If we had attached a program, it may be among a
 * dispatcher's: to take that for "nothing" would leave it behind.
 */
static int unknown_without_admin(const struct owner *owner, uint32_t ifindex)
{
	char pin[PIN_NAME];
	int fd;

	owner_pin_name(pin, "programs", ifindex, PLACE_XDP);
	fd = bpffs_get(owner->dir, pin);
	if (fd < 0)
		return 0;
	close(fd);
	log_error("interface %u: its XDP programs cannot be looked at: CAP_SYS_ADMIN missing",
		  ifindex);
	log_hint("another program may share the interface with tidegate's; run it as root");
	return -EPERM;
}

int xdp_read(const struct owner *owner, uint32_t ifindex, struct point *point)
{
	struct attached attached;
	int err = query(ifindex, &attached);

	*point = (struct point){.fd = -1};
	if (err || !attached.id)
		return err;
	point->kernel_id = attached.id;
	point->fd = owner_open_program(owner, ifindex, PLACE_XDP, attached.id);
	if (point->fd < 0 && find_shared(owner, ifindex, 0, point)) {
		*point = (struct point){.fd = -1};
		return privilege_has_admin() ? 0 : unknown_without_admin(owner, ifindex);
	}
	point->method = attached.method;
	return 0;
}

static enum xdp_attach_mode libxdp_mode(enum method method)
{
	return method == METHOD_XDP_NATIVE ? XDP_MODE_NATIVE : XDP_MODE_SKB;
}

static uint32_t kernel_mode(enum method method)
{
	return method == METHOD_XDP_NATIVE ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
}

/* Is it the name of one of tidegate's programs, perhaps cut? */
static bool is_ours(const char *name)
{
	const char *begin = place_program(PLACE_XDP);

	return !strncmp(name, begin, strlen(begin));
}

static int refuse_foreign(const struct interface *interface, uint32_t id)
{
	char name[BPF_OBJ_NAME_LEN];

	program_kernel_name(id, name);
	if (is_ours(name)) {
		log_error("%s: another tidegate instance guards it already (XDP program %u)",
			  interface->name, id);
		log_hint("its state is in another directory (--bpffs); if that is lost: ip link "
			 "set dev %s xdp off",
			 interface->name);
	} else {
		log_error("%s: another XDP program is attached, and cannot share the interface: %s "
			  "(program %u)",
			  interface->name, *name ? name : "unknown", id);
		log_hint("take it off (ip link set dev %s xdp off), or use --hook tc",
			 interface->name);
	}
	return -EEXIST;
}

static int finish(const struct owner *owner, uint32_t ifindex, struct program *program,
		  enum method method, bool shared, struct point *after)
{
	char pin[PIN_NAME];

	*after = (struct point){
		.method = method,
		.fd = fcntl(program->fd, F_DUPFD_CLOEXEC, 3),
		.kernel_id = program_kernel_id(program->fd),
		.shared = shared,
	};
	owner_pin_name(pin, "programs", ifindex, PLACE_XDP);
	return bpffs_pin(owner->dir, program->fd, pin);
}

/* The interface's only XDP program; takes the place of `old_fd`, or -1. */
static int put_alone(const struct interface *interface, struct program *program, enum method method,
		     int old_fd)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts);
	uint32_t flags = kernel_mode(method);

	if (program->fd < 0) {
		int err = program_load(program);

		if (err)
			return err == -EOPNOTSUPP ? -EINVAL : err;
	}
	if (old_fd >= 0)
		opts.old_prog_fd = old_fd;
	else
		flags |= XDP_FLAGS_UPDATE_IF_NOEXIST;
	log_forget();
	return bpf_xdp_attach((int)interface->ifindex, program->fd, flags, &opts);
}

/* libxdp finds out that its program has been loaded only where it would load it for a trial, which fails without a packet. */
static void tell_libxdp(const struct program *program)
{
	LIBBPF_OPTS(bpf_test_run_opts, nothing);

	if (program->fd >= 0 && xdp_program__fd(program->xdp) < 0)
		xdp_program__test_run(program->xdp, &nothing, 0);
}

/* Through libxdp: beside the programs of a dispatcher, or with a new one. */
static int put_shared(const struct interface *interface, struct program *program,
		      enum method method)
{
	bool had_directory = xdp_pin_directory();
	int err;

	if (!program->xdp)
		return -EOPNOTSUPP;
	log_forget();
	privilege_admin(true);
	tell_libxdp(program);
	err = xdp_program__attach(program->xdp, (int)interface->ifindex, libxdp_mode(method), 0);
	privilege_admin(false);
	/* libxdp made it; it is of use only if a dispatcher's pins are in it. */
	if (!had_directory && xdp_pin_directory())
		rmdir(xdp_pin_directory());
	if (program->fd < 0 && xdp_program__fd(program->xdp) >= 0)
		program->fd = fcntl(xdp_program__fd(program->xdp), F_DUPFD_CLOEXEC, 3);
	return err;
}

/* On an interface without XDP programs. */
static int put_first(const struct interface *interface, struct program *program, enum method method)
{
	int err = -EPERM;

	if (privilege_has_admin() && program->xdp) {
		err = put_shared(interface, program, method);
		/*
		 * A loaded program means that only the attaching failed, which is told to the
		 * caller.
		 */
		if (!err || program->fd >= 0)
			return err;
	}
	if (program->skeleton && program_reopen(program))
		return -ENOMEM;
	err = put_alone(interface, program, method, -1);
	if (!err)
		log_notice("%s: libxdp's dispatcher cannot be used, so no other XDP program can be "
			   "added%s",
			   interface->name,
			   privilege_has_admin() ? "" : " (that needs CAP_SYS_ADMIN)");
	return err;
}

static int explain(const struct interface *interface, enum method method, int err)
{
	switch (err) {
	case -ENODEV:
	case -ENXIO:
		log_error("%s: the interface has vanished", interface->name);
		return err;
	case -EPERM:
	case -EACCES:
		log_error("%s: the XDP program cannot be attached: %s", interface->name,
			  strerror(-err));
		log_hint("CAP_NET_ADMIN in the interface's network namespace is needed");
		return err;
	case -EEXIST:
	case -EBUSY:
		log_error("%s: the XDP program cannot be attached in %s mode: %s", interface->name,
			  method_name(method),
			  log_kernel_said() ? log_kernel_said() : strerror(-err));
		log_hint(
			"another XDP program is there: see `ip link show dev %s`; or use --hook tc",
			interface->name);
		return err;
	default:
		return -EOPNOTSUPP;
	}
}

/* To the programs of a dispatcher. */
static int put_beside(const struct interface *interface, struct program *program,
		      enum method method)
{
	int err = put_shared(interface, program, method);

	if (err && program->fd < 0)
		log_error("%s: the XDP program cannot be loaded for libxdp's dispatcher: %s",
			  interface->name, strerror(-err));
	return err;
}

static int remove_shared(uint32_t ifindex, int fd, enum method method)
{
	struct xdp_program *program;
	int err;

	privilege_admin(true); /* libxdp also looks up the program's BTF by its number */
	program = xdp_program__from_fd(fd);
	err = (int)libxdp_get_error(program);
	if (!err) {
		err = xdp_program__detach(program, (int)ifindex, libxdp_mode(method), 0);
		xdp_program__close(program);
	}
	privilege_admin(false);
	return err;
}

/* Takes our programs out of the dispatcher, but for `kept`: a killed swap may have left two. */
static int remove_others(const struct owner *owner, uint32_t ifindex, enum method method,
			 uint32_t kept)
{
	for (;;) {
		struct point point = {.fd = -1};
		int err;

		if (find_shared(owner, ifindex, kept, &point))
			return 0;
		err = remove_shared(ifindex, point.fd, method);
		close(point.fd);
		if (err)
			return err;
	}
}

/* Adds the new program to the dispatcher, then takes the old one out: for a moment both judge. */
static int swap_shared(const struct owner *owner, const struct interface *interface,
		       struct program *program, enum method method)
{
	int err = put_beside(interface, program, method);

	if (!err)
		err = remove_others(owner, interface->ifindex, method,
				    program_kernel_id(program->fd));
	return err;
}

/* Does the dispatcher call the program of another instance? */
static uint32_t other_instance(struct xdp_multiprog *all)
{
	struct xdp_program *one = NULL;

	while ((one = xdp_multiprog__next_prog(one, all)))
		if (is_ours(xdp_program__name(one)))
			return xdp_program__id(one);
	return 0;
}

/* Joins the programs of somebody's dispatcher, in the mode that it runs in. */
static int join_dispatcher(const struct interface *interface, struct program *program,
			   const struct attached *attached)
{
	struct xdp_multiprog *all = dispatcher_open(interface->ifindex);
	uint32_t other = all ? other_instance(all) : attached->id;
	int err;

	if (all)
		xdp_multiprog__close(all);
	if (other)
		return refuse_foreign(interface, other);
	err = put_beside(interface, program, attached->method);
	if (err && program->fd >= 0) {
		log_error("%s: the XDP program cannot be added to those that are there: %s",
			  interface->name, log_kernel_said() ? log_kernel_said() : strerror(-err));
		log_hint("`xdp-loader status %s` lists them; or use --hook tc", interface->name);
	}
	return err;
}

int xdp_put(const struct owner *owner, const struct interface *interface, struct program *program,
	    enum method method, const struct point *before, struct point *after)
{
	bool loaded = program->fd >= 0, join;
	struct attached attached;
	int err = query(interface->ifindex, &attached);

	if (err)
		return err;
	join = before->method == METHOD_NONE && attached.id;
	if (join)
		err = join_dispatcher(interface, program, &attached);
	else if (before->method == METHOD_NONE)
		err = put_first(interface, program, method);
	else if (before->shared)
		err = swap_shared(owner, interface, program, method);
	else
		err = put_alone(interface, program, method, before->fd);
	if (join)
		method = attached.method;
	if (err && (join || (!loaded && program->fd < 0)))
		return err; /* told already */
	if (err)
		return explain(interface, method, err);
	err = query(interface->ifindex, &attached);
	if (err)
		return err;
	return finish(owner, interface->ifindex, program, method,
		      attached.id != program_kernel_id(program->fd), after);
}

int xdp_remove(const struct owner *owner, uint32_t ifindex, const struct point *point)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts, .old_prog_fd = point->fd);
	int err;

	log_forget();
	if (point->shared)
		err = remove_others(owner, ifindex, point->method, 0);
	else
		err = bpf_xdp_detach((int)ifindex, kernel_mode(point->method), &opts);
	if (err && err != -ENODEV)
		log_error("interface %u: the XDP program cannot be detached: %s", ifindex,
			  log_kernel_said() ? log_kernel_said() : strerror(-err));
	return err == -ENODEV ? 0 : err;
}
