/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The register of guarded interfaces and of zones, as it stands in the maps. Works on a copy;
 * changes are written at once. Only for the holder of the lock, but for registry_read().
 */
#ifndef TIDEGATE_REGISTRY_H
#define TIDEGATE_REGISTRY_H

#include "attach.h"
#include "live.h"
#include "maps.h"

struct registry {
	const struct maps *maps; /* borrowed */
	struct live live;
	struct tg_policy policy;                     /* that is live; generation 0: none is */
	struct tg_zone zone[TG_SLOTS_MAX];           /* its zones, by number; 0 is nobody's */
	struct tg_interface interface[TG_SLOTS_MAX]; /* by slot */
};

/* Reads it all. Returns a new copy, to be freed by free(), or NULL, explained. */
struct registry *registry_read(const struct maps *maps);

/* Reads it again, into the same copy. 0 or a negative errno. */
int registry_reread(struct registry *registry);

/*
 * Is the policy of this copy still the one that runs? For who reads more of it and does not hold the lock. False as well,
 * explained, if that cannot be read.
 */
bool registry_is_current(const struct registry *registry);

bool registry_is_empty(const struct registry *registry);

/* The number of the interface's zone in the live policy; 0: that has none for it, and everything passes. */
uint16_t registry_zone_of(const struct registry *registry, uint32_t slot);

/* Slot of an interface, or -1. */
int registry_slot_of(const struct registry *registry, uint32_t ifindex);
int registry_slot_named(const struct registry *registry, const char *name);
int registry_free_slot(const struct registry *registry);

/* Number of a zone, or -1. */
int registry_zone_named(const struct registry *registry, const char *name);
int registry_free_zone(const struct registry *registry);

/*
 * Stores an interface's record; zeroes the counters of a slot that was free. 0 or a negative errno.
 */
int registry_store(struct registry *registry, uint32_t slot, const struct tg_interface *record);

/* Frees the slot. 0 or a negative errno. */
int registry_erase(struct registry *registry, uint32_t slot);

/* Takes the programs off the interface, and frees its slot. 0 or a negative errno. */
int registry_release(struct registry *registry, const struct owner *owner, uint32_t slot);

/* What a record says about the attached programs. */
void registry_note(struct tg_interface *record, const struct attachment *attachment);

/*
 * Brings order into what others left: forgets interfaces that are gone, and finishes or undoes an
 * `up` or `down` that was killed. 0 or a negative errno.
 */
int registry_mend(struct registry *registry, const struct owner *owner);

#endif
