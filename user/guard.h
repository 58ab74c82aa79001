/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One interface comes under guard, or gets other programs; and back. Its policy is somebody else's: policy_install.h.
 */
#ifndef TIDEGATE_GUARD_H
#define TIDEGATE_GUARD_H

#include "instance.h"

/* Does it take a program beside XDP to hand marks on? `hook`: enum tg_hook; `mark_mask`: tg_zone.mark_mask. */
static inline bool guard_marks(uint64_t hook, uint32_t mark_mask)
{
	return hook != TG_HOOK_TC && mark_mask;
}

struct guard {
	struct interface interface;
	uint64_t hook; /* enum tg_hook */
	bool marks;    /* guard_marks() */
	uint32_t bank; /* of the policy that comes, and the zone's number there */
	uint16_t zone;
	bool renew; /* programs are replaced in any case, else those stay that fit */
	/* what it takes to go back */
	bool was_up;
	bool looked;
	bool registered;
	uint32_t slot;                    /* valid if was_up or registered */
	struct tg_interface old_record;   /* valid if was_up */
	struct attachment old_attachment; /* valid if looked */
	struct attachment attachment;     /* what came of it */
	struct program *ahead;            /* by place, owned: guard_load_ahead(); NULL: nothing */
};

/* Looks up how the interface is guarded by now. */
void guard_find(struct guard *guard, const struct registry *registry);

/* The record that an interface which is guarded already has under the policy that comes. */
struct tg_interface guard_record(const struct guard *guard);

/*
 * Loads side by side what guard_up() would load for each of them, when it is called for all in this order; silent. They hold
 * that, so a few at a time: GUARDS_AHEAD.
 */
#define GUARDS_AHEAD 8
void guard_load_ahead(struct guard *guards, size_t count, const struct instance *instance,
		      struct registry *registry);

/*
 * Registers the interface and attaches programs, where that is to be done or somebody took them off. 0 or a negative
 * errno; guard_undo() is to be called after a failure, and after a failure of a later interface.
 */
int guard_up(struct guard *guard, const struct instance *instance, struct registry *registry);
void guard_undo(struct guard *guard, const struct instance *instance, struct registry *registry);

void guard_release(struct guard *guard);

#endif
