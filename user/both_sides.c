// SPDX-License-Identifier: GPL-2.0-or-later
#include "both_sides.h"

#include "log.h"
#include "netlink.h"

#include <stdio.h>
#include <stdlib.h>

#define UPPERS_MAX 1024

struct bridges {
	struct netlink_upper *upper;
	size_t count;
};

static bool forwards_family(const char *family, const char *interface)
{
	char path[128];
	int digit = '0';
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/forwarding", family, interface);
	file = fopen(path, "re");
	if (!file)
		return false;
	digit = fgetc(file);
	fclose(file);
	return digit != EOF && digit != '0';
}

/* Does the host route what comes in there? */
static bool forwards(const struct interface *interface)
{
	return forwards_family("ipv4", interface->name) || forwards_family("ipv6", interface->name);
}

/* The bridge that the interface is a port of; 0: none. */
static uint32_t bridge_of(const struct bridges *bridges, uint32_t ifindex)
{
	for (size_t i = 0; i < bridges->count; i++)
		if (bridges->upper[i].lower == ifindex && bridges->upper[i].bridge)
			return bridges->upper[i].upper;
	return 0;
}

/* May what comes in at one of them leave at the other? A port of a bridge routes nothing by itself. */
static bool passes_between(const struct bridges *bridges, const struct interface *a,
			   const struct interface *b)
{
	uint32_t left = bridge_of(bridges, a->ifindex), right = bridge_of(bridges, b->ifindex);

	if (left || right)
		return left == right;
	return !a->loopback && !b->loopback && (forwards(a) || forwards(b));
}

static void tell(const char *zone, const struct interface *a, const struct interface *b)
{
	log_notice("zone %s: single-port translates nothing that passes between %s and %s, which "
		   "are both in the zone",
		   zone, a->name, b->name);
	log_hint("if clients and servers are on different sides, give the interface towards the "
		 "servers a zone of its own, with single-port, and the other one a zone without");
}

/* One pair of the zone's members says it. */
static void look_at(const struct bridges *bridges, const struct config *config, size_t zone,
		    const struct members *members)
{
	for (size_t i = 0; i < members->count; i++) {
		for (size_t j = i + 1; j < members->count; j++) {
			const struct member *a = &members->member[i], *b = &members->member[j];

			if (a->zone != zone || b->zone != zone ||
			    !passes_between(bridges, &a->interface, &b->interface))
				continue;
			tell(config->zone[zone].name, &a->interface, &b->interface);
			return;
		}
	}
}

void both_sides_tell(const struct config *config, const struct members *members)
{
	struct bridges bridges = {.upper = calloc(UPPERS_MAX, sizeof(*bridges.upper))};
	int listed = bridges.upper ? netlink_list_uppers(bridges.upper, UPPERS_MAX) : 0;

	if (listed > 0)
		bridges.count = (size_t)listed;
	for (size_t zone = 0; zone < config->zone_count; zone++)
		if (config->zone[zone].settings.single_port)
			look_at(&bridges, config, zone, members);
	free(bridges.upper);
}
