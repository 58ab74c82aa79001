// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/records/record.c user/records/record_filter.c user/prefixes.c user/address.c
/*
 * User space: what is said of a record, and which records a filter takes.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "records/record_filter.h"
#include "sample_record.h"

static void test_names(void **state)
{
	(void)state;
	for (int i = 0; i < RECORD_KINDS; i++)
		assert_true(*record_kind_name((enum record_kind)i));
	for (int i = 0; i < OUTCOMES; i++) {
		assert_true(*record_outcome_name((enum record_outcome)i));
		assert_true(*record_outcome_meaning((enum record_outcome)i));
	}
	for (int i = 0; i < INCIDENTS; i++)
		assert_true(*record_incident_name((enum record_incident)i));
	assert_string_equal(record_kind_name(RECORD_DENIED), "denied");
	assert_string_equal(record_outcome_name(OUTCOME_CLIENT_ERROR), "client-error");
	assert_string_equal(record_incident_name(INCIDENT_RECORDS_LOST), "records-lost");
	assert_string_equal(record_outcome_name((enum record_outcome)99), "unknown");
}

static void test_failures(void **state)
{
	(void)state;
	assert_false(record_outcome_is_failure(OUTCOME_NONE));
	assert_false(record_outcome_is_failure(OUTCOME_COMPLETE));
	assert_false(record_outcome_is_failure(OUTCOME_PROBE));
	assert_false(record_outcome_is_failure(OUTCOME_SUPERSEDED));
	for (int i = OUTCOME_IDLE; i < OUTCOMES; i++)
		assert_true(record_outcome_is_failure((enum record_outcome)i));
	assert_true(record_outcome_is_failure(OUTCOME_CLIENT_ERROR));
	assert_true(record_outcome_is_failure(OUTCOME_SERVER_ERROR));
}

static void test_sums(void **state)
{
	struct record r = sample_record(RECORD_END);

	(void)state;
	assert_int_equal(record_duration_ms(&r), 1500);
	assert_int_equal(record_rate(&r), 2000000);
	assert_int_equal(record_blocks(&r), 3000000 / 1400 + 1);
	/* A last block without bytes counts, and so does a part of one. */
	r.event.bytes = 2800;
	assert_int_equal(record_blocks(&r), 3);
	r.event.flags = 0;
	assert_int_equal(record_blocks(&r), 2);
	r.event.bytes = 2801;
	assert_int_equal(record_blocks(&r), 3);
	r.event.blksize = 0;
	assert_int_equal(record_blocks(&r), 0);
	/* The clock was set back; less than a millisecond; the largest file in one. */
	r.time_ns = r.began_ns - 1;
	assert_int_equal(record_duration_ms(&r), 0);
	assert_int_equal(record_rate(&r), 0);
	r.time_ns = r.began_ns + 999999;
	assert_int_equal(record_rate(&r), 0);
	r.time_ns = r.began_ns + 1000000;
	r.event.bytes = 1ULL << 44;
	assert_int_equal(record_rate(&r), (1ULL << 44) * 1000);
	r.kind = RECORD_BEGIN;
	assert_int_equal(record_duration_ms(&r), 0);
}

/* The same for the same transfer, another for whatever differs, and a number that JSON keeps. */
static void test_flow_id(void **state)
{
	struct tg_event e = sample_record(RECORD_END).event, other = e;
	uint64_t id;

	(void)state;
	e.began_ns = other.began_ns = 1234567890123;
	id = record_flow_id(&e);
	other.bytes = 1;
	other.kind = TG_EVENT_END;
	other.time_ns = 5;
	assert_int_equal(record_flow_id(&other), id);
	other.client_port_be++;
	assert_int_not_equal(record_flow_id(&other), id);
	other = e;
	other.server_port_be++;
	assert_int_not_equal(record_flow_id(&other), id);
	other = e;
	other.zone++;
	assert_int_not_equal(record_flow_id(&other), id);
	other = e;
	other.vlan_inner++;
	assert_int_not_equal(record_flow_id(&other), id);
	other = e;
	other.server.bytes[15]++;
	assert_int_not_equal(record_flow_id(&other), id);
	for (int i = 0; i < 1000; i++) {
		e.began_ns++;
		assert_int_not_equal(record_flow_id(&e), id);
		assert_true(record_flow_id(&e) && record_flow_id(&e) < 1ULL << 53);
	}
}

static bool takes(const struct record_filter *filter, enum record_kind kind)
{
	struct record record = sample_record(kind);

	return record_filter_takes(filter, &record);
}

static void test_kinds(void **state)
{
	struct record_filter all = {0}, some = {.kinds = 1 << RECORD_END | 1 << RECORD_INCIDENT};

	(void)state;
	for (int i = 0; i < RECORD_KINDS; i++)
		assert_true(takes(&all, (enum record_kind)i));
	assert_true(takes(&some, RECORD_END) && takes(&some, RECORD_INCIDENT));
	assert_false(takes(&some, RECORD_BEGIN) || takes(&some, RECORD_DENIED) ||
		     takes(&some, RECORD_DROP));
}

/* Outcomes ask for something of ends alone. */
static void test_outcomes(void **state)
{
	struct record_filter filter = {.outcomes = 1 << OUTCOME_IDLE | 1 << OUTCOME_SERVER_ERROR};
	struct record end = sample_record(RECORD_END);

	(void)state;
	assert_false(record_filter_takes(&filter, &end));
	end.outcome = OUTCOME_IDLE;
	assert_true(record_filter_takes(&filter, &end));
	end.outcome = OUTCOME_SERVER_ERROR;
	assert_true(record_filter_takes(&filter, &end));
	assert_true(takes(&filter, RECORD_BEGIN) && takes(&filter, RECORD_DENIED));
}

static void test_clients(void **state)
{
	struct config_prefix prefixes[2] = {{.bits = 96 + 24}, {.bits = 32}};
	struct record_filter filter = {.clients = {prefixes, 2}};
	struct record r = sample_record(RECORD_END);

	(void)state;
	address_parse("192.0.2.0", &prefixes[0].address);
	address_parse("2001:db8::", &prefixes[1].address);
	assert_true(record_filter_takes(&filter, &r));
	address_parse("192.0.3.10", &r.event.client);
	assert_false(record_filter_takes(&filter, &r));
	address_parse("2001:db8:5::1", &r.event.client);
	assert_true(record_filter_takes(&filter, &r));
	/* The server does not matter; incidents have no client. */
	address_parse("198.51.100.1", &r.event.client);
	address_parse("192.0.2.10", &r.event.server);
	assert_false(record_filter_takes(&filter, &r));
	r.kind = RECORD_INCIDENT;
	assert_true(record_filter_takes(&filter, &r));
}

static void test_zones(void **state)
{
	char zones[2][TG_ZONE_NAME] = {"wan0", "lan"};
	struct record_filter filter = {.zone = zones, .zone_count = 2};

	(void)state;
	assert_false(takes(&filter, RECORD_END) || takes(&filter, RECORD_DROP));
	strcpy(zones[1], "lan0");
	assert_true(takes(&filter, RECORD_END) && takes(&filter, RECORD_DROP));
}

static void test_files(void **state)
{
	char pattern[] = "*.cfg", other[] = "pxelinux*";
	char *files[] = {pattern, other};
	struct record_filter filter = {.file = files, .file_count = 2};
	struct record r = sample_record(RECORD_BEGIN);

	(void)state;
	assert_false(record_filter_takes(&filter, &r));
	strcpy(r.event.name, "grub/x/y.cfg");
	assert_true(record_filter_takes(&filter, &r));
	strcpy(r.event.name, "pxelinux.0");
	assert_true(record_filter_takes(&filter, &r));
	/* All conditions have to fit. */
	filter.kinds = 1 << RECORD_END;
	assert_false(record_filter_takes(&filter, &r));
	/* A packet that is no request has no file. */
	filter.kinds = 0;
	strcpy(pattern, "*");
	r = sample_record(RECORD_DROP);
	*r.event.name = '\0';
	assert_false(record_filter_takes(&filter, &r));
	r.kind = RECORD_INCIDENT;
	assert_true(record_filter_takes(&filter, &r));
}

static void test_emptied(void **state)
{
	struct record_filter filter = {
		.clients = {calloc(1, sizeof(struct config_prefix)), 1},
		.zone = calloc(1, TG_ZONE_NAME),
		.zone_count = 1,
		.file = calloc(1, sizeof(char *)),
		.file_count = 1,
	};

	(void)state;
	filter.file[0] = strdup("x");
	record_filter_free(&filter);
	assert_true(!filter.clients.count && !filter.zone_count && !filter.file_count);
	record_filter_free(&filter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),   cmocka_unit_test(test_failures),
		cmocka_unit_test(test_sums),    cmocka_unit_test(test_flow_id),
		cmocka_unit_test(test_kinds),   cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_clients), cmocka_unit_test(test_zones),
		cmocka_unit_test(test_files),   cmocka_unit_test(test_emptied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
