// SPDX-License-Identifier: GPL-2.0-or-later
#include "tick.h"

#include <time.h>

uint32_t tick_ns(void)
{
	struct timespec resolution;

	/* The coarse clocks advance with the jiffies. */
	if (clock_getres(CLOCK_MONOTONIC_COARSE, &resolution) || resolution.tv_sec ||
	    !resolution.tv_nsec)
		return 4000000;
	return (uint32_t)resolution.tv_nsec;
}

uint32_t tick_hz(uint32_t tick)
{
	/* The resolution is rounded: 3333333 ns mean HZ=300. */
	return tick ? (1000000000U + tick / 2) / tick : 250;
}
