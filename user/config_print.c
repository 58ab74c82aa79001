// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The configuration as text, in one canonical form: settings in the order of the manual page, one a line, and
 * those that are as if nothing were said left out.
 */
#include "config.h"

#include "config_meaning.h"
#include "config_prefix.h"
#include "config_rule.h"
#include "config_sink.h"
#include "mark.h"
#include "records/record_filter.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_VALUES 4 /* longer lists have a line for each value */

/* The text that is being written, and how deep in blocks. */
struct printing {
	FILE *out;
	int depth;
};

static void indent(const struct printing *p)
{
	for (int i = 0; i < p->depth; i++)
		fputc('\t', p->out);
}

static void begin(struct printing *p, const char *kind)
{
	indent(p);
	fprintf(p->out, "%s {\n", kind);
	p->depth++;
}

static void end(struct printing *p)
{
	p->depth--;
	indent(p);
	fprintf(p->out, "}\n");
}

static void quoted(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\' || !strncmp(text, "${", 2))
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void begin_titled(struct printing *p, const char *kind, const char *title)
{
	indent(p);
	fprintf(p->out, "%s ", kind);
	quoted(p->out, title);
	fprintf(p->out, " {\n");
	p->depth++;
}

static void setting(const struct printing *p, const char *name, const char *value)
{
	indent(p);
	fprintf(p->out, "%s = %s\n", name, value);
}

static void text_setting(const struct printing *p, const char *name, const char *value)
{
	indent(p);
	fprintf(p->out, "%s = ", name);
	quoted(p->out, value);
	fputc('\n', p->out);
}

static void quantity(const struct printing *p, const char *name, enum quantity_kind kind,
		     uint64_t value)
{
	char text[QUANTITY_TEXT];

	setting(p, name, quantity_format(kind, value, text));
}

/* Writes the Nth value of a list. */
typedef void (*value_writer)(FILE *out, const void *list, size_t n);

static void list(const struct printing *p, const char *name, const void *values, size_t count,
		 value_writer write)
{
	bool lines = count > LINE_VALUES;
	struct printing inside = {p->out, p->depth + 1};

	if (!count)
		return;
	indent(p);
	fprintf(p->out, "%s = {%s", name, lines ? "\n" : "");
	for (size_t i = 0; i < count; i++) {
		if (lines)
			indent(&inside);
		write(p->out, values, i);
		if (lines)
			fprintf(p->out, ",\n");
		else if (i + 1 < count)
			fprintf(p->out, ", ");
	}
	if (lines)
		indent(p);
	fprintf(p->out, "}\n");
}

static void write_interface(FILE *out, const void *values, size_t n)
{
	quoted(out, ((const char(*)[TG_IFNAME])values)[n]);
}

static void write_number(FILE *out, const void *values, size_t n)
{
	fprintf(out, "%u", ((const uint16_t *)values)[n]);
}

static void write_vlan(FILE *out, const void *values, size_t n)
{
	if (((const uint16_t *)values)[n])
		write_number(out, values, n);
	else
		fprintf(out, "untagged");
}

static void write_address(FILE *out, const void *values, size_t n)
{
	char text[ADDRESS_TEXT];

	quoted(out, address_format(&((const struct tg_addr *)values)[n], text));
}

static void write_prefix(FILE *out, const void *values, size_t n)
{
	char text[PREFIX_TEXT];

	quoted(out, config_prefix_format(&((const struct config_prefix *)values)[n], text));
}

static void write_pattern(FILE *out, const void *values, size_t n)
{
	quoted(out, ((const struct config_pattern *)values)[n].text);
}

static void write_choice(FILE *out, const void *values, size_t n)
{
	fprintf(out, "%s", ((const struct choice *)values)[n].word);
}

static void ports(const struct printing *p, const char *name, const struct port_list *ports)
{
	list(p, name, ports->port, ports->count, write_number);
}

static void mark(const struct printing *p, const char *name, const struct zone_mark *mark)
{
	char text[MARK_TEXT];

	if (mark->mask)
		setting(p, name, mark_format(mark, text));
}

/* A setting that has an option, unless it is as without that option. */
static void meaning(const struct printing *p, const struct config_meaning *m,
		    const struct settings *settings, const struct settings *defaults)
{
	const struct option_spec *option = option_named(m->option);
	const void *place = (const char *)settings + option->offset;
	const void *usual = (const char *)defaults + option->offset;
	const uint64_t *value = place;

	if (option->kind == OPTION_PORTS) {
		ports(p, m->setting, place);
	} else if (option->kind == OPTION_FLAG) {
		if (*(const bool *)place != *(const bool *)usual)
			setting(p, m->setting, choice_word(m->words, *(const bool *)place));
	} else if (option->kind == OPTION_MARK) {
		mark(p, m->setting, place);
	} else if (*value == *(const uint64_t *)usual) {
		return;
	} else if (option->kind == OPTION_CHOICE) {
		setting(p, m->setting, choice_word(option->choices, *value));
	} else {
		quantity(p, m->setting, QUANTITY_COUNT, *value);
	}
}

static void meanings(const struct printing *p, const struct config_meaning *all,
		     const struct settings *settings)
{
	struct settings defaults;

	settings_init(&defaults);
	for (const struct config_meaning *m = all; m->setting; m++)
		meaning(p, m, settings, &defaults);
}

static void prefixes(const struct printing *p, const char *name, const struct prefix_list *prefixes)
{
	list(p, name, prefixes->prefix, prefixes->count, write_prefix);
}

static void services(struct printing *p, const struct config_zone *zone)
{
	for (size_t i = 0; i < zone->service_count; i++) {
		const struct config_service *s = &zone->service[i];

		begin_titled(p, "service", s->name);
		ports(p, "port", &s->ports);
		prefixes(p, "sources", &s->sources);
		end(p);
	}
}

/* Groups of the command line have no names. */
static void groups(struct printing *p, const struct group_list *groups)
{
	for (size_t i = 0; i < groups->count; i++) {
		const struct address_list *group = &groups->group[i];
		char name[TG_RULE_NAME];

		snprintf(name, sizeof(name), "group-%zu", i + 1);
		begin_titled(p, "server-group", *group->name ? group->name : name);
		list(p, "members", group->address, group->count, write_address);
		end(p);
	}
}

static void timers(struct printing *p, const struct zone_timers *timers)
{
	const struct timer_spec *t = timer_specs;
	bool begun = false;

	for (; t->name; t++) {
		uint64_t ms = *(const uint64_t *)((const char *)timers + t->offset);

		if (ms == t->value_ms)
			continue;
		if (!begun)
			begin(p, "timers");
		begun = true;
		quantity(p, t->name, QUANTITY_TIME, ms);
	}
	if (begun)
		end(p);
}

/* A burst without a rate is 0, and cannot be written. */
static void abuse(struct printing *p, const struct zone_abuse *abuse)
{
	struct zone_abuse values = *abuse;
	bool begun = false;

	for (const struct abuse_spec *a = abuse_specs; a->name; a++) {
		uint64_t value = *abuse_member(&values, a);

		if (value == a->value || (!value && !a->quantity.or_none))
			continue;
		if (!begun)
			begin(p, "abuse");
		begun = true;
		if (value)
			quantity(p, a->name, a->quantity.kind, value);
		else
			setting(p, a->name, "none");
	}
	if (begun)
		end(p);
}

static void modes(const struct printing *p, unsigned int modes)
{
	struct choice chosen[TG_BINARY];
	size_t count = 0;

	for (const struct choice *c = config_modes; c->word; c++)
		if (modes & 1U << c->value)
			chosen[count++] = *c;
	list(p, "mode", chosen, count, write_choice);
}

static void rule(struct printing *p, const struct config_rule *rule)
{
	begin_titled(p, "rule", rule->name);
	setting(p, "action", choice_word(config_actions, rule->action));
	if (rule->operation)
		setting(p, "operation", choice_word(config_operations, rule->operation));
	modes(p, rule->modes);
	prefixes(p, "clients", &rule->clients);
	prefixes(p, "servers", &rule->servers);
	list(p, "vlans", rule->vlan, rule->vlan_count, write_vlan);
	list(p, "files", rule->pattern, rule->pattern_count, write_pattern);
	if (rule->any_case)
		setting(p, "any-case", "true");
	for (const struct rule_limit *l = rule_limits; l->name; l++)
		if (rule_limit_of(rule, l))
			quantity(p, l->name, l->quantity.kind, rule_limit_of(rule, l));
	end(p);
}

static void zone(struct printing *p, const struct config_zone *zone)
{
	struct settings settings;

	settings_init(&settings);
	settings.hook = zone->hook;
	settings.zone_settings = zone->settings;
	begin_titled(p, "zone", zone->name);
	list(p, "interfaces", zone->interface, zone->interface_count, write_interface);
	if (*zone->bridge)
		text_setting(p, "bridge", zone->bridge);
	meanings(p, zone_meanings, &settings);
	if (zone->default_deny != !!zone->rule_count)
		setting(p, "default",
			choice_word(config_actions, zone->default_deny ? TG_DENY : TG_ALLOW));
	services(p, zone);
	groups(p, &zone->settings.groups);
	timers(p, &zone->settings.timers);
	abuse(p, &zone->settings.abuse);
	for (size_t i = 0; i < zone->rule_count; i++)
		rule(p, &zone->rule[i]);
	end(p);
}

static void sizes(struct printing *p, const struct map_sizes *sizes)
{
	static const struct map_sizes unset;
	struct settings settings;

	if (!memcmp(sizes, &unset, sizeof(unset)))
		return;
	settings_init(&settings);
	settings.sizes = *sizes;
	begin(p, "sizes");
	meanings(p, sizes_meanings, &settings);
	end(p);
}

/* ---- the daemon and its sinks ------------------------------------------------------------------------------------ */

/* As it is read; endpoint_format() has another word for ::. */
static void listen_setting(const struct printing *p, const struct config_daemon *daemon)
{
	bool bracket = !address_is_ipv4(&daemon->listen);
	char address[ADDRESS_TEXT], text[ENDPOINT_TEXT];

	address_format(&daemon->listen, address);
	snprintf(text, sizeof(text), "%s%s%s:%u", bracket ? "[" : "", address, bracket ? "]" : "",
		 ntohs(daemon->listen_port_be));
	text_setting(p, "listen", text);
}

static void daemon_block(struct printing *p, const struct config_daemon *daemon)
{
	bool group = daemon->group && strcmp(daemon->group, DAEMON_GROUP);

	if (!group && !daemon->listen_port_be)
		return;
	begin(p, "daemon");
	if (group)
		text_setting(p, "group", daemon->group);
	if (daemon->listen_port_be)
		listen_setting(p, daemon);
	if (daemon->status_page)
		setting(p, "status-page", "true");
	end(p);
}

static void write_zone(FILE *out, const void *values, size_t n)
{
	quoted(out, ((const char(*)[TG_ZONE_NAME])values)[n]);
}

static void write_file(FILE *out, const void *values, size_t n)
{
	quoted(out, ((char *const *)values)[n]);
}

/* Bits as the words that they stand for. */
static void words(const struct printing *p, const char *name, unsigned int bits,
		  const char *(*word)(unsigned int))
{
	struct choice chosen[32];
	size_t count = 0;

	for (unsigned int bit = 0; bit < 32; bit++)
		if (bits & 1U << bit)
			chosen[count++] = (struct choice){word(bit), bit};
	list(p, name, chosen, count, write_choice);
}

static const char *kind_word(unsigned int kind)
{
	return record_kind_name((enum record_kind)kind);
}

static const char *outcome_word(unsigned int outcome)
{
	return record_outcome_name((enum record_outcome)outcome);
}

static void filter(const struct printing *p, const struct record_filter *filter)
{
	words(p, "records", filter->kinds, kind_word);
	words(p, "outcomes", filter->outcomes, outcome_word);
	prefixes(p, "clients", &filter->clients);
	list(p, "zones", filter->zone, filter->zone_count, write_zone);
	list(p, "files", filter->file, filter->file_count, write_file);
}

static void sink(struct printing *p, const struct config_sink *sink)
{
	begin_titled(p, "sink", sink->name);
	setting(p, "type", choice_word(config_sink_types, sink->type));
	if (sink->path && (sink->type != SINK_SYSLOG || strcmp(sink->path, SINK_SYSLOG_PATH)))
		text_setting(p, "path", sink->path);
	if (sink->format != config_sink_format(sink->type))
		setting(p, "format", choice_word(config_sink_formats, sink->format));
	filter(p, sink->filter);
	if (sink->connection)
		text_setting(p, "connection", sink->connection);
	if (sink->spool)
		text_setting(p, "spool", sink->spool);
	if (sink->spool && sink->spool_max != SINK_SPOOL_MAX)
		quantity(p, "spool-max", QUANTITY_BYTES, sink->spool_max);
	end(p);
}

char *config_print(const struct config *config)
{
	char *text = NULL;
	size_t size;
	struct printing p = {.out = open_memstream(&text, &size)};
	bool failed;

	if (!p.out)
		return NULL;
	sizes(&p, &config->sizes);
	daemon_block(&p, &config->daemon);
	for (size_t i = 0; i < config->sink_count; i++)
		sink(&p, &config->sink[i]);
	for (size_t i = 0; i < config->zone_count; i++)
		zone(&p, &config->zone[i]);
	failed = ferror(p.out);
	if (!fclose(p.out) && !failed)
		return text;
	free(text);
	return NULL;
}
