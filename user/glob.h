/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Patterns of interface names: `*` stands for any characters, `?` for one, everything else for itself.
 */
#ifndef TIDEGATE_GLOB_H
#define TIDEGATE_GLOB_H

#include <stdbool.h>

#include "abi.h"

/* Is it a pattern, and not the name of one interface? */
bool glob_is_pattern(const char *text);

/*
 * Can an interface have a name that fits both (of less than TG_IFNAME bytes each)? Then `example` is the
 * shortest; where any character will do it has a 0.
 */
bool globs_meet(const char *a, const char *b, char example[TG_IFNAME]);

#endif
