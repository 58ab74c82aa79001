/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What keys do to the screen of `tidegate top`: which row is chosen, which are shown, what is being typed. No
 * terminal in it; keys are those of curses.
 */
#ifndef TIDEGATE_TOP_UI_H
#define TIDEGATE_TOP_UI_H

#include "views/top_model.h"

enum top_mode {
	TOP_LIST,
	TOP_SEARCHING, /* typing what to search for */
	TOP_FILTERING, /* typing the filter */
	TOP_HELP,
};

/* All zero but for order.column: the beginning. */
struct top_ui {
	enum top_mode mode;
	struct top_order order;
	char search[TOP_FILTER];
	char before[TOP_FILTER]; /* the filter, before it was typed at: Esc brings it back */
	bool not_found;          /* what is searched for */
	bool denials_hidden;
	bool quit;
	bool choosing;         /* a row is chosen: it is followed wherever it goes */
	struct top_row chosen; /* which one */
	size_t at;             /* its place among the rows */
	size_t first;          /* the row that is shown first */
	size_t page;           /* rows that are shown, from the last top_ui_place() */
};

/* A key, while these rows are shown. */
void top_ui_key(struct top_ui *ui, int key, struct top_model *model, uint64_t now_ms,
		const struct top_row *const *rows, size_t count);

/* There are these rows now, and room for `page` of them: finds the chosen one again, and keeps it in sight. */
void top_ui_place(struct top_ui *ui, const struct top_row *const *rows, size_t count, size_t page);

#endif
