// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/sinks/lines.c user/sinks/stream.c user/sinks/syslog.c user/sinks/journal.c user/sinks/socket.c user/sinks/told.c user/sinks/columns.c user/records/record*.c user/prefixes.c user/json_read.c user/tftp_options.c user/address.c user/config_meaning.c user/reason_table.c user/report.c user/text.c tests/native/said.c tests/native/scratch.c
/*
 * User space: sinks that write to sockets, with all that can happen to whoever listens: a stream, syslog, the journal.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "scratch.h"
#include "sink_scene.h"

/* ---- sockets ------------------------------------------------------------------------------------------------------- */

static int listen_at(int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	unlink(path);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 4), 0);
	return fd;
}

/* Reads until nothing more comes, or `most` bytes. */
static char *read_text(int fd, size_t most)
{
	static char text[1 << 20];
	size_t len = 0;
	ssize_t got;

	while (len < most && (got = recv(fd, text + len, most - len, MSG_DONTWAIT)) > 0)
		len += (size_t)got;
	text[len] = '\0';
	return text;
}
#define ALL ((1 << 20) - 1)

static void test_stream(void **state)
{
	int listener = listen_at(SOCK_STREAM), peer;
	void *sink = open_sink(&sink_stream, true);

	(void)state;
	peer = accept(listener, NULL, NULL);
	write_all(&sink_stream, sink, 0, 20);
	expect_lines(read_text(peer, ALL), 0, 20);
	sink_stream.close(sink);
	close(peer);
	close(listener);
	assert_false(said_anything());
}

/* It may come later than we do. */
static void test_stream_late(void **state)
{
	void *sink = open_sink(&sink_stream, true), *other = NULL;
	struct sink_counts counts = {0};
	int listener, peer;
	size_t written;

	(void)state;
	assert_true(said("s: No such file or directory") && said("nobody listens there"));
	sink_stream.count(sink, &counts);
	assert_false(counts.open);
	assert_int_equal(sink_stream.write(sink, records, 2, &written), -ENOENT);
	assert_int_equal(sink_stream.open(&config, &other, false), -ENOENT);
	listener = listen_at(SOCK_STREAM);
	write_all(&sink_stream, sink, 0, 2);
	sink_stream.count(sink, &counts);
	assert_true(counts.open);
	peer = accept(listener, NULL, NULL);
	expect_lines(read_text(peer, ALL), 0, 2);
	sink_stream.close(sink);
	close(peer);
	close(listener);
}

/* A reader stalls: we come back, and go on in the middle of the line. */
static void test_stream_stalls(void **state)
{
	int listener = listen_at(SOCK_STREAM), small = 1, peer;
	char *text = calloc(1, 1 << 20);
	size_t sent = 0, len = 0, written;
	void *sink;

	(void)state;
	sink = open_sink(&sink_stream, true);
	peer = accept(listener, NULL, NULL);
	setsockopt(peer, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	for (int full = 0; full < 2;) {
		size_t round = sent % MANY, left = MANY - round;
		int err = sink_stream.write(sink, records + round, left, &written);

		sent += written;
		assert_true(err == 0 || err == -EAGAIN);
		if (err == -EAGAIN) {
			full++;
			len += (size_t)sprintf(text + len, "%s", read_text(peer, 5000));
		}
	}
	/* It reads again. */
	len += (size_t)sprintf(text + len, "%s", read_text(peer, ALL));
	write_all(&sink_stream, sink, sent % MANY, 1);
	sprintf(text + len, "%s", read_text(peer, ALL));
	for (size_t i = 0; i <= sent; i++) {
		char line[RECORD_LINE];
		size_t len = record_text_line(&records[i % MANY], line);

		assert_memory_equal(text, line, len);
		memmove(text, text + len, strlen(text + len) + 1);
	}
	assert_string_equal(text, "");
	sink_stream.close(sink);
	close(peer);
	close(listener);
	free(text);
}

/* The listener starts anew in the middle of a line: on the new connection, it comes whole. */
static void test_stream_restarts(void **state)
{
	int listener = listen_at(SOCK_STREAM), peer, err = 0;
	void *sink = open_sink(&sink_stream, true);
	size_t sent = 0, written;

	(void)state;
	peer = accept(listener, NULL, NULL);
	while (!err) {
		size_t round = sent % MANY;

		err = sink_stream.write(sink, records + round, MANY - round, &written);
		sent += written;
	}
	assert_int_equal(err, -EAGAIN);
	close(peer);
	close(listener);
	said_forget();
	err = sink_stream.write(sink, records + sent % MANY, 1, &written);
	assert_true(err == -EPIPE || err == -ECONNRESET);
	assert_int_equal(written, 0);
	assert_true(said("sink \"it\": s: "));
	sink_stream.close(sink);
	listener = listen_at(SOCK_STREAM);
	sink = open_sink(&sink_stream, false);
	peer = accept(listener, NULL, NULL);
	write_all(&sink_stream, sink, sent % MANY, 1);
	expect_lines(read_text(peer, ALL), sent % MANY, 1);
	sink_stream.close(sink);
	close(peer);
	close(listener);
}

static void test_wrong_socket(void **state)
{
	int listener = listen_at(SOCK_DGRAM);

	(void)state;
	expect_no_open(&sink_stream, -EPROTOTYPE, "type = syslog for datagrams");
	close(listener);
	listener = listen_at(SOCK_STREAM);
	expect_no_open(&sink_syslog, -EPROTOTYPE, "type = stream is for stream sockets");
	close(listener);
}

/* ---- syslog -------------------------------------------------------------------------------------------------------- */

/* RFC 5424 6: the head, which goes to `host` and `rest`. */
static void expect_head(const char *text, int priority, const char *kind, const char **rest)
{
	char head[200], host[65] = "-";

	gethostname(host, sizeof(host) - 1);
	snprintf(head, sizeof(head), "<%d>1 2026-11-27T13:01:07.123456Z %s tidegate %d %s ",
		 priority, host, (int)getpid(), kind);
	if (strncmp(text, head, strlen(head)))
		fail_msg("'%.200s' instead of '%s'", text, head);
	*rest = text + strlen(head);
}

static void test_syslog(void **state)
{
	int listener = listen_at(SOCK_DGRAM);
	void *sink = open_sink(&sink_syslog, true);
	const char *rest;
	char *text;

	(void)state;
	strcpy(records[0].event.name, "a]b\"c\\d\xff");
	records[1].outcome = OUTCOME_IDLE;
	write_all(&sink_syslog, sink, 0, 2);
	text = read_text(listener, 16384);
	expect_head(text, 3 * 8 + 6, "end", &rest);
	assert_memory_equal(rest, "[tidegate@32473 run=\"", 21);
	assert_non_null(strstr(rest, " number=\"1\" "));
	assert_non_null(strstr(rest, " client=\"192.0.2.10\" client_port=\"50941\" "));
	assert_non_null(strstr(rest, " outcome=\"complete\" "));
	assert_non_null(strstr(rest, " file=\"a\\]b\\\"c\\\\d\\\\xff\" "));
	assert_non_null(strstr(rest, "\"] [end] read complete src=192.0.2.10 "));
	/* A datagram each. */
	text = strstr(text, "<29>1");
	assert_non_null(text);
	expect_head(text, 3 * 8 + 5, "end", &rest);
	assert_null(strchr(text, '\n'));
	config.format = FORMAT_EVE;
	write_all(&sink_syslog, sink, 2, 1);
	text = read_text(listener, 16384);
	assert_non_null(strstr(text, "\"] {\"timestamp\":\"2026-11-27T13:01:07.123456+0000\","));
	assert_int_equal(text[strlen(text) - 1], '}');
	sink_syslog.close(sink);
	close(listener);
}

/* Its queue is full; then it starts anew; then it is away. */
static void test_syslog_listener(void **state)
{
	void *sink = open_sink(&sink_syslog, true);
	size_t sent = 0, written;
	int listener, err = 0;

	(void)state;
	assert_true(said("nobody listens there"));
	listener = listen_at(SOCK_DGRAM);
	while (!err && sent < 100 * MANY) {
		err = sink_syslog.write(sink, records, MANY, &written);
		sent += written;
	}
	assert_int_equal(err, -EAGAIN);
	assert_true(sent > 0);
	close(listener);
	said_forget();
	assert_int_equal(sink_syslog.write(sink, records, 1, &written), -ECONNREFUSED);
	assert_true(said("sink \"it\": s: Connection refused"));
	sink_syslog.close(sink);
	listener = listen_at(SOCK_DGRAM);
	sink = open_sink(&sink_syslog, false);
	write_all(&sink_syslog, sink, 0, 1);
	assert_true(strlen(read_text(listener, 16384)) > 100);
	sink_syslog.close(sink);
	close(listener);
}

/* ---- the journal --------------------------------------------------------------------------------------------------- */

static char entry[32768];
static int journal_says;

/* In the place of libsystemd's. */
int sd_journal_sendv(const struct iovec *iov, int n)
{
	size_t len = 0;

	for (int i = 0; i < n; i++)
		len += (size_t)sprintf(entry + len, "%.*s\n", (int)iov[i].iov_len,
				       (const char *)iov[i].iov_base);
	return journal_says;
}

static bool journal_there;

/* Whether journald listens, is not this machine's business here. */
int access(const char *name, int type)
{
	(void)type;
	assert_string_equal(name, "/run/systemd/journal/socket");
	errno = ENOENT;
	return journal_there ? 0 : -1;
}

static void expect_field(const char *field)
{
	char line[300];

	snprintf(line, sizeof(line), "\n%s\n", field);
	if (!strstr(entry, line))
		fail_msg("%s is not in %s", field, entry);
}

static void test_journal(void **state)
{
	void *sink;

	(void)state;
	journal_there = true;
	journal_says = 0;
	sink = open_sink(&sink_journal, true);
	records[0].outcome = OUTCOME_SERVER_ERROR;
	records[0].event.error_code = 1;
	strcpy(records[0].event.error_text, "not\nfound");
	records[0].event.vlan_outer = 100;
	write_all(&sink_journal, sink, 0, 1);
	assert_memory_equal(entry, "MESSAGE=[end] read server-error src=192.0.2.10 ", 47);
	expect_field("PRIORITY=5");
	expect_field("SYSLOG_IDENTIFIER=tidegate");
	expect_field("TIDEGATE_KIND=end");
	expect_field("TIDEGATE_OUTCOME=server-error");
	expect_field("TIDEGATE_CLIENT=192.0.2.10");
	expect_field("TIDEGATE_SERVER_PORT=49194");
	expect_field("TIDEGATE_VLAN=100");
	expect_field("TIDEGATE_FILE=file-0");
	expect_field("TIDEGATE_ERROR_CODE=1");
	expect_field("TIDEGATE_ERROR_TEXT=not\\x0afound");
	expect_field("TIDEGATE_RULE=boot files");
	assert_null(strstr(entry, "TIDEGATE_REASON"));
	assert_int_equal(strspn(strstr(entry, "MESSAGE_ID=") + 11, "0123456789abcdef"), 32);
	records[1] = sample_record(RECORD_DROP);
	write_all(&sink_journal, sink, 1, 1);
	expect_field("PRIORITY=6");
	expect_field("TIDEGATE_REASON=rule_denied");
	sink_journal.close(sink);
}

static void test_journal_away(void **state)
{
	void *sink, *other = NULL;
	size_t written;

	(void)state;
	journal_there = false;
	journal_says = 0;
	sink = open_sink(&sink_journal, true);
	assert_true(said("systemd-journald does not run here"));
	assert_int_equal(sink_journal.write(sink, records, 3, &written), -ENOENT);
	assert_int_equal(sink_journal.open(&config, &other, false), -ENOENT);
	journal_there = true;
	write_all(&sink_journal, sink, 0, 3);
	journal_says = -EMSGSIZE;
	said_forget();
	assert_int_equal(sink_journal.write(sink, records, 3, &written), -EMSGSIZE);
	assert_true(!written && !said_anything());
	journal_says = -EAGAIN;
	assert_int_equal(sink_journal.write(sink, records, 3, &written), -ECONNREFUSED);
	sink_journal.close(sink);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_stream, begin),
		cmocka_unit_test_setup(test_stream_late, begin),
		cmocka_unit_test_setup(test_stream_stalls, begin),
		cmocka_unit_test_setup(test_stream_restarts, begin),
		cmocka_unit_test_setup(test_wrong_socket, begin),
		cmocka_unit_test_setup(test_syslog, begin),
		cmocka_unit_test_setup(test_syslog_listener, begin),
		cmocka_unit_test_setup(test_journal, begin),
		cmocka_unit_test_setup(test_journal_away, begin),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
