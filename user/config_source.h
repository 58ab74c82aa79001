/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of a configuration file in memory.
 */
#ifndef TIDEGATE_CONFIG_SOURCE_H
#define TIDEGATE_CONFIG_SOURCE_H

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

#include "complaint.h"

#define CONFIG_FILE_MAX (16 << 20) /* bytes of all files together */

struct config_source {
	char *path; /* as it is shown */
	char *text; /* `size` bytes and a NUL; lines end in \n, perhaps with a \r before it */
	size_t size;
	dev_t device; /* with `inode`: which file it is, whatever its path */
	ino_t inode;
};

/*
 * Reads a regular file of at most `max` bytes into `*source`. Silent: returns 0, or a negative errno with `*why` filled;
 * then there is nothing to free.
 */
int config_source_read(const char *path, size_t max, struct config_source *source,
		       struct complaint *why);

/* The same of `size` bytes in memory, which are copied and called `name`. */
int config_source_copy(const char *name, const char *text, size_t size,
		       struct config_source *source, struct complaint *why);

/*
 * The path that a file at `own` means by `text`: relative to its own directory. -EINVAL if it is empty or too long.
 */
int config_source_relative(const char *own, const char *text, char path[PATH_MAX]);

void config_source_free(struct config_source *source);

/* Fills `*why` with what the path fails by, and at which part of it; `err` is open()'s errno. */
void config_source_explain(const char *path, int err, struct complaint *why);

#endif
