/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Are the programs of a guarded interface where they were put, and if not, back with them.
 */
#ifndef TIDEGATE_KEEPER_H
#define TIDEGATE_KEEPER_H

#include "instance.h"

/* What was there when all was well, so that the next look costs a few system calls. */
struct keeper_memory {
	uint32_t ifindex;
	uint32_t xdp_id; /* of the attached program, which may be a dispatcher */
};

/* 1: as it should be; 0: something is missing; or a negative errno, explained. No lock is needed. */
int keeper_check(const struct instance *instance, const struct tg_interface *record,
		 struct keeper_memory *memory);

/*
 * Puts the very programs back that were taken off, which are pinned. The lock is held. Then keeper_check() tells if that was
 * enough. `what` gets the names of what was missing: "XDP, TC egress".
 */
#define KEEPER_WHAT 48
void keeper_restore(const struct instance *instance, const struct tg_interface *record,
		    char what[KEEPER_WHAT]);

#endif
