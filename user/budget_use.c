// SPDX-License-Identifier: GPL-2.0-or-later
#include "budget_use.h"

#include "core_native.h"
#include "core/bucket.h"
#include "log.h"

#include <string.h>

/* A refused request delays the next token a little, which is no request. */
static uint64_t used(uint64_t arrival, const struct tg_zone *zone, uint64_t now, uint64_t burst)
{
	const struct tg_rate *rate = &zone->abuse.budget;
	uint64_t at = now << TG_BUCKET_SHIFT;
	uint64_t count =
		(bucket_arrival(arrival, at, rate, zone->second) - at + rate->interval - 1) /
		rate->interval;

	return count < burst ? count : burst;
}

int budget_use_read(const struct maps *maps, uint32_t number, const struct tg_zone *zone,
		    uint64_t now, struct budget_use *use)
{
	const struct tg_rate *rate = &zone->abuse.budget;
	struct tg_budget budget;
	int err;

	*use = (struct budget_use){0};
	if (!rate->interval)
		return 0;
	err = map_get(maps, MAP_budgets, &number, &budget);
	if (err) {
		log_error("map %s: it cannot be read: %s", map_name(MAP_budgets), strerror(-err));
		return err;
	}
	/* The rate was rounded to whole steps of the interval. */
	use->rate_mhz =
		((1000ULL * zone->second << TG_BUCKET_SHIFT) + rate->interval / 2) / rate->interval;
	use->burst = rate->tolerance / rate->interval + 1;
	use->used = used(budget.first, zone, now, use->burst);
	use->reserve_used = used(budget.reserve, zone, now, use->burst);
	use->proved_ms = (uint64_t)zone->abuse.proved_wait * 1000 / zone->second;
	return 0;
}
