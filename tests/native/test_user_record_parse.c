// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/records/record*.c user/prefixes.c user/json_read.c user/tftp_options.c user/address.c user/config_meaning.c user/reason_table.c user/report.c user/text.c tests/native/said.c
/*
 * User space: records out of their JSON. What they say to people is the same as before.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "reason_table.h"
#include "records/record_format.h"
#include "records/record_parse.h"
#include "sample_record.h"

#define WHOLE_US (SAMPLE_TIME_NS / 1000 * 1000)

static struct record sample(enum record_kind kind)
{
	struct record record = sample_record(kind);

	/* JSON has microseconds. */
	record.time_ns = WHOLE_US;
	if (record.began_ns)
		record.began_ns = WHOLE_US - (kind == RECORD_END ? 1500000000 : 0);
	return record;
}

static struct record through_json(const struct record *record)
{
	char *line = record_eve_line(record);
	json_t *object = json_loads(line, 0, NULL);
	struct record back;

	assert_non_null(object);
	assert_int_equal(record_from_json(object, &back), 0);
	json_decref(object);
	free(line);
	return back;
}

static void assert_reads_the_same(const struct record *record)
{
	struct record back = through_json(record);
	char before[RECORD_LINE], after[RECORD_LINE];

	record_text_line(record, before);
	record_text_line(&back, after);
	assert_string_equal(before, after);
	assert_int_equal(back.kind, record->kind);
	assert_int_equal(back.number, record->number);
	assert_int_equal(back.flow_id, record->flow_id);
	assert_int_equal(back.time_ns, record->time_ns);
	assert_int_equal(back.began_ns, record->began_ns);
	assert_int_equal(back.event.tsize, record->kind == RECORD_DROP ? 0 : record->event.tsize);
	assert_int_equal(back.event.data_packets, record->event.data_packets);
	assert_int_equal(back.event.ack_packets, record->event.ack_packets);
	assert_int_equal(record_duration_ms(&back), record_duration_ms(record));
}

static void test_every_kind(void **state)
{
	(void)state;
	for (int kind = 0; kind < RECORD_KINDS; kind++) {
		struct record record = sample((enum record_kind)kind);

		if (kind == RECORD_INCIDENT)
			continue;
		if (kind == RECORD_DROP)
			record.event.operation = record.event.mode = 0; /* no request */
		assert_reads_the_same(&record);
		record.event.operation = TG_WRITE;
		record.event.mode = TG_NETASCII;
		record.event.vlan_outer = 100;
		record.event.vlan_inner = 200;
		record.event.flags |= TG_EVENT_MAC | TG_EVENT_ANY_SERVER;
		memcpy(record.event.mac, "\x52\x54\0\x12\xab\xcd", 6);
		record.event.asked_options |= TG_OPT_WINDOWSIZE | TG_OPT_TIMEOUT |
					      TG_OPT_MULTICAST | TG_OPT_MSFTWINDOW | TG_OPT_UDPPORT;
		record.event.asked_windowsize = 16;
		record.event.asked_timeout_s = 3;
		*record.rule = *record.interface = '\0';
		if (kind == RECORD_BEGIN)
			record.event.flags |= TG_EVENT_RESUMED;
		if (kind == RECORD_DENIED || kind == RECORD_DROP)
			record.event.flags |= TG_EVENT_PASSED | TG_EVENT_EGRESS;
		if (kind == RECORD_END)
			record.event.bytes = 1400; /* and an empty block */
		if (kind == RECORD_DROP) {
			record.event.operation = record.event.mode = 0;
			record.event.opcode = 3;
			record.event.block = 65535;
		}
		assert_reads_the_same(&record);
	}
}

static void test_every_outcome_incident_reason(void **state)
{
	struct record record = sample(RECORD_END), back;

	(void)state;
	for (int outcome = OUTCOME_NONE + 1; outcome < OUTCOMES; outcome++) {
		record.outcome = (enum record_outcome)outcome;
		record.event.error_code = 8;
		strcpy(record.event.error_text, "User aborted the transfer");
		back = through_json(&record);
		assert_int_equal(back.outcome, outcome);
		if (outcome == OUTCOME_UNANSWERED)
			record.event.server_port_be = 0;
		assert_reads_the_same(&record);
	}
	memset(&record, 0, sizeof(record));
	record.kind = RECORD_INCIDENT;
	record.time_ns = WHOLE_US;
	strcpy(record.detail, "eth0: \"xdp\" \303\266");
	for (int incident = INCIDENT_NONE + 1; incident < INCIDENTS; incident++) {
		record.incident = (enum record_incident)incident;
		record.count = incident == INCIDENT_RECORDS_LOST ? 99 : 0;
		record.event.bytes = incident == INCIDENT_POLICY_CHANGED ? 5 : 0;
		back = through_json(&record);
		assert_memory_equal(&back, &record, sizeof(back));
	}
	record = sample(RECORD_DENIED);
	for (size_t i = 0; i < reason_count; i++) {
		record.event.reason = (uint8_t)reasons[i].number;
		assert_int_equal(through_json(&record).event.reason, reasons[i].number);
	}
}

static void test_names(void **state)
{
	struct record record = sample(RECORD_END), back;
	char line[RECORD_LINE];

	(void)state;
	strcpy(record.event.name, "b\303\266ot \"\033[2J\" \\ \377");
	record.event.name_len = (uint16_t)strlen(record.event.name);
	assert_reads_the_same(&record);
	record_text_line(&record, line);
	assert_null(strchr(line, '\033'));
	/* Longer than what is kept, and longer by its escapes. */
	memset(record.event.name, 'n', TG_NAME_MAX - 1);
	record.event.name_len = 300;
	assert_reads_the_same(&record);
	memset(record.event.name, '\377', TG_NAME_MAX - 1);
	back = through_json(&record);
	assert_true(strlen(back.event.name) < TG_NAME_MAX && back.event.name_len >= 300);
	/* Never half a character. */
	for (size_t i = 0; i + 1 < TG_NAME_MAX; i += 3)
		memcpy(record.event.name + i, i ? "\342\202\254" : "\377x\303", 3);
	record.event.name[TG_NAME_MAX - 1] = '\0';
	back = through_json(&record);
	record_text_line(&back, line);
	assert_non_null(strstr(line, "\342\202\254\342\200\246\""));
}

static void test_refused(void **state)
{
	static const char *const texts[] = {
		"{}",
		"{\"timestamp\":\"2026-11-27T13:01:07.123456+0000\"}",
		"{\"timestamp\":\"2026-11-27T13:01:07.123456+0000\",\"tidegate\":{\"record\":\"x\"}"
		"}",
		"{\"timestamp\":\"yesterday\",\"tidegate\":{\"record\":\"begin\"}}",
		"{\"timestamp\":\"2026-11-27T13:01:07.123456+0000\",\"tidegate\":{\"record\":"
		"\"end\",\"outcome\":\"x\"}}",
		"{\"timestamp\":\"2026-11-27T13:01:07.123456+0000\",\"tidegate\":{\"record\":"
		"\"incident\"}}",
		"[]",
	};
	struct record record;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		json_t *object = json_loads(texts[i], 0, NULL);

		assert_non_null(object);
		assert_int_equal(record_from_json(object, &record), -EINVAL);
		json_decref(object);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kind),
		cmocka_unit_test(test_every_outcome_incident_reason),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
