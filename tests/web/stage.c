// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Metrics and the status page over a made-up firewall, for tests/net/test_web.py: what is said to it happens.
 *
 *	stage ADDRESS PORT [no-page]
 *
 * Reads commands from standard input, a line each, and answers each with "ok":
 *	transfer FILE SIZE     a read of FILE begins; SIZE 0: not announced
 *	bytes N                so much of it has come
 *	end OUTCOME            it ends, and a record says so
 *	deny FILE N            N requests for FILE are denied
 *	incident N             the first N incidents happen
 *	evict N                N ends of entries that were pushed out, of each table
 *	fail 0|1               nothing can be read
 *	say N                  the metrics' counters go up by N
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "address.h"
#include "command.h"
#include "web/web.h"

/* What is linked knows tidegate's commands; here there are none. */
const struct command commands[] = {{0}};

#define FILE_BYTES 1024 /* of a name in a command */

static struct stage {
	pthread_mutex_t lock;
	struct record_log *log;
	struct flow flow;
	bool flows;
	bool fails;
	uint64_t began_ns;
	uint64_t counted;
} stage = {.lock = PTHREAD_MUTEX_INITIALIZER, .counted = 1};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* ---- the sources --------------------------------------------------------------------------------------------------- */

static void name(char *to, size_t room, const char *text)
{
	snprintf(to, room, "%s", text);
}

static void measure_interfaces(struct measures *m)
{
	static const struct {
		const char *name, *zone;
	} interfaces[] = {{"eth1", "boot"}, {"tap\"\xff", "phones"}};

	m->interface_count = sizeof(interfaces) / sizeof(*interfaces);
	m->interface = calloc(m->interface_count, sizeof(*m->interface));
	for (size_t i = 0; i < m->interface_count; i++) {
		struct tg_counter *reason = m->interface[i].reason;

		name(m->interface[i].name, TG_IFNAME, interfaces[i].name);
		name(m->interface[i].zone, TG_ZONE_NAME, interfaces[i].zone);
		reason[TG_REQUEST] = (struct tg_counter){stage.counted, stage.counted * 60};
		reason[TG_DATA] = (struct tg_counter){stage.counted * 7, stage.counted * 7000};
		reason[TG_UNSOLICITED] = (struct tg_counter){stage.counted * 2, stage.counted * 90};
		reason[TG_STATE_FULL] = (struct tg_counter){stage.counted, stage.counted * 60};
	}
}

static void measure_zones(struct measures *m)
{
	m->zone_count = 2;
	m->zone = calloc(m->zone_count, sizeof(*m->zone));
	name(m->zone[0].name, TG_ZONE_NAME, "boot");
	m->zone[0].enforces = true;
	m->zone[0].running[TG_READ] = stage.flows;
	name(m->zone[1].name, TG_ZONE_NAME, "phones");
	m->rule_count = 1;
	m->rule = calloc(m->rule_count, sizeof(*m->rule));
	name(m->rule[0].zone, TG_ZONE_NAME, "boot");
	name(m->rule[0].name, TG_RULE_NAME, "own configuration");
	m->rule[0].action = TG_ALLOW;
	m->rule[0].decided.packets = stage.counted;
}

static int measure(void *context, struct measures *m)
{
	static const char *const tables[] = {"requests", "offers", "transfers"};

	(void)context;
	pthread_mutex_lock(&stage.lock);
	m->generation = 3;
	m->applied_ns = stage.began_ns;
	m->rules = 1;
	m->memory_bytes = 107 << 20;
	measure_interfaces(m);
	measure_zones(m);
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		m->table[m->table_count++] = (struct measured_table){tables[i], 100 + i, 65536};
	for (int kind = TG_EVENT_BEGIN; kind < TG_EVENT_KINDS; kind++)
		m->events[kind] = (struct tg_event_counter){.sent = stage.counted};
	pthread_mutex_unlock(&stage.lock);
	return stage.fails ? -EIO : 0;
}

static int flows(void *context, struct flow_list lists[FLOW_KINDS],
		 char zone[TG_SLOTS_MAX][TG_ZONE_NAME])
{
	(void)context;
	if (stage.fails)
		return -EIO;
	memset(lists, 0, FLOW_KINDS * sizeof(*lists));
	pthread_mutex_lock(&stage.lock);
	name(zone[1], TG_ZONE_NAME, "boot");
	if (stage.flows) {
		lists[FLOW_TRANSFER].flow = malloc(sizeof(stage.flow));
		*lists[FLOW_TRANSFER].flow = stage.flow;
		lists[FLOW_TRANSFER].flow->age_ms = (now_ns() - stage.began_ns) / 1000000;
		lists[FLOW_TRANSFER].count = 1;
	}
	pthread_mutex_unlock(&stage.lock);
	return 0;
}

static bool sink(struct sink_set *sinks, size_t number, const char **called,
		 struct sink_counts *counts)
{
	(void)sinks;
	*called = "eve";
	*counts = (struct sink_counts){.written = 10, .open = true};
	return number == 0;
}

/* ---- what happens ------------------------------------------------------------------------------------------------- */

static struct record record_of_now(enum record_kind kind)
{
	struct record record = {.time_ns = now_ns(), .kind = kind};

	name(record.zone, sizeof(record.zone), "boot");
	name(record.interface, sizeof(record.interface), "eth1");
	record.event.client = stage.flow.client;
	record.event.server = stage.flow.server;
	record.event.client_port_be = stage.flow.client_port_be;
	record.event.server_port_be = stage.flow.server_port_be;
	record.event.operation = TG_READ;
	record.event.ack_packets = 1;
	return record;
}

static void transfer(const char *file, uint64_t size)
{
	struct record record;

	stage.began_ns = now_ns();
	stage.flow = (struct flow){.zone = 1,
				   .client_port_be = htons(50001),
				   .server_port_be = htons(40001),
				   .state = "active",
				   .operation = TG_READ,
				   .options = size ? TG_OPT_TSIZE : 0,
				   .tsize = size,
				   .blksize = 512,
				   .windowsize = 1};
	address_parse("192.0.2.10", &stage.flow.client);
	address_parse("192.0.2.1", &stage.flow.server);
	name(stage.flow.file, sizeof(stage.flow.file), file);
	stage.flows = true;
	record = record_of_now(RECORD_BEGIN);
	record.began_ns = stage.began_ns;
	record_log_append(stage.log, &record);
}

static void end(enum record_outcome outcome)
{
	struct record record = record_of_now(RECORD_END);

	record.outcome = outcome;
	record.began_ns = stage.began_ns;
	record.event.bytes = stage.flow.bytes;
	memcpy(record.event.name, stage.flow.file, sizeof(record.event.name));
	if (outcome == OUTCOME_SERVER_ERROR)
		name(record.event.error_text, sizeof(record.event.error_text), "<b>disk</b> full");
	stage.flows = false;
	record_log_append(stage.log, &record);
}

static void deny(const char *file, unsigned int count)
{
	struct record record = record_of_now(RECORD_DENIED);

	address_parse("2001:db8::66", &record.event.client);
	record.event.reason = TG_NO_RULE;
	name(record.event.name, sizeof(record.event.name), file);
	while (count--)
		record_log_append(stage.log, &record);
}

static void evict(unsigned int count)
{
	struct record record = record_of_now(RECORD_END);

	record.outcome = OUTCOME_EVICTED;
	record.began_ns = record.time_ns - 1;
	record.event.server_port_be = htons(40001);
	for (unsigned int i = 0; i < count; i++) {
		record.event.ack_packets = 1;
		record_log_append(stage.log, &record);
		record.event.ack_packets = 0;
		record_log_append(stage.log, &record);
	}
	record.event.server_port_be = 0;
	while (count--)
		record_log_append(stage.log, &record);
}

static void incident(unsigned int count)
{
	struct record record = record_of_now(RECORD_INCIDENT);

	for (unsigned int i = INCIDENT_NONE + 1; i <= count && i < INCIDENTS; i++) {
		record.incident = i;
		name(record.detail, sizeof(record.detail), "made up");
		record_log_append(stage.log, &record);
	}
}

static enum record_outcome outcome_named(const char *text)
{
	for (int i = OUTCOME_NONE + 1; i < OUTCOMES; i++)
		if (!strcmp(record_outcome_name(i), text))
			return i;
	return OUTCOME_NONE;
}

static bool obey(const char *line)
{
	char word[32], text[FILE_BYTES];
	unsigned long long number = 0;
	int words = sscanf(line, "%31s %1023s %llu", word, text, &number);

	if (words == 3 && !strcmp(word, "transfer"))
		transfer(text, number);
	else if (words == 3 && !strcmp(word, "deny"))
		deny(text, (unsigned int)number);
	else if (words == 2 && !strcmp(word, "bytes"))
		stage.flow.bytes = strtoull(text, NULL, 10);
	else if (words == 2 && !strcmp(word, "end"))
		end(outcome_named(text));
	else if (words == 2 && !strcmp(word, "incident"))
		incident((unsigned int)strtoul(text, NULL, 10));
	else if (words == 2 && !strcmp(word, "evict"))
		evict((unsigned int)strtoul(text, NULL, 10));
	else if (words == 2 && !strcmp(word, "fail"))
		stage.fails = *text == '1';
	else if (words == 2 && !strcmp(word, "say"))
		stage.counted += strtoull(text, NULL, 10);
	else
		return false;
	return true;
}

static void perform(void)
{
	char line[FILE_BYTES + 64];

	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		bool understood;

		pthread_mutex_lock(&stage.lock);
		understood = obey(line);
		pthread_mutex_unlock(&stage.lock);
		record_log_flush(stage.log);
		puts(understood ? "ok" : "what?");
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	struct web_sources sources = {.measure = measure, .flows = flows, .sink = sink};
	struct config_daemon config = {.status_page = argc == 3};
	struct web *web;

	if (argc < 3 || address_parse(argv[1], &config.listen))
		return 2;
	config.listen_port_be = htons((uint16_t)atoi(argv[2]));
	stage.log = record_log_new(RECORD_LOG_ROOM);
	stage.began_ns = now_ns();
	web = stage.log ? web_start(&config, stage.log, &sources) : NULL;
	if (!web)
		return 1;
	perform();
	record_log_close(stage.log);
	web_stop(web);
	record_log_free(stage.log);
	return 0;
}
