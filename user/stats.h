/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counters by interface and reason.
 */
#ifndef TIDEGATE_STATS_H
#define TIDEGATE_STATS_H

#include <jansson.h>

#include "instance.h"
#include "registry.h"

/* What `tidegate stats -j` prints; `zeros`: with reasons that never occurred. NULL, explained, on failure. */
json_t *stats_json(const struct instance *instance, const struct registry *registry, bool zeros);

#endif
