/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A directory for the files of a test, which becomes the working directory.
 */
#ifndef TIDEGATE_TEST_SCRATCH_H
#define TIDEGATE_TEST_SCRATCH_H

#include <stddef.h>

/* For cmocka's group setup and teardown; the latter removes all that is in it. */
int scratch_enter(void **state);
int scratch_leave(void **state);

/* Removes the file, or the directory with all that is in it; 0 if it is gone. */
int scratch_remove(const char *path);

/* Writes the file anew. */
void scratch_file(const char *path, const char *text, size_t size);
#define scratch_text(path, text) scratch_file(path, text, strlen(text))

#endif
