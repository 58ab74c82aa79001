// SPDX-License-Identifier: GPL-2.0-or-later
#include "moment.h"

#include <stddef.h>
#include <stdio.h>
#include <time.h>

#define SECOND_NS   1000000000LL
#define SPAN_MAX_S  (30LL * 365 * 86400)
#define FIRST_JIFFY (1ULL << 32) /* nothing is so old that it would be before 0 */

struct moment moment_from(int64_t s, int64_t ns)
{
	int64_t more = ns / SECOND_NS, rest = ns % SECOND_NS;

	if (rest < 0) {
		rest += SECOND_NS;
		more--;
	}
	if (__builtin_add_overflow(s, more, &s))
		s = more < 0 ? INT64_MIN : INT64_MAX;
	return (struct moment){s, (uint32_t)rest};
}

bool moment_before(struct moment a, struct moment b)
{
	return a.s < b.s || (a.s == b.s && a.ns < b.ns);
}

uint64_t moment_span_ns(struct moment from, struct moment to)
{
	int64_t s;

	if (__builtin_sub_overflow(to.s, from.s, &s) || s >= SPAN_MAX_S)
		return SPAN_MAX_S * SECOND_NS;
	return (uint64_t)(s * SECOND_NS + to.ns - from.ns);
}

const char *moment_text(struct moment moment, char text[MOMENT_TEXT])
{
	time_t s = moment.s;
	struct tm tm;

	if (!gmtime_r(&s, &tm) || tm.tm_year < -1900 || tm.tm_year > 9999 - 1900)
		return NULL;
	snprintf(text, MOMENT_TEXT, "%04u-%02u-%02uT%02u:%02u:%02u.%09uZ",
		 (unsigned int)(tm.tm_year + 1900) % 10000, (unsigned int)(tm.tm_mon + 1) % 100,
		 (unsigned int)tm.tm_mday % 100, (unsigned int)tm.tm_hour % 100,
		 (unsigned int)tm.tm_min % 100, (unsigned int)tm.tm_sec % 100,
		 moment.ns % 1000000000);
	return text;
}

void virtual_clock_init(struct virtual_clock *clock, uint64_t tick_ns)
{
	*clock = (struct virtual_clock){.jiffies = FIRST_JIFFY, .tick_ns = tick_ns};
}

void virtual_clock_show(struct virtual_clock *clock, struct moment now)
{
	bool back = clock->started && moment_before(now, clock->last);

	if (back)
		clock->steps_back++;
	else if (clock->started)
		clock->carried_ns += moment_span_ns(clock->last, now);
	clock->jiffies += clock->carried_ns / clock->tick_ns;
	clock->carried_ns %= clock->tick_ns;
	clock->last = now;
	clock->started = true;
}
