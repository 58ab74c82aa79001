// SPDX-License-Identifier: GPL-2.0-or-later
#include "zone.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

bool zone_filled(const struct tg_zone *zone)
{
	return zone->second;
}

bool zone_admits(const struct tg_zone *zone, uint16_t port)
{
	if (zone->flags & (TG_ZONE_MONITOR | TG_ZONE_UNMATCHED_PASS))
		return true;
	for (size_t i = 0; i < TG_TFTP_PORTS; i++)
		if (zone->tftp_port_be[i] == htons(port))
			return true;
	return false;
}

/* The keys that carry a zone, and where. */
static const struct {
	enum map_id map;
	size_t zone_offset;
} zoned[] = {
	{MAP_requests, offsetof(struct tg_request_key, zone)},
	{MAP_offers, offsetof(struct tg_pair_key, zone)},
	{MAP_transfers, offsetof(struct tg_pair_key, zone)},
	{MAP_udp_flows, offsetof(struct tg_pair_key, zone)},
	{MAP_fragments, offsetof(struct tg_fragment_key, zone)},
	{MAP_fragment_hosts, offsetof(struct tg_hosts_key, zone)},
	{MAP_groups, offsetof(struct tg_pair_key, zone)},
	{MAP_memberships, offsetof(struct tg_pair_key, zone)},
	{MAP_sources, offsetof(struct tg_source_key, zone)},
	{MAP_proved, offsetof(struct tg_source_key, zone)},
	{MAP_translations, offsetof(struct tg_request_key, zone)},
};

struct purge {
	const struct maps *maps;
	enum map_id map;
	size_t zone_offset;
	const bool *gone; /* by number */
};

static int purge_entry(const void *key, const void *value, void *context)
{
	const struct purge *purge = context;
	uint16_t zone;

	(void)value;
	memcpy(&zone, (const char *)key + purge->zone_offset, sizeof(zone));
	if (zone < TG_SLOTS_MAX && purge->gone[zone])
		map_delete(purge->maps, purge->map, key);
	return 0;
}

int zones_purge(const struct maps *maps, const bool gone[TG_SLOTS_MAX])
{
	for (size_t i = 0; i < sizeof(zoned) / sizeof(*zoned); i++) {
		struct purge purge = {maps, zoned[i].map, zoned[i].zone_offset, gone};
		int err = map_walk(maps, zoned[i].map, purge_entry, &purge);

		if (err)
			return err;
	}
	return 0;
}
