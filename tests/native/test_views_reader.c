// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/views/reader.c user/views/request.c user/options.c user/command_find.c user/option_values.c user/mark.c user/zone_settings.c user/config_prefix.c user/quantity.c user/duration.c user/complaint.c user/number.c user/address.c user/suggest.c user/report.c user/text.c tests/native/said.c tests/native/scratch.c
/*
 * Views: the reader of the daemon's socket, against a listener that says what the test wants; what is asked for.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "command.h"
#include "options.h"
#include "said.h"
#include "scratch.h"
#include "views/reader.h"
#include "views/request.h"

#define PATH     "socket"
#define METAINFO "{\"metainfo\":{\"schema\":1}}\n"

const struct command commands[] = {
	{.name = "events", .bit = COMMAND_EVENTS},
	{.name = "top", .bit = COMMAND_TOP},
	{.name = "flows", .bit = COMMAND_FLOWS},
	{0},
};

static int listener = -1, peer = -1;
static struct reader *reader;
static struct reader_message message;

static int begin(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = PATH};

	(void)state;
	said_forget();
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	return bind(listener, (const struct sockaddr *)&address, sizeof(address)) ||
	       listen(listener, 1);
}

static int end(void **state)
{
	(void)state;
	reader_close(reader);
	reader = NULL;
	close(peer);
	close(listener);
	return unlink(PATH);
}

static void join_reader(void)
{
	char line[64] = "";

	reader = reader_open(PATH, "events", json_pack("{s:i}", "flows", 100));
	assert_non_null(reader);
	peer = accept(listener, NULL, NULL);
	assert_true(peer >= 0);
	assert_int_equal(read(peer, line, sizeof(line)), 14);
	assert_string_equal(line, "{\"flows\":100}\n");
}

static void say(const char *text)
{
	assert_int_equal(write(peer, text, strlen(text)), strlen(text));
}

static int next(void)
{
	return reader_next(reader, 0, &message);
}

static void test_messages(void **state)
{
	(void)state;
	join_reader();
	assert_int_equal(next(), 0);
	say(METAINFO
	    "{\"record\":{\"a\":1}}\n{\"news\":1}\n{\"flows\":{\"a\":{}}}\n{\"stats\":{}}\n"
	    "{\"lost\":12}\n{\"rec");
	assert_int_equal(next(), 1);
	assert_int_equal(message.kind, READER_METAINFO);
	assert_int_equal(next(), 1);
	assert_int_equal(message.kind, READER_RECORD);
	assert_int_equal(json_integer_value(json_object_get(message.body, "a")), 1);
	/* What is not known is left out. */
	assert_int_equal(next(), 1);
	assert_int_equal(message.kind, READER_FLOWS);
	assert_int_equal(message.text_len, 8);
	assert_memory_equal(message.text, "{\"a\":{}}", 8);
	assert_int_equal(next(), 1);
	assert_int_equal(message.kind, READER_STATS);
	assert_int_equal(next(), 1);
	assert_int_equal(message.kind, READER_LOST);
	assert_int_equal(message.lost, 12);
	assert_int_equal(next(), 0);
	say("ord\":{\"a\":2}}");
	assert_int_equal(next(), 0);
	say("\n");
	assert_int_equal(next(), 1);
	assert_int_equal(json_integer_value(json_object_get(message.body, "a")), 2);
	assert_int_equal(reader_next(reader, 20, &message), 0);
	assert_false(said_anything());
}

/* A line far beyond what one read brings, in pieces, with another one behind it. */
static void test_long_line(void **state)
{
	enum { LONG = 3 << 20 };
	char *text = malloc(LONG + 64);
	size_t sent = 0, len;
	int got;

	(void)state;
	join_reader();
	assert_non_null(text);
	len = (size_t)sprintf(text, "{\"record\":\"");
	memset(text + len, 'x', LONG);
	len += LONG;
	len += (size_t)sprintf(text + len, "\"}\n{\"lost\":1}\n");
	while (sent < len) {
		ssize_t n = send(peer, text + sent, len - sent, MSG_DONTWAIT);

		if (n > 0)
			sent += (size_t)n;
		else {
			got = next();
			assert_int_equal(got, 0);
		}
	}
	assert_int_equal(reader_next(reader, -1, &message), 1);
	assert_int_equal(json_string_length(message.body), LONG);
	assert_int_equal(next(), 1);
	assert_int_equal(message.kind, READER_LOST);
	free(text);
}

static void test_ends(void **state)
{
	static const struct {
		const char *text;
		int err;
		const char *words;
	} cases[] = {
		{"", -EPIPE, "events: the daemon has ended"},
		{METAINFO "{\"error\":\"no \\u001b such kind\"}\n", -EREMOTEIO,
		 "no \\x1b such kind"},
		{"HTTP/1.0 400 Bad Request\r\n", -EPROTO, "no JSON"},
		{"[]\n", -EPROTO, "no JSON"},
		{"{\"metainfo\":{\"schema\":2}}\n", -EPROTONOSUPPORT, "another version"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int got;

		said_forget();
		join_reader();
		say(cases[i].text);
		close(peer);
		peer = -1;
		while ((got = reader_next(reader, 1000, &message)) > 0)
			;
		assert_int_equal(got, cases[i].err);
		assert_false(said_anything());
		reader_explain(reader, got);
		assert_true(said(cases[i].words));
		reader_close(reader);
		reader = NULL;
	}
}

/* It goes without having read what it was asked. */
static void test_reset(void **state)
{
	int got;

	(void)state;
	reader = reader_open(PATH, "events", json_object());
	assert_non_null(reader);
	peer = accept(listener, NULL, NULL);
	close(peer);
	peer = -1;
	got = reader_next(reader, 1000, &message);
	assert_int_equal(got, -ECONNRESET);
	reader_explain(reader, got);
	assert_true(said("the daemon has ended"));
}

static void test_nobody_there(void **state)
{
	char path[200];

	(void)state;
	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_null(reader_open("missing", "top", json_object()));
	assert_true(said("top: no daemon runs (nobody listens on missing)"));
	assert_true(said("tidegate run"));
	said_forget();
	assert_null(reader_open(path, "top", json_object()));
	assert_true(said("File name too long"));
	/* The socket of a daemon that was killed. */
	close(listener);
	listener = -1;
	said_forget();
	assert_null(reader_open(PATH, "top", json_object()));
	assert_true(said("no daemon runs"));
}

/* Only whoever has no privileges can see this. */
static void test_no_permission(void **state)
{
	(void)state;
	assert_true(!chmod(".", 0755) && !chmod(PATH, 0));
	if (!geteuid() && seteuid(65534))
		skip();
	assert_null(reader_open("./" PATH, "top", json_object()));
	if (!getuid())
		assert_int_equal(seteuid(0), 0);
	assert_true(said("Permission denied"));
	assert_true(said("members of the group root"));
}

static void assert_asks(json_t *asked, const char *expected)
{
	char *text = json_dumps(asked, JSON_COMPACT | JSON_SORT_KEYS);

	assert_string_equal(text, expected);
	free(text);
	json_decref(asked);
}

static void parse(int argc, char **argv, struct settings *settings)
{
	const char *command;

	settings_init(settings);
	assert_int_equal(options_parse(argc, argv, settings, &command), 0);
}

#define PARSE(settings, ...)                                             \
	do {                                                             \
		char *argv[] = {(char *)"tidegate", __VA_ARGS__, NULL};  \
		parse(sizeof(argv) / sizeof(*argv) - 1, argv, settings); \
	} while (0)

static void test_requests(void **state)
{
	struct settings settings;

	(void)state;
	PARSE(&settings, "events");
	assert_asks(request_records(&settings), "{\"records\":{}}");
	PARSE(&settings, "events", "--kind", "end,denied", "--outcome", "idle", "--outcome",
	      "client-error", "--client", "10.0.0.0/8,fd00::1", "--client", "192.0.2.1", "--file",
	      "*,1", "--file", "b", "--zone", "lan0", "--backlog", "9");
	assert_asks(request_records(&settings),
		    "{\"records\":{\"backlog\":9,\"clients\":[\"10.0.0.0/8\",\"fd00::1\","
		    "\"192.0.2.1\"],\"files\":[\"*,1\",\"b\"],\"kinds\":[\"end\",\"denied\"],"
		    "\"outcomes\":[\"client-error\",\"idle\"],\"zones\":[\"lan0\"]}}");
	PARSE(&settings, "top", "--interval", "0.25");
	assert_asks(request_top(&settings), "{\"flows\":250,\"records\":{}}");
	PARSE(&settings, "flows", "--watch");
	assert_asks(request_flows(&settings), "{\"flows\":2000}");
}

int main(void)
{
#define WITH_SOCKET(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		WITH_SOCKET(test_messages),      WITH_SOCKET(test_long_line),
		WITH_SOCKET(test_ends),          WITH_SOCKET(test_nobody_there),
		WITH_SOCKET(test_reset),         WITH_SOCKET(test_no_permission),
		cmocka_unit_test(test_requests),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
