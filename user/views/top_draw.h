/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Draws the screen of `tidegate top` with curses, which top_screen() has begun.
 */
#ifndef TIDEGATE_TOP_DRAW_H
#define TIDEGATE_TOP_DRAW_H

#include "views/top_ui.h"

struct top_picture {
	struct top_model *model;
	struct top_ui *ui;
	const struct top_row *const *rows;
	size_t count;
	uint64_t now_ms;
};

/* Pairs of colours, if there are colours at all. */
void top_draw_colours(void);

/* The whole screen; top_ui_place() is called on the way. */
void top_draw(const struct top_picture *picture);

#endif
