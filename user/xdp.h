/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XDP: attached through libxdp, whose dispatcher lets several programs share an interface, where
 * the kernel and the capabilities allow it; else as the interface's only XDP program.
 */
#ifndef TIDEGATE_XDP_H
#define TIDEGATE_XDP_H

#include "attach.h"

/* Looks up our program. 0 or a negative errno; `*point` has METHOD_NONE if it is not there. */
int xdp_read(const struct owner *owner, uint32_t ifindex, struct point *point);

/*
 * Attaches `program` in the mode `method`, in the place of `before` if that has a program: then the
 * mode must be the same. Returns 0 and fills `*after`; -EOPNOTSUPP, without an explanation, if the
 * interface cannot run it in this mode; another negative errno, explained.
 */
int xdp_put(const struct owner *owner, const struct interface *interface, struct program *program,
	    enum method method, const struct point *before, struct point *after);

/* Detaches the program of `point`. 0 or a negative errno. */
int xdp_remove(const struct owner *owner, uint32_t ifindex, const struct point *point);

#endif
