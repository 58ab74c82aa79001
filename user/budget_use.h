/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is used of a zone's budget for requests (bpf/core/budget.h).
 */
#ifndef TIDEGATE_BUDGET_USE_H
#define TIDEGATE_BUDGET_USE_H

#include "maps.h"

struct budget_use {
	uint64_t rate_mhz; /* requests in 1000 s; 0: there is no budget, and the rest is 0, too */
	uint64_t burst;    /* requests; of the reserve likewise */
	uint64_t used;     /* of the burst, at this moment */
	uint64_t reserve_used;
	uint64_t proved_ms; /* for so long who has acknowledged something is exempt; 0: never */
};

/* Of the zone with this number, at the jiffy `now`. 0 or a negative errno, explained. */
int budget_use_read(const struct maps *maps, uint32_t number, const struct tg_zone *zone,
		    uint64_t now, struct budget_use *use);

#endif
