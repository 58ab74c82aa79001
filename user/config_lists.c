// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_lists.h"

#include "config_prefix.h"
#include "log.h"
#include "quantity.h"
#include "suggest.h"

#include <errno.h>
#include <string.h>

#define VLAN_MAX 4094 /* IEEE 802.1Q: 0 is priority alone, 4095 reserved */

static const char untagged[] = "untagged";

static struct config_place place_of(const struct config_scope *scope,
				    const struct config_token *token)
{
	return config_token_place(&scope->text->source, token);
}

/* One more warning? They are told up to a number; then that there are more. */
static bool may_warn(const struct config_scope *scope)
{
	unsigned int told = scope->check->warnings++;

	if (told == CONFIG_WARNINGS_MAX)
		log_hint("there are more warnings of this kind");
	return told < CONFIG_WARNINGS_MAX;
}

/* What is read otherwise than it looks, or means more. */
static void warn(const struct config_scope *scope, const struct config_token *token,
		 const char *setting, const struct config_prefix *prefix, bool cut)
{
	char text[PREFIX_TEXT];

	if (!cut || !may_warn(scope))
		return;
	config_prefix_format(prefix, text);
	config_warning(place_of(scope, token),
		       "%s: %.60s has bits behind its prefix, and is read as %s", setting,
		       token->text, text);
}

static bool has_all_ipv4(const struct prefix_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->prefix[i].bits == 96 && address_is_ipv4(&list->prefix[i].address))
			return true;
	return false;
}

/* "::/0" is meant to be all of IPv6, but IPv4 addresses are kept as part of it. */
static void warn_of_ipv4(const struct config_scope *scope, cfg_opt_t *values, const char *setting,
			 const struct prefix_list *list)
{
	if (has_all_ipv4(list))
		return;
	for (unsigned int i = 0; i < list->count; i++) {
		const struct config_token *token = scope_value(values, i);

		if (!config_prefix_holds_ipv4(&list->prefix[i]) || !may_warn(scope))
			continue;
		config_warning(place_of(scope, token), "%s: %.60s holds all of IPv4, too", setting,
			       token->text);
		log_hint("leave %s out for everybody; IPv6 alone is 2000::/3, fc00::/7, fe80::/10",
			 setting);
	}
}

static int add_prefix(const struct config_scope *scope, const struct config_token *token,
		      const char *setting, struct prefix_list *list)
{
	struct config_prefix prefix, *grown;
	struct complaint why;
	bool cut;

	if (config_prefix_parse(token->text, &prefix, &cut, &why)) {
		scope_refuse(scope, token, setting, &why);
		return -EINVAL;
	}
	warn(scope, token, setting, &prefix, cut);
	if (scope_count_value(scope, place_of(scope, token)))
		return -E2BIG;
	grown = scope_grow(list->prefix, list->count, sizeof(*grown));
	if (!grown)
		return scope_out_of_memory(scope->check);
	list->prefix = grown;
	grown[list->count++] = prefix;
	return 0;
}

void take_prefixes(const struct config_scope *scope, cfg_t *block, const char *setting,
		   struct prefix_list *list)
{
	cfg_opt_t *values = cfg_getopt(block, setting);
	int err = 0;

	for (unsigned int i = 0; i < cfg_opt_size(values) && !scope_enough(scope); i++)
		err |= add_prefix(scope, scope_value(values, i), setting, list);
	if (!err && !scope_enough(scope))
		warn_of_ipv4(scope, values, setting, list);
}

static int parse_vlan(const char *text, uint64_t *vlan, struct complaint *why)
{
	static const struct quantity tags = {QUANTITY_COUNT, 1, VLAN_MAX, false};
	struct suggestion near = suggestion_for(text);

	if (!strcmp(text, untagged)) {
		*vlan = 0;
		return 0;
	}
	if (!quantity_parse(&tags, text, vlan, why))
		return 0;
	suggestion_offer(&near, untagged);
	if (near.nearest)
		complain_hint(why, "did you mean %s?", untagged);
	else
		complain_hint(why, "give whole numbers from 1 to %d, or %s", VLAN_MAX, untagged);
	return -EINVAL;
}

static void add_vlan(const struct config_scope *scope, const struct config_token *token,
		     struct config_rule *rule)
{
	struct complaint why;
	uint16_t *grown;
	uint64_t vlan;

	if (parse_vlan(token->text, &vlan, &why)) {
		scope_refuse(scope, token, "vlans", &why);
		return;
	}
	for (size_t i = 0; i < rule->vlan_count; i++)
		if (rule->vlan[i] == vlan)
			return;
	if (scope_count_value(scope, place_of(scope, token)))
		return;
	grown = scope_grow(rule->vlan, rule->vlan_count, sizeof(*grown));
	if (!grown) {
		scope_out_of_memory(scope->check);
		return;
	}
	rule->vlan = grown;
	grown[rule->vlan_count++] = (uint16_t)vlan;
}

void take_vlans(const struct config_scope *scope, cfg_t *block, struct config_rule *rule)
{
	cfg_opt_t *values = cfg_getopt(block, "vlans");

	for (unsigned int i = 0; i < cfg_opt_size(values) && !scope_enough(scope); i++)
		add_vlan(scope, scope_value(values, i), rule);
}
