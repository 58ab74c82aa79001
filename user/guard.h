/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One interface comes under guard, or under guard with new settings and programs; and back.
 */
#ifndef TIDEGATE_GUARD_H
#define TIDEGATE_GUARD_H

#include "instance.h"
#include "zone.h"

struct guard {
	struct interface interface;
	uint32_t slot;
	uint16_t zone;
	bool was_up;
	/* what it takes to go back */
	bool zone_written;
	bool registered;
	struct tg_interface old_record;
	struct zone_contents old_zone;
	struct attachment old_attachment; /* valid if registered */
	/* what came of it */
	struct attachment attachment;
};

/* Finds the interface's slot and zone, old or new. 0 or a negative errno. */
int guard_plan(struct guard *guard, const struct instance *instance,
	       const struct registry *registry, const struct settings *settings);

/*
 * Does it: fills the zone, registers the interface, attaches the programs. 0 or a negative errno;
 * guard_undo() is to be called after a failure, and after a failure of a later interface.
 */
int guard_up(struct guard *guard, const struct instance *instance, struct registry *registry,
	     const struct settings *settings);
void guard_undo(struct guard *guard, const struct instance *instance, struct registry *registry);

void guard_release(struct guard *guard);

#endif
