/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spans of time as text: a whole number and its unit, ms, s or min.
 */
#ifndef TIDEGATE_DURATION_H
#define TIDEGATE_DURATION_H

#include <stdint.h>

#define DURATION_TEXT 28

/*
 * Reads all of `text` ("500ms", "30s", "2min") as milliseconds from `min_ms` to `max_ms`. Returns
 * 0, -EINVAL if it is nothing of the kind, -ERANGE if it lies outside. `*ms` is untouched on
 * failure.
 */
int duration_parse(const char *text, uint64_t min_ms, uint64_t max_ms, uint64_t *ms);

/* In the largest unit in which it is a whole number; returns `text`. */
const char *duration_format(uint64_t ms, char text[DURATION_TEXT]);

#endif
