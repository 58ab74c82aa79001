/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user-space log for tests: what would go to standard error is kept.
 */
#ifndef TIDEGATE_TEST_SAID_H
#define TIDEGATE_TEST_SAID_H

#include <stdbool.h>
#include <stddef.h>

void said_forget(void);
bool said_anything(void);
/* Does what was said contain these words? Prints it if not. */
bool said(const char *words);
/* How often? */
size_t said_times(const char *words);
const char *said_all(void); /* each message ends in \n */

#endif
