/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is attached to an interface, and changing it without ever leaving incoming packets unjudged.
 */
#ifndef TIDEGATE_ATTACH_H
#define TIDEGATE_ATTACH_H

#include <stdbool.h>
#include <stdint.h>

#include "interface.h"
#include "owner.h"
#include "program.h"
#include "settings.h"

enum method {
	METHOD_NONE, /* nothing of ours is attached */
	METHOD_XDP_NATIVE,
	METHOD_XDP_GENERIC,
	METHOD_TCX,
	METHOD_CLSACT,
};

const char *method_name(enum method method);

/* One place of an interface, as far as this instance is concerned. */
struct point {
	enum method method;
	int fd;             /* of the attached program, owned; -1 if it cannot be had */
	uint32_t kernel_id; /* of the attached program */
	uint32_t tc_handle; /* METHOD_CLSACT */
	bool shared;        /* XDP: called by libxdp's dispatcher, perhaps beside other programs */
};

struct attachment {
	uint32_t ifindex;
	struct point point[PLACES];
};

/* How the interface is to be guarded. */
struct wish {
	uint64_t hook;     /* enum tg_hook */
	bool no_native;    /* native XDP was tried here before, in vain */
	bool kept[PLACES]; /* the program there fits, and stays */
	struct program_target target;
	/*
	 * NULL, or by place: what has been loaded ahead (ahead.h), where fd is not -1. Taken, or left to its owner, who
	 * closes it.
	 */
	struct program *ahead;
};

/* Is a fresh program put into that place? */
bool attachment_needs(const struct interface *interface, const struct wish *wish, enum place place);

void attachment_init(struct attachment *attachment, uint32_t ifindex);

/*
 * Looks up what this instance has attached to the interface. 0 or a negative errno. Release it
 * afterwards.
 */
int attachment_read(const struct owner *owner, uint32_t ifindex, struct attachment *attachment);
void attachment_release(struct attachment *attachment);

/* Does it judge incoming packets; outgoing ones? */
bool attachment_has_ingress(const struct attachment *attachment);
bool attachment_has_egress(const struct attachment *attachment);

/*
 * Brings fresh programs to the interface. Egress changes first; the new ingress program is there
 * before the old one goes. 0, and `*after` is what is attached then (release it); on failure, a
 * negative errno, something may have changed: attachment_restore() is still to be called.
 */
int attachment_change(const struct owner *owner, const struct interface *interface,
		      const struct wish *wish, struct attachment *after);

/* Goes back to `before`, as far as possible, whatever is attached now. */
void attachment_restore(const struct owner *owner, const struct interface *interface,
			const struct attachment *before);

/* Detaches what is at one place. 0 or a negative errno. */
int attachment_clear_place(const struct owner *owner, struct attachment *attachment,
			   enum place place);

/* Detaches everything of this instance, ingress first. 0 or the first negative errno. */
int attachment_clear(const struct owner *owner, uint32_t ifindex);

#endif
