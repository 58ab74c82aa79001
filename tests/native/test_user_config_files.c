// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/config.c user/config_*.c user/prefixes.c user/records/record_filter.c user/records/record.c user/duration.c user/quantity.c user/glob.c user/pattern*.c user/option_values.c user/mark.c user/options.c user/command_find.c user/zone_settings.c user/complaint.c user/number.c user/address.c user/suggest.c user/text.c tests/native/said.c tests/native/scratch.c tests/native/no_commands.c
// packages: libconfuse libpq
/*
 * User space: what a good configuration file becomes, and the files that it includes.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "address.h"
#include "config.h"
#include "duration.h"
#include "options.h"
#include "said.h"
#include "scratch.h"

static struct config config;

/* Reads the file into `config`, which the next load or the test's end frees. */
static int load(const char *path)
{
	config_free(&config);
	said_forget();
	return config_load(path, &config);
}

static int load_text(const char *text)
{
	scratch_text("t", text);
	return load("t");
}

static int forget(void **state)
{
	(void)state;
	config_free(&config);
	return 0;
}

/* Every setting with another value than it has by itself. */
static const char everything[] =
	"sizes { requests = 1 offers = 2 transfers = 3\n"
	"        udp-flows = 4 fragments = 16777216 }\n"
	"zone \"boot\" { # comments end with their line }\n"
	"  interfaces = {\"eth1\", # also inside lists\n"
	"                'tap*', veth?, }\n"
	"  hook = tc mode = monitor requests = in unmatched = pass\n"
	"  track-udp = false tftp-ports = {69, \"6969\"}\n"
	"  broadcast=true multicast=true udpport=true slack=64\n"
	"  service snmp { port = 161 }\n"
	"  service \"time\" { port = {123, 319} }\n"
	"  server-group \"tftp\" { members = {10.0.0.2, \"10.0.0.3\"} }\n"
	"  server-group v6 { members = {fd00::1, fd00::2, fd00::3} }\n"
	"  timers { request = 15s offer = 2min idle = 60000ms done = 10s error = 2s\n"
	"    superseded = 5s stale = 1500ms fragment = 5s udp = 5s udp-replied = 60min }\n"
	"}\n"
	"zone guests { interfaces = br0 }\n";

static void test_everything(void **state)
{
	const struct zone_settings *s;
	char text[ADDRESS_TEXT];

	(void)state;
	assert_int_equal(load_text(everything), 0);
	assert_false(said_anything());
	assert_int_equal(config.sizes.requests, 1);
	assert_int_equal(config.sizes.offers, 2);
	assert_int_equal(config.sizes.transfers, 3);
	assert_int_equal(config.sizes.udp_flows, 4);
	assert_int_equal(config.sizes.fragments, 16777216);
	assert_int_equal(config.zone_count, 2);
	assert_string_equal(config.zone[0].name, "boot");
	assert_int_equal(config.zone[0].interface_count, 3);
	assert_string_equal(config.zone[0].interface[1], "tap*");
	assert_string_equal(config.zone[0].interface[2], "veth?");
	assert_int_equal(config.zone[0].hook, TG_HOOK_TC);
	s = &config.zone[0].settings;
	assert_true(s->monitor && s->no_track_udp && s->broadcast && s->multicast && s->udpport);
	assert_int_equal(s->requests, TG_ZONE_REQUESTS_IN);
	assert_int_equal(s->unmatched, TG_ZONE_UNMATCHED_PASS);
	assert_int_equal(s->slack, 64);
	assert_int_equal(s->tftp_ports.count, 2);
	assert_int_equal(s->tftp_ports.port[1], 6969);
	assert_int_equal(s->allow_udp.count, 0);
	assert_int_equal(config.zone[0].service_count, 2);
	assert_string_equal(config.zone[0].service[1].name, "time");
	assert_int_equal(config.zone[0].service[1].ports.count, 2);
	assert_int_equal(config.zone[0].service[1].ports.port[1], 319);
	assert_int_equal(s->groups.count, 2);
	assert_int_equal(s->groups.group[1].count, 3);
	assert_string_equal(address_format(&s->groups.group[1].address[2], text), "fd00::3");
	assert_int_equal(s->timers.request_wait, 15000);
	assert_int_equal(s->timers.offer_wait, 120000);
	assert_int_equal(s->timers.idle_wait, 60000);
	assert_int_equal(s->timers.stale_wait, 1500);
	assert_int_equal(s->timers.udp_replied_wait, 3600000);
}

/* What is not said is as on a command line without options. */
static void test_defaults(void **state)
{
	struct settings settings;

	(void)state;
	settings_init(&settings);
	assert_int_equal(load_text(everything), 0);
	assert_string_equal(config.zone[1].name, "guests");
	assert_int_equal(config.zone[1].hook, settings.hook);
	assert_memory_equal(&config.zone[1].settings, &settings.zone_settings,
			    sizeof(settings.zone_settings));
	assert_int_equal(load_text("zone a { interfaces = x }"), 0);
	assert_memory_equal(&config.sizes, &settings.sizes, sizeof(settings.sizes));
}

/* The bounds of each timer can be reached, not passed. */
static void test_timers(void **state)
{
	(void)state;
	for (const struct timer_spec *t = timer_specs; t->name; t++) {
		const uint64_t value[] = {t->min_ms, t->max_ms, t->min_ms - 1, t->max_ms + 1};

		assert_in_range(t->value_ms, t->min_ms, t->max_ms);
		for (int i = 0; i < 4; i++) {
			char text[200], number[DURATION_TEXT];

			snprintf(text, sizeof(text),
				 "zone a { interfaces = x\ntimers {\n%s = %s\n}\n}", t->name,
				 duration_format(value[i], number));
			assert_int_equal(!load_text(text), i < 2);
			if (i >= 2)
				assert_true(said("t:3:") && said("out of range"));
			else
				assert_int_equal(
					*(uint64_t *)((char *)&config.zone->settings.timers +
						      t->offset),
					value[i]);
		}
	}
}

static void test_durations(void **state)
{
	static const char *const bad[] = {"",    "s",     "5",  "5 s",   "-5s", "5.0s",
					  "5S",  "5m",    "5h", "5sec",  "s5",  "0x5s",
					  " 5s", "5min ", "ms", "5s5ms", NULL};
	char text[DURATION_TEXT];
	uint64_t ms = 7;

	(void)state;
	for (const char *const *b = bad; *b; b++)
		assert_int_equal(duration_parse(*b, 0, UINT64_MAX, &ms), -EINVAL);
	assert_int_equal(duration_parse("18446744073709551616ms", 0, UINT64_MAX, &ms), -ERANGE);
	assert_int_equal(duration_parse("18446744073709551615s", 0, UINT64_MAX, &ms), -ERANGE);
	assert_int_equal(ms, 7);
	assert_int_equal(duration_parse("18446744073709551615ms", 0, UINT64_MAX, &ms), 0);
	assert_true(ms == UINT64_MAX);
	assert_string_equal(duration_format(120000, text), "2min");
	assert_string_equal(duration_format(90000, text), "90s");
	assert_string_equal(duration_format(1500, text), "1500ms");
	assert_string_equal(duration_format(0, text), "0ms");
}

/* Settings may follow each other in a line; line ends and a byte order mark may be foreign. */
static void test_layout(void **state)
{
	(void)state;
	assert_int_equal(load_text("# no zone\rzone\ra\n{interfaces=x}#"), 0);
	assert_int_equal(load_text("\xef\xbb\xbfzone a {\r\n\tinterfaces = x\r\n}\r\n"), 0);
	assert_int_equal(load_text("zone include { interfaces = 'x' }"), 0);
	assert_string_equal(config.zone->name, "include");
}

/* One parse leaves nothing behind for the next, however it ended. */
static void test_nothing_stays(void **state)
{
	static const char *const bad[] = {"zone a { interfaces = {\"x\", ",
					  "\"",
					  "'",
					  "/\x2a",
					  "zone \"a\" {",
					  "zone a { x",
					  "include",
					  NULL};

	(void)state;
	for (const char *const *b = bad; *b; b++) {
		assert_int_not_equal(load_text(*b), 0);
		assert_int_equal(load_text("zone a { interfaces = x }"), 0);
		assert_int_equal(config.zone_count, 1);
	}
}

static void test_files(void **state)
{
	(void)state;
	assert_int_not_equal(load("missing"), 0);
	assert_true(said("missing: there is no such file"));
	assert_int_not_equal(load("some/where/t"), 0);
	assert_true(said("some/where/t: there is no directory some\n"));
	assert_int_not_equal(load("/proc/self/status/t"), 0);
	assert_true(said("/proc/self/status is not a directory"));
	assert_int_not_equal(load("."), 0);
	assert_true(said("it is a directory") && said("conf"));
	assert_int_not_equal(load("/dev/null"), 0);
	assert_true(said("not a regular file"));
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_not_equal(load("fifo"), 0);
	assert_true(said("not a regular file"));
	scratch_text("large", "x");
	assert_int_equal(truncate("large", (16 << 20) + 1), 0);
	assert_int_not_equal(load("large"), 0);
	assert_true(said("larger than 16 MiB"));
}

static void test_includes(void **state)
{
	(void)state;
	assert_int_equal(mkdir("conf.d", 0700), 0);
	scratch_text("conf.d/20.conf", "zone late { interfaces = b }");
	scratch_text("conf.d/10.conf", "zone early { interfaces = a }\ninclude \"../sizes\"");
	scratch_text("conf.d/ignored", "?");
	scratch_text("conf.d/.hidden.conf", "?");
	scratch_text("sizes", "sizes { requests = 5 }");
	assert_int_equal(load_text("include conf.d zone first { interfaces = c }"), 0);
	assert_int_equal(config.zone_count, 3);
	assert_string_equal(config.zone[0].name, "first");
	assert_string_equal(config.zone[1].name, "early");
	assert_string_equal(config.zone[2].name, "late");
	assert_int_equal(config.sizes.requests, 5);
	/* Relative to the file that says it, wherever the process is. */
	scratch_text("conf.d/top", "include 10.conf");
	assert_int_equal(load("conf.d/top"), 0);
	assert_int_equal(config.zone_count, 1);

	scratch_text("conf.d/20.conf", "\nzone late { interfaces = a }");
	assert_int_not_equal(load_text("include conf.d/"), 0);
	assert_true(
		said("conf.d/20.conf:2:26: error: interfaces: zone \"early\" has 'a' already\n"));
	assert_true(said("see conf.d/10.conf:1\n"));
	assert_int_not_equal(load_text("zone early { interfaces = c }\ninclude conf.d"), 0);
	assert_true(said("conf.d/10.conf:1:6: error: zone \"early\": there is one of this name"));
	assert_int_not_equal(load_text("sizes { }\ninclude conf.d"), 0);
	assert_true(said("sizes:1:1: error: sizes: another file has this block already"));
}

static void test_order_in_a_directory(void **state)
{
	static const char *const names[] = {"c", "a", "e", "b", "d", "h", "f", "g"};

	(void)state;
	assert_int_equal(mkdir("order", 0700), 0);
	for (size_t i = 0; i < 8; i++) {
		char path[32], text[64];

		snprintf(path, sizeof(path), "order/%s.conf", names[i]);
		snprintf(text, sizeof(text), "zone %s { interfaces = %s }", names[i], names[i]);
		scratch_text(path, text);
	}
	assert_int_equal(load_text("include order"), 0);
	assert_int_equal(config.zone_count, 8);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(config.zone[i].name[0], 'a' + i);
}

static void test_bad_includes(void **state)
{
	char text[64];

	(void)state;
	assert_int_not_equal(load_text("include \"t\""), 0);
	assert_true(said("t:1:9: error: t: this file includes itself"));
	scratch_text("a", "\n include b");
	scratch_text("b", "include \"./a\"");
	assert_int_not_equal(load("a"), 0);
	assert_true(said("b:1:9: error: ./a: this file includes itself"));
	scratch_text("b", "");
	assert_int_not_equal(load_text("include b include b"), 0);
	assert_true(said("t:1:19: error: b: this file was included already"));
	assert_int_not_equal(load_text("include missing"), 0);
	assert_true(said("t:1:9: error: missing: there is no such file"));
	assert_int_not_equal(load_text("include \"\""), 0);
	assert_true(said("not a path"));
	for (int i = 0; i < 12; i++) {
		char name[16];

		snprintf(name, sizeof(name), "n%d", i);
		snprintf(text, sizeof(text), "include n%d", i + 1);
		scratch_text(name, text);
	}
	assert_int_not_equal(load("n0"), 0);
	assert_true(said("n8:1:9: error: n9: files include each other more than 8 deep"));
	/* A file ends its own blocks. */
	scratch_text("b", "zone a { interfaces = x");
	assert_int_not_equal(load_text("include b }"), 0);
	assert_true(said("not closed") || said("no block is open"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_everything, forget),
		cmocka_unit_test_teardown(test_defaults, forget),
		cmocka_unit_test_teardown(test_timers, forget),
		cmocka_unit_test(test_durations),
		cmocka_unit_test_teardown(test_layout, forget),
		cmocka_unit_test_teardown(test_nothing_stays, forget),
		cmocka_unit_test_teardown(test_files, forget),
		cmocka_unit_test_teardown(test_includes, forget),
		cmocka_unit_test_teardown(test_order_in_a_directory, forget),
		cmocka_unit_test_teardown(test_bad_includes, forget),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
