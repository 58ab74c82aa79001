/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which records somebody wants: a sink's settings, or the options of `tidegate events`. Conditions that are
 * not set take everything; all that are set have to fit. Incidents know no client, zone or file: they pass if their
 * kind does.
 */
#ifndef TIDEGATE_RECORD_FILTER_H
#define TIDEGATE_RECORD_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "records/record.h"

struct record_filter {
	unsigned int kinds;         /* bits 1 << enum record_kind; 0: all */
	unsigned int outcomes;      /* bits 1 << enum record_outcome, for END; 0: all */
	struct prefix_list clients; /* owned, as all lists */
	char (*zone)[TG_ZONE_NAME];
	size_t zone_count;
	char **file; /* shell patterns (fnmatch(3), `*` takes `/` too) for the name as it is kept */
	size_t file_count;
};

bool record_filter_takes(const struct record_filter *filter, const struct record *record);
void record_filter_free(struct record_filter *filter); /* the lists; leaves it empty */

#endif
