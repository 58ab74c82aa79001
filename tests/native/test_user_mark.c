// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/mark.c user/complaint.c
/*
 * User space: packet marks as text.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>
#include <cmocka.h>

#include "mark.h"

#define WHOLE UINT32_MAX

static void test_marks_are_read_and_written(void **state)
{
	static const struct {
		const char *text, *written;
		struct zone_mark mark;
	} cases[] = {
		{"0x40/0xf0", "0x40/0xf0", {0x40, 0xf0}},
		{"64/240", "0x40/0xf0", {0x40, 0xf0}},
		{"0X40/0XF0", "0x40/0xf0", {0x40, 0xf0}},
		{"0/1", "0x0/0x1", {0, 1}},
		{"7", "0x7/0xffffffff", {7, WHOLE}},
		{"0xffffffff/4294967295", "0xffffffff/0xffffffff", {WHOLE, WHOLE}},
	};
	char text[MARK_TEXT];
	struct complaint why;
	struct zone_mark mark;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(mark_parse(cases[i].text, &mark, &why), 0);
		assert_int_equal(mark.value, cases[i].mark.value);
		assert_int_equal(mark.mask, cases[i].mark.mask);
		assert_string_equal(mark_format(&mark, text), cases[i].written);
	}
}

static void test_what_is_no_mark(void **state)
{
	static const struct {
		const char *text, *what, *hint;
	} cases[] = {
		{"", "'' is not a mark", "write VALUE/MASK"},
		{"green", "'green' is not a mark", "write VALUE/MASK"},
		{"0x", "'0x' is not a mark", "write VALUE/MASK"},
		{"-1", "'-1' is not a mark", "write VALUE/MASK"},
		{" 1", "' 1' is not a mark", "write VALUE/MASK"},
		{"1/", "'1/' is not a mark", "write VALUE/MASK"},
		{"1/2/3", "'1/2/3' is not a mark", "write VALUE/MASK"},
		{"0x100000000", "'0x100000000' is not a mark", "write VALUE/MASK"},
		{"99999999999999999999", "'99999999999999999999' is not a mark",
		 "write VALUE/MASK"},
		{"0/0", "a mask of 0 marks nothing", ""},
		{"0x41/0xf0", "the value has bits that the mask does not",
		 "perhaps 0x41/0xf1 is meant"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct zone_mark mark = {47, 11};
		struct complaint why;

		assert_int_equal(mark_parse(cases[i].text, &mark, &why), -EINVAL);
		assert_string_equal(why.what, cases[i].what);
		assert_memory_equal(why.hint, cases[i].hint, strlen(cases[i].hint));
		assert_int_equal(mark.value, 47);
		assert_int_equal(mark.mask, 11);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_marks_are_read_and_written),
		cmocka_unit_test(test_what_is_no_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
