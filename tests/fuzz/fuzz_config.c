// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/config.c user/config_*.c user/prefixes.c user/records/record_filter.c user/records/record.c user/duration.c user/quantity.c user/glob.c user/pattern*.c user/option_values.c user/mark.c user/options.c user/command_find.c user/zone_settings.c user/complaint.c user/number.c user/address.c user/suggest.c user/text.c tests/native/config_same.c tests/native/no_commands.c
// packages: libconfuse libpq
// libfuzzer: -max_len=4096 -dict=tests/fuzz/config.dict
/*
 * The configuration file: whatever stands there, either it is explained why it is refused, or the result is within
 * all bounds, and what config_print() makes of it is read as the same, and printed as the same. Messages are fit for a
 * terminal. What was parsed before makes no difference.
 *
 * Input: the file `main`; behind each byte 0x1e, which no text holds, what it may include or take patterns from:
 * `b.conf`, `d/c.conf`.
 */
#include <libpq-fe.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "address.h"
#include "automaton.h"
#include "command.h"
#include "config.h"
#include "config_check.h"
#include "config_rule.h"
#include "config_sink.h"
#include "glob.h"
#include "log.h"
#include "option_values.h"
#include "records/record_filter.h"
#include "records/record_format.h"
#include "text.h"

#include "config_same.h"

#define SEPARATOR 0x1e

static char directory[] = "/dev/shm/tidegate-fuzz-XXXXXX";
static const char *const files[] = {"main", "b.conf", "d/c.conf"};
static unsigned int messages, warnings;

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "property broken: %s\n", what);
	abort();
}

static void keep(const char *format, va_list args)
{
	char text[2048];
	size_t len;

	vsnprintf(text, sizeof(text), format, args);
	for (const char *at = text; *at; at += len) {
		bool control;

		len = text_character(at, &control);
		must(len && !control, "a message holds text only");
	}
	messages++;
	warnings += !!strstr(text, ": warning: ");
}

#define KEEPS(name)                        \
	void name(const char *format, ...) \
	{                                  \
		va_list args;              \
                                           \
		va_start(args, format);    \
		keep(format, args);        \
		va_end(args);              \
	}
KEEPS(log_error)
KEEPS(log_hint)
KEEPS(log_line)

/* Valid until the next call. */
static const char *path_of(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static void leave(void)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		unlink(path_of(files[i]));
	rmdir(path_of("d"));
	rmdir(directory);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	must(mkdtemp(directory) && !mkdir(path_of("d"), 0700), "a directory");
	atexit(leave);
	return 0;
}

static void write_file(const char *name, const void *data, size_t size)
{
	FILE *file = fopen(path_of(name), "we");

	must(file && fwrite(data, 1, size, file) == size && !fclose(file), "a file");
}

static bool within(uint64_t value, const char *option)
{
	const struct option_spec *o = option_named(option);

	return value >= o->min && value <= o->max;
}

static void check_ports(const struct port_list *list, size_t max)
{
	must(list->count <= max, "not too many ports");
	for (size_t i = 0; i < list->count; i++) {
		must(list->port[i], "no port 0");
		for (size_t j = 0; j < i; j++)
			must(list->port[i] != list->port[j], "each port once");
	}
}

static void check_groups(const struct group_list *groups)
{
	const struct tg_addr *seen[GROUPS_MAX * GROUP_MEMBERS_MAX];
	size_t count = 0;

	must(groups->count <= GROUPS_MAX, "not too many groups");
	for (size_t g = 0; g < groups->count; g++) {
		const struct address_list *group = &groups->group[g];

		must(group->count >= 2 && group->count <= GROUP_MEMBERS_MAX, "a group's size");
		for (size_t i = 0; i < group->count; i++) {
			for (size_t j = 0; j < count; j++)
				must(memcmp(seen[j], &group->address[i], sizeof(**seen)),
				     "each server in one group");
			seen[count++] = &group->address[i];
		}
	}
}

static bool in(const struct quantity *quantity, uint64_t value)
{
	return value >= quantity->min && value <= quantity->max;
}

static void check_abuse(const struct zone_abuse *abuse)
{
	struct zone_abuse values = *abuse;

	for (const struct abuse_spec *a = abuse_specs; a->name; a++) {
		uint64_t value = *abuse_member(&values, a);

		must(in(&a->quantity, value) || !value, "limits of a zone");
	}
	must(!abuse->request_burst == !abuse->request_rate_mhz, "a burst with a rate");
	must(!abuse->budget_burst == !abuse->budget_rate_mhz, "a burst with a budget");
	must((abuse->within_ms && abuse->hold_ms) || (!abuse->not_found_max && !abuse->names_max),
	     "names within a span");
	must(abuse->unacknowledged_within_ms ||
		     (!abuse->unacknowledged_packets && !abuse->unacknowledged_bytes),
	     "unacknowledged within a span");
}

static void check_prefixes(const struct prefix_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct tg_addr address = list->prefix[i].address;

		must(list->prefix[i].bits <= 128, "bits of an address");
		must(!address_mask(&address, list->prefix[i].bits), "nothing behind a prefix");
	}
}

static void check_place(const struct config *config, const struct config_where *where)
{
	bool known = false;

	for (size_t i = 0; i < config->file_count; i++)
		known |= where->file == config->file[i];
	must(known && where->line, "a place in a file");
}

static void check_services(const struct config_zone *zone)
{
	bool seen[UINT16_MAX + 1] = {false};
	struct complaint why;
	size_t ports = 0;

	for (size_t i = 0; i < zone->service_count; i++) {
		const struct config_service *s = &zone->service[i];

		must(!title_check(s->name, &why), "a service's name");
		must(s->ports.count, "a service has a port");
		check_ports(&s->ports, PORTS_MAX);
		for (size_t j = 0; j < s->ports.count; j++) {
			must(!seen[s->ports.port[j]], "a port in one service");
			seen[s->ports.port[j]] = true;
		}
		ports += s->ports.count;
		check_prefixes(&s->sources);
	}
	must(ports <= PORTS_MAX, "not too many ports in services");
}

static void check_limits(const struct config_rule *rule)
{
	for (const struct rule_limit *l = rule_limits; l->name; l++) {
		uint64_t value = rule_limit_of(rule, l);

		must(!value || (rule->action == TG_ALLOW && in(&l->quantity, value)),
		     "limits of a rule");
	}
	must(!rule->burst == !rule->rate_mhz, "a rule's burst with its rate");
}

static void check_rule(const struct config *config, const struct config_rule *rule)
{
	struct complaint why;

	must(!title_check(rule->name, &why), "a rule's name");
	must(rule->action == TG_ALLOW || rule->action == TG_DENY, "an action");
	must(!rule->operation || rule->operation == TG_READ || rule->operation == TG_WRITE,
	     "an operation");
	must(!(rule->modes & ~(CONFIG_OCTET | CONFIG_NETASCII | CONFIG_BINARY)), "modes");
	check_prefixes(&rule->clients);
	check_prefixes(&rule->servers);
	check_limits(rule);
	check_place(config, &rule->where);
	for (size_t i = 0; i < rule->vlan_count; i++) {
		must(rule->vlan[i] < 4095, "a VLAN");
		for (size_t j = 0; j < i; j++)
			must(rule->vlan[i] != rule->vlan[j], "each VLAN once");
	}
	for (size_t i = 0; i < rule->pattern_count; i++) {
		must(!pattern_check(rule->pattern[i].text, &why), "a pattern");
		check_place(config, &rule->pattern[i].where);
	}
}

static void check_rules(const struct config *config, const struct config_zone *zone)
{
	for (size_t i = 0; i < zone->rule_count; i++) {
		check_rule(config, &zone->rule[i]);
		for (size_t j = 0; j < i; j++)
			must(strcmp(zone->rule[i].name, zone->rule[j].name), "each rule once");
	}
}

static void check_settings(const struct zone_settings *s)
{
	const uint64_t both = TG_ZONE_REQUESTS_IN | TG_ZONE_REQUESTS_OUT;

	must(s->requests && !(s->requests & ~both), "requests");
	must(!s->unmatched || s->unmatched == TG_ZONE_UNMATCHED_PASS, "unmatched");
	must(within(s->slack, "slack"), "slack");
	check_ports(&s->tftp_ports, TG_TFTP_PORTS);
	must(!s->allow_udp.count, "services have names");
	check_groups(&s->groups);
	for (const struct timer_spec *t = timer_specs; t->name; t++) {
		uint64_t ms = *(const uint64_t *)((const char *)&s->timers + t->offset);

		must(ms >= t->min_ms && ms <= t->max_ms, "timers");
	}
	check_abuse(&s->abuse);
}

static void check_interfaces(const struct config *config, const struct config_zone *zone)
{
	char example[TG_IFNAME];

	must(zone->interface_count, "a zone has an interface");
	for (size_t i = 0; i < zone->interface_count; i++) {
		const char *name = zone->interface[i];

		must(*name && memchr(name, '\0', TG_IFNAME) && !strchr(name, '/'),
		     "an interface's name");
		for (const struct config_zone *z = config->zone; z <= zone; z++)
			for (size_t j = 0; j < (z == zone ? i : z->interface_count); j++)
				must(strcmp(z->interface[j], name) &&
					     (z == zone ||
					      !globs_meet(z->interface[j], name, example)),
				     "each interface once");
	}
}

static void check_filter(const struct config *config, const struct record_filter *filter)
{
	must(!(filter->kinds >> RECORD_KINDS), "kinds of records");
	must(!(filter->outcomes >> OUTCOMES) && !(filter->outcomes & 1U << OUTCOME_NONE),
	     "outcomes");
	check_prefixes(&filter->clients);
	for (size_t i = 0; i < filter->zone_count; i++) {
		bool known = false;

		for (size_t z = 0; z < config->zone_count; z++)
			known |= !strcmp(config->zone[z].name, filter->zone[i]);
		must(known, "a zone that is there");
	}
	for (size_t i = 0; i < filter->file_count; i++)
		must(*filter->file[i], "a pattern for files");
}

static void check_connection(const char *text)
{
	PQconninfoOption *options = PQconninfoParse(text, NULL);

	must(options, "a connection string");
	for (const PQconninfoOption *o = options; o->keyword; o++)
		must(!o->val || !strstr(o->keyword, "password"), "no password");
	PQconninfoFree(options);
}

static void check_sinks(const struct config *config)
{
	struct complaint why;

	must(config->sink_count <= SINKS_MAX, "not too many sinks");
	for (size_t i = 0; i < config->sink_count; i++) {
		const struct config_sink *s = &config->sink[i];
		bool has_path = s->type == SINK_FILE || s->type == SINK_STREAM ||
				s->type == SINK_SYSLOG || s->type == SINK_SQLITE;

		must(!title_check(s->name, &why), "a sink's name");
		must(s->type < SINK_TYPES && s->format <= FORMAT_TEXT, "a sink's type and format");
		must(has_path ? s->path && *s->path == '/' : !s->path, "a sink's path");
		must(!s->connection == (s->type != SINK_POSTGRESQL), "a sink's connection");
		if (s->connection)
			check_connection(s->connection);
		must(!s->spool || (*s->spool == '/' && s->connection), "a sink's spool");
		must(s->spool ? in(&config_spool_max, s->spool_max) : !s->spool_max,
		     "a spool's size");
		check_place(config, &s->where);
		check_filter(config, s->filter);
		for (size_t j = 0; j < i; j++)
			must(strcmp(config->sink[j].name, s->name), "each sink once");
	}
	must(config->daemon.group && *config->daemon.group, "a group");
	must(!config->daemon.status_page || config->daemon.listen_port_be, "where the page is");
}

static void check_config(const struct config *config)
{
	const struct map_sizes *sizes = &config->sizes;
	const struct config_zone *zone = config->zone;
	struct complaint why;
	size_t rules = 0;

	must(config->zone_count && config->zone_count < TG_SLOTS_MAX, "so many zones");
	for (; zone < config->zone + config->zone_count; zone++) {
		must(!name_check(zone->name, &why), "a zone's name");
		for (const struct config_zone *z = config->zone; z < zone; z++)
			must(strcmp(z->name, zone->name), "each zone once");
		must(zone->hook >= TG_HOOK_XDP && zone->hook <= TG_HOOK_TC, "a hook");
		check_interfaces(config, zone);
		check_place(config, &zone->where);
		check_settings(&zone->settings);
		check_services(zone);
		check_rules(config, zone);
		rules += zone->rule_count;
	}
	must(rules <= TG_RULES_MAX, "not too many rules");
	check_sinks(config);
	must(!sizes->requests || within(sizes->requests, "max-requests"), "requests");
	must(!sizes->offers || within(sizes->offers, "max-offers"), "offers");
	must(!sizes->transfers || within(sizes->transfers, "max-transfers"), "transfers");
	must(!sizes->udp_flows || within(sizes->udp_flows, "max-udp-flows"), "udp-flows");
	must(!sizes->fragments || within(sizes->fragments, "max-fragments"), "fragments");
}

static void read_text(const char *text, struct config *config)
{
	must(!config_load_text("text", text, strlen(text), config), "what is right is read");
}

static void check_printed(const struct config *config)
{
	char *text = config_print(config), *again;
	struct config read;

	must(text, "memory");
	read_text(text, &read);
	must(config_same(config, &read), "what was printed means the same");
	again = config_print(&read);
	must(again && !strcmp(text, again), "and is printed as the same");
	free(text);
	free(again);
	config_free(&read);
}

/* No earlier parse leaves anything behind. */
static void check_next(void)
{
	struct config config;

	read_text("zone a { interfaces = x }", &config);
	must(config.zone_count == 1, "a zone");
	config_free(&config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config config;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		const uint8_t *end = size ? memchr(data, SEPARATOR, size) : NULL;
		size_t len = end ? (size_t)(end - data) : size;

		write_file(files[i], data, len);
		data += len + !!end;
		size -= len + !!end;
	}
	messages = warnings = 0;
	if (config_load(path_of(files[0]), &config)) {
		must(messages, "a refusal is explained");
		must(!config.zone && !config.zone_count, "and leaves nothing");
		check_next();
		return 0;
	}
	must(!messages || warnings, "nothing but warnings is said about a good file");
	check_config(&config);
	check_printed(&config);
	config_free(&config);
	return 0;
}
