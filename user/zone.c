// SPDX-License-Identifier: GPL-2.0-or-later
#include "zone.h"

#include "log.h"
#include "zone_build.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool zone_filled(const struct tg_zone *zone)
{
	return zone->second;
}

static void add_service(struct zone_contents *contents, uint16_t port)
{
	for (size_t i = 0; i < contents->service_count; i++)
		if (contents->service_be[i] == htons(port))
			return;
	contents->service_be[contents->service_count++] = htons(port);
}

static void add_groups(struct zone_contents *contents, const struct group_list *groups)
{
	for (size_t g = 0; g < groups->count; g++) {
		const struct address_list *group = &groups->group[g];

		for (size_t i = 0; i < group->count; i++)
			contents->member[contents->member_count++] =
				(struct zone_member){group->address[i], group->address[0]};
	}
}

void zone_from_settings(const struct zone_settings *settings, const char *name, uint64_t seed,
			uint32_t tick_ns, struct zone_contents *contents)
{
	memset(contents, 0, sizeof(*contents));
	zone_build(settings, name, tick_ns, &contents->settings);
	contents->settings.hash_seed = seed;
	for (size_t i = 0; i < ZONE_DEFAULT_PORTS; i++)
		add_service(contents, zone_default_ports[i]);
	for (size_t i = 0; i < settings->allow_udp.count; i++)
		add_service(contents, settings->allow_udp.port[i]);
	add_groups(contents, &settings->groups);
}

static bool has_service(const struct zone_contents *contents, uint16_t port_be)
{
	for (size_t i = 0; i < contents->service_count; i++)
		if (contents->service_be[i] == port_be)
			return true;
	return false;
}

static bool has_member(const struct zone_contents *contents, const struct tg_addr *server)
{
	for (size_t i = 0; i < contents->member_count; i++)
		if (!memcmp(&contents->member[i].server, server, sizeof(*server)))
			return true;
	return false;
}

bool zone_admits_port(const struct zone_contents *contents, uint16_t port)
{
	if (contents->settings.flags & (TG_ZONE_MONITOR | TG_ZONE_UNMATCHED_PASS))
		return true;
	for (size_t i = 0; i < TG_TFTP_PORTS; i++)
		if (contents->settings.tftp_port_be[i] == htons(port))
			return true;
	return has_service(contents, htons(port));
}

struct reading {
	struct zone_contents *contents;
	uint16_t id;
};

static int take_service(const void *key, const void *value, void *context)
{
	const struct tg_service_key *service = key;
	struct reading *reading = context;

	(void)value;
	if (service->zone == reading->id && reading->contents->service_count < ZONE_PORTS_MAX)
		reading->contents->service_be[reading->contents->service_count++] =
			service->port_be;
	return 0;
}

static int take_member(const void *key, const void *value, void *context)
{
	const struct tg_group_key *group = key;
	struct reading *reading = context;
	struct zone_contents *contents = reading->contents;
	struct zone_member *member = &contents->member[contents->member_count];

	if (group->zone != reading->id || contents->member_count == ZONE_MEMBERS_MAX)
		return 0;
	member->server = group->server;
	memcpy(&member->first, value, sizeof(member->first));
	contents->member_count++;
	return 0;
}

int zone_read(const struct maps *maps, uint16_t id, struct zone_contents *contents)
{
	struct reading reading = {.contents = contents, .id = id};
	uint32_t key = id;
	int err;

	memset(contents, 0, sizeof(*contents));
	err = map_get(maps, MAP_zones, &key, &contents->settings);
	if (err) {
		log_error("zone %u: it cannot be read: %s", id, strerror(-err));
		return err;
	}
	err = map_walk(maps, MAP_services, take_service, &reading);
	if (!err)
		err = map_walk(maps, MAP_server_groups, take_member, &reading);
	return err;
}

static int add_all(const struct maps *maps, uint16_t id, const struct zone_contents *contents)
{
	static const uint8_t listed = 1;
	int err = 0;

	for (size_t i = 0; i < contents->service_count && !err; i++) {
		struct tg_service_key key = {.zone = id, .port_be = contents->service_be[i]};

		err = map_put(maps, MAP_services, &key, &listed);
	}
	for (size_t i = 0; i < contents->member_count && !err; i++) {
		struct tg_group_key key = {.server = contents->member[i].server, .zone = id};

		err = map_put(maps, MAP_server_groups, &key, &contents->member[i].first);
	}
	return err;
}

static void remove_others(const struct maps *maps, uint16_t id, const struct zone_contents *old,
			  const struct zone_contents *contents)
{
	for (size_t i = 0; i < old->service_count; i++) {
		struct tg_service_key key = {.zone = id, .port_be = old->service_be[i]};

		if (!has_service(contents, key.port_be))
			map_delete(maps, MAP_services, &key);
	}
	for (size_t i = 0; i < old->member_count; i++) {
		struct tg_group_key key = {.server = old->member[i].server, .zone = id};

		if (!has_member(contents, &key.server))
			map_delete(maps, MAP_server_groups, &key);
	}
}

int zone_write(const struct maps *maps, uint16_t id, const struct zone_contents *contents)
{
	struct zone_contents *old = malloc(sizeof(*old));
	uint32_t key = id;
	int err = old ? zone_read(maps, id, old) : -ENOMEM;

	if (!err) {
		err = add_all(maps, id, contents);
		if (!err)
			err = map_put(maps, MAP_zones, &key, &contents->settings);
		if (err)
			log_error("zone %s: its settings cannot be stored: %s",
				  contents->settings.name, strerror(-err));
		else
			remove_others(maps, id, old, contents);
	}
	free(old);
	return err;
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
};

struct purge {
	const struct maps *maps;
	enum map_id map;
	size_t zone_offset;
	uint16_t id;
};

static int purge_entry(const void *key, const void *value, void *context)
{
	const struct purge *purge = context;
	uint16_t zone;

	(void)value;
	memcpy(&zone, (const char *)key + purge->zone_offset, sizeof(zone));
	if (zone == purge->id)
		map_delete(purge->maps, purge->map, key);
	return 0;
}

int zone_purge(const struct maps *maps, uint16_t id)
{
	for (size_t i = 0; i < sizeof(zoned) / sizeof(*zoned); i++) {
		struct purge purge = {maps, zoned[i].map, zoned[i].zone_offset, id};
		int err = map_walk(maps, zoned[i].map, purge_entry, &purge);

		if (err)
			return err;
	}
	return 0;
}
