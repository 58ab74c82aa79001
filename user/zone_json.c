// SPDX-License-Identifier: GPL-2.0-or-later
#include "zone_json.h"

#include "config_meaning.h"
#include "config_prefix.h"
#include "config_rule.h"
#include "report.h"

/* The word for a value, which a configuration that was read always has. */
static json_t *word(const struct choice *choices, uint64_t value)
{
	const char *text = choice_word(choices, value);

	return text ? json_string(text) : json_null();
}

static json_t *prefixes_json(const struct prefix_list *list)
{
	json_t *all = json_array();
	char text[PREFIX_TEXT];

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(all,
				      json_string(config_prefix_format(&list->prefix[i], text)));
	return all;
}

static json_t *ports_json(const struct port_list *list)
{
	json_t *all = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(all, json_integer(list->port[i]));
	return all;
}

static json_t *services_json(const struct config_zone *zone)
{
	json_t *all = json_array();

	for (size_t i = 0; i < zone->service_count; i++) {
		const struct config_service *s = &zone->service[i];
		json_t *service = json_object();

		json_object_set_new(service, "name", report_text(s->name));
		json_object_set_new(service, "ports", ports_json(&s->ports));
		if (s->sources.count)
			json_object_set_new(service, "sources", prefixes_json(&s->sources));
		json_array_append_new(all, service);
	}
	return all;
}

static json_t *modes_json(unsigned int modes)
{
	json_t *all = json_array();

	for (const struct choice *c = config_modes; c->word; c++)
		if (modes & 1U << c->value)
			json_array_append_new(all, json_string(c->word));
	return all;
}

/* Untagged is null, as there is no number. */
static json_t *vlans_json(const struct config_rule *rule)
{
	json_t *all = json_array();

	for (size_t i = 0; i < rule->vlan_count; i++)
		json_array_append_new(all,
				      rule->vlan[i] ? json_integer(rule->vlan[i]) : json_null());
	return all;
}

static json_t *patterns_json(const struct config_rule *rule)
{
	json_t *all = json_array();

	for (size_t i = 0; i < rule->pattern_count; i++)
		json_array_append_new(all, report_text(rule->pattern[i].text));
	return all;
}

static void add_conditions(json_t *json, const struct config_rule *rule)
{
	if (rule->operation)
		json_object_set_new(json, "operation", word(config_operations, rule->operation));
	if (rule->modes)
		json_object_set_new(json, "modes", modes_json(rule->modes));
	if (rule->clients.count)
		json_object_set_new(json, "clients", prefixes_json(&rule->clients));
	if (rule->servers.count)
		json_object_set_new(json, "servers", prefixes_json(&rule->servers));
	if (rule->vlan_count)
		json_object_set_new(json, "vlans", vlans_json(rule));
	if (rule->pattern_count) {
		json_object_set_new(json, "files", patterns_json(rule));
		json_object_set_new(json, "any_case", json_boolean(rule->any_case));
	}
}

/* Nothing where there is no limit. */
static json_t *quantity_json(enum quantity_kind kind, uint64_t value)
{
	if (!value)
		return json_null();
	if (kind == QUANTITY_RATE)
		return json_real((double)value / 1000);
	return json_integer((json_int_t)value);
}

static json_t *abuse_json(struct zone_abuse abuse)
{
	json_t *json = json_object();

	for (const struct abuse_spec *a = abuse_specs; a->name; a++)
		json_object_set_new(json, a->key,
				    quantity_json(a->quantity.kind, *abuse_member(&abuse, a)));
	return json;
}

static json_t *rule_json(const struct config_rule *rule)
{
	json_t *json = json_object();

	json_object_set_new(json, "name", report_text(rule->name));
	json_object_set_new(json, "action", word(config_actions, rule->action));
	add_conditions(json, rule);
	for (const struct rule_limit *l = rule_limits; l->name; l++)
		if (rule_limit_of(rule, l))
			json_object_set_new(
				json, l->key,
				quantity_json(l->quantity.kind, rule_limit_of(rule, l)));
	return json;
}

json_t *zone_json(const struct config_zone *zone)
{
	json_t *json = json_object(), *interfaces = json_array(), *rules = json_array();

	for (size_t i = 0; i < zone->interface_count; i++)
		json_array_append_new(interfaces, report_text(zone->interface[i]));
	for (size_t i = 0; i < zone->rule_count; i++)
		json_array_append_new(rules, rule_json(&zone->rule[i]));
	json_object_set_new(json, "name", report_text(zone->name));
	json_object_set_new(json, "interfaces", interfaces);
	json_object_set_new(json, "bridge",
			    *zone->bridge ? report_text(zone->bridge) : json_null());
	json_object_set_new(json, "hook", word(option_named("hook")->choices, zone->hook));
	json_object_set_new(json, "mode",
			    json_string(zone->settings.monitor ? "monitor" : "enforce"));
	json_object_set_new(json, "default",
			    word(config_actions, zone->default_deny ? TG_DENY : TG_ALLOW));
	json_object_set_new(json, "services", services_json(zone));
	json_object_set_new(json, "abuse", abuse_json(zone->settings.abuse));
	json_object_set_new(json, "rules", rules);
	return json;
}
