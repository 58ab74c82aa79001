// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy_compile.h"

#include "log.h"
#include "tick.h"
#include "zone_build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *compile_grow(void *array, size_t count, size_t size)
{
	/* The room is the next power of two. */
	return count & (count - 1) ? array : reallocarray(array, count ? 2 * count : 1, size);
}

int compile_number(struct policy_build *build, const struct tg_rule_set *set, uint32_t *number)
{
	int64_t found = rule_sets_number(&build->image->sets, set);

	if (found < 0)
		return (int)found;
	*number = (uint32_t)found;
	return 0;
}

int compile_add_prefix(struct policy_build *build, uint16_t side,
		       const struct config_prefix *prefix, uint32_t value)
{
	struct policy_image *image = build->image;
	struct image_prefix *grown;

	if (image->prefix_count == COMPILE_PREFIXES_MAX) {
		log_error("the rules and services have more than %d prefixes together",
			  COMPILE_PREFIXES_MAX);
		log_hint("join neighbours, and let rules use the same prefixes");
		return -E2BIG;
	}
	grown = compile_grow(image->prefix, image->prefix_count, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	image->prefix = grown;
	grown[image->prefix_count++] = (struct image_prefix){
		.side = side,
		.address = prefix->address,
		.bits = prefix->bits,
		.value = value,
	};
	return 0;
}

static void build_rule(const struct config_rule *rule, size_t zone, uint32_t hz,
		       struct tg_rule *built)
{
	built->size_max = rule->max_size;
	built->rate = rate_build(rule->rate_mhz, rule->burst, hz);
	built->transfers_max = (uint32_t)rule->max_transfers;
	built->blksize_max = (uint16_t)rule->max_blksize;
	built->windowsize_max = (uint16_t)rule->max_windowsize;
	built->zone = (uint16_t)zone;
	built->action = (uint8_t)rule->action;
	snprintf(built->name, sizeof(built->name), "%s", rule->name);
}

static int too_many_rules(const struct config_rule *rule)
{
	log_error("%s:%zu: rule \"%s\": there are more than %d rules in all zones",
		  rule->where.file ? rule->where.file : "policy", rule->where.line, rule->name,
		  TG_RULES_MAX);
	log_hint("one rule takes many prefixes and file patterns");
	return -E2BIG;
}

/* Zones with their rules, in the order of the file. */
static int build_zones(struct policy_build *build, uint32_t tick_ns)
{
	const struct config *config = build->config;
	struct policy_image *image = build->image;

	for (size_t z = 0; z < config->zone_count; z++) {
		const struct config_zone *from = &config->zone[z];
		struct tg_zone *zone = &image->zone[image->zone_count++];

		zone_build(&from->settings, from->name, tick_ns, zone);
		if (from->default_deny)
			zone->flags |= TG_ZONE_DEFAULT_DENY;
		zone->rule_first = (uint16_t)image->rule_count;
		for (size_t r = 0; r < from->rule_count; r++) {
			if (image->rule_count == TG_RULES_MAX)
				return too_many_rules(&from->rule[r]);
			build->rule[image->rule_count] = &from->rule[r];
			build_rule(&from->rule[r], z, tick_hz(tick_ns),
				   &image->rule[image->rule_count++]);
		}
		zone->rule_end = (uint16_t)image->rule_count;
	}
	return 0;
}

static int build_all(struct policy_build *build, uint32_t tick_ns)
{
	int err = build_zones(build, tick_ns);

	if (!err)
		err = compile_ids(build);
	if (!err)
		err = compile_patterns(build);
	if (!err)
		err = compile_sets(build);
	if (!err)
		err = compile_prefixes(build);
	if (!err)
		err = compile_services(build);
	return err;
}

static void describe(struct policy_image *image)
{
	struct tg_policy *policy = &image->policy;

	policy->rules = (uint32_t)image->rule_count;
	policy->cells = (uint32_t)image->automaton.cell_count;
	policy->sets = (uint32_t)image->sets.count;
	policy->start = image->automaton.start;
	policy->own_names = image->automaton.own_names;
	memcpy(policy->class_of, image->automaton.class_of, sizeof(policy->class_of));
}

int policy_compile(const struct config *config, uint32_t tick_ns, struct policy_image *image)
{
	struct policy_build build = {.config = config, .image = image};
	int err = -ENOMEM;

	*image = (struct policy_image){0};
	build.rule = calloc(TG_RULES_MAX, sizeof(const struct config_rule *));
	image->zone = calloc(config->zone_count + 1, sizeof(*image->zone));
	image->rule = calloc(TG_RULES_MAX, sizeof(*image->rule));
	if (build.rule && image->zone && image->rule)
		err = build_all(&build, tick_ns);
	free(build.rule);
	if (!err) {
		describe(image);
		return 0;
	}
	if (err == -ENOMEM)
		log_error("the policy cannot be compiled: %s", strerror(ENOMEM));
	policy_image_free(image);
	return err;
}

void policy_image_free(struct policy_image *image)
{
	free(image->zone);
	free(image->rule);
	rule_sets_free(&image->sets);
	automaton_free(&image->automaton);
	free(image->prefix);
	free(image->vlan);
	free(image->service);
	free(image->member);
	*image = (struct policy_image){0};
}
