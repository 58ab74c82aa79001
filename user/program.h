/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BPF programs: opened, bound to an interface's slot and to the shared maps, loaded.
 */
#ifndef TIDEGATE_PROGRAM_H
#define TIDEGATE_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/types.h>

struct bpf_object;
struct maps;
struct tidegate;
struct xdp_program;

/* Where on an interface a program can be attached. */
enum place {
	PLACE_XDP,     /* incoming, XDP */
	PLACE_MARK,    /* incoming, TC: beside XDP, takes over the marks that it sets */
	PLACE_INGRESS, /* incoming, TC */
	PLACE_EGRESS,  /* outgoing, TC */
	PLACES
};

const char *place_name(enum place place);    /* as in the names of pins */
const char *place_program(enum place place); /* the program's name, or how its names begin */

struct program {
	struct tidegate *skeleton; /* NULL if it came from a descriptor */
	struct xdp_program *xdp;   /* PLACE_XDP: libxdp's view of it; NULL: loaded to be alone */
	enum place place;
	struct program_target {
		const struct maps *maps; /* borrowed */
		uint32_t slot;
		bool no_ethernet;   /* frames begin with the IP header */
		bool marks;         /* PLACE_XDP: the program that can mark */
		bool virtual_clock; /* for replays: never to be attached */
	} target;
	int fd; /* of the loaded program; -1 before. Owned. */
};

/*
 * Opens the embedded object with only the program `name` (NULL: none) to be loaded. NULL,
 * explained, on failure. The object inside belongs to the skeleton.
 */
struct tidegate *program_skeleton(const char *name);
struct bpf_object *program_skeleton_object(struct tidegate *skeleton);
void program_skeleton_close(struct tidegate *skeleton);

/* Prepares the program of a place for an interface. 0 or a negative errno. */
int program_open(struct program *program, enum place place, const struct program_target *target);

/*
 * Prepares it anew, after an attempt to load it that failed and left it unusable. 0 or a negative
 * errno.
 */
int program_reopen(struct program *program);

/* Loads a prepared program by libbpf. 0 or a negative errno. */
int program_load(struct program *program);

/*
 * Loads a prepared PLACE_XDP as what a dispatcher of libxdp calls, before there is one. It takes CAP_SYS_ADMIN. 0 or a
 * negative errno.
 */
int program_load_extension(struct program *program);

/* Loads a program of the embedded object that uses no maps. A descriptor, owned by the caller, or a negative errno. */
int program_load_alone(const char *name);

/*
 * Loads a prepared program with a virtual clock. Both variables are the program's: its time, in
 * jiffies, and the enum tg_reason of the packet that it saw last.
 */
struct program_virtual {
	__u64 *now;
	__u32 *reason;
};
int program_load_virtual(struct program *program, struct program_virtual *virtual);

/* Wraps a loaded program; the descriptor is duplicated. 0 or a negative errno. */
int program_from_fd(struct program *program, enum place place, int fd);

/* Keeps nothing of a loaded program but its descriptor, which is enough for all but libxdp. */
void program_trim(struct program *program);

void program_close(struct program *program);

/* The kernel's number of a loaded program, 0 if it cannot be read. */
uint32_t program_kernel_id(int fd);

/* The name that the kernel has for the program with this number, perhaps cut; "" if nobody tells. BPF_OBJ_NAME_LEN bytes. */
void program_kernel_name(uint32_t id, char *name);

/* Finds out and says why the kernel did not take an object's programs. */
void program_explain_failure(struct bpf_object *object, int err);

#endif
