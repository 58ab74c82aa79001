/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flows as a table for people.
 */
#ifndef TIDEGATE_FLOW_TABLE_H
#define TIDEGATE_FLOW_TABLE_H

#include "flows.h"

/* Names of zones by flow.zone. */
struct flow_zones {
	char name[TG_SLOTS_MAX][TG_ZONE_NAME];
	size_t count; /* of names that flow_zone_named() has given */
};

/* The number of the zone with this name, which gets the next one if it has none yet (0 if there are too many). */
uint16_t flow_zone_named(struct flow_zones *zones, const char *name);

/* Prints them on standard output. */
void flow_table_print(const struct flow_list lists[FLOW_KINDS], const struct flow_zones *zones);

#endif
