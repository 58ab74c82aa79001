/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers with units, from text and back: counts, sizes, rates, spans of time.
 */
#ifndef TIDEGATE_QUANTITY_H
#define TIDEGATE_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "complaint.h"

#define QUANTITY_TEXT 32

enum quantity_kind {
	QUANTITY_COUNT, /* 12 */
	QUANTITY_BYTES, /* 512, 64KiB, 8MiB, 1GiB; in bytes */
	QUANTITY_RATE,  /* 10/s, 0.5/s, 30/min, 100/h; in events of 1000 s, rounded */
	QUANTITY_TIME,  /* 500ms, 30s, 2min; in milliseconds */
};

struct quantity {
	enum quantity_kind kind;
	uint64_t min;
	uint64_t max;
	bool or_none; /* `none` or 0 may stand for 0 */
};

/*
 * Reads all of `text`. Silent: 0, or -EINVAL with `*why` filled and `*value` untouched.
 */
int quantity_parse(const struct quantity *quantity, const char *text, uint64_t *value,
		   struct complaint *why);

/* As quantity_parse() reads it, in the largest unit in which it is a whole number; returns `text`. */
const char *quantity_format(enum quantity_kind kind, uint64_t value, char text[QUANTITY_TEXT]);

#endif
