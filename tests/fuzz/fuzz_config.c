// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/config.c user/config_*.c user/duration.c user/quantity.c user/glob.c user/pattern*.c user/option_values.c user/options.c user/zone_settings.c user/complaint.c user/number.c user/address.c user/suggest.c user/text.c tests/fuzz/config_text.c
// packages: libconfuse
// libfuzzer: -max_len=4096 -dict=tests/fuzz/config.dict
/*
 * The configuration file: whatever stands there, either it is explained why it is refused, or the result is within
 * all bounds, and written down anew it is read as the same. Messages are fit for a terminal. What was parsed before
 * makes no difference.
 *
 * Input: the file `main`; behind each byte 0x1e, which no text holds, what it may include: `b.conf`, `d/c.conf`.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "config.h"
#include "log.h"
#include "option_values.h"
#include "text.h"

#include "config_text.h"

#define SEPARATOR 0x1e

static char directory[] = "/dev/shm/tidegate-fuzz-XXXXXX";
static const char *const files[] = {"main", "b.conf", "d/c.conf"};
static unsigned int messages;

const struct command *command_find(const char *name)
{
	(void)name;
	return NULL;
}

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
	unlink(path_of("again"));
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

static void check_settings(const struct zone_settings *s)
{
	const uint64_t both = TG_ZONE_REQUESTS_IN | TG_ZONE_REQUESTS_OUT;

	must(s->requests && !(s->requests & ~both), "requests");
	must(!s->unmatched || s->unmatched == TG_ZONE_UNMATCHED_PASS, "unmatched");
	must(within(s->slack, "slack"), "slack");
	check_ports(&s->tftp_ports, TG_TFTP_PORTS);
	check_ports(&s->allow_udp, PORTS_MAX);
	check_groups(&s->groups);
	for (const struct timer_spec *t = timer_specs; t->name; t++) {
		uint64_t ms = *(const uint64_t *)((const char *)&s->timers + t->offset);

		must(ms >= t->min_ms && ms <= t->max_ms, "timers");
	}
}

static void check_interfaces(const struct config *config, const struct config_zone *zone)
{
	must(zone->interface_count, "a zone has an interface");
	for (size_t i = 0; i < zone->interface_count; i++) {
		const char *name = zone->interface[i];

		must(*name && memchr(name, '\0', TG_IFNAME) && !strchr(name, '/'),
		     "an interface's name");
		for (const struct config_zone *z = config->zone; z <= zone; z++)
			for (size_t j = 0; j < (z == zone ? i : z->interface_count); j++)
				must(strcmp(z->interface[j], name), "each interface once");
	}
}

static void check_config(const struct config *config)
{
	const struct map_sizes *sizes = &config->sizes;
	const struct config_zone *zone = config->zone;
	struct complaint why;

	must(config->zone_count && config->zone_count < TG_SLOTS_MAX, "so many zones");
	for (; zone < config->zone + config->zone_count; zone++) {
		must(!name_check(zone->name, &why), "a zone's name");
		for (const struct config_zone *z = config->zone; z < zone; z++)
			must(strcmp(z->name, zone->name), "each zone once");
		must(zone->hook >= TG_HOOK_XDP && zone->hook <= TG_HOOK_TC, "a hook");
		check_interfaces(config, zone);
		check_settings(&zone->settings);
	}
	must(!sizes->requests || within(sizes->requests, "max-requests"), "requests");
	must(!sizes->offers || within(sizes->offers, "max-offers"), "offers");
	must(!sizes->transfers || within(sizes->transfers, "max-transfers"), "transfers");
	must(!sizes->udp_flows || within(sizes->udp_flows, "max-udp-flows"), "udp-flows");
	must(!sizes->fragments || within(sizes->fragments, "max-fragments"), "fragments");
}

/* Also the proof that no earlier parse left anything behind. */
static void check_again(const struct config *config)
{
	static const char good[] = "zone a { interfaces = x }";
	char *text = config ? config_text(config) : strdup(good);
	struct config again;

	write_file("again", text, strlen(text));
	free(text);
	must(!config_load(path_of("again"), &again), "what was read can be read again");
	must(!config || config_same(config, &again), "and means the same");
	must(again.zone_count, "a zone");
	config_free(&again);
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
	messages = 0;
	if (config_load(path_of(files[0]), &config)) {
		must(messages, "a refusal is explained");
		must(!config.zone && !config.zone_count, "and leaves nothing");
		check_again(NULL);
		return 0;
	}
	must(!messages, "nothing is said about a good file");
	check_config(&config);
	check_again(&config);
	config_free(&config);
	return 0;
}
