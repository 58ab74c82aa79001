// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/sinks/sqlite.c user/sinks/columns*.c user/records/record.c user/records/record_text.c user/records/record_options.c user/json_read.c user/tftp_options.c user/address.c user/config_meaning.c user/reason_table.c user/text.c tests/native/said.c tests/native/scratch.c tests/native/documented.c
// packages: sqlite3
/*
 * Records in an SQLite file, with the real library: rows, views, files that are not ours, a disk that is full, a
 * file that others hold.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stddef.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "documented.h"
#include "said.h"
#include "sample_record.h"
#include "scratch.h"
#include "sinks/columns.h"
#include "sinks/sink.h"

static struct config_sink config = {.name = "test", .type = SINK_SQLITE, .path = "db"};
static void *sink;
static sqlite3 *reader;
static char *documented;

static int fresh(void **state)
{
	(void)state;
	if (sink)
		sink_sqlite.close(sink);
	sqlite3_close(reader);
	sink = NULL;
	reader = NULL;
	unlink("db");
	unlink("db-wal");
	unlink("db-shm");
	said_forget();
	return 0;
}

static void opened(void)
{
	if (sink_sqlite.open(&config, &sink, true))
		fail_msg("open: %s", said_all());
}

static void stored(struct record *record)
{
	size_t written = 0;

	if (sink_sqlite.write(sink, record, 1, &written))
		fail_msg("write: %s", said_all());
	assert_int_equal(written, 1);
}

/* The first value of the first row, from a connection of our own; "NULL" for none. */
static const char *ask(const char *sql)
{
	static char text[4096];
	sqlite3_stmt *statement;

	if (!reader)
		assert_int_equal(sqlite3_open_v2("db", &reader, SQLITE_OPEN_READWRITE, NULL),
				 SQLITE_OK);
	if (sqlite3_prepare_v2(reader, sql, -1, &statement, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(reader));
	*text = '\0';
	if (sqlite3_step(statement) == SQLITE_ROW) {
		const char *value = (const char *)sqlite3_column_text(statement, 0);

		snprintf(text, sizeof(text), "%s", value ? value : "NULL");
	}
	sqlite3_finalize(statement);
	return text;
}

/* Runs statements on a new file, as somebody else's. */
static void made_by_others(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open("db", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void refused(int err, const char *words)
{
	assert_int_equal(sink_sqlite.open(&config, &sink, true), err);
	assert_null(sink);
	assert_true(said(words));
	said_forget();
}

/* Every column of every kind of record, in the type that it says. */
static void test_columns(void **state)
{
	static const char *const types[COLUMN_TYPES] = {"text",    "text",    "text", "integer",
							"integer", "integer", "text", "text"};
	char sql[128], wanted[1024];

	(void)state;
	opened();
	for (int kind = 0; kind < RECORD_KINDS; kind++) {
		struct record record = sample_record(kind);

		record.number = kind + 1;
		stored(&record);
		for (size_t i = 0; i < column_count; i++) {
			struct column_value value;

			column_value(i, &record, &value);
			snprintf(sql, sizeof(sql),
				 "SELECT typeof(%s) || ' ' || ifnull(%s, '') FROM records "
				 "WHERE number = %d",
				 columns[i].name, columns[i].name, kind + 1);
			if (value.form == COLUMN_NUMBER)
				snprintf(wanted, sizeof(wanted), "%s %lld", types[columns[i].type],
					 (long long)value.number);
			else
				snprintf(wanted, sizeof(wanted), "%s %s",
					 value.form ? types[columns[i].type] : "null",
					 value.form ? value.string : "");
			assert_string_equal(ask(sql), wanted);
		}
	}
	/* SQLite's own functions know the time. */
	assert_string_equal(
		ask("SELECT strftime('%s', timestamp) - strftime('%s', began) FROM transfers"),
		"2");
}

static void test_foreign_bytes(void **state)
{
	static const struct {
		const char *name;
		const char *kept;
	} names[] = {
		{"pxelinux.cfg/default", "pxelinux.cfg/default"},
		{"\xc3\xa4\xe2\x82\xac", "\xc3\xa4\xe2\x82\xac"},
		{"a\xff\xfe", "a\\xff\\xfe"},
		{"\xc3", "\\xc3"},
		{"a\tb\x1b[2J\x7f", "a\\x09b\\x1b[2J\\x7f"},
		{"'; DROP TABLE records; --", "'; DROP TABLE records; --"},
		{"c:\\n\\N", "c:\\n\\N"},
	};
	struct record record = sample_record(RECORD_END);

	(void)state;
	opened();
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char sql[64];

		record.number = i + 1;
		snprintf(record.event.name, TG_NAME_MAX, "%s", names[i].name);
		stored(&record);
		snprintf(sql, sizeof(sql), "SELECT file FROM records WHERE number = %zu", i + 1);
		assert_string_equal(ask(sql), names[i].kept);
	}
	/* The longest of the worst. */
	record.number = 100;
	memset(record.event.name, 0xff, TG_NAME_MAX - 1);
	record.event.name[TG_NAME_MAX - 1] = '\0';
	stored(&record);
	assert_string_equal(ask("SELECT length(file) FROM records WHERE number = 100"), "508");
}

static void test_views(void **state)
{
	struct record record = sample_record(RECORD_END);
	char sql[64];

	(void)state;
	opened();
	for (int outcome = OUTCOME_NONE + 1; outcome < OUTCOMES; outcome++) {
		record.number = outcome;
		record.outcome = outcome;
		stored(&record);
		snprintf(sql, sizeof(sql), "SELECT count(*) FROM failures WHERE number = %d",
			 outcome);
		assert_string_equal(ask(sql), record_outcome_is_failure(outcome) ? "1" : "0");
	}
	record = sample_record(RECORD_DENIED);
	record.number = 50;
	stored(&record);
	record = sample_record(RECORD_BEGIN);
	record.number = 51;
	stored(&record);
	assert_string_equal(ask("SELECT group_concat(outcome, ' ') FROM "
				"(SELECT outcome FROM transfers ORDER BY outcome)"),
			    "client-error complete evicted idle server-error");
	assert_string_equal(ask("SELECT group_concat(number) FROM denied"), "50");
	assert_string_equal(ask("SELECT reason FROM denied"), "rule_denied");
}

static void test_twice_is_once(void **state)
{
	struct record record = sample_record(RECORD_END);

	(void)state;
	opened();
	stored(&record);
	stored(&record);
	assert_string_equal(ask("SELECT count(*) FROM records"), "1");
}

/* A record that cannot be a row: those before it are there, and the next write begins behind it. */
static void test_never_taken(void **state)
{
	struct record records[3] = {sample_record(RECORD_END), sample_record(RECORD_BEGIN),
				    sample_record(RECORD_DENIED)};
	size_t written = 9;

	(void)state;
	records[1].number = 8;
	records[1].time_ns = 0;
	records[2].number = 9;
	opened();
	assert_int_equal(sink_sqlite.write(sink, records, 3, &written), -EMSGSIZE);
	assert_int_equal(written, 1);
	assert_false(said_anything());
	assert_int_equal(sink_sqlite.write(sink, records + 1, 2, &written), -EMSGSIZE);
	assert_int_equal(written, 0);
	stored(&records[2]);
	assert_string_equal(ask("SELECT group_concat(number, ' ') FROM records"), "7 9");
}

/* Somebody's trigger fails in the middle of a batch: all or none, and the next write begins anew. */
static void test_all_or_none(void **state)
{
	struct record records[2] = {sample_record(RECORD_END), sample_record(RECORD_BEGIN)};
	size_t written = 9;

	(void)state;
	records[1].number = 8;
	opened();
	ask("CREATE TRIGGER t BEFORE INSERT ON records WHEN NEW.kind = 'begin' BEGIN "
	    "SELECT json('{'); END");
	assert_true(sink_sqlite.write(sink, records, 2, &written) < 0);
	assert_int_equal(written, 0);
	assert_true(said("the database db: "));
	ask("DROP TRIGGER t");
	assert_string_equal(ask("SELECT count(*) FROM records"), "0");
	stored(&records[1]);
	assert_string_equal(ask("SELECT group_concat(number) FROM records"), "8");
}

static void test_file_and_settings(void **state)
{
	struct record record = sample_record(RECORD_END);
	mode_t mask = umask(077);
	struct stat status;

	(void)state;
	opened();
	umask(mask);
	stored(&record);
	assert_int_equal(stat("db", &status), 0);
	assert_int_equal(status.st_mode & 0777, 0640);
	assert_int_equal(stat("db-wal", &status), 0);
	assert_int_equal(status.st_mode & 0777, 0640);
	assert_string_equal(ask("PRAGMA journal_mode"), "wal");
	assert_string_equal(ask("SELECT version FROM schema_version"), "1");
	assert_string_equal(ask("PRAGMA integrity_check"), "ok");
	sqlite3_close(reader);
	reader = NULL;
	sink_sqlite.close(sink);
	sink = NULL;
	/* For readers that may make no files in the directory. */
	assert_int_equal(stat("db-shm", &status), 0);
	/* A second start goes on in the same file. */
	opened();
	record.number++;
	stored(&record);
	assert_string_equal(ask("SELECT count(*) FROM records"), "2");
}

static void test_reopen(void **state)
{
	struct record record = sample_record(RECORD_END);

	(void)state;
	opened();
	stored(&record);
	/* As somebody would who keeps a file a month; WAL files belong to their database. */
	assert_int_equal(rename("db", "old"), 0);
	unlink("db-wal");
	unlink("db-shm");
	assert_int_equal(sink_sqlite.reopen(sink), 0);
	record.number++;
	stored(&record);
	assert_string_equal(ask("SELECT group_concat(number) FROM records"), "8");
	unlink("old");
}

static void test_not_ours(void **state)
{
	(void)state;
	scratch_text("db", "This is a text, and by no means a database of any kind.\n"
			   "It is longer than the 100 bytes of the header that SQLite looks at.\n");
	refused(-EINVAL, "db is not an SQLite database");
	unlink("db");
	made_by_others("CREATE TABLE records (a)");
	refused(-EINVAL, "tables of these names that are not tidegate's");
	unlink("db");
	made_by_others("CREATE TABLE schema_version (version)");
	refused(-EINVAL, "tables of these names that are not tidegate's");
	unlink("db");
	made_by_others("CREATE TABLE records (a); CREATE TABLE schema_version (version);"
		       "INSERT INTO schema_version VALUES (99)");
	refused(-EINVAL, "have version 99, and this tidegate has 1");
	/* It was left as it was. */
	assert_string_equal(ask("PRAGMA journal_mode"), "delete");
	sqlite3_close(reader);
	reader = NULL;
	unlink("db");
	/* A database with other tables may have ours, too. */
	made_by_others("CREATE TABLE mine (a)");
	opened();
}

static void test_no_way_to_the_file(void **state)
{
	(void)state;
	config.path = "none/db";
	refused(-ENOENT, "cannot write none/db: No such file or directory");
	mkdir("dir", 0700);
	config.path = "dir";
	assert_true(sink_sqlite.open(&config, &sink, true) < 0);
	assert_true(said_anything());
	config.path = "db";
	rmdir("dir");
}

/* ---- a disk that is full: the system call that SQLite writes with fails ---------------------------------------------- */

static bool disk_is_full;
static sqlite3_syscall_ptr real_pwrite;

static ssize_t full_pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
	if (disk_is_full) {
		errno = ENOSPC;
		return -1;
	}
	return ((ssize_t(*)(int, const void *, size_t, off_t))real_pwrite)(fd, bytes, size, offset);
}

static void test_disk_full(void **state)
{
	struct record records[3] = {sample_record(RECORD_END), sample_record(RECORD_BEGIN),
				    sample_record(RECORD_DENIED)};
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	const char *name = sizeof(off_t) == sizeof(int) ? "pwrite" : "pwrite64";
	size_t written = 9;

	(void)state;
	records[1].number = 8;
	records[2].number = 9;
	opened();
	stored(&records[0]);
	real_pwrite = vfs->xGetSystemCall(vfs, name);
	assert_non_null(real_pwrite);
	vfs->xSetSystemCall(vfs, name, (sqlite3_syscall_ptr)full_pwrite);
	vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)full_pwrite);
	disk_is_full = true;
	assert_int_equal(sink_sqlite.write(sink, records + 1, 2, &written), -ENOSPC);
	assert_int_equal(written, 0);
	assert_true(said("cannot write db: No space left on device"));
	disk_is_full = false;
	/* All or none; and it goes on when there is room again. */
	assert_string_equal(ask("SELECT count(*) FROM records"), "1");
	assert_int_equal(sink_sqlite.write(sink, records + 1, 2, &written), 0);
	assert_int_equal(written, 2);
	assert_string_equal(ask("SELECT count(*) FROM records"), "3");
	vfs->xSetSystemCall(vfs, name, NULL);
	vfs->xSetSystemCall(vfs, "pwrite", NULL);
}

static void test_held_by_others(void **state)
{
	struct record record = sample_record(RECORD_END);
	struct timespec before, after;
	size_t written;

	(void)state;
	opened();
	stored(&record);
	record.number++;
	/* One who reads does not matter. */
	ask("PRAGMA journal_mode");
	assert_int_equal(
		sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM records", NULL, NULL, NULL),
		SQLITE_OK);
	stored(&record);
	assert_string_equal(ask("SELECT count(*) FROM records"), "1");
	assert_int_equal(sqlite3_exec(reader, "COMMIT; BEGIN IMMEDIATE", NULL, NULL, NULL),
			 SQLITE_OK);
	record.number++;
	clock_gettime(CLOCK_MONOTONIC, &before);
	assert_int_equal(sink_sqlite.write(sink, &record, 1, &written), -EBUSY);
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_in_range(after.tv_sec - before.tv_sec, 4, 8);
	assert_true(said("another program has kept db locked for 5 s"));
	assert_int_equal(sqlite3_exec(reader, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	stored(&record);
	assert_string_equal(ask("SELECT count(*) FROM records"), "3");
}

/* The questions of docs/databases.md can be asked, and get an answer. */
static void test_documented_questions(void **state)
{
	struct record records[2] = {sample_record(RECORD_END), sample_record(RECORD_DENIED)};
	struct timespec now;
	const char *rest = documented;
	int questions = 0, rows = 0;
	size_t written;

	(void)state;
	clock_gettime(CLOCK_REALTIME, &now);
	for (int i = 0; i < 2; i++) {
		records[i].number = i + 1;
		records[i].time_ns = now.tv_sec * 1000000000ULL;
	}
	opened();
	assert_int_equal(sink_sqlite.write(sink, records, 2, &written), 0);
	ask("SELECT 1");
	while (rest && *rest) {
		sqlite3_stmt *statement;

		if (sqlite3_prepare_v2(reader, rest, -1, &statement, &rest) != SQLITE_OK)
			fail_msg("%s: %s", rest, sqlite3_errmsg(reader));
		if (!statement)
			continue;
		questions++;
		rows += sqlite3_step(statement) == SQLITE_ROW;
		sqlite3_finalize(statement);
	}
	assert_int_equal(questions, 4);
	assert_int_equal(rows, 2); /* nothing failed, and deleting answers nothing */
}

static int group_begin(void **state)
{
	documented = documented_blocks("docs/databases.md", "sql sqlite");
	return scratch_enter(state);
}

static int group_end(void **state)
{
	free(documented);
	return scratch_leave(state);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, fresh, fresh)
	const struct CMUnitTest tests[] = {
		TEST(test_columns),
		TEST(test_foreign_bytes),
		TEST(test_views),
		TEST(test_twice_is_once),
		TEST(test_never_taken),
		TEST(test_all_or_none),
		TEST(test_file_and_settings),
		TEST(test_reopen),
		TEST(test_not_ours),
		TEST(test_no_way_to_the_file),
		TEST(test_disk_full),
		TEST(test_held_by_others),
		TEST(test_documented_questions),
	};

	return cmocka_run_group_tests(tests, group_begin, group_end);
}
