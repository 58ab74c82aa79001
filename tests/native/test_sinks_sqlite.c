// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/sinks/sqlite.c user/sinks/columns*.c user/records/record.c user/records/record_text.c user/address.c user/config_meaning.c user/reason_table.c user/text.c tests/native/said.c tests/native/scratch.c
// packages: sqlite3
/*
 * Records in an SQLite file, with the real library: what each column has, files that are not ours, a disk that is full, a
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

#include "said.h"
#include "sample_record.h"
#include "scratch.h"
#include "sinks/columns.h"
#include "sinks/sink.h"

static struct config_sink config = {.name = "test", .type = SINK_SQLITE, .path = "db"};
static void *sink;
static sqlite3 *reader;

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

struct expected {
	const char *column;
	const char *value;
};

/* Every column of the record is as it says, and all that it does not name are NULL. */
static void has(const struct record *record, const struct expected *expected)
{
	for (size_t i = 0; i < column_count; i++) {
		const char *wanted = "NULL", *got;
		char sql[128];

		if (!strcmp(columns[i].name, "run"))
			continue;
		for (const struct expected *e = expected; e->column; e++)
			if (!strcmp(e->column, columns[i].name))
				wanted = e->value;
		snprintf(sql, sizeof(sql), "SELECT %s FROM records WHERE number = %llu",
			 columns[i].name, (unsigned long long)record->number);
		got = ask(sql);
		if (strcmp(got, wanted))
			fail_msg("%s is '%s', not '%s'", columns[i].name, got, wanted);
	}
}

static void test_end(void **state)
{
	static const struct expected expected[] = {{"number", "7"},
						   {"timestamp", "2026-11-27T13:01:07.123456Z"},
						   {"kind", "end"},
						   {"outcome", "complete"},
						   {"zone", "lan0"},
						   {"interface", "eth0"},
						   {"rule", "boot files"},
						   {"vlan", "5"},
						   {"vlan_inner", "6"},
						   {"flow_id", "4711"},
						   {"client", "192.0.2.10"},
						   {"client_port", "50941"},
						   {"client_mac", "02:00:5e:10:00:0a"},
						   {"server", "198.51.100.20"},
						   {"server_port", "49194"},
						   {"operation", "read"},
						   {"mode", "octet"},
						   {"file", "vmlinuz"},
						   {"file_bytes", "7"},
						   {"broadcast", "0"},
						   {"asked_blksize", "1468"},
						   {"asked_windowsize", "8"},
						   {"asked_timeout", "3"},
						   {"blksize", "1400"},
						   {"windowsize", "4"},
						   {"timeout", "2"},
						   {"size_expected", "3000000"},
						   {"began", "2026-11-27T13:01:05.623456Z"},
						   {"duration_ms", "1500"},
						   {"bytes", "3000000"},
						   {"blocks", "2143"},
						   {"bytes_per_s", "2000000"},
						   {"data_packets", "2145"},
						   {"retransmissions", "2"},
						   {"ack_packets", "2144"},
						   {"final", "1"},
						   {NULL, NULL}};
	struct record record = sample_record(RECORD_END);
	const uint8_t mac[6] = {0x02, 0, 0x5e, 0x10, 0, 0x0a};

	(void)state;
	memcpy(record.event.mac, mac, 6);
	record.event.flags |= TG_EVENT_MAC;
	record.event.vlan_outer = 5;
	record.event.vlan_inner = 6;
	record.event.asked_options |= TG_OPT_WINDOWSIZE | TG_OPT_TIMEOUT;
	record.event.options |= TG_OPT_WINDOWSIZE | TG_OPT_TIMEOUT;
	record.event.asked_windowsize = 8;
	record.event.windowsize = 4;
	record.event.asked_timeout_s = 3;
	record.event.timeout_s = 2;
	opened();
	stored(&record);
	has(&record, expected);
	assert_string_equal(ask("SELECT run FROM records"), columns_run());
	assert_string_equal(ask("SELECT typeof(bytes) || typeof(file) FROM records"),
			    "integertext");
	/* SQLite's own functions know the time. */
	assert_string_equal(
		ask("SELECT strftime('%s', timestamp) - strftime('%s', began) FROM records"), "2");
}

static void test_begin(void **state)
{
	static const struct expected expected[] = {{"number", "8"},
						   {"timestamp", "2026-11-27T13:01:07.123456Z"},
						   {"kind", "begin"},
						   {"zone", "lan0"},
						   {"interface", "eth0"},
						   {"rule", "boot files"},
						   {"flow_id", "4711"},
						   {"client", "2001:db8::a"},
						   {"client_port", "50941"},
						   {"server", "198.51.100.20"},
						   {"server_port", "49194"},
						   {"operation", "write"},
						   {"mode", "netascii"},
						   {"file", "vmlinuz"},
						   {"file_bytes", "300"},
						   {"broadcast", "1"},
						   {"asked_blksize", "1468"},
						   {"blksize", "1400"},
						   {"windowsize", "1"},
						   {"size_expected", "0"},
						   {"resumed", "1"},
						   {"began", "2026-11-27T13:01:07.123456Z"},
						   {"bytes", "0"},
						   {NULL, NULL}};
	struct record record = sample_record(RECORD_BEGIN);

	(void)state;
	record.number = 8;
	address_parse("2001:db8::a", &record.event.client);
	record.event.operation = TG_WRITE;
	record.event.mode = TG_NETASCII;
	record.event.name_len = 300;
	record.event.tsize = 0; /* an empty file */
	record.event.flags = TG_EVENT_RESUMED | TG_EVENT_ANY_SERVER;
	opened();
	stored(&record);
	has(&record, expected);
}

static void test_denied_and_drop(void **state)
{
	static const struct expected denied[] = {{"number", "7"},
						 {"timestamp", "2026-11-27T13:01:07.123456Z"},
						 {"kind", "denied"},
						 {"reason", "rule_denied"},
						 {"zone", "lan0"},
						 {"interface", "eth0"},
						 {"rule", "boot files"},
						 {"client", "192.0.2.10"},
						 {"client_port", "50941"},
						 {"server", "198.51.100.20"},
						 {"server_port", "69"},
						 {"operation", "read"},
						 {"mode", "octet"},
						 {"file", "vmlinuz"},
						 {"file_bytes", "7"},
						 {"broadcast", "0"},
						 {"asked_blksize", "1468"},
						 {"size_expected", "9223372036854775807"},
						 {"verdict", "pass"},
						 {"direction", "in"},
						 {"suppressed", "3"},
						 {"packet_bytes", "60"},
						 {NULL, NULL}};
	static const struct expected drop[] = {{"number", "9"},
					       {"timestamp", "2026-11-27T13:01:07.123456Z"},
					       {"kind", "drop"},
					       {"reason", "rule_denied"},
					       {"zone", "lan0"},
					       {"client", "192.0.2.10"},
					       {"server", "198.51.100.20"},
					       {"verdict", "drop"},
					       {"direction", "out"},
					       {"suppressed", "3"},
					       {"packet_bytes", "60"},
					       {"opcode", "3"},
					       {"block", "0"},
					       {NULL, NULL}};
	struct record records[2] = {sample_record(RECORD_DENIED), sample_record(RECORD_DROP)};
	size_t written;

	(void)state;
	records[0].event.tsize = UINT64_MAX;
	records[0].event.flags = TG_EVENT_PASSED;
	records[1].number = 9;
	records[1].event.opcode = 3;
	records[1].event.flags = TG_EVENT_EGRESS;
	records[1].event.client_port_be = records[1].event.server_port_be = 0;
	*records[1].interface = *records[1].rule = '\0';
	opened();
	assert_int_equal(sink_sqlite.write(sink, records, 2, &written), 0);
	assert_int_equal(written, 2);
	has(&records[0], denied);
	has(&records[1], drop);
}

static void test_incident_and_error(void **state)
{
	static const struct expected incident[] = {{"number", "10"},
						   {"timestamp", "2026-11-27T13:01:07.123456Z"},
						   {"kind", "incident"},
						   {"incident", "policy-changed"},
						   {"detail", "it's \"new\""},
						   {"generation", "12"},
						   {NULL, NULL}};
	struct record record = {.number = 10,
				.kind = RECORD_INCIDENT,
				.time_ns = SAMPLE_TIME_NS,
				.incident = INCIDENT_POLICY_CHANGED,
				.detail = "it's \"new\"",
				.event = {.bytes = 12}};
	struct record end = sample_record(RECORD_END);

	(void)state;
	opened();
	stored(&record);
	has(&record, incident);
	end.outcome = OUTCOME_SERVER_ERROR;
	end.event.error_code = 0;
	strcpy(end.event.error_text, "no such\nfile");
	stored(&end);
	assert_string_equal(ask("SELECT error_code || error_text FROM failures"),
			    "0no such\\x0afile");
	/* An unanswered request has no TID. */
	end.number = 11;
	end.outcome = OUTCOME_UNANSWERED;
	end.event.server_port_be = 0;
	stored(&end);
	assert_string_equal(ask("SELECT server_port IS NULL AND error_code IS NULL FROM records "
				"WHERE number = 11"),
			    "1");
	record.number = 12;
	record.incident = INCIDENT_RECORDS_LOST;
	record.count = 44;
	stored(&record);
	assert_string_equal(ask("SELECT incident_count || ifnull(generation, '-') FROM records "
				"WHERE number = 12"),
			    "44-");
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
		strcpy(record.event.name, names[i].name);
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

/* A record in the middle that cannot be: all or none, and the next write begins anew. */
static void test_all_or_none(void **state)
{
	struct record records[3] = {sample_record(RECORD_END), sample_record(RECORD_BEGIN),
				    sample_record(RECORD_DENIED)};
	size_t written = 9;

	(void)state;
	records[1].number = 8;
	records[1].time_ns = 0;
	records[2].number = 9;
	opened();
	assert_int_equal(sink_sqlite.write(sink, records, 3, &written), -EIO);
	assert_int_equal(written, 0);
	assert_true(said("NOT NULL constraint failed: records.timestamp"));
	assert_string_equal(ask("SELECT count(*) FROM records"), "0");
	stored(&records[2]);
	assert_string_equal(ask("SELECT group_concat(number) FROM records"), "9");
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

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, fresh, fresh)
	const struct CMUnitTest tests[] = {
		TEST(test_end),
		TEST(test_begin),
		TEST(test_denied_and_drop),
		TEST(test_incident_and_error),
		TEST(test_foreign_bytes),
		TEST(test_views),
		TEST(test_twice_is_once),
		TEST(test_all_or_none),
		TEST(test_file_and_settings),
		TEST(test_reopen),
		TEST(test_not_ours),
		TEST(test_no_way_to_the_file),
		TEST(test_disk_full),
		TEST(test_held_by_others),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
