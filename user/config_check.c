// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_check.h"

#include "duration.h"
#include "log.h"
#include "option_values.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct choice modes[] = {{"enforce", false}, {"monitor", true}, {0}};
static const struct choice booleans[] = {{"true", true}, {"false", false}, {0}};
static const struct choice negated[] = {{"true", false}, {"false", true}, {0}};

/*
 * Which option of the command line means the same: there are the bounds, and the member of struct
 * settings. `words` are for options that are flags there.
 */
static const struct meaning {
	const char *setting; /* NULL ends the list */
	const char *option;
	const struct choice *words;
} zone_meanings[] =
	{
		{"hook", "hook", NULL},
		{"mode", "monitor", modes},
		{"requests", "requests", NULL},
		{"unmatched", "unmatched", NULL},
		{"track-udp", "no-track-udp", negated},
		{"tftp-ports", "tftp-port", NULL},
		{"broadcast", "broadcast", booleans},
		{"multicast", "multicast", booleans},
		{"udpport", "udpport", booleans},
		{"slack", "slack", NULL},
		{0},
},
  sizes_meanings[] =
	  {
		  {"requests", "max-requests", NULL},   {"offers", "max-offers", NULL},
		  {"transfers", "max-transfers", NULL}, {"udp-flows", "max-udp-flows", NULL},
		  {"fragments", "max-fragments", NULL}, {0},
},
  service_meanings[] = {
	  {"port", "allow-udp", NULL},
	  {0},
};

/* One file, and the block of it that is being looked at. */
struct scope {
	struct config_check *check;
	const struct config_text *text;
	struct settings settings; /* its own, as if given on a command line */
};

static bool enough(const struct scope *scope)
{
	return scope->check->errors >= CONFIG_ERRORS_MAX;
}

/* "SETTING: what is wrong with the value". */
static void refuse(const struct scope *scope, const struct config_token *token, const char *setting,
		   const struct complaint *why)
{
	scope->check->errors++;
	config_token_error(scope->text, token, "%s: %s", setting, why->what);
	if (*why->hint)
		log_hint("%s", why->hint);
}

static const struct config_token *value_of(cfg_opt_t *setting, unsigned int i)
{
	return cfg_opt_getnptr(setting, i);
}

static int take_value(struct scope *scope, const struct meaning *meaning, const char *text,
		      struct complaint *why)
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
static void take_settings(struct scope *scope, cfg_t *block, const struct meaning *meanings)
{
	for (const struct meaning *m = meanings; m->setting; m++) {
		cfg_opt_t *setting = cfg_getopt(block, m->setting);
		struct complaint why;

		for (unsigned int i = 0; i < cfg_opt_size(setting) && !enough(scope); i++)
			if (take_value(scope, m, value_of(setting, i)->text, &why))
				refuse(scope, value_of(setting, i), m->setting, &why);
	}
}

static bool check_title(const struct scope *scope, const struct config_token *title)
{
	struct complaint why;

	if (!name_check(title->text, &why))
		return true;
	refuse(scope, title, title[-1].text, &why);
	return false;
}

/* libconfuse tells titles apart only as they are written, and "a" is a, too. */
static void check_siblings(const struct scope *scope, cfg_opt_t *blocks, unsigned int i)
{
	const struct config_token *title = config_title(scope->text, cfg_opt_getnsec(blocks, i));

	for (unsigned int before = 0; before < i; before++) {
		const struct config_token *other =
			config_title(scope->text, cfg_opt_getnsec(blocks, before));

		if (strcmp(title->text, other->text))
			continue;
		scope->check->errors++;
		config_same_title(scope->text, title, scope->text, other);
		return;
	}
}

static void require(const struct scope *scope, cfg_t *block, const char *name, const char *hint)
{
	const struct config_token *title = config_title(scope->text, block);

	if (cfg_size(block, name))
		return;
	scope->check->errors++;
	config_token_error(scope->text, title, "%s \"%.40s\": %s is missing", title[-1].text,
			   title->text, name);
	log_hint("%s", hint);
}

static void take_timers(struct scope *scope, cfg_t *block)
{
	for (const struct timer_spec *t = timer_specs; t->name && !enough(scope); t++) {
		struct zone_timers *timers = &scope->settings.zone_settings.timers;
		cfg_opt_t *setting = cfg_getopt(block, t->name);
		char least[DURATION_TEXT], most[DURATION_TEXT];
		const char *text;
		struct complaint why;
		int err;

		if (!cfg_opt_size(setting))
			continue;
		text = value_of(setting, 0)->text;
		err = duration_parse(text, t->min_ms, t->max_ms,
				     (uint64_t *)((char *)timers + t->offset));
		if (!err)
			continue;
		complain(&why, err == -ERANGE ? "%.40s is out of range" : "'%.40s' is not a time",
			 text);
		complain_hint(&why, "give %s to %s; units are ms, s and min",
			      duration_format(t->min_ms, least), duration_format(t->max_ms, most));
		refuse(scope, value_of(setting, 0), t->name, &why);
	}
}

static void take_services(struct scope *scope, cfg_opt_t *services)
{
	for (unsigned int i = 0; i < cfg_opt_size(services) && !enough(scope); i++) {
		cfg_t *service = cfg_opt_getnsec(services, i);

		check_title(scope, config_title(scope->text, service));
		check_siblings(scope, services, i);
		require(scope, service, "port", "write port = 161 or port = {161, 162}");
		take_settings(scope, service, service_meanings);
	}
}

static void take_group(struct scope *scope, cfg_t *block)
{
	const struct option_spec *option = option_named("server-group");
	struct group_list *groups = &scope->settings.zone_settings.groups;
	cfg_opt_t *members = cfg_getopt(block, "members");
	unsigned int errors = scope->check->errors;
	struct complaint why;

	check_title(scope, config_title(scope->text, block));
	require(scope, block, "members", "write members = {\"ADDRESS\", \"ADDRESS\"}");
	for (unsigned int i = 0; i < cfg_opt_size(members) && !enough(scope); i++)
		if (group_add(option, value_of(members, i)->text, groups, &why))
			refuse(scope, value_of(members, i), "members", &why);
	if (errors == scope->check->errors && group_end(option, groups, &why))
		refuse(scope, value_of(members, 0), "members", &why);
	if (errors != scope->check->errors)
		groups->group[groups->count].count = 0;
}

static void take_groups(struct scope *scope, cfg_opt_t *groups)
{
	for (unsigned int i = 0; i < cfg_opt_size(groups) && !enough(scope); i++) {
		check_siblings(scope, groups, i);
		take_group(scope, cfg_opt_getnsec(groups, i));
	}
}

static bool out_of_memory(struct config_check *check)
{
	check->errors++;
	log_error("%s", strerror(ENOMEM));
	return false;
}

/* Is it the first of its kind and name? Says so if not, else notes it. */
static bool claim(struct config_check *check, const struct config_claim *wanted)
{
	struct config_claim *claims = check->claim;

	for (size_t i = 0; i < check->claim_count; i++) {
		const struct config_claim *c = &claims[i];

		if (strcmp(c->kind, wanted->kind) || strcmp(c->token->text, wanted->token->text))
			continue;
		check->errors++;
		if (!wanted->zone) {
			config_same_title(wanted->text, wanted->token, c->text, c->token);
			return false;
		}
		config_token_error(wanted->text, wanted->token,
				   "interfaces: zone \"%.40s\" has '%.40s' already", c->zone->text,
				   c->token->text);
		if (c->text != wanted->text || c->zone != wanted->zone)
			log_hint("see %s:%zu", c->text->source.path,
				 config_line(config_token_place(&c->text->source, c->token)));
		return false;
	}
	claims = reallocarray(claims, check->claim_count + 1, sizeof(*claims));
	if (!claims)
		return out_of_memory(check);
	check->claim = claims;
	claims[check->claim_count++] = *wanted;
	return true;
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

static void take_interface(const struct scope *scope, const struct config_token *token,
			   const struct config_token *zone_title, struct config_zone *zone)
{
	const struct config_claim wanted = {"interfaces", scope->text, token, zone_title};
	struct complaint why;
	void *grown;

	if (check_interface(token->text, &why)) {
		refuse(scope, token, "interfaces", &why);
		return;
	}
	if (scope->check->interfaces == TG_SLOTS_MAX) {
		complain(&why, "more than %d", TG_SLOTS_MAX);
		refuse(scope, token, "interfaces", &why);
		return;
	}
	if (!claim(scope->check, &wanted))
		return;
	grown = reallocarray(zone->interface, zone->interface_count + 1, TG_IFNAME);
	if (!grown) {
		out_of_memory(scope->check);
		return;
	}
	zone->interface = grown;
	snprintf(zone->interface[zone->interface_count++], TG_IFNAME, "%s", token->text);
	scope->check->interfaces++;
}

static struct config_zone *add_zone(struct config_check *check, const char *name)
{
	struct config *config = check->config;
	struct config_zone *zone =
		reallocarray(config->zone, config->zone_count + 1, sizeof(*zone));

	if (!zone) {
		out_of_memory(check);
		return NULL;
	}
	config->zone = zone;
	zone += config->zone_count++;
	*zone = (struct config_zone){0};
	snprintf(zone->name, sizeof(zone->name), "%s", name);
	return zone;
}

static void take_zone(struct scope *scope, cfg_t *block)
{
	const struct config_token *title = config_title(scope->text, block);
	const struct config_claim wanted = {"zone", scope->text, title, NULL};
	cfg_opt_t *interfaces = cfg_getopt(block, "interfaces");
	struct config_zone *zone;

	if (!check_title(scope, title) || !claim(scope->check, &wanted))
		return;
	if (scope->check->config->zone_count == TG_SLOTS_MAX - 1) {
		scope->check->errors++;
		config_token_error(scope->text, title, "more than %d zones", TG_SLOTS_MAX - 1);
		return;
	}
	zone = add_zone(scope->check, title->text);
	if (!zone)
		return;
	settings_init(&scope->settings);
	require(scope, block, "interfaces", "write interfaces = {\"eth0\", \"tap*\"}");
	for (unsigned int i = 0; i < cfg_opt_size(interfaces) && !enough(scope); i++)
		take_interface(scope, value_of(interfaces, i), title, zone);
	take_settings(scope, block, zone_meanings);
	take_services(scope, cfg_getopt(block, "service"));
	take_groups(scope, cfg_getopt(block, "server-group"));
	if (cfg_size(block, "timers"))
		take_timers(scope, cfg_getnsec(block, "timers", 0));
	zone->hook = scope->settings.hook;
	zone->settings = scope->settings.zone_settings;
}

static void take_sizes(struct scope *scope, cfg_t *block)
{
	const struct config_token *all = scope->text->tokens.token;
	struct config_check *check = scope->check;

	if (check->sizes) {
		check->errors++;
		/* The line of a block that was read through is that of its closing brace. */
		config_token_error(scope->text, &all[all[block->line - 1].open - 1],
				   "sizes: another file has them already");
		log_hint("see %s", check->sizes->source.path);
		return;
	}
	check->sizes = scope->text;
	settings_init(&scope->settings);
	take_settings(scope, block, sizes_meanings);
	check->config->sizes = scope->settings.sizes;
}

int config_check_file(struct config_check *check, const struct config_text *text, cfg_t *tree)
{
	struct scope scope = {.check = check, .text = text};
	cfg_opt_t *zones = cfg_getopt(tree, "zone");

	if (cfg_size(tree, "sizes"))
		take_sizes(&scope, cfg_getnsec(tree, "sizes", 0));
	for (unsigned int i = 0; i < cfg_opt_size(zones) && !enough(&scope); i++)
		take_zone(&scope, cfg_opt_getnsec(zones, i));
	if (enough(&scope))
		log_hint("there may be more; this is where reading ended");
	return check->errors ? -EINVAL : 0;
}

void config_check_end(struct config_check *check)
{
	free(check->claim);
	*check = (struct config_check){0};
}
