// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_check.h"

#include "config_claim.h"
#include "config_lists.h"
#include "config_meaning.h"
#include "config_rule.h"
#include "config_sink.h"
#include "glob.h"
#include "log.h"
#include "option_values.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int take_value(struct config_scope *scope, const struct config_meaning *meaning,
		      const char *text, struct complaint *why)
{
	const struct option_spec *option = option_named(meaning->option);
	void *place = (char *)&scope->settings + option->offset;
	uint64_t word = 0;
	int err;

	if (!meaning->words) {
		if (option->kind == OPTION_PORTS && strchr(text, ','))
			return complain(why, "'%.40s' is not a number", text);
		return option_value(option, text, place, why);
	}
	err = choice_value(meaning->words, text, &word, why);
	*(bool *)place = word;
	return err;
}

/* The settings of a block that have a meaning on the command line; others are left alone. */
static void take_settings(struct config_scope *scope, cfg_t *block,
			  const struct config_meaning *meanings)
{
	for (const struct config_meaning *m = meanings; m->setting; m++) {
		cfg_opt_t *setting = cfg_getopt(block, m->setting);
		struct complaint why;

		for (unsigned int i = 0; i < cfg_opt_size(setting) && !scope_enough(scope); i++)
			if (take_value(scope, m, scope_value(setting, i)->text, &why))
				scope_refuse(scope, scope_value(setting, i), m->setting, &why);
	}
}

/* Settings that are right by themselves, but not together. */
static void check_clash(const struct config_scope *scope, cfg_t *block)
{
	struct complaint why;
	const char *option =
		zone_settings_clash(&scope->settings.zone_settings, scope->settings.hook, &why);

	if (option)
		scope_refuse(scope, scope_single(block, option), option, &why);
}

static void take_timers(struct config_scope *scope, cfg_t *block)
{
	for (const struct timer_spec *t = timer_specs; t->name && !scope_enough(scope); t++) {
		const struct quantity bounds = {QUANTITY_TIME, t->min_ms, t->max_ms, false};
		struct zone_timers *timers = &scope->settings.zone_settings.timers;
		const struct config_token *token = scope_single(block, t->name);
		struct complaint why;

		if (token && quantity_parse(&bounds, token->text,
					    (uint64_t *)((char *)timers + t->offset), &why))
			scope_refuse(scope, token, t->name, &why);
	}
}

/* A burst of no rate is 0, and nobody asks for one. */
static void settle_burst(const struct config_scope *scope, cfg_t *block, const char *name,
			 const char *rate_name, uint64_t rate_mhz, uint64_t *burst)
{
	const struct config_token *token = scope_single(block, name);
	struct complaint why;

	if (rate_mhz)
		return;
	*burst = 0;
	if (!token)
		return;
	complain(&why, "there is no %s that it could exceed", rate_name);
	scope_refuse(scope, token, name, &why);
}

/* What sets no limit any more because of another setting is 0, too. */
static void settle_abuse(const struct config_scope *scope, cfg_t *block, struct zone_abuse *abuse)
{
	settle_burst(scope, block, "request-burst", "request-rate", abuse->request_rate_mhz,
		     &abuse->request_burst);
	settle_burst(scope, block, "budget-burst", "request-budget", abuse->budget_rate_mhz,
		     &abuse->budget_burst);
	if (!abuse->within_ms || !abuse->hold_ms)
		abuse->not_found_max = abuse->names_max = 0;
	if (!abuse->unacknowledged_within_ms)
		abuse->unacknowledged_packets = abuse->unacknowledged_bytes = 0;
}

static void take_abuse(struct config_scope *scope, cfg_t *block)
{
	struct zone_abuse *abuse = &scope->settings.zone_settings.abuse;

	for (const struct abuse_spec *a = abuse_specs; a->name && !scope_enough(scope); a++) {
		const struct config_token *token = scope_single(block, a->name);
		struct complaint why;

		if (token &&
		    quantity_parse(&a->quantity, token->text, abuse_member(abuse, a), &why))
			scope_refuse(scope, token, a->name, &why);
	}
	settle_abuse(scope, block, abuse);
}

/* Who may use a port is said in one place. */
static void check_port(const struct config_scope *scope, const struct config_token *token,
		       const struct config_zone *zone, size_t ports)
{
	const struct config_service *own = &zone->service[zone->service_count - 1];
	uint16_t port = own->ports.port[own->ports.count - 1];
	struct complaint why;

	for (const struct config_service *s = zone->service; s < own; s++) {
		for (size_t i = 0; i < s->ports.count; i++) {
			if (s->ports.port[i] != port)
				continue;
			complain(&why, "service \"%s\" has %u already", s->name, port);
			scope_refuse(scope, token, "port", &why);
			return;
		}
	}
	if (ports == PORTS_MAX + 1) {
		complain(&why, "more than %d ports in all services of the zone", PORTS_MAX);
		scope_refuse(scope, token, "port", &why);
	}
}

static void take_ports(struct config_scope *scope, cfg_t *block, struct config_zone *zone)
{
	struct port_list *ports = &zone->service[zone->service_count - 1].ports;
	struct port_list *read = &scope->settings.zone_settings.allow_udp;
	cfg_opt_t *values = cfg_getopt(block, "port");
	size_t before = 0;

	for (size_t i = 0; i + 1 < zone->service_count; i++)
		before += zone->service[i].ports.count;
	for (unsigned int i = 0; i < cfg_opt_size(values) && !scope_enough(scope); i++) {
		const struct config_token *token = scope_value(values, i);
		struct complaint why;

		if (take_value(scope, service_meanings, token->text, &why)) {
			scope_refuse(scope, token, "port", &why);
		} else if (read->count > ports->count) {
			*ports = *read;
			check_port(scope, token, zone, before + ports->count);
		}
	}
	*read = (struct port_list){0};
}

static void take_service(struct config_scope *scope, cfg_t *block, struct config_zone *zone)
{
	struct config_service *services =
		scope_grow(zone->service, zone->service_count, sizeof(*services));

	if (!services) {
		scope_out_of_memory(scope->check);
		return;
	}
	zone->service = services;
	services += zone->service_count++;
	*services = (struct config_service){0};
	snprintf(services->name, sizeof(services->name), "%s",
		 config_title(scope->text, block)->text);
	scope_require(scope, block, "port", "write port = 161 or port = {161, 162}");
	take_ports(scope, block, zone);
	take_prefixes(scope, block, "sources", &services->sources);
}

static void take_services(struct config_scope *scope, cfg_opt_t *services, struct config_zone *zone)
{
	for (unsigned int i = 0; i < cfg_opt_size(services) && !scope_enough(scope); i++)
		if (scope_check_title(scope, services, i))
			take_service(scope, cfg_opt_getnsec(services, i), zone);
}

static void take_group(struct config_scope *scope, cfg_t *block)
{
	const struct option_spec *option = option_named("server-group");
	struct group_list *groups = &scope->settings.zone_settings.groups;
	struct address_list *group = &groups->group[groups->count];
	cfg_opt_t *members = cfg_getopt(block, "members");
	unsigned int errors = scope->check->errors;
	struct complaint why;

	snprintf(group->name, sizeof(group->name), "%s", config_title(scope->text, block)->text);
	scope_require(scope, block, "members", "write members = {\"ADDRESS\", \"ADDRESS\"}");
	for (unsigned int i = 0; i < cfg_opt_size(members) && !scope_enough(scope); i++)
		if (group_add(option, scope_value(members, i)->text, groups, &why))
			scope_refuse(scope, scope_value(members, i), "members", &why);
	if (errors == scope->check->errors && group_end(option, groups, &why))
		scope_refuse(scope, scope_value(members, 0), "members", &why);
	if (errors != scope->check->errors)
		*group = (struct address_list){0};
}

static void take_groups(struct config_scope *scope, cfg_opt_t *groups)
{
	for (unsigned int i = 0; i < cfg_opt_size(groups) && !scope_enough(scope); i++)
		if (scope_check_title(scope, groups, i))
			take_group(scope, cfg_opt_getnsec(groups, i));
}

/* A name that an interface may have, or a pattern of such names. */
static int check_interface(const char *text, struct complaint *why)
{
	size_t len = strlen(text);

	if (len && len < TG_IFNAME && strcmp(text, ".") && strcmp(text, "..") &&
	    strcspn(text, "/ \t:[]") == len)
		return 0;
	complain(why, "no interface can be named '%.40s'", text);
	complain_hint(
		why,
		"give names of 1 to %d bytes, or patterns with * for any characters and ? for "
		"one",
		TG_IFNAME - 1);
	return -EINVAL;
}

static void take_interface(const struct config_scope *scope, const struct config_token *token,
			   const struct config_token *zone_title, const struct config_token *bridge,
			   struct config_zone *zone)
{
	struct complaint why;
	void *grown;

	if (check_interface(token->text, &why)) {
		scope_refuse(scope, token, "interfaces", &why);
		return;
	}
	if (scope->check->interfaces == TG_SLOTS_MAX) {
		complain(&why, "more than %d", TG_SLOTS_MAX);
		scope_refuse(scope, token, "interfaces", &why);
		return;
	}
	if (!claim_interface(scope, token, zone_title, bridge))
		return;
	grown = scope_grow(zone->interface, zone->interface_count, TG_IFNAME);
	if (!grown) {
		scope_out_of_memory(scope->check);
		return;
	}
	zone->interface = grown;
	snprintf(zone->interface[zone->interface_count++], TG_IFNAME, "%s", token->text);
	scope->check->interfaces++;
}

static struct config_zone *add_zone(struct config_check *check, const char *name)
{
	struct config *config = check->config;
	struct config_zone *zone = scope_grow(config->zone, config->zone_count, sizeof(*zone));

	if (!zone) {
		scope_out_of_memory(check);
		return NULL;
	}
	config->zone = zone;
	zone += config->zone_count++;
	*zone = (struct config_zone){0};
	snprintf(zone->name, sizeof(zone->name), "%s", name);
	return zone;
}

static void take_bridge(const struct config_scope *scope, const struct config_token *token,
			struct config_zone *zone)
{
	struct complaint why;

	if (glob_is_pattern(token->text)) {
		complain(&why, "'%.40s' is a pattern", token->text);
		complain_hint(&why, "give each bridge a zone of its own");
		scope_refuse(scope, token, "bridge", &why);
	} else if (check_interface(token->text, &why)) {
		scope_refuse(scope, token, "bridge", &why);
	} else {
		snprintf(zone->bridge, sizeof(zone->bridge), "%s", token->text);
	}
}

/* What the zone is about: its interfaces. */
static void take_interfaces(const struct config_scope *scope, cfg_t *block,
			    struct config_zone *zone)
{
	cfg_opt_t *interfaces = cfg_getopt(block, "interfaces");
	const struct config_token *bridge = scope_single(block, "bridge");

	if (bridge)
		take_bridge(scope, bridge, zone);

	scope_require(scope, block, "interfaces", "write interfaces = {\"eth0\", \"tap*\"}");
	for (unsigned int i = 0; i < cfg_opt_size(interfaces) && !scope_enough(scope); i++)
		take_interface(scope, scope_value(interfaces, i), config_title(scope->text, block),
			       bridge, zone);
}

static void take_zone(struct config_scope *scope, cfg_t *block)
{
	const struct config_token *title = config_title(scope->text, block);
	struct config_zone *zone;
	struct complaint why;

	if (name_check(title->text, &why)) {
		scope_refuse(scope, title, "zone", &why);
		return;
	}
	if (!claim_zone(scope, title))
		return;
	if (scope->check->config->zone_count == TG_SLOTS_MAX - 1) {
		scope->check->errors++;
		config_token_error(scope->text, title, "more than %d zones", TG_SLOTS_MAX - 1);
		return;
	}
	zone = add_zone(scope->check, title->text);
	if (!zone)
		return;
	zone->where = scope_where(scope, title);
	settings_init(&scope->settings);
	take_interfaces(scope, block, zone);
	take_settings(scope, block, zone_meanings);
	check_clash(scope, block);
	take_services(scope, cfg_getopt(block, "service"), zone);
	take_groups(scope, cfg_getopt(block, "server-group"));
	if (cfg_size(block, "timers"))
		take_timers(scope, cfg_getnsec(block, "timers", 0));
	if (cfg_size(block, "abuse"))
		take_abuse(scope, cfg_getnsec(block, "abuse", 0));
	take_rules(scope, block, zone);
	zone->hook = scope->settings.hook;
	zone->settings = scope->settings.zone_settings;
}

static void take_sizes(struct config_scope *scope, cfg_t *block)
{
	struct config_check *check = scope->check;

	settings_init(&scope->settings);
	take_settings(scope, block, sizes_meanings);
	check->config->sizes = scope->settings.sizes;
}

int config_check_file(struct config_check *check, const struct config_text *text, cfg_t *tree)
{
	struct config_scope scope = {.check = check, .text = text};
	cfg_opt_t *zones = cfg_getopt(tree, "zone");

	scope.file = scope_keep_path(check, text->source.path);
	if (!scope.file)
		return -ENOMEM;
	if (cfg_size(tree, "sizes") && scope_once(&scope, tree, "sizes", &check->sizes))
		take_sizes(&scope, cfg_getnsec(tree, "sizes", 0));
	for (unsigned int i = 0; i < cfg_opt_size(zones) && !scope_enough(&scope); i++)
		take_zone(&scope, cfg_opt_getnsec(zones, i));
	take_daemon(&scope, tree);
	take_sinks(&scope, tree);
	if (scope_enough(&scope))
		log_hint("there may be more; this is where reading ended");
	return check->errors ? -EINVAL : 0;
}

int config_check_whole(struct config_check *check)
{
	/* `down` may have taken a zone out of the policy that runs; its sinks stay as they were. */
	return check->alone ? 0 : config_sink_check_zones(check);
}

void config_check_end(struct config_check *check)
{
	free(check->sink);
	free(check->reference);
	free(check->claim);
	*check = (struct config_check){0};
}
