/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strict whole numbers: decimal digits and nothing else.
 */
#ifndef TIDEGATE_NUMBER_H
#define TIDEGATE_NUMBER_H

#include <stdint.h>

/*
 * Reads all of `text` as a number from `min` to `max`. Returns 0, -EINVAL if anything but digits is
 * there (or nothing at all), -ERANGE if the number lies outside. `*value` is untouched on failure.
 */
int number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value);

#endif
