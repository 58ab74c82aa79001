/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Points in time as captures have them, however absurd, and the virtual clock that they drive.
 */
#ifndef TIDEGATE_MOMENT_H
#define TIDEGATE_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

struct moment {
	int64_t s; /* since 1970 */
	uint32_t ns;
};

/* From seconds and nanoseconds, of which there may be more than a second, or less than none. */
struct moment moment_from(int64_t s, int64_t ns);

/* Is `a` before `b`? */
bool moment_before(struct moment a, struct moment b);

/* From `from` to `to`, not before it, in nanoseconds; thirty years stand for all that is longer. */
uint64_t moment_span_ns(struct moment from, struct moment to);

/* "2026-11-25T03:40:00.123456789Z", ISO 8601; NULL where the year has no four digits. */
#define MOMENT_TEXT 32
const char *moment_text(struct moment moment, char text[MOMENT_TEXT]);

/*
 * A clock in jiffies that runs with the moments that it is shown. It never runs backwards: at a step
 * back no time passes, and from there it runs on.
 */
struct virtual_clock {
	uint64_t jiffies;
	uint64_t tick_ns;
	uint64_t carried_ns; /* less than a tick */
	struct moment last;
	bool started;
	uint64_t steps_back;
};

void virtual_clock_init(struct virtual_clock *clock, uint64_t tick_ns);
void virtual_clock_show(struct virtual_clock *clock, struct moment now);

#endif
