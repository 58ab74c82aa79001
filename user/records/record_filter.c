// SPDX-License-Identifier: GPL-2.0-or-later
#include "records/record_filter.h"

#include "prefixes.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static bool takes_kind(const struct record_filter *filter, const struct record *record)
{
	if (filter->kinds && !(filter->kinds & 1U << record->kind))
		return false;
	return record->kind != RECORD_END || !filter->outcomes ||
	       filter->outcomes & 1U << record->outcome;
}

static bool takes_client(const struct record_filter *filter, const struct record *record)
{
	const struct config_prefix client = {record->event.client, 128};

	for (size_t i = 0; i < filter->clients.count; i++)
		if (prefix_contains(&filter->clients.prefix[i], &client))
			return true;
	return !filter->clients.count;
}

static bool takes_zone(const struct record_filter *filter, const struct record *record)
{
	for (size_t i = 0; i < filter->zone_count; i++)
		if (!strcmp(filter->zone[i], record->zone))
			return true;
	return !filter->zone_count;
}

/* What knows no file has an empty name, which fits no condition, not even `*`. */
static bool takes_file(const struct record_filter *filter, const struct record *record)
{
	for (size_t i = 0; i < filter->file_count && *record->event.name; i++)
		if (!fnmatch(filter->file[i], record->event.name, 0))
			return true;
	return !filter->file_count;
}

bool record_filter_takes(const struct record_filter *filter, const struct record *record)
{
	if (!takes_kind(filter, record))
		return false;
	return record->kind == RECORD_INCIDENT ||
	       (takes_client(filter, record) && takes_zone(filter, record) &&
		takes_file(filter, record));
}

void record_filter_free(struct record_filter *filter)
{
	for (size_t i = 0; i < filter->file_count; i++)
		free(filter->file[i]);
	free(filter->file);
	free(filter->zone);
	prefixes_free(&filter->clients);
	*filter = (struct record_filter){0};
}
