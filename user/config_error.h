/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages that point into a configuration file.
 */
#ifndef TIDEGATE_CONFIG_ERROR_H
#define TIDEGATE_CONFIG_ERROR_H

#include "config_source.h"

/* Part of a source; of length 0: just the point. */
struct config_place {
	const struct config_source *source;
	size_t offset;
	size_t length;
};

size_t config_line(struct config_place place); /* counted from 1 */

/*
 * "FILE:LINE:COLUMN: error: …", the line, and carets below the place; columns count characters
 * from 1. Returns -EINVAL.
 */
__attribute__((format(printf, 2, 3))) int config_error(struct config_place place,
						       const char *format, ...);

/* The same with "warning:", for what is read all the same. */
__attribute__((format(printf, 2, 3))) void config_warning(struct config_place place,
							  const char *format, ...);

#endif
