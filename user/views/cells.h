/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text in the columns of a terminal. Foreign bytes never get there as they are: control characters, what turns the
 * direction of writing or takes no place, bytes that are no UTF-8, and, where the locale is not UTF-8, all that is not
 * ASCII, become \xNN.
 */
#ifndef TIDEGATE_CELLS_H
#define TIDEGATE_CELLS_H

#include <stdbool.h>
#include <stddef.h>

/* Takes the locale of the environment; once, before the others. */
void cells_init(void);

/* How many columns the text takes. */
size_t cells_width(const char *text);

/*
 * Writes as much of `text` as fits into so many columns, the last of them … (~ without UTF-8) if that is not all, and
 * returns how many columns it took. `out` has CELLS_BYTES(strlen(text)).
 */
#define CELLS_BYTES(len) ((len)*4 + 8)
size_t cells_cut(const char *text, size_t columns, char *out);

#endif
