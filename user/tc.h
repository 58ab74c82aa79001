/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TC: attached by a TCX link where the kernel has those (Linux 6.6), else by a clsact filter.
 */
#ifndef TIDEGATE_TC_H
#define TIDEGATE_TC_H

#include "attach.h"

/* enum bpf_attach_type in <linux/bpf.h> of Linux 6.6; this may be built with older headers. */
#define TC_ATTACH_TCX_INGRESS 46
#define TC_ATTACH_TCX_EGRESS  47

/* Looks up our program. 0 or a negative errno; `*point` has METHOD_NONE if it is not there. */
int tc_read(const struct owner *owner, uint32_t ifindex, enum place place, struct point *point);

/*
 * Attaches a loaded program, in the place of `before` if that has one. 0 and fills `*after`, or a
 * negative errno.
 */
int tc_put(const struct owner *owner, const struct interface *interface, struct program *program,
	   const struct point *before, struct point *after);

/* Detaches the program of `point`. 0 or a negative errno. */
int tc_remove(const struct owner *owner, uint32_t ifindex, enum place place,
	      const struct point *point);

/*
 * When our programs are off: takes the clsact qdisc away if tidegate made it, unless somebody else
 * has filters in it by now.
 */
void tc_tidy(const struct owner *owner, uint32_t ifindex);

#endif
