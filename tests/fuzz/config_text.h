/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A configuration written down as a file, and compared with another.
 */
#ifndef TIDEGATE_FUZZ_CONFIG_TEXT_H
#define TIDEGATE_FUZZ_CONFIG_TEXT_H

#include "config.h"

/* To be freed. */
char *config_text(const struct config *config);

bool config_same(const struct config *a, const struct config *b);

#endif
