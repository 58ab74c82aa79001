// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/config.c user/config_*.c user/records/record_filter.c user/records/record.c user/prefixes.c user/duration.c user/quantity.c user/glob.c user/pattern*.c user/option_values.c user/mark.c user/options.c user/command_find.c user/zone_settings.c user/complaint.c user/number.c user/address.c user/suggest.c user/text.c tests/native/said.c tests/native/scratch.c tests/native/mistake.c tests/native/config_same.c tests/native/no_commands.c
// packages: libconfuse libpq
/*
 * User space: the blocks `sink` and `daemon` of the configuration file.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <arpa/inet.h>

#include "address.h"
#include "config.h"
#include "config_same.h"
#include "config_sink.h"
#include "mistake.h"
#include "records/record_filter.h"
#include "records/record_format.h"
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
	if (config_load("t", &config))
		fail_msg("'%s' got:\n%s", text, said_all());
}

/* What is printed means the same, and is printed as the same. */
static char *round_trip(void)
{
	char *text = config_print(&config), *again;
	struct config read;

	said_forget();
	if (config_load_text("text", text, strlen(text), &read))
		fail_msg("'%s' got:\n%s", text, said_all());
	assert_false(said_anything());
	assert_true(config_same(&config, &read));
	again = config_print(&read);
	assert_string_equal(text, again);
	free(again);
	config_free(&read);
	return text;
}

#define ZONE "zone \"boot\" { interfaces = x }\n"

static const char everything[] =
	"daemon { group = \"adm\" listen = \"[2001:db8::1]:80\" status-page = true }\n"
	"sink \"all of it\" { type = file path = \"/var/log/tidegate/eve.json\" }\n"
	"sink \"some\" { type = file path = '/var/log/a \"b\"' format = text\n"
	"	records = {begin, end, begin} outcomes = {server-error, idle}\n"
	"	clients = {\"10.0.0.0/8\", fd00::1} zones = {boot, \"guests\"}\n"
	"	files = {\"*.cfg\", \"pxelinux.0\", \"[ab]\\\\*\"} }\n"
	"sink \"out\" { type = stdout }\n"
	"sink \"socket\" { type = stream path = /run/collector }\n"
	"sink \"same socket\" { type = stream path = /run/collector format = text }\n"
	"sink \"journal\" { type = journal records = incident }\n"
	"sink \"log\" { type = syslog }\n"
	"sink \"other log\" { type = syslog path = /run/log format = eve }\n"
	"sink \"table\" { type = sqlite path = /var/lib/tidegate/records.db }\n"
	"sink \"database\" { type = postgresql connection = \"host=db user='a b'\"\n"
	"	spool = /var/spool/tidegate spool-max = 1GiB }\n"
	"sink \"plain database\" { type = postgresql connection = \"postgresql://db/records\" }\n"
	"sink \"spool\" { type = postgresql connection = \"\" spool = /var/spool/other }\n"
	"zone \"guests\" { interfaces = y }\n" ZONE;

static void test_everything(void **state)
{
	const struct config_sink *sink;
	const struct record_filter *filter;
	struct tg_addr address;

	(void)state;
	load_text(everything);
	assert_int_equal(config.sink_count, 12);
	assert_string_equal(config.daemon.group, "adm");
	address_parse("2001:db8::1", &address);
	assert_memory_equal(&config.daemon.listen, &address, sizeof(address));
	assert_int_equal(ntohs(config.daemon.listen_port_be), 80);
	assert_true(config.daemon.status_page);
	sink = &config.sink[1];
	filter = sink->filter;
	assert_string_equal(sink->name, "some");
	assert_true(sink->type == SINK_FILE && sink->format == FORMAT_TEXT);
	assert_string_equal(sink->path, "/var/log/a \"b\"");
	assert_int_equal(filter->kinds, 1 << RECORD_BEGIN | 1 << RECORD_END);
	assert_int_equal(filter->outcomes, 1 << OUTCOME_SERVER_ERROR | 1 << OUTCOME_IDLE);
	assert_int_equal(filter->clients.count, 2);
	assert_int_equal(filter->clients.prefix[0].bits, 96 + 8);
	assert_int_equal(filter->zone_count, 2);
	assert_string_equal(filter->zone[1], "guests");
	assert_int_equal(filter->file_count, 3);
	assert_string_equal(filter->file[2], "[ab]\\*");
	assert_int_equal(sink->where.line, 3);
	assert_true(config.sink[0].format == FORMAT_EVE && config.sink[6].format == FORMAT_TEXT &&
		    config.sink[7].format == FORMAT_EVE);
	assert_string_equal(config.sink[6].path, SINK_SYSLOG_PATH);
	assert_true(!config.sink[2].path && !config.sink[5].path && !config.sink[9].path);
	assert_string_equal(config.sink[9].connection, "host=db user='a b'");
	assert_string_equal(config.sink[9].spool, "/var/spool/tidegate");
	assert_int_equal(config.sink[9].spool_max, 1 << 30);
	assert_true(!config.sink[10].spool && !config.sink[10].spool_max);
	assert_int_equal(config.sink[11].spool_max, SINK_SPOOL_MAX);
	free(round_trip());
}

static void test_nothing(void **state)
{
	char *text;

	(void)state;
	load_text(ZONE);
	assert_true(!config.sink_count && !config.daemon.listen_port_be &&
		    !config.daemon.status_page);
	assert_string_equal(config.daemon.group, "tidegate");
	text = round_trip();
	assert_null(strstr(text, "daemon"));
	free(text);
	load_text(ZONE "daemon { } sink s { type = journal }");
	assert_false(said_anything());
	assert_true(!config.sink->filter->kinds && !config.sink->filter->outcomes);
	text = round_trip();
	assert_string_equal(text, "sink \"s\" {\n\ttype = journal\n}\n"
				  "zone \"boot\" {\n\tinterfaces = {\"x\"}\n}\n");
	free(text);
}

static void test_print(void **state)
{
	char *text;

	(void)state;
	load_text(ZONE
		  "sink s { type = syslog path = /dev/log format = eve records = {denied, end} "
		  "outcomes = probe zones = boot clients = 10.0.0.0/8 files = 'a\"' }"
		  "daemon { listen = \"[::]:9469\" }"
		  "sink d { type = postgresql connection = \"\" spool = /s spool-max = 64MiB }");
	text = round_trip();
	assert_string_equal(text, "daemon {\n\tlisten = \"[::]:9469\"\n}\n"
				  "sink \"s\" {\n\ttype = syslog\n\tformat = eve\n"
				  "\trecords = {end, denied}\n\toutcomes = {probe}\n"
				  "\tclients = {\"10.0.0.0/8\"}\n\tzones = {\"boot\"}\n"
				  "\tfiles = {\"a\\\"\"}\n}\n"
				  "sink \"d\" {\n\ttype = postgresql\n\tconnection = \"\"\n"
				  "\tspool = \"/s\"\n}\n"
				  "zone \"boot\" {\n\tinterfaces = {\"x\"}\n}\n");
	free(text);
}

/* clang-format off: a table */
static const struct mistake mistakes[] = {
	{"sink \"a\" { type = fil path = /a }", "2:19",
	 "type: 'fil' is not one of file|stdout|stream|journal|syslog|sqlite|postgresql",
	 "did you mean file?"},
	{"sink \"a\" { path = /a }", "2:6", "sink \"a\": type is missing",
	 "write type = file and path = \"/var/log/…\""},
	{"sink \"a\" { type = file }", "2:6", "sink \"a\": path is missing",
	 "write path = \"/DIRECTORY/NAME\""},
	{"sink \"a\" { type = stream }", "2:6", "sink \"a\": path is missing",
	 "write path = \"/DIRECTORY/NAME\""},
	{"sink \"a\" { type = sqlite }", "2:6", "sink \"a\": path is missing",
	 "write path = \"/DIRECTORY/NAME\""},
	{"sink \"a\" { type = file path = eve.json }", "2:31",
	 "path: 'eve.json' is not an absolute path", "begin it with /"},
	{"sink \"a\" { type = file path = \"\" }", "2:31", "path: '' is not an absolute path",
	 "begin it with /"},
	{"sink \"a\" { type = file path = /var/log/ }", "2:31", "path: '/var/log/' is a directory",
	 NULL},
	{"sink \"a\" { type = stream path = "
	 "/2345678901234567890123456789012345678901234567890123456789012345"
	 "6789012345678901234567890123456789012345678 }",
	 "2:33", "path: a path of more than 107 bytes", NULL},
	{"sink \"a\" { type = stdout path = /a }", "2:33", "path: a sink of type stdout has none",
	 "it is for type file, stream, syslog or sqlite"},
	{"sink \"a\" { type = journal format = text }", "2:36",
	 "format: a sink of type journal has none",
	 "it is for type file, stdout, stream or syslog"},
	{"sink \"a\" { type = file path = /a spool = /b }", "2:42",
	 "spool: a sink of type file has none", "it is for type postgresql"},
	{"sink \"a\" { type = file path = /a format = json }", "2:43",
	 "format: 'json' is not one of eve|text", NULL},
	{"sink \"a\" { type = stdout records = {begin, ends} }", "2:44",
	 "records: 'ends' is not one of begin|end|denied|drop|incident", "did you mean end?"},
	{"sink \"a\" { type = stdout outcomes = failed }", "2:37",
	 "outcomes: 'failed' is not one of "
	 "complete|client-error|server-error|probe|superseded|idle|"
	 "unanswered|unacknowledged|evicted",
	 NULL},
	{"sink \"a\" { type = stdout records = begin outcomes = idle }", "2:53",
	 "outcomes: this sink takes no records of ends",
	 "add end to records, or leave outcomes out"},
	{"sink \"a\" { type = stdout clients = 10.0.0.0/33 }", "2:36",
	 "clients: '10.0.0.0/33' has too many bits", "a prefix of IPv4 has 0 to 32"},
	{"sink \"a\" { type = stdout zones = bot }", "2:34", "zones: there is no zone \"bot\"",
	 "did you mean boot?"},
	{"sink \"a\" { type = stdout zones = {boot, xyzzyplugh} }", "2:41",
	 "zones: there is no zone \"xyzzyplugh\"", NULL},
	{"sink \"a\" { type = stdout zones = \"a b\" }", "2:34", "zones: 'a b' cannot be a name",
	 "use 1 to 31 letters, digits and . _ : @ -"},
	{"sink \"a\" { type = stdout files = \"\" }", "2:34",
	 "files: a pattern has 1 to 1024 bytes", NULL},
	{"sink \"a\" { type = postgresql }", "2:6", "sink \"a\": connection is missing",
	 "write connection = \"host=HOST dbname=NAME user=NAME\""},
	{"sink \"a\" { type = postgresql connection = \"host=db password=secret\" }", "2:43",
	 "connection: there is a password in it, which `tidegate policy` would show",
	 "write passfile=/etc/tidegate/pgpass instead; see \"The Password File\" in PostgreSQL's "
	 "manual"},
	{"sink \"a\" { type = postgresql connection = \"postgresql://me:secret@db/records\" }",
	 "2:43", "connection: there is a password in it, which `tidegate policy` would show",
	 "write passfile=/etc/tidegate/pgpass instead; see \"The Password File\" in PostgreSQL's "
	 "manual"},
	{"sink \"a\" { type = postgresql connection = \"host=db sslpassword = 'x'\" }", "2:43",
	 "connection: there is a password in it, which `tidegate policy` would show",
	 "write passfile=/etc/tidegate/pgpass instead; see \"The Password File\" in PostgreSQL's "
	 "manual"},
	{"sink \"a\" { type = postgresql connection = \"hots=db\" }", "2:43",
	 "connection: invalid connection option \"hots\"", NULL},
	{"sink \"a\" { type = postgresql connection = \"db\" }", "2:43",
	 "connection: missing \"=\" after \"db\" in connection info string", NULL},
	{"sink \"a\" { type = postgresql connection = \"\" spool-max = 1GiB }", "2:58",
	 "spool-max: there is no spool that it could limit",
	 "write spool = \"/var/spool/tidegate\" as well"},
	{"sink \"a\" { type = postgresql connection = \"\" spool = /s spool-max = 1MB }", "2:69",
	 "spool-max: '1MB' is not a size", "give 1MiB to 1024GiB; units are KiB, MiB and GiB"},
	{"sink \"a\" { type = file path = /x }\nsink \"b\" { type = sqlite path = /x }", "3:33",
	 "path: sink \"a\" writes there already", "see t:2"},
	{"sink \"a\" { type = stdout }\nsink \"b\" { type = stdout }", "3:19",
	 "type: sink \"a\" writes there already", "see t:2"},
	{"sink \"a\" { type = postgresql connection = \"\" spool = /s }\n"
	 "sink \"b\" { type = postgresql connection = \"\" spool = /s }",
	 "3:54", "spool: sink \"a\" writes there already", "see t:2"},
	{"sink \"a\" { type = stdout }\nsink 'a' { type = journal }", "3:6",
	 "sink \"a\": there is one of this name already", "see t:2"},
	{"sink \"\" { type = stdout }", "2:6", "sink: '' cannot be a name",
	 "use 1 to 31 letters, digits and . _ : @ -, with spaces between them"},
	{"sink \"a\" { type = stdout\n\tpth = /x }", "3:2", "pth: unknown setting in sink \"a\"",
	 "did you mean path?"},
	{"path = /x", "2:1", "path: unknown setting", "it belongs to a sink"},
	{"status-page = true", "2:1", "status-page: unknown setting", "it belongs to daemon"},
	{"daemon { }\ndaemon { }", "3:1", "daemon: it is there twice", NULL},
	{"daemon { group = \"a b\" }", "2:18", "group: 'a b' cannot be the name of a group", NULL},
	{"daemon { group = -a }", "2:18", "group: '-a' cannot be the name of a group", NULL},
	{"daemon { listen = 127.0.0.1 }", "2:19",
	 "listen: '127.0.0.1' is not an address with a port", "write 127.0.0.1:9469 or [::1]:9469"},
	{"daemon { listen = localhost:80 }", "2:19",
	 "listen: 'localhost:80' is not an address with a port",
	 "write 127.0.0.1:9469 or [::1]:9469"},
	{"daemon { listen = 127.0.0.1:0 }", "2:19",
	 "listen: '127.0.0.1:0' is not an address with a port",
	 "write 127.0.0.1:9469 or [::1]:9469"},
	{"daemon { listen = 127.0.0.1:65536 }", "2:19",
	 "listen: '127.0.0.1:65536' is not an address with a port",
	 "write 127.0.0.1:9469 or [::1]:9469"},
	{"daemon { listen = ::1 }", "2:19", "listen: '::1' is not an address with a port",
	 "write 127.0.0.1:9469 or [::1]:9469"},
	{"daemon { listen = [::1:80 }", "2:19", "listen: '[::1:80' is not an address with a port",
	 "write 127.0.0.1:9469 or [::1]:9469"},
	{"daemon { listen = []:80 }", "2:19", "listen: '[]:80' is not an address with a port",
	 "write 127.0.0.1:9469 or [::1]:9469"},
	{"daemon { listen = [127.0.0.1]:80 }", "2:19",
	 "listen: '[127.0.0.1]:80' is not an address with a port",
	 "write 127.0.0.1:9469 or [::1]:9469"},
	{"daemon { status-page = true }", "2:24",
	 "status-page: there is no address where it could be",
	 "write listen = \"127.0.0.1:9469\" as well"},
	{"daemon { status-page = yes }", "2:24", "status-page: 'yes' is not one of true|false",
	 NULL},
};
/* clang-format on */

static void test_mistakes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(*mistakes); i++)
		mistake_expect(&mistakes[i], ZONE "%s\n");
}

/* Whoever listens for more than this host is told what that means; but not by the policy that runs. */
static void test_listen_elsewhere(void **state)
{
	static const struct mistake warning = {
		.text = "daemon { listen = 192.0.2.1:9469 }",
		.at = "1:19",
		.what = "listen: who reaches this address sees who fetches which file, without a "
			"password",
		.hint = "listen on 127.0.0.1, behind a proxy that asks for one",
	};
	char text[200];

	(void)state;
	snprintf(text, sizeof(text), "%s\n" ZONE, warning.text);
	load_text(text);
	mistake_expect_said(&warning, "warning", "");
	free(round_trip());
	load_text(ZONE "daemon { listen = \"[::1]:9469\" }");
	assert_false(said_anything());
	load_text(ZONE "daemon { listen = 127.9.9.9:9469 }");
	assert_false(said_anything());
}

/* Sinks and zones may be in different files, in either order; what may be there once is once in all of them. */
static void test_files(void **state)
{
	static const char sinks[] = "sink a { type = stdout zones = guests }\ndaemon { }\n";

	(void)state;
	scratch_text("u", sinks);
	load_text("include u\nzone guests { interfaces = x }");
	assert_int_equal(config.sink_count, 1);
	free(round_trip());
	assert_int_not_equal(mistake_load("include u\n" ZONE, strlen("include u\n" ZONE)), 0);
	assert_true(said("u:1:32: error: zones: there is no zone \"guests\""));
	scratch_text("t", "include u\nsink a { type = journal }\ndaemon { }\n"
			  "zone guests { interfaces = x }");
	said_forget();
	config_free(&config);
	assert_int_not_equal(config_load("t", &config), 0);
	assert_true(said("u:1:6: error: sink \"a\": there is one of this name already"));
	assert_true(said("see t:2"));
	assert_true(said("u:2:1: error: daemon: another file has this block already"));
}

/* `tidegate down` takes a zone out of the policy that runs, and leaves the sinks; that text has to be read again. */
static void test_zone_gone(void **state)
{
	static const char text[] = ZONE "sink a { type = stdout zones = guests }\n";

	(void)state;
	said_forget();
	assert_int_equal(config_load_text("text", text, strlen(text), &config), 0);
	assert_string_equal(config.sink->filter->zone[0], "guests");
	assert_false(said_anything());
	assert_int_not_equal(mistake_load(text, strlen(text)), 0);
}

static void test_many(void **state)
{
	char text[SINKS_MAX * 40 + 200] = ZONE;

	(void)state;
	for (int i = 0; i < SINKS_MAX; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "sink s%d { type = file path = /%d }\n", i, i);
	load_text(text);
	assert_int_equal(config.sink_count, SINKS_MAX);
	free(round_trip());
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "sink t { type = stdout }\n");
	assert_int_not_equal(mistake_load(text, strlen(text)), 0);
	assert_true(said("error: sink: there are more than 32"));
	scratch_text("u", "sink t { type = stdout }");
	snprintf(strstr(text, "sink t"), 20, "include u\n");
	assert_int_not_equal(mistake_load(text, strlen(text)), 0);
	assert_true(said("u:1:6: error: more than 32 sinks"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_everything, forget),
		cmocka_unit_test_teardown(test_nothing, forget),
		cmocka_unit_test_teardown(test_print, forget),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test_teardown(test_listen_elsewhere, forget),
		cmocka_unit_test_teardown(test_files, forget),
		cmocka_unit_test_teardown(test_zone_gone, forget),
		cmocka_unit_test_teardown(test_many, forget),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
