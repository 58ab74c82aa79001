// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/sinks/*.c user/records/record*.c user/prefixes.c user/json_read.c user/tftp_options.c user/address.c user/complaint.c user/config_meaning.c user/reason_table.c user/report.c user/text.c tests/native/said.c tests/native/scratch.c tests/native/cluster.c
// packages: libpq sqlite3 zlib libsystemd
/*
 * Sinks side by side in their threads, with real files and databases: one whose server is frozen or away holds up no
 * other and not the log, and in the end each has every record.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stddef.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "await.h"
#include "cluster.h"
#include "records/record_filter.h"
#include "said.h"
#include "sample_record.h"
#include "scratch.h"
#include "sinks/sink.h"
#include "time_now.h"

enum { SQLITE, POSTGRESQL, LINES, SINKS };

static char connection[128];
static char directory[128];
static char spool[160], database[160], lines[160];
static struct record_filter all;
static struct config_sink configs[SINKS] = {
	{.name = "sqlite", .type = SINK_SQLITE, .path = database, .filter = &all},
	{.name = "postgresql",
	 .type = SINK_POSTGRESQL,
	 .connection = connection,
	 .spool = spool,
	 .spool_max = 64 << 20,
	 .filter = &all},
	{.name = "lines", .type = SINK_FILE, .path = lines, .filter = &all},
};
static const struct config config = {.sink = configs, .sink_count = SINKS};
static struct record_log *record_log;
static struct sink_set *sinks;
static uint64_t appended;

static struct sink_counts counts(size_t number)
{
	struct sink_counts counts;
	const char *name;

	assert_true(sinks_count(sinks, number, &name, &counts));
	assert_string_equal(name, configs[number].name);
	return counts;
}

/* Appends records in batches, as fast as the slower of the other two sinks takes them. */
static void append(uint64_t many)
{
	int64_t end_ms = time_now_ms(CLOCK_MONOTONIC) + 30000;

	for (uint64_t i = 0; i < many; i++) {
		struct record record = sample_record(appended % RECORD_INCIDENT);

		appended = record_log_append(record_log, &record);
		if (appended % 500)
			continue;
		record_log_flush(record_log);
		await(counts(SQLITE).written + 4000 >= appended &&
			      counts(LINES).written + 4000 >= appended,
		      30, "they do not keep up");
		assert_true(time_now_ms(CLOCK_MONOTONIC) < end_ms);
	}
	record_log_flush(record_log);
}

static void until_written(size_t number)
{
	await(counts(number).written >= appended, 30, "%s has %llu of %llu: %s",
	      configs[number].name, (unsigned long long)counts(number).written,
	      (unsigned long long)appended, said_all());
}

static void test_one_is_away(void **state)
{
	struct sink_counts away;

	(void)state;
	sinks = sinks_start(&config, record_log);
	assert_non_null(sinks);
	append(2000);
	for (size_t i = 0; i < SINKS; i++)
		until_written(i);
	cluster_freeze();
	append(8000);
	until_written(SQLITE);
	until_written(LINES);
	away = counts(POSTGRESQL);
	assert_in_range(away.written, 2000, 9999);
	assert_true(away.spooled > 0);
	cluster_thaw();
	until_written(POSTGRESQL);
	cluster_crash();
	append(8000);
	until_written(SQLITE);
	until_written(LINES);
	cluster_start();
	until_written(POSTGRESQL);
	for (size_t i = 0; i < SINKS; i++) {
		assert_int_equal(counts(i).lost, 0);
		assert_int_equal(counts(i).spooled, 0);
		assert_true(counts(i).open);
	}
	assert_true(counts(POSTGRESQL).errors > 0);
	record_log_close(record_log);
	assert_true(sinks_stop(sinks, 2000));
}

static uint64_t count_sqlite(void)
{
	sqlite3_stmt *statement;
	sqlite3 *db;
	uint64_t count;

	assert_int_equal(sqlite3_open(database, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(DISTINCT number) FROM records", -1,
					    &statement, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	count = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return count;
}

static uint64_t count_lines(void)
{
	FILE *file = fopen(lines, "re");
	uint64_t count = 0;

	assert_non_null(file);
	for (int c; (c = getc(file)) != EOF;)
		count += c == '\n';
	fclose(file);
	return count;
}

static void test_each_has_all(void **state)
{
	(void)state;
	assert_int_equal(appended, 18000);
	assert_int_equal(count_sqlite(), appended);
	assert_int_equal(count_lines(), appended);
	assert_string_equal(cluster_ask("tidegate",
					"SELECT concat_ws(' ', count(*), count(DISTINCT number)) "
					"FROM tidegate.records"),
			    "18000 18000");
}

static int group_begin(void **state)
{
	int err = scratch_enter(state);

	cluster_make();
	record_log = record_log_new(RECORD_LOG_ROOM);
	if (!getcwd(directory, sizeof(directory)))
		abort();
	snprintf(spool, sizeof(spool), "%s/spool", directory);
	snprintf(database, sizeof(database), "%s/db", directory);
	snprintf(lines, sizeof(lines), "%s/eve.json", directory);
	snprintf(connection, sizeof(connection), "host=%s user=postgres dbname=tidegate",
		 cluster_host());
	return err;
}

static int group_end(void **state)
{
	record_log_free(record_log);
	cluster_remove();
	return scratch_leave(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_is_away),
		cmocka_unit_test(test_each_has_all),
	};

	return cmocka_run_group_tests(tests, group_begin, group_end);
}
