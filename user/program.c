// SPDX-License-Identifier: GPL-2.0-or-later
#include "program.h"

#include "log.h"
#include "maps.h"
#include "privilege.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include "tidegate.skel.h"

#define XDP_PROGRAM_MARKS "tidegate_xdp_mark"
#define STAND_IN          "tidegate_stand_in"

static const struct {
	const char *name;
	const char *program;
} places[PLACES] = {
	[PLACE_XDP] = {"xdp", "tidegate_xdp"},
	[PLACE_MARK] = {"mark", "tidegate_tc_mark"},
	[PLACE_INGRESS] = {"ingress", "tidegate_tc_in"},
	[PLACE_EGRESS] = {"egress", "tidegate_tc_out"},
};

const char *place_name(enum place place)
{
	return places[place].name;
}

const char *place_program(enum place place)
{
	return places[place].program;
}

static const char *name_of(enum place place, const struct program_target *target)
{
	return place == PLACE_XDP && target->marks ? XDP_PROGRAM_MARKS : place_program(place);
}

struct tidegate *program_skeleton(const char *name)
{
	struct tidegate *skeleton = tidegate__open();
	struct bpf_program *program;

	if (!skeleton) {
		log_error("the embedded BPF object cannot be opened: %s", strerror(errno));
		return NULL;
	}
	bpf_object__for_each_program(program, skeleton->obj) bpf_program__set_autoload(
		program, name && !strcmp(bpf_program__name(program), name));
	return skeleton;
}

struct bpf_object *program_skeleton_object(struct tidegate *skeleton)
{
	return skeleton->obj;
}

void program_skeleton_close(struct tidegate *skeleton)
{
	tidegate__destroy(skeleton);
}

static int open_xdp(struct program *program)
{
	DECLARE_LIBXDP_OPTS(xdp_program_opts, opts, .obj = program->skeleton->obj,
			    .prog_name = name_of(PLACE_XDP, &program->target));
	int err;

	program->xdp = xdp_program__create(&opts);
	err = (int)libxdp_get_error(program->xdp);
	if (err) {
		program->xdp = NULL;
		log_error("libxdp does not take the program: %s", strerror(-err));
		return err;
	}
	/* libbpf knows it from the section's name, but only when it loads; the dispatcher asks before. */
	xdp_program__set_xdp_frags_support(program->xdp, true);
	return 0;
}

int program_open(struct program *program, enum place place, const struct program_target *target)
{
	int err;

	*program = (struct program){.place = place, .target = *target, .fd = -1};
	program->skeleton = program_skeleton(name_of(place, target));
	if (!program->skeleton)
		return -ENOMEM;
	program->skeleton->rodata->slot = target->slot;
	program->skeleton->rodata->no_ethernet = target->no_ethernet;
	program->skeleton->rodata->virtual_clock = target->virtual_clock;
	program->skeleton->rodata->strangers_entries = map_entries_max(target->maps, MAP_strangers);
	err = maps_lend(target->maps, program->skeleton->obj);
	if (!err && place == PLACE_XDP && !target->virtual_clock)
		err = open_xdp(program);
	if (err)
		program_close(program);
	return err;
}

int program_reopen(struct program *program)
{
	const struct program old = *program;

	program_close(program);
	return program_open(program, old.place, &old.target);
}

int program_load(struct program *program)
{
	struct bpf_object *object = program->skeleton->obj;
	const char *name = name_of(program->place, &program->target);
	int err;

	log_forget();
	err = tidegate__load(program->skeleton);
	if (err) {
		log_error("program %s cannot be loaded: %s", name, strerror(-err));
		program_explain_failure(object, err);
		return err;
	}
	program->fd = fcntl(bpf_program__fd(bpf_object__find_program_by_name(object, name)),
			    F_DUPFD_CLOEXEC, 3);
	if (program->fd >= 0)
		return 0;
	err = -errno;
	log_error("program %s cannot be kept: %s", name, strerror(-err));
	return err;
}

int program_load_alone(const char *name)
{
	struct tidegate *skeleton = program_skeleton(name);
	struct bpf_object *object;
	struct bpf_map *map;
	int err, fd = -1;

	if (!skeleton)
		return -ENOMEM;
	object = skeleton->obj;
	/* It uses none, and they are large. */
	bpf_object__for_each_map(map, object) bpf_map__set_autocreate(map, false);
	err = bpf_object__load(object);
	if (!err) {
		fd = fcntl(bpf_program__fd(bpf_object__find_program_by_name(object, name)),
			   F_DUPFD_CLOEXEC, 3);
		err = fd < 0 ? -errno : 0;
	}
	if (err) {
		log_error("program %s cannot be loaded: %s", name, strerror(-err));
		program_explain_failure(object, err);
	}
	program_skeleton_close(skeleton);
	return err ? err : fd;
}

int program_load_extension(struct program *program)
{
	struct bpf_program *own = bpf_object__find_program_by_name(
		program->skeleton->obj, name_of(program->place, &program->target));
	int stand_in = program_load_alone(STAND_IN), err;

	if (stand_in < 0)
		return stand_in;
	privilege_admin(true); /* libbpf looks up the BTF of what is extended by its number */
	err = bpf_program__set_attach_target(own, stand_in, STAND_IN);
	privilege_admin(false);
	if (err) {
		log_error("program %s cannot be made an extension: %s", bpf_program__name(own),
			  strerror(-err));
	} else {
		bpf_program__set_type(own, BPF_PROG_TYPE_EXT);
		bpf_program__set_expected_attach_type(own, 0);
		err = program_load(program);
	}
	close(stand_in);
	return err;
}

int program_load_virtual(struct program *program, struct program_virtual *virtual)
{
	int err = program_load(program);

	if (err)
		return err;
	*virtual = (struct program_virtual){
		.now = &program->skeleton->bss->virtual_now,
		.reason = &program->skeleton->bss->virtual_reason,
	};
	return 0;
}

int program_from_fd(struct program *program, enum place place, int fd)
{
	int err = 0;

	*program = (struct program){.place = place, .fd = fcntl(fd, F_DUPFD_CLOEXEC, 3)};
	if (program->fd < 0)
		err = -errno;
	if (!err && place == PLACE_XDP) {
		privilege_admin(true);
		program->xdp = xdp_program__from_fd(fd);
		privilege_admin(false);
		err = (int)libxdp_get_error(program->xdp);
		if (err)
			program->xdp = NULL;
	}
	if (!err)
		return 0;
	log_error("program %s cannot be kept: %s", place_program(place), strerror(-err));
	program_close(program);
	return err;
}

void program_trim(struct program *program)
{
	if (program->xdp)
		xdp_program__close(program->xdp);
	tidegate__destroy(program->skeleton);
	program->xdp = NULL;
	program->skeleton = NULL;
}

void program_close(struct program *program)
{
	if (program->xdp)
		xdp_program__close(program->xdp);
	if (program->skeleton)
		tidegate__destroy(program->skeleton);
	if (program->fd >= 0)
		close(program->fd);
	*program = (struct program){.fd = -1};
}

uint32_t program_kernel_id(int fd)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.id;
}

/* Only CAP_SYS_ADMIN opens programs by number. */
void program_kernel_name(uint32_t id, char *name)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);
	int fd;

	privilege_admin(true);
	fd = bpf_prog_get_fd_by_id(id);
	privilege_admin(false);
	if (fd >= 0) {
		bpf_obj_get_info_by_fd(fd, &info, &len);
		close(fd);
	}
	memcpy(name, info.name, BPF_OBJ_NAME_LEN);
}

#define HELPER_NAME(name) #name
static const char *const helpers[] = {__BPF_FUNC_MAPPER(HELPER_NAME)};
#undef HELPER_NAME

/* Appends to `list` the helpers that the program calls and the kernel lacks. */
static void list_missing_helpers(const struct bpf_program *program, char *list, size_t size)
{
	const struct bpf_insn *insns = bpf_program__insns(program);
	size_t count = bpf_program__insn_cnt(program);

	for (size_t i = 0; insns && i < count; i++) {
		int helper = insns[i].imm;
		size_t used = strlen(list);
		char name[64];

		if (insns[i].code != (BPF_JMP | BPF_CALL) || insns[i].src_reg || helper <= 0 ||
		    helper >= (int)(sizeof(helpers) / sizeof(*helpers)))
			continue;
		snprintf(name, sizeof(name), "bpf_%s", helpers[helper]);
		if (strstr(list, name) ||
		    libbpf_probe_bpf_helper(bpf_program__type(program), helper, NULL))
			continue;
		snprintf(list + used, size - used, "%s%s", used ? ", " : "", name);
	}
}

void program_explain_failure(struct bpf_object *object, int err)
{
	char missing[512] = "";
	struct bpf_program *program;
	struct utsname kernel;

	if (err == -EPERM) {
		log_hint("the kernel forbids it: CAP_BPF, CAP_NET_ADMIN or CAP_PERFMON is missing, "
			 "or kernel "
			 "lockdown is on");
		return;
	}
	if (err == -EMFILE || err == -ENFILE) {
		log_hint("raise the limit of open files (ulimit -n)");
		return;
	}
	bpf_object__for_each_program(program, object)
		list_missing_helpers(program, missing, sizeof(missing));
	uname(&kernel);
	if (*missing)
		log_hint("kernel %s lacks %s; tidegate needs Linux 6.1 or later", kernel.release,
			 missing);
	else if (access("/sys/kernel/btf/vmlinux", R_OK))
		log_hint("kernel %s gives no BTF (/sys/kernel/btf/vmlinux, CONFIG_DEBUG_INFO_BTF), "
			 "which "
			 "tidegate may need",
			 kernel.release);
	else if (log_debugging())
		log_hint("the kernel's reasons stand above; tidegate is made for Linux 6.1 and "
			 "later, this is %s",
			 kernel.release);
	else
		log_hint("run it again with --debug to see the kernel's reasons; tidegate is made "
			 "for Linux 6.1 "
			 "and later, this is %s",
			 kernel.release);
}
