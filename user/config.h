/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration file, tidegate.conf(5): read, checked, and as structures.
 */
#ifndef TIDEGATE_CONFIG_H
#define TIDEGATE_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "settings.h"
#include "zone_settings.h"

struct config_zone {
	char name[TG_ZONE_NAME];
	uint64_t hook;                /* enum tg_hook */
	char (*interface)[TG_IFNAME]; /* names, or patterns with * and ? */
	size_t interface_count;       /* at least 1 */
	struct zone_settings settings;
};

struct config {
	struct config_zone *zone; /* at least one, in the order of the file */
	size_t zone_count;
	struct map_sizes sizes;
};

/*
 * Reads the file and what it includes. Returns 0, or a negative errno after having explained every
 * mistake that was found; then `*config` is empty and there is nothing to free. Not reentrant.
 */
int config_load(const char *path, struct config *config);
void config_free(struct config *config);

#endif
