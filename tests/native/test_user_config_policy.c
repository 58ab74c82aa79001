// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/config.c user/config_*.c user/prefixes.c user/records/record_filter.c user/records/record.c user/duration.c user/quantity.c user/glob.c user/pattern*.c user/option_values.c user/mark.c user/options.c user/command_find.c user/zone_settings.c user/complaint.c user/number.c user/address.c user/suggest.c user/text.c tests/native/said.c tests/native/scratch.c tests/native/config_same.c tests/native/no_commands.c
// packages: libconfuse libpq
/*
 * User space: what rules, services and limits in a configuration file become, and the way back to text.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <cmocka.h>

#include "config.h"
#include "config_prefix.h"
#include "config_same.h"
#include "said.h"
#include "scratch.h"

static struct config config;

static int forget(void **state)
{
	(void)state;
	config_free(&config);
	return 0;
}

static void load_text(const char *text)
{
	config_free(&config);
	scratch_text("t", text);
	said_forget();
	if (config_load("t", &config) || said_anything())
		fail_msg("'%s' got:\n%s", text, said_all());
}

/* The first rule of a zone with one. */
static const struct config_rule *load_rule(const char *settings)
{
	char text[1000];

	snprintf(text, sizeof(text), "zone a { interfaces = x rule r {\n%s } }", settings);
	load_text(text);
	return config.zone->rule;
}

static void expect_prefixes(const struct prefix_list *list, const char *expected)
{
	char text[1000] = "", one[PREFIX_TEXT];

	for (size_t i = 0; i < list->count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			 config_prefix_format(&list->prefix[i], one));
	assert_string_equal(text, expected);
}

/* Every setting with another value than it has by itself. */
static const char everything[] =
	"sizes { requests = 7 fragments = 9 }\n"
	"zone \"boot\" {\n"
	"	interfaces = {\"eth1\", \"tap*\"} hook = tc mode = monitor requests = in\n"
	"	unmatched = pass track-udp = false tftp-ports = {69, 6969} broadcast = true\n"
	"	multicast = true udpport = true slack = 9 default = allow\n"
	"	service \"snmp\" { port = {161, 162, 161} sources = {\"10.0.0.0/8\", \"fd00::/8\"} "
	"}\n"
	"	service \"time of day\" { port = 123 }\n"
	"	server-group \"two servers\" { members = {10.0.0.2, fd00::2} }\n"
	"	timers { idle = 3min stale = 1500ms }\n"
	"	abuse { request-rate = 30/min request-burst = 1 max-open = 5 not-found = 6 names = "
	"7\n"
	"		within = 1s hold = 1440min unacknowledged-packets = 8\n"
	"		unacknowledged-bytes = 3KiB unacknowledged-within = 60min\n"
	"		request-budget = 8/s budget-burst = 9 proved-for = 10min }\n"
	"	rule \"own configuration\" {\n"
	"		action = allow operation = read mode = {octet, netascii}\n"
	"		clients = {\"10.0.0.0/24\", \"fd00::/64\", 10.1.0.1, fd01::1, 0.0.0.0/0}\n"
	"		servers = {\"10.0.0.1\"} vlans = {10, 20, untagged, 10, 4094}\n"
	"		files = {\"pxelinux.0\", 'a \"b\"', \"c\\\\*\", '\\${HOME}'}\n"
	"		files-from = \"phones.list\" any-case = true\n"
	"		max-blksize = 1468 max-windowsize = 16 max-size = 64MiB rate = 0.5/s\n"
	"		burst = 20 max-transfers = 4\n"
	"	}\n"
	"	rule \"uploads\" { action = deny operation = write }\n"
	"}\n"
	"zone guests { interfaces = br0 }\n";

static void write_list(void)
{
	scratch_text("phones.list", "\xef\xbb\xbf# phones\r\n\r\n  SEP%{mac}.cnf.xml\t\r\n\n"
				    "#\n/firmware/**/*.\xc3\xa4 #1\n\\#x");
}

static void test_everything(void **state)
{
	static const char *const patterns[] = {
		"pxelinux.0", "a \"b\"",           "c\\*",
		"${HOME}",    "SEP%{mac}.cnf.xml", "/firmware/**/*.\xc3\xa4 #1",
		"\\#x"};
	static const size_t lines[] = {18, 18, 18, 18, 3, 6, 7};
	const struct config_rule *rule;

	(void)state;
	write_list();
	load_text(everything);
	rule = config.zone->rule;
	assert_int_equal(config.zone->rule_count, 2);
	assert_false(config.zone->default_deny);
	assert_string_equal(rule->name, "own configuration");
	assert_int_equal(rule->action, TG_ALLOW);
	assert_int_equal(rule->operation, TG_READ);
	assert_int_equal(rule->modes, CONFIG_OCTET | CONFIG_NETASCII);
	expect_prefixes(&rule->clients, "10.0.0.0/24 fd00::/64 10.1.0.1 fd01::1 0.0.0.0/0");
	assert_int_equal(rule->clients.prefix[0].bits, 96 + 24);
	assert_int_equal(rule->clients.prefix[4].bits, 96);
	expect_prefixes(&rule->servers, "10.0.0.1");
	assert_int_equal(rule->vlan_count, 4);
	assert_int_equal(rule->vlan[2], 0);
	assert_int_equal(rule->vlan[3], 4094);
	assert_int_equal(rule->pattern_count, 7);
	for (size_t i = 0; i < 7; i++) {
		assert_string_equal(rule->pattern[i].text, patterns[i]);
		assert_int_equal(rule->pattern[i].where.line, lines[i]);
		assert_string_equal(rule->pattern[i].where.file, i < 4 ? "t" : "phones.list");
	}
	assert_true(rule->any_case);
	assert_int_equal(rule->max_blksize, 1468);
	assert_int_equal(rule->max_windowsize, 16);
	assert_int_equal(rule->max_size, 64 << 20);
	assert_int_equal(rule->rate_mhz, 500);
	assert_int_equal(rule->burst, 20);
	assert_int_equal(rule->max_transfers, 4);
	assert_int_equal(rule[1].action, TG_DENY);
	assert_int_equal(rule[1].operation, TG_WRITE);
	assert_string_equal(rule[1].where.file, "t");
	assert_int_equal(rule[1].where.line, 23);
	assert_int_equal(config.zone->where.line, 2);
}

static void test_zone(void **state)
{
	const struct zone_abuse *abuse;
	const struct config_service *service;

	(void)state;
	write_list();
	load_text(everything);
	abuse = &config.zone->settings.abuse;
	service = config.zone->service;
	assert_int_equal(abuse->request_rate_mhz, 500);
	assert_int_equal(abuse->request_burst, 1);
	assert_int_equal(abuse->open_max, 5);
	assert_int_equal(abuse->not_found_max, 6);
	assert_int_equal(abuse->names_max, 7);
	assert_int_equal(abuse->within_ms, 1000);
	assert_int_equal(abuse->hold_ms, 86400000);
	assert_int_equal(abuse->unacknowledged_packets, 8);
	assert_int_equal(abuse->unacknowledged_bytes, 3072);
	assert_int_equal(abuse->unacknowledged_within_ms, 3600000);
	assert_int_equal(abuse->budget_rate_mhz, 8000);
	assert_int_equal(abuse->budget_burst, 9);
	assert_int_equal(abuse->proved_ms, 600000);
	assert_int_equal(config.zone->service_count, 2);
	assert_string_equal(service[0].name, "snmp");
	assert_int_equal(service[0].ports.count, 2);
	assert_int_equal(service[0].ports.port[1], 162);
	expect_prefixes(&service[0].sources, "10.0.0.0/8 fd00::/8");
	assert_string_equal(service[1].name, "time of day");
	assert_int_equal(service[1].sources.count, 0);
	assert_int_equal(config.zone->settings.allow_udp.count, 0);
	assert_string_equal(config.zone->settings.groups.group[0].name, "two servers");
}

/* What is not said. */
static void test_defaults(void **state)
{
	const struct zone_abuse *abuse;
	const struct config_rule *rule = load_rule("action = deny");

	(void)state;
	assert_true(!rule->operation && !rule->modes && !rule->clients.count);
	assert_true(!rule->servers.count && !rule->vlan_count && !rule->pattern_count);
	assert_true(!rule->any_case && !rule->max_blksize && !rule->max_windowsize);
	assert_true(!rule->max_size && !rule->rate_mhz && !rule->burst && !rule->max_transfers);
	assert_true(config.zone->default_deny);
	load_text("zone a { interfaces = x }");
	assert_false(config.zone->default_deny);
	abuse = &config.zone->settings.abuse;
	assert_int_equal(abuse->request_rate_mhz, 200000);
	assert_int_equal(abuse->request_burst, 256);
	assert_int_equal(abuse->open_max, 512);
	assert_int_equal(abuse->not_found_max, 128);
	assert_int_equal(abuse->names_max, 1000);
	assert_int_equal(abuse->within_ms, 60000);
	assert_int_equal(abuse->hold_ms, 60000);
	assert_int_equal(abuse->unacknowledged_packets, 1024);
	assert_int_equal(abuse->unacknowledged_bytes, 512 << 10);
	assert_int_equal(abuse->unacknowledged_within_ms, 60000);
	assert_int_equal(abuse->budget_rate_mhz, 100000);
	assert_int_equal(abuse->budget_burst, 1500);
	assert_int_equal(abuse->proved_ms, 86400000);
	load_text("zone a { interfaces = x default = deny }");
	assert_true(config.zone->default_deny);
	load_text("zone a { interfaces = x default = allow rule r { action = deny } }");
	assert_false(config.zone->default_deny);
}

/* What is off, and what is off with it. */
static void test_none(void **state)
{
	const struct zone_abuse *abuse;

	(void)state;
	load_text("zone a { interfaces = x abuse { request-rate = none max-open = 0 not-found = "
		  "none\n"
		  "names = 0 unacknowledged-packets = none unacknowledged-bytes = 0 } }");
	abuse = &config.zone->settings.abuse;
	assert_true(!abuse->request_rate_mhz && !abuse->request_burst && !abuse->open_max);
	assert_true(!abuse->not_found_max && !abuse->names_max && abuse->within_ms);
	assert_true(!abuse->unacknowledged_packets && !abuse->unacknowledged_bytes);
	load_text("zone a { interfaces = x abuse { within = none unacknowledged-within = 0 } }");
	abuse = &config.zone->settings.abuse;
	assert_true(!abuse->not_found_max && !abuse->names_max && abuse->request_rate_mhz);
	assert_true(!abuse->unacknowledged_packets && !abuse->unacknowledged_bytes);
	load_text("zone a { interfaces = x abuse { request-budget = none proved-for = 0 } }");
	abuse = &config.zone->settings.abuse;
	assert_true(!abuse->budget_rate_mhz && !abuse->budget_burst && !abuse->proved_ms);
	assert_true(abuse->request_rate_mhz);
	load_text("zone a { interfaces = x abuse { hold = none } }");
	abuse = &config.zone->settings.abuse;
	assert_true(!abuse->not_found_max && !abuse->names_max && abuse->unacknowledged_bytes);
}

static void test_quantities(void **state)
{
	static const struct {
		const char *setting;
		size_t offset;
		uint64_t value;
	} good[] = {
		{"rate = 10/s", offsetof(struct config_rule, rate_mhz), 10000},
		{"rate = 0.001/s", offsetof(struct config_rule, rate_mhz), 1},
		{"rate = 2.25/s", offsetof(struct config_rule, rate_mhz), 2250},
		{"rate = 30/min", offsetof(struct config_rule, rate_mhz), 500},
		{"rate = 1/min", offsetof(struct config_rule, rate_mhz), 17},
		{"rate = 1.5/min", offsetof(struct config_rule, rate_mhz), 25},
		{"rate = 3600/h", offsetof(struct config_rule, rate_mhz), 1000},
		{"rate = 4/h", offsetof(struct config_rule, rate_mhz), 1},
		{"rate = 1000000/s", offsetof(struct config_rule, rate_mhz), 1000000000},
		/* unless said, what comes in a second */
		{"rate = 10/s", offsetof(struct config_rule, burst), 10},
		{"rate = 2.9/s", offsetof(struct config_rule, burst), 2},
		{"rate = 0.9/s", offsetof(struct config_rule, burst), 1},
		{"rate = 1000000/s", offsetof(struct config_rule, burst), 1000000},
		{"max-size = 1", offsetof(struct config_rule, max_size), 1},
		{"max-size = 3KiB", offsetof(struct config_rule, max_size), 3072},
		{"max-size = 1024GiB", offsetof(struct config_rule, max_size), 1ULL << 40},
		{"max-blksize = 8", offsetof(struct config_rule, max_blksize), 8},
		{"max-blksize = 65464", offsetof(struct config_rule, max_blksize), 65464},
		{"max-windowsize = 65535", offsetof(struct config_rule, max_windowsize), 65535},
	};
	char text[100];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		snprintf(text, sizeof(text), "action = allow %s", good[i].setting);
		assert_int_equal(
			*(const uint64_t *)((const char *)load_rule(text) + good[i].offset),
			good[i].value);
	}
}

/* Every length of a prefix: that many bits stay, and it is told whether others were set. */
static void test_prefix_lengths(void **state)
{
	struct config_prefix prefix;
	struct complaint why;
	char text[PREFIX_TEXT + 8];
	bool cut;

	(void)state;
	for (unsigned int bits = 0; bits <= 128; bits++) {
		snprintf(text, sizeof(text), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/%u", bits);
		assert_int_equal(config_prefix_parse(text, &prefix, &cut, &why), 0);
		assert_int_equal(cut, bits < 128);
		for (unsigned int i = 0; i < 128; i++)
			assert_int_equal(prefix.address.bytes[i / 8] >> (7 - i % 8) & 1, i < bits);
		config_prefix_format(&prefix, text);
		assert_int_equal(config_prefix_parse(text, &prefix, &cut, &why), 0);
		assert_true(!cut && prefix.bits == bits);
	}
	assert_int_equal(config_prefix_parse("10.0.0.1/31", &prefix, &cut, &why), 0);
	assert_true(cut);
	assert_string_equal(config_prefix_format(&prefix, text), "10.0.0.0/31");
}

/* The file that says it, and the list: each in a directory of its own. */
static void test_lists_elsewhere(void **state)
{
	(void)state;
	assert_int_equal(mkdir("d", 0700), 0);
	scratch_text("d/a.conf", "zone a { interfaces = x rule r { action = allow\n"
				 "files-from = {\"l\", \"../l\", l} files = z } }");
	scratch_text("d/l", "inner");
	scratch_text("l", "outer");
	load_text("include d");
	assert_int_equal(config.zone->rule->pattern_count, 4);
	assert_string_equal(config.zone->rule->pattern[0].text, "z");
	assert_string_equal(config.zone->rule->pattern[1].text, "inner");
	assert_string_equal(config.zone->rule->pattern[2].text, "outer");
	assert_string_equal(config.zone->rule->pattern[2].where.file, "d/../l");
	assert_string_equal(config.zone->rule->where.file, "d/a.conf");
}

/* What is printed is read as the same, and printed as the same. Returns the text, to be freed. */
static char *expect_round_trip(void)
{
	char *text = config_print(&config), *again;
	struct config read;

	assert_non_null(text);
	said_forget();
	if (config_load_text("p", text, strlen(text), &read))
		fail_msg("%s is refused: %s", text, said_all());
	if (!config_same(&config, &read))
		fail_msg("%s means something else", text);
	again = config_print(&read);
	assert_string_equal(text, again);
	free(again);
	config_free(&read);
	return text;
}

static void test_print(void **state)
{
	static const char expected[] = "zone \"boot\" {\n"
				       "\tinterfaces = {\"tap*\"}\n"
				       "\tbridge = \"br0\"\n"
				       "\tmode = monitor\n"
				       "\ttftp-ports = {69}\n"
				       "\tdefault = allow\n"
				       "\tservice \"snmp\" {\n"
				       "\t\tport = {161}\n"
				       "\t\tsources = {\"10.0.0.0/8\", \"fd00::1\"}\n"
				       "\t}\n"
				       "\tabuse {\n"
				       "\t\trequest-rate = none\n"
				       "\t\tunacknowledged-bytes = 1MiB\n"
				       "\t}\n"
				       "\trule \"own configuration\" {\n"
				       "\t\taction = allow\n"
				       "\t\tmode = {octet}\n"
				       "\t\tvlans = {\n"
				       "\t\t\t5,\n"
				       "\t\t\t4,\n"
				       "\t\t\t3,\n"
				       "\t\t\t2,\n"
				       "\t\t\tuntagged,\n"
				       "\t\t}\n"
				       "\t\tfiles = {\"a\\\"b\", \"c\\\\*\", \"d'e$f\\${g}\"}\n"
				       "\t\tany-case = true\n"
				       "\t\tmax-size = 64MiB\n"
				       "\t\trate = 0.017/s\n"
				       "\t\tburst = 1\n"
				       "\t}\n"
				       "}\n"
				       "zone \"b\" {\n"
				       "\tinterfaces = {\"x\"}\n"
				       "}\n";
	char *text;

	(void)state;
	load_text("zone boot { rule 'own configuration' { rate = 1/min max-size = 65536KiB\n"
		  "any-case = true files = {'a\"b', c\\*, \"d'e$f\\${g}\"} mode = octet\n"
		  "vlans = {5, 4, 3, 2, untagged} action = allow }\n"
		  "abuse { unacknowledged-bytes = 1048576 request-rate = 0 within = 1min }\n"
		  "service snmp { sources = {10.0.0.0/8, fd00:0::1/128} port = 161 }\n"
		  "timers { idle = 120s } slack = 8 default = allow tftp-ports = 69\n"
		  "mode = monitor bridge = br0 interfaces = \"tap*\" }\n"
		  "sizes { } zone b { interfaces = x default = allow }");
	text = expect_round_trip();
	assert_string_equal(text, expected);
	free(text);
}

static void test_round_trip(void **state)
{
	char text[1000];

	(void)state;
	write_list();
	load_text(everything);
	free(expect_round_trip());
	assert_int_equal(config.zone->rule->pattern_count, 7);
	/* Each limit by itself is off, and at its bounds. */
	for (const struct abuse_spec *a = abuse_specs; a->name; a++) {
		const uint64_t values[] = {0, a->quantity.min, a->quantity.max};

		for (size_t i = a->quantity.or_none ? 0 : 1; i < 3; i++) {
			char value[QUANTITY_TEXT];

			snprintf(text, sizeof(text), "zone a { interfaces = x abuse { %s = %s } }",
				 a->name,
				 i ? quantity_format(a->quantity.kind, values[i], value) : "none");
			load_text(text);
			assert_int_equal(*abuse_member(&config.zone->settings.abuse, a), values[i]);
			free(expect_round_trip());
		}
	}
}

/* Every byte that a pattern may hold, itself and next to what is special in quotes. */
static void test_quoting(void **state)
{
	static const char *const around[] = {"%sx",  "\\a%sx", "${%sx", "\"%sx",
					     "$%sx", "%s$",    NULL};

	(void)state;
	for (int c = 0x20; c < 0x7f; c++) {
		/* A backslash never is in a name. */
		if (c == '\\')
			continue;
		for (const char *const *a = around; *a; a++) {
			const char one[] = {(char)c, '\0'};
			char line[32], literal[4];

			/* A letter or sign as itself, whatever it means in patterns. */
			snprintf(literal, sizeof(literal), "\\%s", one);
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			snprintf(line, sizeof(line), *a, literal);
			scratch_text("l", line);
			load_text("zone a { interfaces = x rule r { action = deny files-from = l } "
				  "}");
			assert_string_equal(config.zone->rule->pattern->text, line);
			free(expect_round_trip());
		}
	}
}

/* On the processor: the machine may be busy. */
static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* 10,000 patterns, in a file of their own and in the canonical text. */
static void test_long_lists(void **state)
{
	FILE *out = fopen("l", "we");
	double began;

	(void)state;
	assert_non_null(out);
	for (int i = 0; i < 10000; i++)
		fprintf(out, "directory/of/firmware-%d/release-*.bin\n", i);
	assert_int_equal(fclose(out), 0);
	began = seconds();
	load_text("zone a { interfaces = x rule r { action = allow files-from = l } }");
	free(expect_round_trip());
	assert_int_equal(config.zone->rule->pattern_count, 10000);
	assert_int_equal(config.zone->rule->pattern[9999].where.line, 10000);
	/* Twice read and twice printed, under the sanitizers. */
	assert_true(seconds() - began < 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_everything, forget),
		cmocka_unit_test_teardown(test_zone, forget),
		cmocka_unit_test_teardown(test_defaults, forget),
		cmocka_unit_test_teardown(test_none, forget),
		cmocka_unit_test_teardown(test_quantities, forget),
		cmocka_unit_test(test_prefix_lengths),
		cmocka_unit_test_teardown(test_lists_elsewhere, forget),
		cmocka_unit_test_teardown(test_print, forget),
		cmocka_unit_test_teardown(test_round_trip, forget),
		cmocka_unit_test_teardown(test_quoting, forget),
		cmocka_unit_test_teardown(test_long_lists, forget),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
