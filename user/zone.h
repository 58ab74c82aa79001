/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A zone's settings: from what the user said to the maps, and back.
 */
#ifndef TIDEGATE_ZONE_H
#define TIDEGATE_ZONE_H

#include "maps.h"
#include "settings.h"

#define ZONE_PORTS_MAX   (PORTS_MAX + 8)
#define ZONE_MEMBERS_MAX (GROUPS_MAX * GROUP_MEMBERS_MAX)

/* All that the maps hold of one zone. All zero: the number is free. */
struct zone_contents {
	struct tg_zone settings;
	uint16_t service_be[ZONE_PORTS_MAX]; /* reachable UDP ports */
	size_t service_count;
	struct zone_member {
		struct tg_addr server;
		struct tg_addr first; /* of its group */
	} member[ZONE_MEMBERS_MAX];
	size_t member_count;
};

/* Is the number in use? */
bool zone_filled(const struct tg_zone *zone);

/* Builds a zone from its settings; `seed` is kept over later changes of the settings. */
void zone_from_settings(const struct zone_settings *settings, const char *name, uint64_t seed,
			uint32_t tick_ns, struct zone_contents *contents);

/* Is the UDP port reachable from outside, listed or not? */
bool zone_admits_port(const struct zone_contents *contents, uint16_t port);

/*
 * Reads zone `id`; writes it, with no moment at which a service of both old and new settings is
 * missing.
 */
int zone_read(const struct maps *maps, uint16_t id, struct zone_contents *contents);
int zone_write(const struct maps *maps, uint16_t id, const struct zone_contents *contents);

/*
 * Forgets all state of zone `id`, so that the number can be used for another zone. 0 or a negative
 * errno.
 */
int zone_purge(const struct maps *maps, uint16_t id);

#endif
