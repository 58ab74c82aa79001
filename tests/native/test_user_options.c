// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/options.c user/command_find.c user/zone_settings.c user/option_values.c user/mark.c user/config_prefix.c user/quantity.c user/duration.c user/complaint.c user/number.c user/address.c user/suggest.c user/records/record.c tests/native/said.c
/*
 * User space: the command line. The table's own bounds are tried; the manual page names what it holds.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "address.h"
#include "command.h"
#include "options.h"
#include "records/record.h"
#include "said.h"

#define WORDS_MAX 24

/* A few commands are enough to see which options belong to whom. */
const struct command commands[] = {
	{.name = "up", .bit = COMMAND_UP},
	{.name = "stats", .bit = COMMAND_STATS},
	{.name = "policy", .bit = COMMAND_POLICY},
	{.name = "flows", .bit = COMMAND_FLOWS},
	{.name = "events", .bit = COMMAND_EVENTS},
	{.name = "top", .bit = COMMAND_TOP},
	{0},
};

static struct settings settings;
static const char *command;

static int parse_words(const char *const *words)
{
	static char *argv[WORDS_MAX];
	int argc = 0;

	argv[argc++] = (char *)"tidegate";
	for (; *words; words++)
		argv[argc++] = (char *)*words;
	argv[argc] = NULL;
	said_forget();
	settings_init(&settings);
	return options_parse(argc, argv, &settings, &command);
}

/* Parses a command line: PARSE(WORD, …, NULL). */
#define PARSE(...) parse_words((const char *const[]){__VA_ARGS__})

static void test_order(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-j", "up", "eth0", "--hook", "tc", "eth1", "--monitor", NULL), 0);
	assert_string_equal(command, "up");
	assert_int_equal(settings.operand_count, 2);
	assert_string_equal(settings.operands[0], "eth0");
	assert_string_equal(settings.operands[1], "eth1");
	assert_true(settings.json && settings.zone_settings.monitor && !settings.pretty);
	assert_int_equal(settings.hook, TG_HOOK_TC);
	assert_int_equal(PARSE("up", "--", "--hook", NULL), 0);
	assert_string_equal(settings.operands[0], "--hook");
	assert_int_equal(settings.hook, TG_HOOK_XDP);
	assert_int_equal(PARSE("up", "-", "eth0", NULL), 0);
	assert_string_equal(settings.operands[0], "-");
	assert_int_equal(PARSE(NULL), 0);
	assert_null(command);
	assert_int_equal(settings.operand_count, 0);
	assert_int_equal(PARSE("-jn", "stats", NULL), 0);
	assert_true(settings.json && settings.numeric);
	assert_int_equal(PARSE("stats", "-p", NULL), 0);
	assert_true(settings.json && settings.pretty);
	assert_int_equal(PARSE("up", "--bpffs=/a=b", NULL), 0);
	assert_string_equal(settings.bpffs, "/a=b");
	assert_false(said_anything());
}

static void test_refused(void **state)
{
	(void)state;
	assert_int_equal(PARSE("up", "--hok", "tc", NULL), -EINVAL);
	assert_true(said("--hok") && said("did you mean --hook?"));
	assert_int_equal(PARSE("up", "-x", NULL), -EINVAL);
	assert_true(said("-x"));
	assert_int_equal(PARSE("up", "--hook", NULL), -EINVAL);
	assert_true(said("--hook: a value is missing"));
	assert_int_equal(PARSE("up", "--monitor=yes", NULL), -EINVAL);
	assert_true(said("takes no value"));
	assert_int_equal(PARSE("stats", "--hook", "tc", NULL), -EINVAL);
	assert_true(said("`tidegate stats` has no such option"));
	assert_int_equal(PARSE("up", "--zeros", NULL), -EINVAL);
	assert_int_equal(PARSE("--zeros", NULL), -EINVAL);
	assert_true(said("a command is missing"));
	/* An unknown command is reported as such, not by its options. */
	assert_int_equal(PARSE("dwn", "--zeros", NULL), 0);
	assert_int_equal(PARSE("up", "--", "--hok", NULL), 0);
}

/* At and beyond both bounds of every number in the table. */
static void test_bounds(void **state)
{
	(void)state;
	for (const struct option_spec *o = options; o->name; o++) {
		const uint64_t good[] = {o->min, o->max}, bad[] = {o->min - 1, o->max + 1};
		char option[32], text[32];
		const char *name;

		if (o->kind != OPTION_NUMBER)
			continue;
		assert_true(o->min < o->max);
		name = NULL;
		for (const struct command *c = commands; c->name && !name; c++)
			name = c->bit & o->commands ? c->name : NULL;
		assert_non_null(name);
		snprintf(option, sizeof(option), "--%s", o->name);
		for (int i = 0; i < 2; i++) {
			snprintf(text, sizeof(text), "%llu", (unsigned long long)good[i]);
			assert_int_equal(PARSE(name, "eth0", option, text, NULL), 0);
			assert_int_equal(*(uint64_t *)((char *)&settings + o->offset), good[i]);
			snprintf(text, sizeof(text), "%llu", (unsigned long long)bad[i]);
			assert_int_equal(PARSE(name, "eth0", option, text, NULL), -EINVAL);
			assert_true(said("out of range"));
		}
	}
}

static void test_lists(void **state)
{
	char ports[512] = "1";

	(void)state;
	assert_int_equal(
		PARSE("up", "eth0", "--allow-udp", "123,161", "--allow-udp=161,65535", NULL), 0);
	assert_int_equal(settings.zone_settings.allow_udp.count, 3);
	assert_int_equal(settings.zone_settings.allow_udp.port[2], 65535);
	for (int i = 2; i <= PORTS_MAX; i++)
		snprintf(ports + strlen(ports), sizeof(ports) - strlen(ports), ",%d", i);
	assert_int_equal(PARSE("up", "eth0", "--allow-udp", ports, NULL), 0);
	assert_int_equal(settings.zone_settings.allow_udp.count, PORTS_MAX);
	assert_int_equal(PARSE("up", "eth0", "--allow-udp", ports, "--allow-udp", "5000", NULL),
			 -EINVAL);
	assert_true(said("more than 64 ports"));
	assert_int_equal(PARSE("up", "eth0", "--tftp-port", "69,70,71,72", NULL), 0);
	assert_int_equal(PARSE("up", "eth0", "--tftp-port", "69,70,71,72,73", NULL), -EINVAL);
	for (const char *const *bad = (const char *const[]){"", ",", "1,", ",1", "1,,2", "1;2", "0",
							    "65536", "80abc", "1, 2", "-1", NULL};
	     *bad; bad++)
		assert_int_equal(PARSE("up", "eth0", "--allow-udp", *bad, NULL), -EINVAL);
}

static void test_groups(void **state)
{
	char text[ADDRESS_TEXT];

	(void)state;
	assert_int_equal(PARSE("up", "eth0", "--server-group", "10.0.0.1,10.0.0.2",
			       "--server-group", "fd00::1,fd00::2,fd00::3", NULL),
			 0);
	assert_int_equal(settings.zone_settings.groups.count, 2);
	assert_int_equal(settings.zone_settings.groups.group[1].count, 3);
	assert_string_equal(
		address_format(&settings.zone_settings.groups.group[1].address[2], text),
		"fd00::3");
	assert_int_equal(PARSE("up", "eth0", "--server-group", "10.0.0.1", NULL), -EINVAL);
	assert_true(said("no group"));
	assert_int_equal(PARSE("up", "eth0", "--server-group", "10.0.0.1,10.0.0.1", NULL), -EINVAL);
	assert_true(said("named twice"));
	assert_int_equal(PARSE("up", "eth0", "--server-group", "10.0.0.1,10.0.0.2",
			       "--server-group", "10.0.0.3,10.0.0.2", NULL),
			 -EINVAL);
	assert_int_equal(PARSE("up", "eth0", "--server-group", "10.0.0.1,server", NULL), -EINVAL);
	assert_true(said("'server'"));
}

static void test_words(void **state)
{
	char name[TG_ZONE_NAME + 1];

	(void)state;
	memset(name, 'z', TG_ZONE_NAME);
	name[TG_ZONE_NAME] = '\0';
	assert_int_equal(PARSE("up", "eth0", "--zone", name, NULL), -EINVAL);
	assert_int_equal(PARSE("up", "eth0", "--zone", name + 1, NULL), 0);
	assert_int_equal(PARSE("up", "eth0", "--zone", "", NULL), -EINVAL);
	assert_int_equal(PARSE("up", "eth0", "--zone", "a b", NULL), -EINVAL);
	assert_int_equal(PARSE("up", "eth0", "--zone", "guests-2.lan:1@x_y", NULL), 0);
	assert_int_equal(PARSE("up", "eth0", "--bpffs", "relative", NULL), -EINVAL);
	assert_int_equal(PARSE("up", "eth0", "--bpffs", "", NULL), -EINVAL);
	assert_int_equal(PARSE("up", "eth0", "--requests", "in", NULL), 0);
	assert_int_equal(settings.zone_settings.requests, TG_ZONE_REQUESTS_IN);
	assert_int_equal(PARSE("up", "eth0", "--requests", "IN", NULL), -EINVAL);
	assert_true(said("in|out|both"));
	/* The last one counts. */
	assert_int_equal(PARSE("up", "eth0", "--slack", "4", "--slack", "5", NULL), 0);
	assert_int_equal(settings.zone_settings.slack, 5);
}

/* Kinds and outcomes are called as records call them, each of them. */
static void test_records(void **state)
{
	char word[40];

	(void)state;
	for (int i = 0; i < RECORD_KINDS; i++) {
		assert_int_equal(PARSE("events", "--kind", record_kind_name(i), NULL), 0);
		assert_int_equal(settings.kinds, 1 << i);
	}
	for (int i = OUTCOME_NONE + 1; i < OUTCOMES; i++) {
		snprintf(word, sizeof(word), "idle,%s", record_outcome_name(i));
		assert_int_equal(PARSE("events", "--outcome", word, NULL), 0);
		assert_int_equal(settings.outcomes, 1 << i | 1 << OUTCOME_IDLE);
	}
	assert_int_equal(PARSE("events", "--kind", "begin", "--kind=end,begin", NULL), 0);
	assert_int_equal(settings.kinds, 1 << RECORD_BEGIN | 1 << RECORD_END);
	assert_int_equal(PARSE("events", "--kind", "end,", NULL), -EINVAL);
	assert_int_equal(PARSE("events", "--kind", "ends", NULL), -EINVAL);
	assert_true(said("begin|end|denied|drop|incident") && said("did you mean end?"));
	assert_int_equal(PARSE("events", "--outcome", "none", NULL), -EINVAL);
	assert_true(said("unacknowledged|evicted"));
	assert_int_equal(
		PARSE("events", "--client", "10.0.0.0/8,fd00::1", "--client", "::/0", NULL), 0);
	assert_int_equal(settings.clients.count, 2);
	assert_int_equal(PARSE("events", "--client", "10.0.0.0/33", NULL), -EINVAL);
	assert_true(said("too many bits"));
	assert_int_equal(PARSE("events", "--client", "10.0.0.0/8,host", NULL), -EINVAL);
	assert_int_equal(PARSE("events", "--client", "", NULL), -EINVAL);
	assert_int_equal(PARSE("events", "--file", "*.cfg", "--file", "a,b", NULL), 0);
	assert_string_equal(settings.files.text[1], "a,b");
	assert_int_equal(PARSE("events", "--file", "", NULL), -EINVAL);
}

static void test_seconds(void **state)
{
	static const char *const bad[] = {"",      "x",      "1x",     "-1",         "1.",
					  ".5",    "0.05",   "0.0999", "3601",       "3600.001",
					  "1.5.2", "1.2345", "1 ",     "4294967297", NULL};

	(void)state;
	assert_int_equal(PARSE("flows", NULL), 0);
	assert_int_equal(settings.watch_ms, 0);
	assert_int_equal(PARSE("flows", "--watch", NULL), 0);
	assert_int_equal(settings.watch_ms, 2000);
	assert_int_equal(PARSE("flows", "--watch", "-j", NULL), 0);
	assert_true(settings.json && settings.watch_ms == 2000);
	assert_int_equal(PARSE("--watch", "flows", NULL), 0);
	assert_string_equal(command, "flows");
	assert_int_equal(PARSE("flows", "--watch", "5", "-j", NULL), 0);
	assert_true(settings.json && settings.watch_ms == 5000);
	assert_int_equal(PARSE("flows", "--watch=0.125", NULL), 0);
	assert_int_equal(settings.watch_ms, 125);
	assert_int_equal(PARSE("top", "--interval", "0.1", NULL), 0);
	assert_int_equal(settings.interval_ms, 100);
	assert_int_equal(PARSE("top", "--interval", "3600", NULL), 0);
	assert_int_equal(settings.interval_ms, 3600000);
	/* Where a value has to be, it has to be one. */
	assert_int_equal(PARSE("top", "--interval", "-b", NULL), -EINVAL);
	assert_int_equal(PARSE("top", "--interval", NULL), -EINVAL);
	for (size_t i = 0; bad[i]; i++) {
		assert_int_equal(PARSE("top", "--interval", bad[i], NULL), -EINVAL);
		assert_true(said("--interval: "));
	}
}

/* A file says all about zones and interfaces, or the command line does. */
static void test_one_source(void **state)
{
	(void)state;
	assert_int_equal(PARSE("up", NULL), 0);
	assert_int_equal(PARSE("up", "--config", "f", "--force", "--max-transfers", "9", NULL), 0);
	assert_int_equal(PARSE("up", "--confirm", "30", NULL), 0);
	assert_int_equal(settings.confirm_s, 30);
	assert_int_equal(PARSE("up", "--hook", "tc", NULL), -EINVAL);
	assert_true(said("--hook: the interfaces are missing"));
	assert_int_equal(PARSE("up", "--zone", "z", NULL), -EINVAL);
	assert_int_equal(PARSE("up", "--config", "f", "eth0", NULL), -EINVAL);
	assert_true(said("eth0: beside --config"));
	assert_int_equal(PARSE("up", "--config", "f", "--monitor", NULL), -EINVAL);
	assert_true(said("--monitor: beside --config"));
	assert_int_equal(PARSE("up", "--config", "f", "--zone", "z", NULL), -EINVAL);
	assert_int_equal(PARSE("policy", "test", "--config", "f", "--zone", "z", NULL), 0);
	assert_int_equal(PARSE("up", "--help", "--hook", "tc", NULL), 0);
}

static void test_addresses(void **state)
{
	static const char *const bad[] = {"",
					  "52:54",
					  "52:54:00:12:34:5",
					  "52:54:00:12:34:567",
					  "52-54:00-12-34-56",
					  "5254001234567",
					  "g2:54:00:12:34:56",
					  "52:54:00:12:34:56:",
					  "52:54:00:12:34 56",
					  NULL};
	static const uint8_t mac[] = {0x52, 0x54, 0x00, 0x12, 0xab, 0xcd};
	char text[ADDRESS_TEXT];

	(void)state;
	assert_int_equal(PARSE("policy", "--from", "10.0.0.1", "--to", "fd00::1", NULL), 0);
	assert_string_equal(address_format(&settings.from, text), "10.0.0.1");
	assert_string_equal(address_format(&settings.to, text), "fd00::1");
	assert_false(settings.mac.given);
	assert_int_equal(PARSE("policy", "--from", "10.0.0", NULL), -EINVAL);
	assert_true(said("'10.0.0' is not an IPv4 or IPv6 address"));
	for (const char *const *good =
		     (const char *const[]){"52:54:00:12:ab:cd", "52-54-00-12-AB-CD", "52540012abcd",
					   NULL};
	     *good; good++) {
		assert_int_equal(PARSE("policy", "--mac", *good, NULL), 0);
		assert_true(settings.mac.given);
		assert_memory_equal(settings.mac.bytes, mac, sizeof(mac));
	}
	for (size_t i = 0; bad[i]; i++) {
		assert_int_equal(PARSE("policy", "--mac", bad[i], NULL), -EINVAL);
		assert_true(said("is not a hardware address"));
	}
}

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 1 << 16);

	assert_non_null(file);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 16) - 1, file) > 0);
	fclose(file);
	return text;
}

/* Whoever adds an option to the table describes it; nothing else is described. */
static void test_manual_names_the_options(void **state)
{
	char *manual = read_file("docs/tidegate.8.scd"), bold[40];
	size_t options_named = 0, in_table = 0;

	(void)state;
	for (const struct option_spec *o = options; o->name; o++, in_table++) {
		snprintf(bold, sizeof(bold), "*--%s*", o->name);
		if (!strstr(manual, bold))
			fail_msg("the manual page does not name %s", bold);
	}
	for (const char *at = manual; (at = strstr(at, "*--")); at += 3) {
		size_t len = strcspn(at + 3, "*");
		bool known = false;

		for (const struct option_spec *o = options; o->name; o++)
			known |= strlen(o->name) == len && !strncmp(o->name, at + 3, len);
		if (!known)
			fail_msg("the manual page names --%.*s, which does not exist", (int)len,
				 at + 3);
		options_named++;
	}
	assert_true(options_named >= in_table);
	free(manual);
}

static void test_table(void **state)
{
	(void)state;
	for (const struct option_spec *o = options; o->name; o++) {
		assert_true(o->commands && *o->help);
		assert_int_equal(!o->argument, o->kind == OPTION_FLAG);
		assert_int_equal(!o->choices, o->kind != OPTION_CHOICE && o->kind != OPTION_WORDS);
		for (const struct option_spec *other = options; other < o; other++) {
			assert_string_not_equal(other->name, o->name);
			assert_true(!o->letter || other->letter != o->letter);
			assert_int_not_equal(other->offset, o->offset);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),      cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bounds),     cmocka_unit_test(test_lists),
		cmocka_unit_test(test_groups),     cmocka_unit_test(test_words),
		cmocka_unit_test(test_one_source), cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_records),    cmocka_unit_test(test_seconds),
		cmocka_unit_test(test_table),      cmocka_unit_test(test_manual_names_the_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
