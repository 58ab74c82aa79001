/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mistakes in a configuration file, each with the message that it gets.
 */
#ifndef TIDEGATE_TEST_MISTAKE_H
#define TIDEGATE_TEST_MISTAKE_H

#include <stddef.h>

struct mistake {
	const char *text;
	const char *at; /* LINE:COLUMN */
	const char *what;
	const char *hint; /* NULL: none */
};

/*
 * Loads the file "t" with this text, in the working directory, and forgets what it became. A refusal has to leave
 * nothing.
 */
int mistake_load(const char *text, size_t size);

/*
 * Is it refused with this message first: FILE:LINE:COLUMN, the file's own line, carets below the column, the hint?
 * `frame` is the file around its text, a format with one %s.
 */
void mistake_expect(const struct mistake *mistake, const char *frame);

/* Is that all that is said, and is it `kind`: "error" or "warning"? `more` may follow. */
void mistake_expect_said(const struct mistake *mistake, const char *kind, const char *more);

#endif
