/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Foreign bytes (file names out of packets) made fit for terminals and JSON; texts of limited size.
 */
#ifndef TIDEGATE_TEXT_H
#define TIDEGATE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Bytes of the UTF-8 character that begins in the string `text`, 0 if none does; is it a control
 * character? The NUL at the end is one of length 1.
 */
size_t text_character(const char *text, bool *control);

/* Room that `len` bytes may need, NUL included. */
#define TEXT_SAFE(len) ((len)*4 + 1)

/*
 * Copies the string `in` to `out`, which has room for TEXT_SAFE(its length): valid UTF-8 stays,
 * every other byte becomes \xNN, and so do control characters unless `keep_controls` (JSON has its
 * own way to write them). Returns `out`.
 */
char *text_safe(const char *in, bool keep_controls, char *out);

/* "s", but "" for one: what a counted noun ends with. */
const char *text_plural(uint64_t count);

/* How many columns valid UTF-8 takes, at one for each character. */
size_t text_width(const char *text);

/* Appends to `text`, which has `size` bytes, at `*used`, and moves that; what does not fit is cut. */
__attribute__((format(printf, 4, 0))) void text_vappend(char *text, size_t size, size_t *used,
							const char *format, va_list args);

#endif
