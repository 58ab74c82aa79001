// SPDX-License-Identifier: GPL-2.0-or-later
#include "program_policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>

#include "policy_bank.h"
#include "tick.h"

#define RULES    1000
#define PATTERNS 10 /* of each */
#define ALLOWING 997

static int make_rule(struct config_rule *rule, unsigned int number,
		     const struct config_prefix *clients)
{
	struct config_prefix *prefix = calloc(2, sizeof(*prefix));

	rule->clients.prefix = prefix;
	rule->pattern = calloc(PATTERNS, sizeof(*rule->pattern));
	if (!prefix || !rule->pattern)
		return -ENOMEM;
	snprintf(rule->name, sizeof(rule->name), "model %u", number);
	rule->action = TG_ALLOW;
	rule->operation = TG_READ;
	/* 10.X.Y.0/24, and for one of them those who are let in. */
	prefix[0].address.bytes[10] = prefix[0].address.bytes[11] = 0xff;
	prefix[0].address.bytes[12] = 10;
	prefix[0].address.bytes[13] = (uint8_t)(number >> 8);
	prefix[0].address.bytes[14] = (uint8_t)number;
	prefix[0].bits = 96 + 24;
	prefix[1] = *clients;
	rule->clients.count = number == ALLOWING ? 2 : 1;
	for (rule->pattern_count = 0; rule->pattern_count < PATTERNS; rule->pattern_count++)
		if (asprintf(&rule->pattern[rule->pattern_count].text,
			     "firmware/model-%u/image-%zu-*.bin", number, rule->pattern_count) < 0)
			return -ENOMEM;
	return 0;
}

static int make_zone(struct config_zone *zone, const struct config_prefix *clients)
{
	int error = 0;

	zone_settings_init(&zone->settings);
	/* Rules are measured, not limits: the same request comes a million times. */
	zone->settings.abuse = (struct zone_abuse){0};
	snprintf(zone->name, sizeof(zone->name), "bench");
	zone->default_deny = true;
	zone->rule = calloc(RULES, sizeof(*zone->rule));
	while (zone->rule && zone->rule_count < RULES && !error) {
		unsigned int number = (unsigned int)zone->rule_count++;

		error = make_rule(&zone->rule[number], number, clients);
	}
	return zone->rule ? error : -ENOMEM;
}

static void free_zone(struct config_zone *zone)
{
	for (size_t i = 0; i < zone->rule_count; i++) {
		struct config_rule *rule = &zone->rule[i];

		for (size_t p = 0; p < rule->pattern_count; p++)
			free(rule->pattern[p].text);
		free(rule->pattern);
		free(rule->clients.prefix);
	}
	free(zone->rule);
}

static int fill(const struct maps *maps, const struct config *config, uint64_t hash_seed)
{
	static const uint16_t number = ZONE;
	const struct policy_place place = {
		.bank = PROGRAM_POLICY_BANK,
		.zone_number = &number,
		.hash_seed = &hash_seed,
		.generation = 2,
	};
	struct policy_image image;
	int error = policy_compile(config, tick_ns(), &image);

	if (error)
		return error;
	fprintf(stderr, "policy of %zu rules, %d patterns: %zu cells, %zu sets, %zu prefixes\n",
		image.rule_count, RULES * PATTERNS, image.automaton.cell_count, image.sets.count,
		image.prefix_count);
	error = policy_bank_fill(maps, NULL, &place, &image);
	policy_image_free(&image);
	return error;
}

/* The interfaces of the recording's zone are guarded in the bank, too. */
static int guard_interfaces(const struct maps *maps)
{
	int error = 0;

	for (int i = 0; i < INTERFACES && !error; i++) {
		uint32_t slot = RIG_SLOT(i);
		struct tg_interface value;

		error = map_get(maps, MAP_interfaces, &slot, &value);
		if (error || value.zone[0] != ZONE)
			continue;
		value.zone[PROGRAM_POLICY_BANK] = ZONE;
		error = map_put(maps, MAP_interfaces, &slot, &value);
	}
	return error;
}

int program_policy_fill(struct rig *rig, const struct recording *recording,
			const struct config_prefix *clients)
{
	struct config_zone zone = {0};
	const struct config config = {.zone = &zone, .zone_count = 1};
	struct maps maps;
	int error = make_zone(&zone, clients);

	for (int i = 0; i < MAPS; i++)
		maps.fd[i] = rig_map(rig, map_name(i));
	if (!error)
		error = fill(&maps, &config, recording->zone.hash_seed);
	if (!error)
		error = guard_interfaces(&maps);
	free_zone(&zone);
	return error;
}

int program_policy_live(const struct rig *rig, uint32_t bank)
{
	struct tg_live choice = {.choice = TG_LIVE_FOREVER << 1 | bank};
	uint32_t only = 0;

	return bpf_map_update_elem(rig_map(rig, "live"), &only, &choice, BPF_ANY);
}
