/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parts of top_model.c that have a question of their own: which denials are the same, which row comes first.
 */
#ifndef TIDEGATE_TOP_DENIALS_H
#define TIDEGATE_TOP_DENIALS_H

#include "views/top_model.h"

struct top_denials {
	struct top_denial denial[TOP_DENIALS]; /* the latest first */
	size_t count;
};

/* Counts a record of RECORD_DENIED to its like, or adds it, for which the oldest may go. */
void top_denials_add(struct top_denials *denials, const struct record *record);

void top_sort(const struct top_row **rows, size_t count, const struct top_order *order,
	      uint64_t now_ms);

#endif
