// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Block arithmetic. Tracker specification 7.2.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stddef.h>
#include <cmocka.h>

#include "store.h"
#include "core/window.h"

static void test_distance(void **state)
{
	(void)state;
	assert_int_equal(block_distance(5, 5), 0);
	assert_int_equal(block_distance(6, 5), 1);
	assert_int_equal(block_distance(5, 6), -1);
	assert_int_equal(block_distance(0, 65535), 1);
	assert_int_equal(block_distance(65535, 0), -1);
	assert_int_equal(block_distance(1, 65535), 2);
	assert_int_equal(block_distance(32767, 0), 32767);
	assert_int_equal(block_distance(32768, 0), -32768);
}

static void test_distance_is_consistent(void **state)
{
	(void)state;
	for (unsigned int a = 0; a < 65536; a += 7)
		for (int d = -16384; d <= 16384; d += 64)
			assert_int_equal(block_distance((u16)(a + d), (u16)a), d);
}

static void test_ahead(void **state)
{
	(void)state;
	assert_int_equal(window_ahead(1, 8), 8);
	assert_int_equal(window_ahead(7, 8), 8);
	assert_int_equal(window_ahead(8, 8), 9);
	assert_int_equal(window_ahead(1, 2), 2);
	assert_int_equal(window_ahead(64, 8), 65);
	assert_int_equal(window_ahead(16383, 8), 16384);
	assert_int_equal(window_ahead(16384, 8), 16384);
	assert_int_equal(window_ahead(65535, 8), 16384);
}

static void test_behind(void **state)
{
	(void)state;
	assert_int_equal(window_behind(1, 8), 8);
	assert_int_equal(window_behind(8, 8), 8);
	assert_int_equal(window_behind(9, 8), 9);
	assert_int_equal(window_behind(1, 2), 2);
	assert_int_equal(window_behind(16384, 8), 16384);
	assert_int_equal(window_behind(65535, 64), 16384);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_distance_is_consistent),
		cmocka_unit_test(test_ahead),
		cmocka_unit_test(test_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
