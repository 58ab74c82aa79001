// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/config.c user/config_*.c user/prefixes.c user/records/record_filter.c user/records/record.c user/duration.c user/quantity.c user/glob.c user/pattern*.c user/option_values.c user/mark.c user/options.c user/command_find.c user/zone_settings.c user/complaint.c user/number.c user/address.c user/suggest.c user/text.c tests/native/said.c tests/native/scratch.c tests/native/mistake.c tests/native/no_commands.c
// packages: libconfuse libpq
/*
 * User space: mistakes in rules, services, limits and lists of patterns, each with the message that it gets.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "config.h"
#include "mistake.h"
#include "said.h"
#include "scratch.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const char zone_frame[] = "zone a {\ninterfaces = x\n%s\n}\n";
static const char rule_frame[] = "zone a { interfaces = x rule r { action = allow\n%s\n} }\n";
static const char abuse_frame[] = "zone a { interfaces = x abuse {\n%s\n} }\n";
static const char prefix_hint[] = "write 10.0.0.1, 10.0.0.0/24, fd00::1 or fd00::/64";
static const char title_hint[] =
	"use 1 to 31 letters, digits and . _ : @ -, with spaces between them";
static const char vlan_hint[] = "give whole numbers from 1 to 4094, or untagged";
static const char rate_hint[] = "give 0.001/s to 1000000/s; units are /s, /min and /h";
static const char size_hint[] = "give 1 to 1024GiB; units are KiB, MiB and GiB";
static const char deny_hint[] = "what it would allow, another rule allows: action = allow";

/* clang-format off: tables */
static const struct mistake in_zone[] = {
	{"bridge = \"br*\"", "3:10", "bridge: 'br*' is a pattern",
	 "give each bridge a zone of its own"},
	{"bridge = \"a/b\"", "3:10", "bridge: no interface can be named 'a/b'",
	 "give names of 1 to 15 bytes, or patterns with * for any characters and ? for one"},
	{"default = drop", "3:11", "default: 'drop' is not one of allow|deny", NULL},
	{"default = alow", "3:11", "default: 'alow' is not one of allow|deny",
	 "did you mean allow?"},
	{"clients = {\"10.0.0.1\"}", "3:1", "clients: unknown setting in zone \"a\"",
	 "it belongs to a rule"},
	{"request-rate = 5/s", "3:1", "request-rate: unknown setting in zone \"a\"",
	 "it belongs to a zone's abuse block"},
	{"sources = fd00::1", "3:1", "sources: unknown setting in zone \"a\"",
	 "it belongs to a service"},
	{"members = fd00::1", "3:1", "members: unknown setting in zone \"a\"",
	 "it belongs to a server group"},
	{"rul r { }", "3:1", "rul: unknown setting in zone \"a\"", "did you mean rule?"},
	{"rule { action = deny }", "3:6", "a name is missing before this",
	 "a block with a name is written zone \"NAME\" { … }"},
	{"rule r { }", "3:6", "rule \"r\": action is missing",
	 "write action = allow or action = deny"},
	{"rule r { action = deny }\nrule \"r\" { action = deny }", "4:6",
	 "rule \"r\": there is one of this name already", "see t:3"},
	{"rule \"\" { action = deny }", "3:6", "rule: '' cannot be a name", title_hint},
	{"rule \" r\" { action = deny }", "3:6", "rule: ' r' cannot be a name", title_hint},
	{"rule \"r \" { action = deny }", "3:6", "rule: 'r ' cannot be a name", title_hint},
	{"rule \"r/s\" { action = deny }", "3:6", "rule: 'r/s' cannot be a name", title_hint},
	{"rule \"r\\\"s\" { action = deny }", "3:6", "rule: 'r\"s' cannot be a name", title_hint},
	{"rule \"abcdefghijklmnop qrstuvwxyzabcde\" { action = deny }", "3:6",
	 "rule: 'abcdefghijklmnop qrstuvwxyzabcde' cannot be a name", title_hint},
	{"service \"s/\" { port = 1 }", "3:9", "service: 's/' cannot be a name", title_hint},
	{"service s { sources = fd00::1 }", "3:9", "service \"s\": port is missing",
	 "write port = 161 or port = {161, 162}"},
	{"service s { port = 161 sources = host }", "3:34",
	 "sources: 'host' is not an address or a prefix", prefix_hint},
	{"service s { port = {1, 2} }\nservice t { port = {3, 2} }", "4:24",
	 "port: service \"s\" has 2 already", NULL},
	{"service s { port = 0 }", "3:20", "port: 0 is out of range",
	 "give whole numbers from 1 to 65535"},
	{"abuse { } abuse { }", "3:11", "abuse: it is there twice in zone \"a\"", NULL},
};

static const struct mistake in_rule[] = {
	{"clinets = {\"10.0.0.1\"}", "2:1", "clinets: unknown setting in rule \"r\"",
	 "did you mean clients?"},
	{"file = x", "2:1", "file: unknown setting in rule \"r\"", "did you mean files?"},
	{"max-blksiz = 9", "2:1", "max-blksiz: unknown setting in rule \"r\"",
	 "did you mean max-blksize?"},
	{"xyzzyplugh = 9", "2:1", "xyzzyplugh: unknown setting in rule \"r\"",
	 "known here: action, operation, mode, clients, servers, vlans, files, files-from, "
	 "any-case, "
	 "max-blksize, max-windowsize, max-size, rate, burst, max-transfers"},
	{"slack = 8", "2:1", "slack: unknown setting in rule \"r\"", "it belongs to a zone"},
	{"action = deny", "2:1", "action: it is set twice in rule \"r\"",
	 "it was set in line 1 already"},
	{"operation = raed", "2:13", "operation: 'raed' is not one of read|write",
	 "did you mean read?"},
	{"operation = {read, write}", "2:13", "operation: it takes one value, not a list", NULL},
	{"mode = octt", "2:8", "mode: 'octt' is not one of octet|netascii|binary",
	 "did you mean octet?"},
	{"mode = {octet, mail}", "2:16", "mode: 'mail' is not one of octet|netascii|binary", NULL},
	{"any-case = yes", "2:12", "any-case: 'yes' is not one of true|false", NULL},
	{"clients = {}", "2:12", "the list is empty", NULL},
	{"clients = \"\"", "2:11", "clients: '' is not an address or a prefix", prefix_hint},
	{"clients = 10.0.0", "2:11", "clients: '10.0.0' is not an address or a prefix",
	 prefix_hint},
	{"clients = 10.0.0.1/", "2:11", "clients: '10.0.0.1/' is not an address or a prefix",
	 prefix_hint},
	{"clients = 10.0.0.0/255.0.0.0", "2:11",
	 "clients: '10.0.0.0/255.0.0.0' is not an address or a prefix", prefix_hint},
	{"clients = {fd00::1, 10.0.0.0/-1}", "2:21",
	 "clients: '10.0.0.0/-1' is not an address or a prefix", prefix_hint},
	{"clients = 10.0.0.0/33", "2:11", "clients: '10.0.0.0/33' has too many bits",
	 "a prefix of IPv4 has 0 to 32"},
	{"servers = fd00::/129", "2:11", "servers: 'fd00::/129' has too many bits",
	 "a prefix of IPv6 has 0 to 128"},
	{"servers = ::ffff:10.1.2.3", "2:11", "servers: '::ffff:10.1.2.3' is IPv4 written as IPv6",
	 "write 10.1.2.3"},
	{"servers = ::ffff:a01:203/104", "2:11",
	 "servers: '::ffff:a01:203/104' is IPv4 written as IPv6", "write 10.0.0.0/8"},
	{"servers = ::ffff:10.1.2.3/95", "2:11",
	 "servers: '::ffff:10.1.2.3/95' is IPv4 written as IPv6",
	 "write an IPv4 prefix, such as 10.0.0.0/8"},
	{"servers = fe80::1%eth0", "2:11", "servers: 'fe80::1%eth0' is not an address or a prefix",
	 prefix_hint},
	{"vlans = 0", "2:9", "vlans: 0 is out of range", vlan_hint},
	{"vlans = {1, 4095}", "2:13", "vlans: 4095 is out of range", vlan_hint},
	{"vlans = none", "2:9", "vlans: 'none' is not a number", vlan_hint},
	{"vlans = untaged", "2:9", "vlans: 'untaged' is not a number", "did you mean untagged?"},
	{"files-from = \"\"", "2:14", "files-from: this is not a path", NULL},
	{"files-from = gone", "2:14", "files-from: gone: there is no such file", NULL},
	{"files-from = gone/x", "2:14", "files-from: gone/x: there is no directory gone", NULL},
	{"files-from = .", "2:14", "files-from: .: it is a directory, not a file",
	 "name files in it: files-from = {\"A\", \"B\"}"},
	{"files-from = /dev/null", "2:14", "files-from: /dev/null: it is not a regular file", NULL},
	{"files-from = {blank, blank}", "2:15", "files-from: there is no pattern in it",
	 "a rule without patterns is about every file; take files-from out if that is meant"},
	{"max-blksize = 7", "2:15", "max-blksize: 7 is out of range",
	 "give whole numbers from 8 to 65464"},
	{"max-blksize = 65465", "2:15", "max-blksize: 65465 is out of range",
	 "give whole numbers from 8 to 65464"},
	{"max-windowsize = 65536", "2:18", "max-windowsize: 65536 is out of range",
	 "give whole numbers from 1 to 65535"},
	{"max-windowsize = \"\"", "2:18", "max-windowsize: a number is missing",
	 "give whole numbers from 1 to 65535"},
	{"max-size = 0", "2:12", "max-size: 0 is out of range", size_hint},
	{"max-size = none", "2:12", "max-size: 'none' is not a size", size_hint},
	{"max-size = 64MB", "2:12", "max-size: '64MB' is not a size", size_hint},
	{"max-size = 64 MiB", "2:15", "MiB: unknown setting in rule \"r\"",
	 "a number and its unit are one word: 64MiB"},
	{"max-size = 1.5MiB", "2:12", "max-size: '1.5MiB' is not a size", size_hint},
	{"max-size = 1025GiB", "2:12", "max-size: 1025GiB is out of range", size_hint},
	{"max-size = 99999999999999999999999GiB", "2:12",
	 "max-size: 99999999999999999999999GiB is out of range", size_hint},
	{"max-size = 17179869185GiB", "2:12", "max-size: 17179869185GiB is out of range",
	 size_hint},
	{"rate = 10", "2:8", "rate: '10' is not a rate", rate_hint},
	{"rate = /s", "2:8", "rate: '/s' is not a rate", rate_hint},
	{"rate = 1./s", "2:8", "rate: '1./s' is not a rate", rate_hint},
	{"rate = 0.0001/s", "2:8", "rate: '0.0001/s' is not a rate", rate_hint},
	{"rate = 10/sec", "2:8", "rate: '10/sec' is not a rate", rate_hint},
	{"rate = 0/s", "2:8", "rate: 0/s is out of range", rate_hint},
	{"rate = 1/h", "2:8", "rate: 1/h is out of range", rate_hint},
	{"rate = 1000000.001/s", "2:8", "rate: 1000000.001/s is out of range", rate_hint},
	{"rate = 99999999999999999999999999/s", "2:8",
	 "rate: 99999999999999999999999999/s is out of range", rate_hint},
	{"rate = 4294967296/h", "2:8", "rate: 4294967296/h is out of range", rate_hint},
	{"burst = 5", "2:9", "burst: there is no rate that it could exceed",
	 "write rate = 10/s as well"},
	{"rate = 1/s burst = 0", "2:20", "burst: 0 is out of range",
	 "give whole numbers from 1 to 1000000"},
	{"max-transfers = 0", "2:17", "max-transfers: 0 is out of range",
	 "give whole numbers from 1 to 1000000"},
};

static const struct mistake in_deny[] = {
	{"max-blksize = 8", "2:15", "max-blksize: a rule that denies has no limits", deny_hint},
	{"max-windowsize = 8", "2:18", "max-windowsize: a rule that denies has no limits",
	 deny_hint},
	{"max-size = 8", "2:12", "max-size: a rule that denies has no limits", deny_hint},
	{"rate = 8/s", "2:8", "rate: a rule that denies has no limits", deny_hint},
	{"burst = 8", "2:9", "burst: a rule that denies has no limits", deny_hint},
	{"max-transfers = 8", "2:17", "max-transfers: a rule that denies has no limits", deny_hint},
};

static const struct mistake in_abuse[] = {
	{"request-rat = 5/s", "2:1", "request-rat: unknown setting in abuse",
	 "did you mean request-rate?"},
	{"rate = 5/s", "2:1", "rate: unknown setting in abuse", "it belongs to a rule"},
	{"request-rate = 5", "2:16", "request-rate: '5' is not a rate",
	 "give 0.001/s to 1000000/s, or none; units are /s, /min and /h"},
	{"request-burst = none", "2:17", "request-burst: 'none' is not a number",
	 "give whole numbers from 1 to 1000000"},
	{"request-rate = none request-burst = 5", "2:37",
	 "request-burst: there is no request-rate that it could exceed", NULL},
	{"request-budget = none budget-burst = 5", "2:38",
	 "budget-burst: there is no request-budget that it could exceed", NULL},
	{"proved-for = 8d", "2:14", "proved-for: '8d' is not a time",
	 "give 1s to 10080min, or none; units are ms, s and min"},
	{"names = 2001", "2:9", "names: 2001 is out of range",
	 "give whole numbers from 1 to 2000, or none"},
	{"within = 60", "2:10", "within: '60' is not a time",
	 "give 1s to 60min, or none; units are ms, s and min"},
	{"hold = 999ms", "2:8", "hold: 999ms is out of range",
	 "give 1s to 1440min, or none; units are ms, s and min"},
	{"unacknowledged-bytes = 2GiB", "2:24", "unacknowledged-bytes: 2GiB is out of range",
	 "give 1 to 1GiB, or none; units are KiB, MiB and GiB"},
};

/* Two zones that both have an interface of the name at the message's end. */
static const struct mistake overlaps[] = {
	{"zone a { interfaces = {\"tap*\"} }\nzone b { interfaces = {y, tap7} }", "2:27",
	 "interfaces: 'tap7' and 'tap*' of zone \"a\" both fit 'tap7'", "see t:1"},
	{"zone a { interfaces = tap7 }\nzone b { interfaces = \"tap?\" }", "2:23",
	 "interfaces: 'tap?' and 'tap7' of zone \"a\" both fit 'tap7'", "see t:1"},
	{"zone a {\ninterfaces = \"tap*\" }\nzone b { interfaces = \"*7\" }", "3:23",
	 "interfaces: '*7' and 'tap*' of zone \"a\" both fit 'tap7'", "see t:2"},
	{"zone a { interfaces = \"tap*\" bridge = x }\nzone b { interfaces = \"tap*\" bridge = x }",
	 "2:23", "interfaces: zone \"a\" has 'tap*' already", "see t:1"},
	{"zone a { interfaces = \"tap*\" bridge = x }\nzone b { interfaces = \"tap?\" }", "2:23",
	 "interfaces: 'tap?' and 'tap*' of zone \"a\" both fit 'tap0'", "see t:1"},
	{"zone a { interfaces = \"tap*\" bridge = x }\nzone b { interfaces = tap7 bridge = y }",
	 "2:23", "interfaces: 'tap7' and 'tap*' of zone \"a\" both fit 'tap7'", "see t:1"},
	{"zone a { interfaces = \"*\" }\nzone b { interfaces = \"?\" }", "2:23",
	 "interfaces: '?' and '*' of zone \"a\" both fit '0'", "see t:1"},
};

/* Files that are read all the same, with a warning. */
static const struct mistake warnings[] = {
	{"clients = {fd00::1, 10.1.2.3/8}", "2:21",
	 "clients: 10.1.2.3/8 has bits behind its prefix, and is read as 10.0.0.0/8", NULL},
	{"servers = \"fd00::1/64\"", "2:11",
	 "servers: fd00::1/64 has bits behind its prefix, and is read as fd00::/64", NULL},
	{"clients = 10.0.0.1/0", "2:11",
	 "clients: 10.0.0.1/0 has bits behind its prefix, and is read as 0.0.0.0/0", NULL},
	{"clients = ::/0", "2:11", "clients: ::/0 holds all of IPv4, too",
	 "leave clients out for everybody; IPv6 alone is 2000::/3, fc00::/7, fe80::/10"},
	{"clients = {10.0.0.0/8, ::/80}", "2:24", "clients: ::/80 holds all of IPv4, too",
	 "leave clients out for everybody; IPv6 alone is 2000::/3, fc00::/7, fe80::/10"},
};
/* clang-format on */

static void expect_all(const struct mistake *mistakes, size_t count, const char *frame)
{
	for (size_t i = 0; i < count; i++)
		mistake_expect(&mistakes[i], frame);
}

static void test_zones(void **state)
{
	(void)state;
	expect_all(in_zone, COUNT(in_zone), zone_frame);
}

static void test_rules(void **state)
{
	(void)state;
	scratch_text("blank", "# nothing\n \t\r\n\n#");
	expect_all(in_rule, COUNT(in_rule), rule_frame);
	expect_all(in_deny, COUNT(in_deny),
		   "zone a { interfaces = x rule r { action = deny\n%s\n} }\n");
}

static void test_abuse(void **state)
{
	(void)state;
	expect_all(in_abuse, COUNT(in_abuse), abuse_frame);
}

static void test_overlaps(void **state)
{
	static const char apart[] =
		"zone a { interfaces = {\"tap*\", \"?\", \"a*\"} }\n"
		"zone b { interfaces = {\"ta\", \"t?b\", \"xtap*\", \"..\?\"} }\n";
	static const char one_zone[] = "zone a { interfaces = {\"tap*\", \"tap7\", \"*7\"} }\n";
	/* Each alone has names of 15 bytes, but together they need 16. */
	static const char too_long[] = "zone a { interfaces = \"abcdefgh*\" }\n"
				       "zone b { interfaces = \"*ijklmnop\" }\n";

	static const char bridges[] = "zone a { interfaces = {eth0, \"tap*\"} bridge = x }\n"
				      "zone b { interfaces = \"tap*\" bridge = y }\n";

	(void)state;
	expect_all(overlaps, COUNT(overlaps), "%s\n");
	assert_int_equal(mistake_load(apart, sizeof(apart) - 1), 0);
	assert_int_equal(mistake_load(one_zone, sizeof(one_zone) - 1), 0);
	assert_int_equal(mistake_load(too_long, sizeof(too_long) - 1), 0);
	assert_int_equal(mistake_load(bridges, sizeof(bridges) - 1), 0);
	assert_false(said_anything());
}

static void test_warnings(void **state)
{
	char text[400];

	(void)state;
	for (size_t i = 0; i < COUNT(warnings); i++) {
		snprintf(text, sizeof(text), rule_frame, warnings[i].text);
		assert_int_equal(mistake_load(text, strlen(text)), 0);
		mistake_expect_said(&warnings[i], "warning", "");
	}
	snprintf(text, sizeof(text), rule_frame,
		 "clients = {::/0, 0.0.0.0/0} servers = {1::/80, ::/97}");
	assert_int_equal(mistake_load(text, strlen(text)), 0);
	assert_false(said_anything());
}

/* Nobody reads thousands, and each takes a look at its line from the beginning. */
static void test_many_warnings(void **state)
{
	char text[2000], clients[1000];
	unsigned int warned = 0;
	int len = snprintf(clients, sizeof(clients), "servers = ::/0 clients = {");

	(void)state;
	for (int i = 0; i < 40; i++)
		len += snprintf(clients + len, sizeof(clients) - (size_t)len, "10.0.0.1/8, ");
	snprintf(clients + len, sizeof(clients) - (size_t)len, "}");
	snprintf(text, sizeof(text), rule_frame, clients);
	assert_int_equal(mistake_load(text, strlen(text)), 0);
	for (const char *at = said_all(); (at = strstr(at, "warning: ")); at++)
		warned++;
	assert_int_equal(warned, 20);
	assert_true(said("there are more warnings"));
	/* The next file begins anew. */
	assert_int_equal(mistake_load(text, strlen(text)), 0);
	assert_true(said("warning: clients: 10.0.0.1/8 has bits behind its prefix"));
}

/* Mistakes in a list of patterns are shown where they are. */
static void test_lists(void **state)
{
	static const char text[] = "zone a { interfaces = x rule r { action = allow\n"
				   "files-from = {good, bad} } }\n";
	static const char nul[] = "# a\nx\0y\n";
	char own[400];

	(void)state;
	snprintf(own, sizeof(own), rule_frame, "files = {good, \"\", 'c['}");
	assert_int_not_equal(mistake_load(own, strlen(own)), 0);
	assert_true(said("t:2:16: error: files: ") && said("t:2:20: error: files: "));
	scratch_text("good", "a\n");
	scratch_text("bad", "\xef\xbb\xbf# one\n\nb\n  c[\t\r\n");
	assert_int_not_equal(mistake_load(text, sizeof(text) - 1), 0);
	assert_true(said("bad:4:3: error: files-from: "));
	assert_true(said("\n  c[ \n  ^^\n") || said("\n  c[\n  ^^\n"));
	scratch_file("bad", nul, sizeof(nul) - 1);
	assert_int_not_equal(mistake_load(text, sizeof(text) - 1), 0);
	assert_string_equal(said_all(), "bad:2:2: error: this is not text: a NUL byte\nx\n ^\n");
	scratch_text("bad", "a\n\344\n");
	assert_int_not_equal(mistake_load(text, sizeof(text) - 1), 0);
	assert_true(said("bad:2:1: error: this is not text: neither ASCII nor UTF-8\n"));
	assert_int_equal(truncate("bad", 16 << 20), 0);
	assert_int_not_equal(mistake_load(text, sizeof(text) - 1), 0);
	assert_true(said(
		"t:2:21: error: files-from: bad: a configuration larger than 16 MiB is not read"));
	scratch_text("bad", "a");
	assert_int_equal(mistake_load(text, sizeof(text) - 1), 0);
	assert_false(said_anything());
}

/* Many mistakes in a list end like many others. */
static void test_many(void **state)
{
	static const char text[] =
		"zone a { interfaces = x rule r { action = allow files-from = bad } }\n";
	char lines[200] = "";
	size_t count = 0;

	(void)state;
	for (int i = 0; i < 60; i++)
		strncat(lines, "[\n", sizeof(lines) - strlen(lines) - 1);
	scratch_text("bad", lines);
	assert_int_not_equal(mistake_load(text, sizeof(text) - 1), 0);
	for (const char *at = said_all(); (at = strstr(at, "error:")); at++)
		count++;
	assert_int_equal(count, 20);
	assert_true(said("there may be more"));
}

/* `count` rules in each of two zones. */
static char *many_rules(int count)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (int z = 0; z < 2; z++) {
		fprintf(out, "zone z%d { interfaces = i%d\n", z, z);
		for (int i = 0; i < count; i++)
			fprintf(out, "rule r%d { action = deny }\n", i);
		fprintf(out, "}\n");
	}
	fclose(out);
	return text;
}

static void test_too_many_rules(void **state)
{
	char *text = many_rules(TG_RULES_MAX / 2);

	(void)state;
	assert_int_equal(mistake_load(text, strlen(text)), 0);
	free(text);
	text = many_rules(TG_RULES_MAX / 2 + 1);
	assert_int_not_equal(mistake_load(text, strlen(text)), 0);
	assert_true(said("t:1028:6: error: rule: there are more than 1024 in all zones\n"));
	free(text);
	text = many_rules(TG_RULES_MAX + 1);
	assert_int_not_equal(mistake_load(text, strlen(text)), 0);
	assert_true(said("t:1026:1: error: rule: there are more than 1024 in zone \"z0\"\n"));
	free(text);
}

/* Ports 1 to `count`, in two services. */
static char *many_ports(int count)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, "zone a { interfaces = x\nservice s { port = {");
	for (int i = 1; i <= 40; i++)
		fprintf(out, "%d, ", i);
	fprintf(out, "} }\nservice t { port = {");
	for (int i = 41; i <= count; i++)
		fprintf(out, "%d, ", i);
	fprintf(out, "} } }\n");
	fclose(out);
	return text;
}

/* 64 ports may be in a zone's services, however many these are. */
static void test_too_many_ports(void **state)
{
	char *text = many_ports(PORTS_MAX);

	(void)state;
	assert_int_equal(mistake_load(text, strlen(text)), 0);
	free(text);
	text = many_ports(PORTS_MAX + 1);
	assert_int_not_equal(mistake_load(text, strlen(text)), 0);
	assert_true(said("t:3:117: error: port: more than 64 ports in all services of the zone\n"));
	free(text);
}

/* A text in memory is the whole of it. */
static void test_text_alone(void **state)
{
	static const struct mistake alone[] = {
		{"zone a { interfaces = x }\ninclude \"x\"", "2:9",
		 "include: this text cannot read files", NULL},
		{"zone a { interfaces = x rule r { action = allow\nfiles-from = {l} } }", "2:15",
		 "files-from: this text cannot read files", NULL},
		{"zone a { slack = 8 }", "1:6", "zone \"a\": interfaces is missing",
		 "write interfaces = {\"eth0\", \"tap*\"}"},
	};
	struct config config;

	(void)state;
	for (size_t i = 0; i < COUNT(alone); i++) {
		said_forget();
		assert_int_not_equal(
			config_load_text("t", alone[i].text, strlen(alone[i].text), &config), 0);
		mistake_expect_said(&alone[i], "error", "");
		assert_null(config.zone);
	}
	said_forget();
	assert_int_not_equal(config_load_text("t", "zone\0", 5, &config), 0);
	assert_true(said("t:1:5: error: this is not text: a NUL byte"));
	assert_int_not_equal(config_load_text("running", "", 0, &config), 0);
	assert_true(said("running: it defines no zone"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zones),          cmocka_unit_test(test_rules),
		cmocka_unit_test(test_abuse),          cmocka_unit_test(test_overlaps),
		cmocka_unit_test(test_warnings),       cmocka_unit_test(test_many_warnings),
		cmocka_unit_test(test_lists),          cmocka_unit_test(test_many),
		cmocka_unit_test(test_too_many_rules), cmocka_unit_test(test_too_many_ports),
		cmocka_unit_test(test_text_alone),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
