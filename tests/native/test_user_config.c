// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/config.c user/config_*.c user/prefixes.c user/records/record_filter.c user/records/record.c user/duration.c user/quantity.c user/glob.c user/pattern*.c user/option_values.c user/mark.c user/options.c user/command_find.c user/zone_settings.c user/complaint.c user/number.c user/address.c user/suggest.c user/text.c tests/native/said.c tests/native/scratch.c tests/native/mistake.c tests/native/no_commands.c
// packages: libconfuse libpq
/*
 * User space: mistakes in the configuration file, each with the message that it gets.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mistake.h"
#include "said.h"
#include "scratch.h"

/* clang-format off: a table */
static const struct mistake mistakes[] = {
	{"zone \"a\" {\n\tinterfaces = x\n\tsingle-port = true\n}", "3:16",
	 "single-port: XDP comes too early to translate: it takes the hook tc", NULL},
	{"zone \"a\" {\n\tinterfaces = x\n\tmark-udp = true\n}", "3:13",
	 "mark-udp: there is no mark that tracked UDP could get", NULL},
	{"zone \"a\" {\n\tinterfaces = x\n\tmark = 0x41/0xf0\n}", "3:9",
	 "mark: the value has bits that the mask does not", "perhaps 0x41/0xf1 is meant"},
	{"zone \"boot\" {\n\tinterfaces = {\"eth1\"} # x\n\tunmatchd = drop\n}", "3:2",
	 "unmatchd: unknown setting in zone \"boot\"", "did you mean unmatched?"},
	{"zon \"boot\" {\n}", "1:1", "zon: unknown setting", "did you mean zone?"},
	{"zone \"a\" { interfaces = x }\nxyzzyplugh = 3", "2:1", "xyzzyplugh: unknown setting",
	 "known here: sizes, daemon, sink, zone"},
	{"slack = 8", "1:1", "slack: unknown setting", "it belongs to a zone"},
	{"zone \"a\" { include \"x\" }", "1:12", "include: unknown setting in zone \"a\"",
	 "it belongs to the top level"},
	{"include", "1:1", "include: a file or directory is missing", "write include \"PATH\""},
	{"include = \"x\"", "1:1", "include: a file or directory is missing",
	 "write include \"PATH\""},
	{"zone \"a\" { slack 8 }", "1:18", "a = is missing before this",
	 "a setting is written NAME = VALUE"},
	{"zone \"a\" { slack = }", "1:20", "slack: the value is missing", NULL},
	{"zone \"a\" { slack = = 8 }", "1:20", "slack: the value is missing", NULL},
	{"zone \"a\" { slack = {8} }", "1:20", "slack: it takes one value, not a list", NULL},
	{"zone \"a\" { slack = 8, 9 }", "1:21", "',' is not expected here",
	 "a list stands in braces, with one comma between two values"},
	{"zone \"a\" { tftp-ports = {, 69} }", "1:26", "',' is not expected here",
	 "a list stands in braces, with one comma between two values"},
	{"zone \"a\" { tftp-ports = {69 70} }", "1:29", "a comma is missing before this", NULL},
	{"zone \"a\" { interfaces = { } }", "1:27", "the list is empty", NULL},
	{"zone { interfaces = x }", "1:6", "a name is missing before this",
	 "a block with a name is written zone \"NAME\" { … }"},
	{"zone \"a\" interfaces = x", "1:10", "a { is missing before this",
	 "a block is written NAME { … } or NAME \"TITLE\" { … }"},
	{"zone \"a\"", "1:6", "the file ends behind this, unfinished", NULL},
	{"zone \"a\" {\n\tinterfaces = x\n\ttimers {\n\t\tidle = 60s\n}", "1:10",
	 "what begins here is not closed", "a } is missing"},
	{"zone \"a\" {\n\tinterfaces = {x", "2:15", "what begins here is not closed",
	 "a } is missing"},
	{"zone \"a\" {\n\tinterfaces = x\n}\n}", "4:1", "no block is open that this could close",
	 NULL},
	{"{{{{{{{{{", "1:9", "blocks are nested too deeply", NULL},
	{"zone \"a {\n}", "1:6", "this quote is not closed on its line", NULL},
	{"zone 'a", "1:6", "this quote is not closed on its line", NULL},
	{"zone \"a\\n\" { }", "1:8", "unknown escape",
	 "write \\\\ for a backslash, \\\" for a quote"},
	{"zone \"a\\", "1:8", "unknown escape", "write \\\\ for a backslash, \\\" for a quote"},
	{"zone \"${HOME}\" { }", "1:7", "variables of the environment are not replaced",
	 "in quotes, \\$ stands for the character itself"},
	{"zone ${HOME} { }", "1:6", "variables of the environment are not replaced",
	 "in quotes, \\$ stands for the character itself"},
	{"/* zone */", "1:1", "comments begin with #", NULL},
	{"zone \"a\" {\r# x\r\n\rslak = 8 }", "4:1", "slak: unknown setting in zone \"a\"",
	 "did you mean slack?"},
	{"zone \"a\rb\" { }", "1:6", "this quote is not closed on its line", NULL},
	{"zone \"a\" { // boot\n}", "1:12", "comments begin with #", NULL},
	{"zone \"a\" { slack = 8; }", "1:21", "';' is not expected here",
	 "settings end without it"},
	{"zone \"a\" { interfaces += x }", "1:23", "a setting cannot be added to",
	 "write one list: NAME = {A, B}"},
	{"include(\"x\")", "1:8", "'(' is not expected here", NULL},
	{"zone \"a\" { interfaces = x }\nzone|slack = 3", "2:1", "zone|slack: unknown setting",
	 "known here: sizes, daemon, sink, zone"},
	{"zone \"a\" { interfaces = x }\n\"zone=a|slack\" = 3", "2:1",
	 "zone=a|slack: unknown setting", "settings are named without quotes"},
	{"zone \"a\001\" { }", "1:8", "this is not text: a control character (\\x01)", NULL},
	{"zone \"a\" { slack = \"äöü\" unmatchd = drop }", "1:26",
	 "unmatchd: unknown setting in zone \"a\"", "did you mean unmatched?"},
	{"# \344", "1:3", "this is not text: neither ASCII nor UTF-8", NULL},
	{"zone \"a\" {\n\tslack = 8\n\tinterfaces = x\n\tslack = 9\n}", "4:2",
	 "slack: it is set twice in zone \"a\"", "it was set in line 2 already"},
	{"zone \"a\" { interfaces = {x, y} interfaces = {z} }", "1:32",
	 "interfaces: it is set twice in zone \"a\"", "it was set in line 1 already"},
	{"zone \"a\" { interfaces = x timers { } timers { } }", "1:38",
	 "timers: it is there twice in zone \"a\"", NULL},
	{"sizes { }\nsizes { }", "2:1", "sizes: it is there twice", NULL},
	{"zone \"a\" { interfaces = x }\nzone a { interfaces = y }", "2:6",
	 "zone \"a\": there is one of this name already", "see t:1"},
	{"zone a { interfaces = x }\nzone a { interfaces = y }", "2:6",
	 "zone \"a\": there is one of this name already", "see t:1"},
	{"zone a { interfaces = x service s { port = 1 } service \"s\" { port = 2 } }", "1:56",
	 "service \"s\": there is one of this name already", "see t:1"},
	{"zone \"a b\" { interfaces = x }", "1:6", "zone: 'a b' cannot be a name",
	 "use 1 to 31 letters, digits and . _ : @ -"},
	{"zone abcdefghijklmnopqrstuvwxyzabcdefg { interfaces = x }", "1:6",
	 "zone: 'abcdefghijklmnopqrstuvwxyzabcdefg' cannot be a name",
	 "use 1 to 31 letters, digits and . _ : @ -"},
	{"zone \"a\" { }", "1:6", "zone \"a\": interfaces is missing",
	 "write interfaces = {\"eth0\", \"tap*\"}"},
	{"zone \"a\" { interfaces = {x, \"x\"} }", "1:29", "interfaces: zone \"a\" has 'x' already",
	 NULL},
	{"zone \"a\" { interfaces = x }\nzone \"b\" { interfaces = {y, x} }", "2:29",
	 "interfaces: zone \"a\" has 'x' already", "see t:1"},
	{"zone \"a\" { interfaces = {\"eth0/1\"} }", "1:26",
	 "interfaces: no interface can be named 'eth0/1'",
	 "give names of 1 to 15 bytes, or patterns with * for any characters and ? for one"},
	{"zone \"a\" { interfaces = abcdefghijklmnop }", "1:25",
	 "interfaces: no interface can be named 'abcdefghijklmnop'",
	 "give names of 1 to 15 bytes, or patterns with * for any characters and ? for one"},
	{"zone \"a\" { interfaces = x hook = XDP }", "1:34",
	 "hook: 'XDP' is not one of xdp|generic|tc", NULL},
	{"zone \"a\" { interfaces = x mode = on }", "1:34",
	 "mode: 'on' is not one of enforce|monitor", NULL},
	{"zone \"a\" { interfaces = x requests = inout }", "1:38",
	 "requests: 'inout' is not one of in|out|both", "did you mean out?"},
	{"zone \"a\" { interfaces = x unmatched = reject }", "1:39",
	 "unmatched: 'reject' is not one of drop|pass", NULL},
	{"zone \"a\" { interfaces = x track-udp = yes }", "1:39",
	 "track-udp: 'yes' is not one of true|false", NULL},
	{"zone \"a\" { interfaces = x broadcast = 1 }", "1:39",
	 "broadcast: '1' is not one of true|false", NULL},
	{"zone \"a\" { interfaces = x multicast = True }", "1:39",
	 "multicast: 'True' is not one of true|false", "did you mean true?"},
	{"zone \"a\" { interfaces = x udpport = \"\" }", "1:37",
	 "udpport: '' is not one of true|false", NULL},
	{"zone \"a\" { interfaces = x slack = 1 }", "1:35", "slack: 1 is out of range",
	 "give whole numbers from 2 to 64"},
	{"zone \"a\" { interfaces = x slack = 65 }", "1:35", "slack: 65 is out of range",
	 "give whole numbers from 2 to 64"},
	{"zone \"a\" { interfaces = x slack = 0x10 }", "1:35", "slack: '0x10' is not a number",
	 "give whole numbers from 2 to 64"},
	{"zone \"a\" { interfaces = x tftp-ports = {69, 0} }", "1:45",
	 "tftp-ports: 0 is out of range", "give whole numbers from 1 to 65535"},
	{"zone \"a\" { interfaces = x tftp-ports = \"69,70\" }", "1:40",
	 "tftp-ports: '69,70' is not a number", NULL},
	{"zone \"a\" { interfaces = x tftp-ports = {69, 70, 71, 72, 73} }", "1:57",
	 "tftp-ports: more than 4 ports", NULL},
	{"zone \"a\" { interfaces = x service \"snmp\" { } }", "1:35",
	 "service \"snmp\": port is missing", "write port = 161 or port = {161, 162}"},
	{"zone \"a\" { interfaces = x service \"snmp\" { port = 161 from = {\"10.0.0.0/8\"} } }",
	 "1:55", "from: unknown setting in service \"snmp\"", "known here: port, sources"},
	{"zone \"a\" { interfaces = x server-group \"g\" { members = {10.0.0.1, host} } }", "1:67",
	 "members: 'host' is not an IPv4 or IPv6 address", NULL},
	{"zone \"a\" { interfaces = x server-group \"g\" { members = 10.0.0.1 } }", "1:56",
	 "members: one address is no group", "name the addresses that may answer for each other"},
	{"zone \"a\" { interfaces = x server-group \"g\" { } }", "1:40",
	 "server-group \"g\": members is missing", "write members = {\"ADDRESS\", \"ADDRESS\"}"},
	{"zone \"a\" {\n\tinterfaces = x\n\tserver-group \"g\" { members = {10.0.0.1, 10.0.0.2} "
	 "}\n\tserver-group \"h\" { members = {10.0.0.3, ::ffff:10.0.0.2} }\n}",
	 "4:42", "members: ::ffff:10.0.0.2 is named twice", NULL},
	{"zone \"a\" { interfaces = x timers { idle = 60 } }", "1:43", "idle: '60' is not a time",
	 "give 1min to 5min; units are ms, s and min"},
	{"zone \"a\" { interfaces = x timers { stale = 999ms } }", "1:44",
	 "stale: 999ms is out of range", "give 1s to 5s; units are ms, s and min"},
	{"zone \"a\" { interfaces = x timers { request = 6min } }", "1:46",
	 "request: 6min is out of range", "give 15s to 5min; units are ms, s and min"},
	{"zone \"a\" { interfaces = x timers { request = 1h } }", "1:46",
	 "request: '1h' is not a time", "give 15s to 5min; units are ms, s and min"},
	{"zone \"a\" { interfaces = x timers { request = 99999999999999999999999999s } }", "1:46",
	 "request: 99999999999999999999999999s is out of range",
	 "give 15s to 5min; units are ms, s and min"},
	{"sizes { udp-flows = 0 }\nzone \"a\" { interfaces = x }", "1:21",
	 "udp-flows: 0 is out of range", "give whole numbers from 1 to 16777216"},
	{"sizes { offers = 16777217 }\nzone \"a\" { interfaces = x }", "1:18",
	 "offers: 16777217 is out of range", "give whole numbers from 1 to 16777216"},
};
/* clang-format on */

static void test_mistakes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++)
		mistake_expect(&mistakes[i], "%s\n");
}

static void test_whole_message(void **state)
{
	static const char text[] =
		"zone \"boot\" {\n\tinterfaces = {\"eth1\"}\n\tunmatchd = drop\n}\n";

	(void)state;
	assert_int_not_equal(mistake_load(text, strlen(text)), 0);
	assert_string_equal(said_all(), "t:3:2: error: unmatchd: unknown setting in zone \"boot\"\n"
					" unmatchd = drop\n"
					" ^^^^^^^^\n"
					"did you mean unmatched?\n");
}

/* Mistakes in values do not hide each other. */
static void test_several(void **state)
{
	static const char text[] = "zone a {\n\tslack = 1\n\thook = no\n}\nzone b { mode = x }\n";

	(void)state;
	assert_int_not_equal(mistake_load(text, strlen(text)), 0);
	assert_true(said("t:1:6: error: zone \"a\": interfaces is missing"));
	assert_true(said("t:2:10: error: slack: 1") && said("t:3:9: error: hook: 'no'"));
	assert_true(said("t:5:6: error: zone \"b\"") && said("t:5:17: error: mode: 'x'"));
}

/* … but at most so many. */
static void test_many(void **state)
{
	char text[4000] = "";
	size_t count = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "zone z%d {}\n", i);
	assert_int_not_equal(mistake_load(text, strlen(text)), 0);
	for (const char *at = said_all(); (at = strstr(at, "error:")); at++)
		count++;
	assert_int_equal(count, 20);
	assert_true(said("there may be more"));
}

static void test_not_text(void **state)
{
	static const char nul[] = "# a\nzone\0 \"a\" { }\n";

	(void)state;
	assert_int_not_equal(mistake_load(nul, sizeof(nul) - 1), 0);
	assert_true(said("t:2:5: error: this is not text: a NUL byte"));
	assert_int_not_equal(mistake_load(nul, 9), 0);
	assert_true(said("t:2:5: error: this is not text: a NUL byte"));
}

static void test_no_zone(void **state)
{
	(void)state;
	assert_int_not_equal(mistake_load("", 0), 0);
	assert_true(said("t: it defines no zone"));
	assert_int_not_equal(mistake_load("sizes { }", 9), 0);
	assert_true(said("t: it defines no zone"));
}

/* Long lines are cut, and bytes that a terminal would obey are shown as what they are. */
static void test_long_lines(void **state)
{
	char text[6000];

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_not_equal(mistake_load(text, sizeof(text)), 0);
	assert_true(said("t:1:1: error: xxxx") && strlen(said_all()) < 600);
	memset(text, ' ', sizeof(text));
	text[5000] = '\033';
	assert_int_not_equal(mistake_load(text, sizeof(text)), 0);
	assert_true(said("t:1:5001: error:") && said("\\x1b") && strlen(said_all()) < 600);
	assert_null(strchr(said_all(), '\033'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mistakes),   cmocka_unit_test(test_whole_message),
		cmocka_unit_test(test_several),    cmocka_unit_test(test_many),
		cmocka_unit_test(test_not_text),   cmocka_unit_test(test_no_zone),
		cmocka_unit_test(test_long_lines),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
