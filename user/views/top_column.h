/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The columns of `tidegate top`, in their order.
 */
#ifndef TIDEGATE_TOP_COLUMN_H
#define TIDEGATE_TOP_COLUMN_H

enum top_column {
	TOP_CLIENT,
	TOP_FILE,
	TOP_DONE, /* percent, where the size is known */
	TOP_BYTES,
	TOP_RATE,
	TOP_REPEATS,
	TOP_AGE,
	TOP_STATE,
	TOP_COLUMNS
};

#endif
