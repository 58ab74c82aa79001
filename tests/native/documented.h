/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the documentation says, for tests that see whether it holds. Read before the working directory changes; what fails
 * here ends the program.
 */
#ifndef TIDEGATE_TEST_DOCUMENTED_H
#define TIDEGATE_TEST_DOCUMENTED_H

/* The file, to be freed. */
char *documented_text(const char *path);

/* The file's blocks that begin with "```LABEL", one behind the other, to be freed. */
char *documented_blocks(const char *path, const char *label);

#endif
