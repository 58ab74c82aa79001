// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/sinks/columns*.c user/records/record.c user/records/record_text.c user/records/record_options.c user/json_read.c user/tftp_options.c user/address.c user/config_meaning.c user/reason_table.c user/text.c tests/native/documented.c
/*
 * The columns of the databases: what they have of records of each kind, and that docs/databases.md and
 * tidegate-databases(7) say what they are.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "documented.h"
#include "sample_record.h"
#include "sinks/columns.h"

/* "end, denied", or "all" */
static const char *kinds_of(const struct column *column)
{
	static char text[64];

	*text = '\0';
	if (column->kinds == (1U << RECORD_KINDS) - 1)
		return "all";
	for (int kind = 0; kind < RECORD_KINDS; kind++)
		if (column->kinds & 1U << kind)
			sprintf(text + strlen(text), "%s%s", *text ? ", " : "",
				record_kind_name(kind));
	return text;
}

static size_t occurrences(const char *text, const char *what)
{
	size_t count = 0;

	while ((text = strstr(text, what))) {
		count++;
		text += strlen(what);
	}
	return count;
}

static void test_page(void **state)
{
	char *page = documented_text("docs/databases.md"), *table, row[512];

	(void)state;
	for (size_t i = 0; i < column_count; i++) {
		const struct column *c = &columns[i];

		snprintf(row, sizeof(row), "\n| `%s` | %s | %s | %s | %s |\n", c->name,
			 column_type_name(c->type, COLUMNS_POSTGRESQL),
			 column_type_name(c->type, COLUMNS_SQLITE), kinds_of(c), c->meaning);
		if (!strstr(page, row))
			fail_msg("docs/databases.md has not:%s", row);
	}
	snprintf(row, sizeof(row), "the version of all this: %d |", COLUMNS_VERSION);
	assert_non_null(strstr(page, row));
	/* And no column that is gone. */
	table = strstr(page, "\n## Columns");
	*strstr(table, "\nTimes are UTC") = '\0';
	assert_int_equal(occurrences(table, "\n| `"), column_count);
	free(page);
}

/* scdoc's marks are not ours. */
static char *without_marks(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++)
		if (!strchr("\\*`", *from))
			*to++ = *from;
	*to = '\0';
	return text;
}

static void test_manual(void **state)
{
	char *manual = without_marks(documented_text("docs/tidegate-databases.7.scd"));

	(void)state;
	for (size_t i = 0; i < column_count; i++) {
		const struct column *c = &columns[i];
		char row[512], meaning[256];

		snprintf(meaning, sizeof(meaning), "%s", c->meaning);
		snprintf(row, sizeof(row), "%s%s\n:%s%s\n:%s%s\n", i ? "|  " : "[[ ", c->name,
			 i ? "  " : "[ ", kinds_of(c), i ? "  " : "[ ", without_marks(meaning));
		if (!strstr(manual, row))
			fail_msg("tidegate-databases(7) has not:\n%s", row);
	}
	assert_int_equal(occurrences(manual, "\n|  ") + 1, column_count);
	free(manual);
}

struct expected {
	const char *column;
	const char *value;
};

/* The column's value as text. */
static const char *value_of(const struct record *record, const char *name)
{
	static struct column_value value;
	static char text[32];

	for (size_t i = 0; i < column_count; i++) {
		if (strcmp(columns[i].name, name))
			continue;
		column_value(i, record, &value);
		snprintf(text, sizeof(text), "%lld", (long long)value.number);
		return value.form == COLUMN_NULL     ? "NULL"
		       : value.form == COLUMN_NUMBER ? text
						     : value.string;
	}
	fail_msg("there is no column %s", name);
	return NULL;
}

static void is(const struct record *record, const char *name, const char *wanted)
{
	const char *got = value_of(record, name);

	if (strcmp(got, wanted))
		fail_msg("%s is '%s', not '%s'", name, got, wanted);
}

/* Every column of the record is as it says, and all that it does not name are NULL. */
static void has(const struct record *record, const struct expected *expected)
{
	is(record, "run", columns_run());
	for (const struct expected *e = expected; e->column; e++)
		value_of(record, e->column);
	for (size_t i = 1; i < column_count; i++) {
		const char *wanted = "NULL";

		for (const struct expected *e = expected; e->column; e++)
			if (!strcmp(e->column, columns[i].name))
				wanted = e->value;
		is(record, columns[i].name, wanted);
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
	has(&record, expected);
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

	(void)state;
	records[0].event.tsize = UINT64_MAX;
	records[0].event.flags = TG_EVENT_PASSED;
	records[1].number = 9;
	records[1].event.opcode = 3;
	records[1].event.flags = TG_EVENT_EGRESS;
	records[1].event.client_port_be = records[1].event.server_port_be = 0;
	*records[1].interface = *records[1].rule = '\0';
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
	has(&record, incident);
	end.outcome = OUTCOME_SERVER_ERROR;
	end.event.error_code = 0;
	strcpy(end.event.error_text, "no such\nfile");
	is(&end, "error_code", "0");
	is(&end, "error_text", "no such\\x0afile");
	/* An unanswered request has no TID and no ERROR. */
	end.outcome = OUTCOME_UNANSWERED;
	end.event.server_port_be = 0;
	is(&end, "outcome", "unanswered");
	is(&end, "server_port", "NULL");
	is(&end, "error_code", "NULL");
	is(&end, "error_text", "NULL");
	record.incident = INCIDENT_RECORDS_LOST;
	record.count = 44;
	is(&record, "incident_count", "44");
	is(&record, "generation", "NULL");
}

static void test_run(void **state)
{
	const char *run = columns_run();

	(void)state;
	assert_int_equal(strlen(run), 36);
	assert_int_equal(strspn(run, "0123456789abcdef-"), 36);
	assert_int_equal(run[14], '4');
	assert_ptr_equal(columns_run(), run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_manual),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_begin),
		cmocka_unit_test(test_denied_and_drop),
		cmocka_unit_test(test_incident_and_error),
		cmocka_unit_test(test_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
