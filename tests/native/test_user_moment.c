// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/moment.c
/*
 * User space: the times of captures, and the clock that they drive.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "moment.h"

#define TICK    1000000ULL
#define YEARS_S (30LL * 365 * 86400)

static uint64_t passed(struct virtual_clock *clock, int64_t s, int64_t ns)
{
	uint64_t before = clock->jiffies;

	virtual_clock_show(clock, moment_from(s, ns));
	return clock->jiffies - before;
}

static void test_first_moment_is_no_time(void **state)
{
	struct virtual_clock clock;

	(void)state;
	virtual_clock_init(&clock, TICK);
	assert_true(clock.jiffies > 1000ULL * 86400 * 30); /* far above every timer */
	assert_int_equal(passed(&clock, 1764042000, 5), 0);
	assert_int_equal(passed(&clock, 1764042001, 5), 1000);
}

static void test_fractions_are_kept(void **state)
{
	struct virtual_clock clock;
	uint64_t sum = 0;

	(void)state;
	virtual_clock_init(&clock, 3333333);
	passed(&clock, 0, 0);
	for (int64_t i = 1; i <= 1000000; i++)
		sum += passed(&clock, 0, i * 333);
	assert_int_equal(sum, 333000000 / 3333333);
}

static void test_steps_back(void **state)
{
	struct virtual_clock clock;

	(void)state;
	virtual_clock_init(&clock, TICK);
	passed(&clock, 1000, 0);
	assert_int_equal(passed(&clock, 1000, 0), 0);
	assert_int_equal(clock.steps_back, 0);
	assert_int_equal(passed(&clock, 999, 999999999), 0);
	assert_int_equal(passed(&clock, -5, 0), 0);
	assert_int_equal(clock.steps_back, 2);
	/* From there it runs on. */
	assert_int_equal(passed(&clock, -4, 0), 1000);
	assert_int_equal(passed(&clock, 0, 0), 4000);
}

static void test_extremes(void **state)
{
	struct virtual_clock clock;

	(void)state;
	virtual_clock_init(&clock, TICK);
	passed(&clock, INT64_MIN, INT64_MIN);
	assert_int_equal(passed(&clock, INT64_MAX, INT64_MAX), YEARS_S * 1000);
	assert_int_equal(passed(&clock, INT64_MIN, 0), 0);
	assert_int_equal(passed(&clock, 0, 0), YEARS_S * 1000);
}

static void test_odd_nanoseconds(void **state)
{
	struct moment more = moment_from(5, 2500000000), less = moment_from(5, -1);

	(void)state;
	assert_int_equal(more.s, 7);
	assert_int_equal(more.ns, 500000000);
	assert_int_equal(less.s, 4);
	assert_int_equal(less.ns, 999999999);
}

static void test_text(void **state)
{
	char text[MOMENT_TEXT];

	(void)state;
	assert_string_equal(moment_text((struct moment){1764042000, 123456789}, text),
			    "2025-11-25T03:40:00.123456789Z");
	assert_string_equal(moment_text((struct moment){0, 0}, text),
			    "1970-01-01T00:00:00.000000000Z");
	assert_string_equal(moment_text((struct moment){-1, 5}, text),
			    "1969-12-31T23:59:59.000000005Z");
	assert_string_equal(moment_text((struct moment){253402300799, 999999999}, text),
			    "9999-12-31T23:59:59.999999999Z");
	assert_null(moment_text((struct moment){253402300800, 0}, text));
	assert_null(moment_text((struct moment){INT64_MAX, 0}, text));
	assert_null(moment_text((struct moment){INT64_MIN, 0}, text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_moment_is_no_time),
		cmocka_unit_test(test_fractions_are_kept),
		cmocka_unit_test(test_steps_back),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_odd_nanoseconds),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
