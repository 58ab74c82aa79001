// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/zone_build.c user/zone_settings.c user/complaint.c user/tick.c
/*
 * What one address may do, as numbers for the programs.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "zone_build.h"

#define TICK_250 4000000 /* ns */
#define TICK_300 3333333
#define TICK_1K  1000000

static void test_defaults(void **state)
{
	struct zone_settings settings;
	const struct tg_abuse *abuse;
	struct tg_zone zone;

	(void)state;
	zone_settings_init(&settings);
	zone_build(&settings, "x", TICK_250, &zone);
	abuse = &zone.abuse;
	assert_int_equal(abuse->requests.interval, 65536 * 250 / 200);
	assert_int_equal(abuse->requests.tolerance, 255 * (65536 * 250 / 200));
	assert_int_equal(abuse->open_max, 512);
	assert_int_equal(abuse->not_found_max, 128);
	assert_int_equal(abuse->names_max, 440);
	assert_int_equal(abuse->enumeration_window, 60 * 250);
	assert_int_equal(abuse->hold, 60 * 250);
	assert_int_equal(abuse->unacknowledged_packets, 1024);
	assert_int_equal(abuse->unacknowledged_bytes, 512 * 1024);
	assert_int_equal(abuse->unacknowledged_window, 60 * 250);
	assert_int_equal(abuse->budget.interval, 65536 * 250 / 100);
	assert_int_equal(abuse->budget.tolerance, 1499 * (65536 * 250 / 100));
	assert_int_equal(abuse->proved_wait, 86400 * 250);
}

static void test_nothing_limited(void **state)
{
	static const struct tg_abuse none;
	struct zone_settings settings;
	struct tg_zone zone;

	(void)state;
	zone_settings_init(&settings);
	settings.abuse = (struct zone_abuse){0};
	zone_build(&settings, "x", TICK_250, &zone);
	assert_memory_equal(&zone.abuse, &none, sizeof(none));
}

static void test_each_its_own(void **state)
{
	struct zone_settings settings;
	struct tg_zone zone;

	(void)state;
	zone_settings_init(&settings);
	settings.abuse = (struct zone_abuse){
		.request_rate_mhz = 500,
		.request_burst = 3,
		.open_max = 4,
		.not_found_max = 5,
		.names_max = 6,
		.within_ms = 7001,
		.hold_ms = 8000,
		.unacknowledged_packets = 9,
		.unacknowledged_bytes = 10,
		.unacknowledged_within_ms = 11000,
		.budget_rate_mhz = 250,
		.budget_burst = 12,
		.proved_ms = 13000,
	};
	zone_build(&settings, "x", TICK_1K, &zone);
	assert_int_equal(zone.abuse.requests.interval, 2000 * 65536);
	assert_int_equal(zone.abuse.requests.tolerance, 2 * 2000 * 65536);
	assert_int_equal(zone.abuse.open_max, 4);
	assert_int_equal(zone.abuse.not_found_max, 5);
	assert_int_equal(zone.abuse.names_max, 6);
	assert_int_equal(zone.abuse.enumeration_window, 7001);
	assert_int_equal(zone.abuse.hold, 8000);
	assert_int_equal(zone.abuse.unacknowledged_packets, 9);
	assert_int_equal(zone.abuse.unacknowledged_bytes, 10);
	assert_int_equal(zone.abuse.unacknowledged_window, 11000);
	assert_int_equal(zone.abuse.budget.interval, 4000 * 65536);
	assert_int_equal(zone.abuse.budget.tolerance, 11 * 4000ULL * 65536);
	assert_int_equal(zone.abuse.proved_wait, 13000);
	zone_build(&settings, "x", TICK_250, &zone);
	assert_int_equal(zone.abuse.enumeration_window, 1751); /* never shorter than asked for */
}

/* The least k with -m ln(1 - k/m) >= n, m = 512 (linear counting: Whang, Vander-Zanden, Taylor 1990). */
static void test_names(void **state)
{
	static const struct {
		uint64_t names;
		uint32_t bits;
	} cases[] = {{0, 0},      {1, 1},      {2, 2},      {10, 10},      {100, 91},
		     {1000, 440}, {2000, 502}, {3500, 512}, {1000000, 512}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(names_build(cases[i].names), cases[i].bits);
	for (uint64_t names = 1; names < 5000; names++) {
		assert_true(names_build(names) >= names_build(names - 1));
		assert_in_range(names_build(names), 1, TG_NAME_BITS);
	}
}

/* How many requests pass in so many jiffies, if there are always some waiting. */
static uint64_t passing(const struct tg_rate *rate, uint64_t jiffies)
{
	uint64_t arrival = 0, count = 0;

	for (uint64_t now = 0; now <= jiffies << TG_BUCKET_SHIFT; now += 1 << TG_BUCKET_SHIFT) {
		if (arrival < now)
			arrival = now;
		while (arrival - now <= rate->tolerance) {
			arrival += rate->interval;
			count++;
		}
	}
	return count;
}

static void test_rates(void **state)
{
	static const uint32_t ticks[] = {TICK_250, TICK_300, TICK_1K};
	static const uint32_t hz[] = {250, 300, 1000};
	static const uint64_t rates[] = {1,    10,    333,    1000,    1001,
					 7777, 50000, 200000, 1000000, 9999999};
	static const uint64_t bursts[] = {1, 2, 64, 1000};

	(void)state;
	for (size_t t = 0; t < 3; t++)
		for (size_t r = 0; r < sizeof(rates) / sizeof(*rates); r++)
			for (size_t b = 0; b < sizeof(bursts) / sizeof(*bursts); b++) {
				struct tg_rate rate = rate_build(rates[r], bursts[b], hz[t]);
				uint64_t most, wanted = bursts[b] + rates[r] / 100;
				/* A burst of less than a jiffy cannot save what is left of one. */
				bool saves = rate.tolerance >= 1 << TG_BUCKET_SHIFT;

				assert_int_equal(passing(&rate, 0), bursts[b]);
				/* In 10 s; what rounding adds is less than a thousandth. */
				most = passing(&rate, 10000000000ULL / ticks[t]);
				assert_in_range(most, saves ? wanted - 1 : 1,
						wanted + 1 + wanted / 1000);
			}
}

/* No rate is so high that it would be none, and the lowest with the largest burst fits. */
static void test_extreme_rates(void **state)
{
	struct tg_rate rate = rate_build(UINT64_MAX, 1000000, 250);

	(void)state;
	assert_int_equal(rate.interval, 1);
	assert_int_equal(rate.tolerance, 999999);
	rate = rate_build(1, 1000000, 1000);
	assert_int_equal(rate.interval, 1000ULL * 1000 * 65536);
	assert_int_equal(rate.tolerance / rate.interval, 999999);
	assert_int_equal(rate.tolerance % rate.interval, 0);
	rate = rate_build(0, 7, 250);
	assert_int_equal(rate.interval, 0);
	assert_int_equal(rate.tolerance, 0);
	rate = rate_build(1000, 0, 250);
	assert_int_equal(rate.tolerance, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),     cmocka_unit_test(test_nothing_limited),
		cmocka_unit_test(test_each_its_own), cmocka_unit_test(test_names),
		cmocka_unit_test(test_rates),        cmocka_unit_test(test_extreme_rates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
