/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counts that the last line shows.
 */
#ifndef TIDEGATE_TESTS_REPORT_H
#define TIDEGATE_TESTS_REPORT_H

#include <stdbool.h>

struct report {
	unsigned int passed;
	unsigned int failed;
	unsigned int skipped;
};

/* Counts one test; says what failed. Returns `good`. */
bool report(struct report *report, bool good, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Counts one test as skipped and says why. */
void report_skip(struct report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
