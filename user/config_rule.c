// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_rule.h"

#include "config_lists.h"
#include "config_meaning.h"
#include "log.h"
#include "option_values.h"

#include <stdio.h>
#include <string.h>

#define LIMIT(member) offsetof(struct config_rule, member)
#define COUNT(min, max)                         \
	{                                       \
		QUANTITY_COUNT, min, max, false \
	}

/* RFC 2348 and RFC 7440 bound the first two. */
const struct rule_limit rule_limits[] = {
	{"max-blksize", "max_blksize", LIMIT(max_blksize), COUNT(8, 65464)},
	{"max-windowsize", "max_windowsize", LIMIT(max_windowsize), COUNT(1, 65535)},
	{"max-size", "max_size", LIMIT(max_size), {QUANTITY_BYTES, 1, 1ULL << 40, false}},
	{"rate", "rate", LIMIT(rate_mhz), {QUANTITY_RATE, 1, 1000000000, false}},
	{"burst", "burst", LIMIT(burst), COUNT(1, 1000000)},
	{"max-transfers", "max_transfers", LIMIT(max_transfers), COUNT(1, 1000000)},
	{0},
};

uint64_t rule_limit_of(const struct config_rule *rule, const struct rule_limit *limit)
{
	return *(const uint64_t *)((const char *)rule + limit->offset);
}

static void take_limit(const struct config_scope *scope, cfg_t *block,
		       const struct rule_limit *limit, struct config_rule *rule)
{
	const struct config_token *token = scope_single(block, limit->name);
	uint64_t *value = (uint64_t *)((char *)rule + limit->offset);
	struct complaint why;

	if (!token || !quantity_parse(&limit->quantity, token->text, value, &why)) {
		if (!token || rule->action != TG_DENY)
			return;
		complain(&why, "a rule that denies has no limits");
		complain_hint(&why, "what it would allow, another rule allows: action = allow");
	}
	scope_refuse(scope, token, limit->name, &why);
}

/* Unless said, as many requests may come at once as the rate admits in a second. */
static void take_burst(const struct config_scope *scope, cfg_t *block, struct config_rule *rule)
{
	const struct config_token *token = scope_single(block, "burst");
	struct complaint why;

	if (rule->rate_mhz && !rule->burst)
		rule->burst = rule->rate_mhz < 1000 ? 1 : rule->rate_mhz / 1000;
	if (!token || cfg_size(block, "rate") || rule->action == TG_DENY)
		return;
	complain(&why, "there is no rate that it could exceed");
	complain_hint(&why, "write rate = 10/s as well");
	scope_refuse(scope, token, "burst", &why);
}

static void take_modes(const struct config_scope *scope, cfg_t *block, struct config_rule *rule)
{
	cfg_opt_t *values = cfg_getopt(block, "mode");

	for (unsigned int i = 0; i < cfg_opt_size(values) && !scope_enough(scope); i++) {
		const struct config_token *token = scope_value(values, i);
		struct complaint why;
		uint64_t mode;

		if (choice_value(config_modes, token->text, &mode, &why))
			scope_refuse(scope, token, "mode", &why);
		else
			rule->modes |= 1U << mode;
	}
}

static void take_conditions(const struct config_scope *scope, cfg_t *block,
			    struct config_rule *rule)
{
	uint64_t any_case = false;

	scope_choice(scope, block, "operation", config_operations, &rule->operation);
	take_modes(scope, block, rule);
	take_prefixes(scope, block, "clients", &rule->clients);
	take_prefixes(scope, block, "servers", &rule->servers);
	take_vlans(scope, block, rule);
	scope_choice(scope, block, "any-case", config_booleans, &any_case);
	rule->any_case = any_case;
	take_patterns(scope, block, rule);
}

static void take_rule(const struct config_scope *scope, cfg_t *block, struct config_rule *rule)
{
	const struct config_token *title = config_title(scope->text, block);
	uint64_t action = 0;

	snprintf(rule->name, sizeof(rule->name), "%s", title->text);
	rule->where = scope_where(scope, title);
	if (scope_require(scope, block, "action", "write action = allow or action = deny"))
		scope_choice(scope, block, "action", config_actions, &action);
	rule->action = (enum tg_action)action;
	take_conditions(scope, block, rule);
	for (const struct rule_limit *l = rule_limits; l->name && !scope_enough(scope); l++)
		take_limit(scope, block, l, rule);
	take_burst(scope, block, rule);
}

static struct config_rule *add_rule(const struct config_scope *scope,
				    const struct config_token *title, struct config_zone *zone)
{
	struct config_check *check = scope->check;
	struct config_rule *rules;

	if (check->rules == TG_RULES_MAX) {
		check->errors = CONFIG_ERRORS_MAX; /* there may be many more */
		config_token_error(scope->text, title, "rule: there are more than %d in all zones",
				   TG_RULES_MAX);
		return NULL;
	}
	rules = scope_grow(zone->rule, zone->rule_count, sizeof(*rules));
	if (!rules) {
		scope_out_of_memory(check);
		return NULL;
	}
	check->rules++;
	zone->rule = rules;
	rules += zone->rule_count++;
	*rules = (struct config_rule){0};
	return rules;
}

void take_rules(const struct config_scope *scope, cfg_t *zone_block, struct config_zone *zone)
{
	cfg_opt_t *blocks = cfg_getopt(zone_block, "rule");
	uint64_t otherwise;

	for (unsigned int i = 0; i < cfg_opt_size(blocks) && !scope_enough(scope); i++) {
		cfg_t *block = cfg_opt_getnsec(blocks, i);
		struct config_rule *rule;

		if (!scope_check_title(scope, blocks, i))
			continue;
		rule = add_rule(scope, config_title(scope->text, block), zone);
		if (rule)
			take_rule(scope, block, rule);
	}
	otherwise = zone->rule_count ? TG_DENY : TG_ALLOW;
	scope_choice(scope, zone_block, "default", config_actions, &otherwise);
	zone->default_deny = otherwise == TG_DENY;
}
