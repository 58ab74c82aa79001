// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What follows from a recording's settings; apart, because the model's driver has recordings without scenes.
 */
#include "scene.h"

#include <arpa/inet.h>
#include <string.h>

static void add_prefix(struct recorded_policy *recorded, struct tg_prefix_key key, uint32_t set)
{
	recorded->prefixes[recorded->prefix_count++] = (struct recorded_prefix){key, set};
}

/* The rules for whom one rule's server, or another one (NULL), is asked. */
static struct tg_rule_set server_set(const struct recording *r, const struct rule_reach *asked)
{
	struct tg_rule_set set = {};

	for (size_t i = 0; i < r->rule_count; i++)
		if (!r->reaches[i].one_server || (asked && r->reaches[i].server == asked->server))
			set.word[0] |= 1ULL << i;
	return set;
}

static struct tg_rule_set operation_set(const struct recording *r, enum tg_operation operation)
{
	struct tg_rule_set set = {};

	for (size_t i = 0; i < r->rule_count; i++)
		if (!r->reaches[i].operation || r->reaches[i].operation == operation)
			set.word[0] |= 1ULL << i;
	return set;
}

static void add_servers(const struct recording *r, struct recorded_policy *recorded)
{
	const struct tg_prefix_key clients = {.prefix_len = 32, .side = TG_SIDE_CLIENT};
	const struct tg_prefix_key servers = {.prefix_len = 32, .side = TG_SIDE_SERVER};

	add_prefix(recorded, clients, SET_ALL);
	add_prefix(recorded, servers, SET_OTHER_SERVER);
	recorded->sets[SET_OTHER_SERVER] = server_set(r, NULL);
	for (size_t i = 0; i < r->rule_count; i++) {
		struct tg_prefix_key key = {.prefix_len = TG_PREFIX_LEN_MAX,
					    .side = TG_SIDE_SERVER};
		struct tg_addr server;

		if (!r->reaches[i].one_server)
			continue;
		server = host_address(r->reaches[i].server, r->place, r->family);
		memcpy(key.address, &server, sizeof(key.address));
		recorded->sets[SET_SERVER + i] = server_set(r, &r->reaches[i]);
		add_prefix(recorded, key, (uint32_t)(SET_SERVER + i));
	}
}

void recording_policy(const struct recording *recording, struct recorded_policy *recorded)
{
	*recorded = (struct recorded_policy){
		.policy = {.generation = 1,
			   .rules = RULES_OF_A_SCENE,
			   .sets = RECORDING_SETS,
			   .nameless_set = SET_ALL,
			   .any_vlan_set = SET_ALL,
			   .kind_set = {{SET_READ, SET_READ, SET_READ},
					{SET_WRITE, SET_WRITE, SET_WRITE}}},
	};
	memset(&recorded->sets[SET_ALL], 0xff, sizeof(recorded->sets[SET_ALL]));
	recorded->sets[SET_READ] = operation_set(recording, TG_READ);
	recorded->sets[SET_WRITE] = operation_set(recording, TG_WRITE);
	add_servers(recording, recorded);
}

struct tg_zone recording_zone(const struct recording *recording, const struct tg_zone *zone)
{
	struct tg_zone with = *zone;

	for (size_t i = 0; i < recording->service_count; i++)
		with.service_bits |= TG_SERVICE_BIT(htons(recording->services[i]));
	return with;
}
