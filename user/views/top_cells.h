/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of `tidegate top` as text: for the screen, and for tables.
 */
#ifndef TIDEGATE_TOP_CELLS_H
#define TIDEGATE_TOP_CELLS_H

#include "views/top_model.h"

#define TOP_CELL 320 /* bytes */

/* "CLIENT", "FILE", … */
const char *top_column_head(enum top_column column);
bool top_column_is_number(enum top_column column);

/* The text as it is, not yet fit for a terminal; returns `text`. */
const char *top_cell(const struct top_row *row, enum top_column column, uint64_t now_ms,
		     char text[TOP_CELL]);

/* "512", "12.3K", "4.5G": at most 5 characters, by powers of 1024 */
#define TOP_AMOUNT 24
const char *top_amount(uint64_t amount, char text[TOP_AMOUNT]);

/* "0.3s", "59s", "5m07", "3h12", "9d": at most 5 characters up to 9999 days */
#define TOP_SPAN 24
const char *top_span(uint64_t ms, char text[TOP_SPAN]);

/* All about one row, on one line. */
#define TOP_DETAIL 768
const char *top_row_detail(const struct top_row *row, char text[TOP_DETAIL]);

/* The reason's name, as in `tidegate explain`. */
const char *top_denial_reason(const struct top_denial *denial);

/* Two lines of totals. */
const char *top_now_line(const struct top_totals *totals, char text[TOP_DETAIL]);
const char *top_past_line(const struct top_totals *totals, char text[TOP_DETAIL]);

#endif
