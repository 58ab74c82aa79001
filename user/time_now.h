/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a clock of clock_gettime(2) says: since 1970 for CLOCK_REALTIME, since the start for the others.
 */
#ifndef TIDEGATE_TIME_NOW_H
#define TIDEGATE_TIME_NOW_H

#include <stdint.h>
#include <time.h>

static inline int64_t time_now_ns(clockid_t clock)
{
	struct timespec now = {0};

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static inline int64_t time_now_ms(clockid_t clock)
{
	return time_now_ns(clock) / 1000000;
}

static inline time_t time_now_s(clockid_t clock)
{
	return time_now_ns(clock) / 1000000000;
}

#endif
