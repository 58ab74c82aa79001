// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/sinks/postgresql.c user/sinks/pg_session.c user/sinks/backlog.c user/sinks/spool*.c user/sinks/copy_text.c user/sinks/columns*.c user/records/record.c user/records/record_text.c user/records/record_options.c user/json_read.c user/tftp_options.c user/address.c user/complaint.c user/config_meaning.c user/reason_table.c user/text.c tests/native/said.c tests/native/scratch.c tests/native/cluster.c tests/native/documented.c
// packages: libpq zlib
// alone: it measures time, and keeps several processes busy
/*
 * Records in PostgreSQL, with a real server that is killed, frozen, empty, foreign or unwilling: nothing is lost, nothing
 * is there twice, and writing never waits.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stddef.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "await.h"
#include "cluster.h"
#include "documented.h"
#include "said.h"
#include "sample_record.h"
#include "scratch.h"
#include "sinks/columns.h"
#include "sinks/sink.h"
#include "time_now.h"

#define BATCH       100  /* records of one write */
#define PATIENCE_MS 5000 /* far below the deadlines of what waits for a server */

static char connection[256];
static struct config_sink config = {.name = "test", .type = SINK_POSTGRESQL};
static void *sink;
static struct sink_counts counts;
static uint64_t next_number;
static char *documented;

static void connect_as(const char *user, const char *database)
{
	snprintf(connection, sizeof(connection), "host=%s user=%s dbname=%s", cluster_host(), user,
		 database);
}

static int fresh(void **state)
{
	(void)state;
	if (sink)
		sink_postgresql.close(sink);
	sink = NULL;
	scratch_remove("spool");
	cluster_ask("tidegate", "DROP SCHEMA IF EXISTS tidegate CASCADE");
	connect_as("postgres", "tidegate");
	config.connection = connection;
	config.spool = "spool";
	config.spool_max = 64 << 20;
	counts = (struct sink_counts){0};
	next_number = 1;
	said_forget();
	return 0;
}

static void opened(void)
{
	if (sink_postgresql.open(&config, &sink, true))
		fail_msg("open: %s", said_all());
}

static void closed(void)
{
	sink_postgresql.count(sink, &counts);
	sink_postgresql.close(sink);
	sink = NULL;
}

/* Writes so many records with the next numbers; no write may take as long as anything that waits for a server. */
static void put(uint64_t many)
{
	static struct record records[BATCH];
	static const char *const names[] = {"pxelinux.0", "a\\b", "\xff\xfe", "\xe2\x82\xac",
					    "t\tn\n"};

	while (many) {
		size_t count = many < BATCH ? many : BATCH, written;
		int64_t began_ms = time_now_ms(CLOCK_MONOTONIC);

		for (size_t i = 0; i < count; i++) {
			records[i] = sample_record(next_number % RECORD_INCIDENT);
			snprintf(records[i].event.name, TG_NAME_MAX, "%s", names[next_number % 5]);
			records[i].number = next_number++;
		}
		assert_int_equal(sink_postgresql.write(sink, records, count, &written), 0);
		assert_int_equal(written, 0);
		assert_in_range(time_now_ms(CLOCK_MONOTONIC) - began_ms, 0, PATIENCE_MS);
		many -= count;
	}
}

static void count(void)
{
	sink_postgresql.count(sink, &counts);
}

/* Until nothing waits any more. */
static void drained(void)
{
	await((count(), !counts.spooled), 40, "%llu records still wait: %s",
	      (unsigned long long)counts.spooled, said_all());
}

/* Until one of `counts` is there. */
static void until(const uint64_t *counter, uint64_t many)
{
	await((count(), *counter >= many), 40, "%llu: %s", (unsigned long long)*counter,
	      said_all());
}

static const char *ask(const char *sql)
{
	return cluster_ask("tidegate", sql);
}

/* All that was put is there, once, and counted as such. */
static void all_there(void)
{
	char wanted[64];

	drained();
	snprintf(wanted, sizeof(wanted), "%llu 1 %llu", (unsigned long long)next_number - 1,
		 (unsigned long long)next_number - 1);
	assert_string_equal(
		ask("SELECT count(DISTINCT number) || ' ' || min(number) || ' ' || max(number) "
		    "FROM tidegate.records"),
		wanted);
	assert_string_equal(ask("SELECT count(*) - count(DISTINCT number) FROM tidegate.records"),
			    "0");
	assert_int_equal(counts.lost, 0);
}

static void test_types_and_values(void **state)
{
	struct record record = sample_record(RECORD_END);
	const uint8_t mac[6] = {0x02, 0, 0x5e, 0x10, 0, 0x0a};
	size_t written;

	(void)state;
	memcpy(record.event.mac, mac, 6);
	record.event.flags |= TG_EVENT_MAC;
	record.number = next_number++;
	opened();
	assert_int_equal(sink_postgresql.write(sink, &record, 1, &written), 0);
	all_there();
	assert_true(counts.open && counts.written == 1);
	assert_string_equal(ask("SELECT concat_ws(' ', pg_typeof(server), pg_typeof(run), "
				"pg_typeof(timestamp), "
				"pg_typeof(client_mac), "
				"pg_typeof(bytes), pg_typeof(blksize), pg_typeof(final)) FROM "
				"tidegate.records"),
			    "inet uuid timestamp with time zone macaddr bigint integer boolean");
	assert_string_equal(
		ask("SELECT concat_ws(' ', client, client_mac, client_port, file, bytes, "
		    "duration_ms, final, "
		    "outcome, rule, timestamp - began, run) FROM tidegate.transfers JOIN "
		    "tidegate.records "
		    "USING (run, number, timestamp, began, client, client_mac, file, bytes, "
		    "duration_ms, "
		    "outcome, rule)"),
		ask("SELECT concat_ws(' ', '192.0.2.10', '02:00:5e:10:00:0a', 50941, 'vmlinuz', "
		    "3000000, 1500, "
		    "true, 'complete', 'boot files', '00:00:01.5', run) FROM tidegate.records"));
	assert_string_equal(
		ask("SELECT to_char(timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US') "
		    "FROM tidegate.records"),
		"2026-11-27T13:01:07.123456");
	assert_string_equal(ask("SELECT run FROM tidegate.records"), columns_run());
	assert_string_equal(
		ask("SELECT concat_ws(' ', reason, error_code, opcode) FROM tidegate.records"), "");
}

static void test_foreign_bytes(void **state)
{
	static const char *const names[][2] = {
		{"\xc3\xa4\xe2\x82\xac", "\xc3\xa4\xe2\x82\xac"},
		{"a\xff\xfe", "a\\xff\\xfe"},
		{"a\tb\x1b[2J\x7f\n", "a\\x09b\\x1b[2J\\x7f\\x0a"},
		{"'; DROP TABLE records; --", "'; DROP TABLE records; --"},
		{"c:\\n\\N\\.", "c:\\n\\N\\."},
		{"\\N", "\\N"},
		{"\\.", "\\."},
	};
	const size_t n = sizeof(names) / sizeof(*names);
	struct record record = sample_record(RECORD_END);
	size_t written;
	char sql[80];

	(void)state;
	opened();
	for (size_t i = 0; i < n; i++) {
		record.number = next_number++;
		snprintf(record.event.name, TG_NAME_MAX, "%s", names[i][0]);
		assert_int_equal(sink_postgresql.write(sink, &record, 1, &written), 0);
	}
	/* The longest of the worst: every byte becomes four. */
	record.number = next_number++;
	memset(record.event.name, 0x01, TG_NAME_MAX - 1);
	assert_int_equal(sink_postgresql.write(sink, &record, 1, &written), 0);
	all_there();
	for (size_t i = 0; i < n; i++) {
		snprintf(sql, sizeof(sql), "SELECT file FROM tidegate.records WHERE number = %zu",
			 i + 1);
		assert_string_equal(ask(sql), names[i][1]);
	}
	assert_string_equal(ask("SELECT max(length(file)) FROM tidegate.records"), "508");
}

/* ---- a server that goes and comes ----------------------------------------------------------------------------------- */

static void test_killed_under_load(void **state)
{
	(void)state;
	opened();
	for (int round = 0; round < 3; round++) {
		put(4000);
		until(&counts.written, counts.written + 1);
		put(2000);
		cluster_crash();
		put(3000);
		cluster_start();
		put(1000);
	}
	all_there();
	assert_int_equal(counts.written, 30000);
	assert_in_range(counts.errors, 1, 60);
	assert_true(said("PostgreSQL is there again"));
	/* What the server was not there for has gone through the spool, and it is empty now. */
	closed();
	assert_int_equal(rmdir("spool"), 0);
}

static void test_away_at_the_start(void **state)
{
	(void)state;
	cluster_stop();
	opened();
	assert_true(said("test\": PostgreSQL: connection to server on socket"));
	assert_true(said("records wait in spool until the server is there"));
	put(500);
	count();
	assert_int_equal(counts.spooled, 500);
	assert_int_equal(counts.written, 0);
	assert_false(counts.open);
	closed();
	assert_true(said("500 records wait in the spool for the next start"));
	opened();
	put(500);
	cluster_start();
	all_there();
	assert_int_equal(counts.written, 1000);
	assert_true(counts.open);
}

static void test_full(void **state)
{
	char wanted[32];
	uint64_t lost;

	(void)state;
	config.spool_max = 1 << 20;
	cluster_stop();
	opened();
	put(20000);
	count();
	assert_in_range(counts.spooled, 1000, 19000);
	assert_int_equal(counts.lost, 20000 - counts.spooled);
	assert_true(said("as much waits as may: new records are lost"));
	lost = counts.lost;
	cluster_start();
	drained();
	assert_int_equal(counts.lost, lost);
	assert_int_equal(counts.written, 20000 - lost);
	/* The oldest are kept. */
	snprintf(wanted, sizeof(wanted), "1 %llu", 20000ULL - (unsigned long long)lost);
	assert_string_equal(ask("SELECT min(number) || ' ' || max(number) FROM tidegate.records"),
			    wanted);
	/* And it takes new ones again. */
	put(1000);
	drained();
	assert_string_equal(ask("SELECT max(number) FROM tidegate.records"), "21000");
	assert_int_equal(counts.lost, lost);
}

static void test_without_a_spool(void **state)
{
	(void)state;
	config.spool = NULL;
	opened();
	put(1000);
	until(&counts.written, 1);
	cluster_crash();
	put(5000);
	cluster_start();
	all_there();
	/* What is in memory at the end is lost, and that is said. */
	cluster_stop();
	put(10);
	closed();
	assert_true(said("10 records did not reach the server and are lost"));
	cluster_start();
}

/* The server neither answers nor hangs up. put() itself sees that nothing waits for it. */
static void test_frozen(void **state)
{
	int64_t began_ms;

	(void)state;
	opened();
	put(1000);
	drained();
	cluster_freeze();
	put(30000);
	count();
	assert_in_range(counts.spooled, 30000, 30000);
	began_ms = time_now_ms(CLOCK_MONOTONIC);
	closed();
	assert_in_range(time_now_ms(CLOCK_MONOTONIC) - began_ms, 0, PATIENCE_MS);
	assert_true(said("30000 records wait in the spool"));
	cluster_thaw();
	opened();
	all_there();
}

static void test_locked(void **state)
{
	(void)state;
	opened();
	put(100);
	drained();
	/* Somebody works on the table for a second. */
	put(100);
	assert_string_equal(ask("BEGIN; LOCK TABLE tidegate.records IN ACCESS EXCLUSIVE MODE; "
				"SELECT pg_sleep(1); COMMIT; SELECT 'done'"),
			    "done");
	put(100);
	all_there();
	assert_int_equal(counts.errors, 0);
}

/* ---- a daemon that is killed ---------------------------------------------------------------------------------------- */

/* The child's alone: writes until it is killed, and says how far it came. */
static void write_until_killed(volatile uint64_t *told, uint64_t first)
{
	struct record record = sample_record(RECORD_END);
	size_t written;

	/* No assertion may return to the tests here. */
	if (sink_postgresql.open(&config, &sink, true))
		_exit(1);
	for (record.number = first; !sink_postgresql.write(sink, &record, 1, &written);
	     record.number++)
		*told = record.number - first + 1;
	_exit(2);
}

static void kill_a_writer(volatile uint64_t *told, uint64_t first, uint64_t many)
{
	pid_t child;
	int status;

	*told = 0;
	child = fork();
	if (!child)
		write_until_killed(told, first);
	await(*told >= many || waitpid(child, &status, WNOHANG), 60, "it writes no more");
	assert_int_equal(waitpid(child, &status, WNOHANG), 0);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* Wherever it is killed, also between the server's commit and the spool's removal, each record is there once. */
static void test_daemon_killed(void **state)
{
	volatile uint64_t *told =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_ptr_not_equal(told, MAP_FAILED);
	for (uint64_t round = 0; round < 6; round++) {
		unsigned long long distinct, most, all, first = round * 1000000 + 1;
		char sql[256];

		kill_a_writer(told, first, 3000 + 1500 * round);
		/* The next start delivers what the killed one left. */
		counts = (struct sink_counts){0};
		opened();
		drained();
		closed();
		snprintf(sql, sizeof(sql),
			 "SELECT concat_ws(' ', count(DISTINCT number), max(number), count(*)) "
			 "FROM tidegate.records WHERE number >= %llu",
			 first);
		assert_int_equal(sscanf(ask(sql), "%llu %llu %llu", &distinct, &most, &all), 3);
		/* One may have been under way. */
		assert_in_range(most - first + 1, *told, *told + 1);
		assert_int_equal(distinct, most - first + 1);
		assert_int_equal(all, distinct);
		assert_in_range(counts.lost, 0, 1); /* the row that was torn, if one was */
	}
	munmap((void *)told, 4096);
}

/* ---- what the operator has to change -------------------------------------------------------------------------------- */

static void refused(const char *words, const char *way_out)
{
	assert_true(sink_postgresql.open(&config, &sink, true) < 0);
	assert_true(said(words));
	assert_true(!way_out || said(way_out));
	sink = NULL;
	said_forget();
}

static void test_refused(void **state)
{
	(void)state;
	config.connection = "nonsense";
	refused("missing \"=\" after \"nonsense\"", NULL);
	config.connection = "host=/tmp password=secret";
	refused("the connection string has a password", ".pgpass");
	config.connection = connection;
	connect_as("nobody-known", "tidegate");
	refused("role \"nobody-known\" does not exist", "pg_hba.conf");
	connect_as("postgres", "nothing");
	refused("database \"nothing\" does not exist", "createdb");
	ask("DROP ROLE IF EXISTS writer; CREATE ROLE writer LOGIN");
	connect_as("writer", "tidegate");
	refused("permission denied for database tidegate", "CREATE SCHEMA tidegate AUTHORIZATION");
	/* As the hint says, it works. */
	ask("CREATE SCHEMA tidegate AUTHORIZATION writer");
	opened();
	put(10);
	all_there();
	closed();
	/* One who may only insert is enough, once there are tables. */
	ask("CREATE ROLE inserter LOGIN; GRANT USAGE ON SCHEMA tidegate TO inserter;"
	    "GRANT SELECT ON tidegate.schema_version TO inserter; GRANT INSERT ON tidegate.records "
	    "TO inserter");
	connect_as("inserter", "tidegate");
	opened();
	put(10);
	all_there();
	closed();
	ask("DROP OWNED BY inserter; DROP ROLE inserter; DROP OWNED BY writer; DROP ROLE writer");
}

static void test_foreign_tables(void **state)
{
	(void)state;
	ask("CREATE SCHEMA tidegate; CREATE TABLE tidegate.records (a int)");
	refused("tables of these names that are not tidegate's", "RENAME");
	ask("CREATE TABLE tidegate.schema_version AS SELECT 99 AS version");
	refused("version 99, and this tidegate has 1",
		"ALTER SCHEMA tidegate RENAME TO tidegate_99");
}

/* The tables vanish while the daemon runs: it makes them anew, and what waited is there. */
static void test_tables_vanish(void **state)
{
	(void)state;
	opened();
	put(100);
	drained();
	ask("DROP SCHEMA tidegate CASCADE");
	put(100);
	drained();
	assert_string_equal(ask("SELECT min(number) || ' ' || max(number) FROM tidegate.records"),
			    "101 200");
	assert_int_equal(counts.lost, 0);
	assert_true(said("does not exist"));
}

static void test_read_only_for_a_while(void **state)
{
	(void)state;
	opened();
	put(100);
	drained();
	ask("ALTER DATABASE tidegate SET default_transaction_read_only = on;"
	    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
	    "WHERE application_name = 'tidegate'");
	put(100);
	/* First it hangs up, then it takes nothing. */
	until(&counts.errors, 2);
	assert_true(said("read-only transaction"));
	assert_true(said("target_session_attrs=read-write"));
	count();
	assert_int_equal(counts.spooled, 100);
	cluster_ask("postgres", "ALTER DATABASE tidegate RESET default_transaction_read_only");
	all_there();
}

/* One row that the server does not take does not hold up the others. */
static void test_bad_rows(void **state)
{
	(void)state;
	cluster_ask("postgres", "DROP DATABASE IF EXISTS western");
	cluster_ask("postgres",
		    "CREATE DATABASE western ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
	connect_as("postgres", "western");
	opened();
	put(1000);
	drained();
	/* A name in five is the euro sign, but drops have no name. */
	assert_int_equal(counts.lost, 150);
	assert_int_equal(counts.written, 850);
	assert_string_equal(cluster_ask("western", "SELECT count(*) FROM tidegate.records"), "850");
	assert_true(said("has no equivalent in encoding \"LATIN1\""));
	closed();
	cluster_ask("postgres", "DROP DATABASE western");
}

/* The questions of docs/databases.md can be asked. */
static void test_documented_questions(void **state)
{
	char *all = malloc(strlen(documented) + 64);
	int questions = 0;

	(void)state;
	opened();
	put(100);
	all_there();
	for (const char *at = documented; (at = strstr(at, ";\n")); at++)
		questions++;
	assert_int_equal(questions, 8);
	sprintf(all, "SET search_path = tidegate, public;%s", documented);
	ask(all); /* ends the program if one of them fails */
	free(all);
}

static int group_begin(void **state)
{
	documented = documented_blocks("docs/databases.md", "sql postgresql");
	cluster_make();
	return scratch_enter(state);
}

static int group_end(void **state)
{
	free(documented);
	cluster_remove();
	return scratch_leave(state);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, fresh, fresh)
	const struct CMUnitTest tests[] = {
		TEST(test_types_and_values),
		TEST(test_foreign_bytes),
		TEST(test_killed_under_load),
		TEST(test_away_at_the_start),
		TEST(test_full),
		TEST(test_without_a_spool),
		TEST(test_frozen),
		TEST(test_locked),
		TEST(test_daemon_killed),
		TEST(test_refused),
		TEST(test_foreign_tables),
		TEST(test_tables_vanish),
		TEST(test_read_only_for_a_while),
		TEST(test_bad_rows),
		TEST(test_documented_questions),
	};

	return cmocka_run_group_tests(tests, group_begin, group_end);
}
