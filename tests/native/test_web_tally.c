// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/web/tally.c user/web/histogram.c user/records/record.c user/address.c
/*
 * What records add up to in the metrics.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "sample_record.h"
#include "web/tally.h"

static int set_up(void **state)
{
	static struct tally tally;

	*state = &tally;
	return 0;
}

static int tear_down(void **state)
{
	tally_free(*state);
	return 0;
}

static void test_complete(void **state)
{
	struct record record = sample_record(RECORD_BEGIN);
	struct tally *tally = *state;
	const struct tally_zone *zone;

	tally_add(tally, &record);
	record = sample_record(RECORD_END);
	tally_add(tally, &record);
	assert_int_equal(tally->zone_count, 1);
	zone = tally->zone;
	assert_string_equal(zone->name, "lan0");
	assert_int_equal(zone->begun[TG_READ], 1);
	assert_int_equal(zone->begun[TG_WRITE], 0);
	assert_int_equal(zone->ended[TG_READ][OUTCOME_COMPLETE], 1);
	assert_true(zone->seconds[TG_READ].sum == 1.5);
	assert_true(zone->bytes[TG_READ].sum == 3000000);
	assert_true(zone->rate[TG_READ].sum == 2000000);
}

/* Under 1 ms there is no rate; the clock may step back. */
static void test_short_and_backwards(void **state)
{
	struct record record = sample_record(RECORD_END);
	struct tally *tally = *state;

	record.began_ns = record.time_ns - 999999;
	tally_add(tally, &record);
	record.began_ns = record.time_ns + 5000000000;
	tally_add(tally, &record);
	assert_int_equal(tally->zone->seconds[TG_READ].count, 2);
	assert_true(tally->zone->seconds[TG_READ].sum == 999999 / 1e9);
	assert_int_equal(tally->zone->rate[TG_READ].count, 0);
}

/* Only complete transfers say how long one takes; whose table was full follows from how far it had come. */
static void test_others(void **state)
{
	struct record record = sample_record(RECORD_END);
	struct tally *tally = *state;

	record.outcome = OUTCOME_IDLE;
	record.event.operation = TG_WRITE;
	tally_add(tally, &record);
	assert_int_equal(tally->zone->ended[TG_WRITE][OUTCOME_IDLE], 1);
	assert_int_equal(tally->zone->seconds[TG_WRITE].count, 0);
	record.outcome = OUTCOME_EVICTED;
	record.event.data_packets = 1; /* of a write: the client has taken it up */
	record.event.ack_packets = 0;
	tally_add(tally, &record);
	record.event.operation = TG_READ; /* of a read, it has not */
	tally_add(tally, &record);
	tally_add(tally, &record);
	record.event.server_port_be = 0;
	for (int i = 0; i < 3; i++)
		tally_add(tally, &record);
	assert_int_equal(tally->evicted[TALLY_TRANSFERS], 1);
	assert_int_equal(tally->evicted[TALLY_OFFERS], 2);
	assert_int_equal(tally->evicted[TALLY_REQUESTS], 3);
	record = sample_record(RECORD_DENIED);
	tally_add(tally, &record);
	record = sample_record(RECORD_INCIDENT);
	record.incident = INCIDENT_FAILED;
	tally_add(tally, &record);
	assert_int_equal(tally->incidents[INCIDENT_FAILED], 1);
	assert_int_equal(tally->zone_count, 1);
}

/* However many zones have come and gone, there is an end to what is told of them. */
static void test_many_zones(void **state)
{
	struct record record = sample_record(RECORD_END);
	struct tally *tally = *state;
	uint64_t sum = 0;

	for (int i = 0; i < TALLY_ZONES + 10; i++) {
		snprintf(record.zone, sizeof(record.zone), "zone %d", i);
		tally_expect(tally, record.zone);
		tally_add(tally, &record);
	}
	assert_int_equal(tally->zone_count, TALLY_ZONES);
	assert_string_equal(tally->zone[TALLY_ZONES - 2].name, "zone 1022");
	assert_string_equal(tally->zone[TALLY_ZONES - 1].name, TALLY_OTHERS);
	for (size_t i = 0; i < tally->zone_count; i++)
		sum += tally->zone[i].ended[TG_READ][OUTCOME_COMPLETE];
	assert_int_equal(sum, TALLY_ZONES + 10);
	assert_int_equal(tally->unzoned, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_complete, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_short_and_backwards, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_others, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many_zones, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
