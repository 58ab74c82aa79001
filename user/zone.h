/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A zone in the maps.
 */
#ifndef TIDEGATE_ZONE_H
#define TIDEGATE_ZONE_H

#include "maps.h"

/* Is the number in use? */
bool zone_filled(const struct tg_zone *zone);

/* Is UDP to the port let in, as what is asked of a server or as unmatched? Without looking at lists of services. */
bool zone_admits(const struct tg_zone *zone, uint16_t port);

/*
 * Forgets all state of the zones whose numbers are marked, so that the numbers can be used for others. 0 or a
 * negative errno.
 */
int zones_purge(const struct maps *maps, const bool gone[TG_SLOTS_MAX]);

#endif
