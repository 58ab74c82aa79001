// SPDX-License-Identifier: GPL-2.0-or-later
#include "both_sides.h"

#include "log.h"
#include "netlink.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct links {
	struct netlink_link *list; /* owned */
	size_t count;
};

/* Does the host route what comes in there? */
static bool forwards(const struct interface *interface)
{
	return interface_forwards(interface->name, AF_INET) ||
	       interface_forwards(interface->name, AF_INET6);
}

/* The bridge that the interface is a port of; 0: none. */
static uint32_t bridge_of(const struct links *links, uint32_t ifindex)
{
	const struct netlink_link *self = netlink_find_link(links->list, links->count, ifindex);
	const struct netlink_link *master =
		self ? netlink_find_link(links->list, links->count, self->master) : NULL;

	return master && !strcmp(master->kind, "bridge") ? master->ifindex : 0;
}

/* May what comes in at one of them leave at the other? A port of a bridge routes nothing by itself. */
static bool passes_between(const struct links *links, const struct interface *a,
			   const struct interface *b)
{
	uint32_t left = bridge_of(links, a->ifindex), right = bridge_of(links, b->ifindex);

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
static void look_at(const struct links *links, const struct config *config, size_t zone,
		    const struct members *members)
{
	for (size_t i = 0; i < members->count; i++) {
		for (size_t j = i + 1; j < members->count; j++) {
			const struct member *a = &members->member[i], *b = &members->member[j];

			if (a->zone != zone || b->zone != zone ||
			    !passes_between(links, &a->interface, &b->interface))
				continue;
			tell(config->zone[zone].name, &a->interface, &b->interface);
			return;
		}
	}
}

void both_sides_tell(const struct config *config, const struct members *members)
{
	struct links links = {0};
	int count = netlink_list_links(&links.list);

	links.count = count < 0 ? 0 : (size_t)count;
	for (size_t zone = 0; zone < config->zone_count; zone++)
		if (config->zone[zone].settings.single_port)
			look_at(&links, config, zone, members);
	free(links.list);
}
