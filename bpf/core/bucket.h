/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Token buckets as one theoretical arrival time each (GCRA; tracker specification 11.2), in 1/65536 jiffies. Any CPU
 * takes from them.
 */
#ifndef TIDEGATE_BUCKET_H
#define TIDEGATE_BUCKET_H

#include "core/platform.h"

/* How often a change is tried that another CPU spoils. */
#define BUCKET_ATTEMPTS 8

/*
 * The bucket's arrival as seen at `at`: what lies in the past is empty, and what is later than `rate` can make it, and
 * another CPU's clock may be ahead, was left by another rate. `second`: jiffies.
 */
CORE u64 bucket_arrival(u64 arrival, u64 at, const struct tg_rate *rate, u32 second)
{
	u64 latest = at + rate->tolerance + rate->interval + ((u64)second << TG_BUCKET_SHIFT);

	return arrival < at || arrival > latest ? at : arrival;
}

/* Takes a token if there is one; `tolerance` may be less than the rate's, which leaves some to others. */
CORE bool bucket_take(u64 *place, const struct tg_rate *rate, u64 tolerance, u64 now, u32 second)
{
	u64 at = now << TG_BUCKET_SHIFT;

	for (int i = 0; i < BUCKET_ATTEMPTS; i++) {
		u64 arrival = *(volatile u64 *)place;
		u64 from = bucket_arrival(arrival, at, rate, second);

		if (from - at > tolerance)
			return false;
		if (__sync_val_compare_and_swap(place, arrival, from + rate->interval) == arrival)
			return true;
	}
	return false;
}

#endif
