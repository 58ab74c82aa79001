// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/views/cells.c user/views/top_cells.c user/views/top_row.c user/records/record.c user/reason_table.c user/text.c user/address.c
/*
 * Views: foreign text in the columns of a terminal; amounts and spans of time.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "views/cells.h"
#include "views/top_cells.h"

static char out[CELLS_BYTES(1024)];

static void assert_cut(const char *text, size_t columns, const char *expected, size_t width)
{
	assert_int_equal(cells_cut(text, columns, out), width);
	assert_string_equal(out, expected);
}

static void test_width(void **state)
{
	(void)state;
	assert_int_equal(setenv("LC_ALL", "C.UTF-8", 1), 0);
	cells_init();
	assert_cut("pxelinux.0", 10, "pxelinux.0", 10);
	assert_cut("pxelinux.0", 9, "pxelinux…", 9);
	assert_cut("pxelinux.0", 1, "…", 1);
	assert_cut("pxelinux.0", 0, "", 0);
	assert_cut("", 5, "", 0);
	assert_cut("b\303\266\303\266t", 4, "b\303\266\303\266t", 4);
	/* Two columns each; half a character is none. */
	assert_int_equal(cells_width("\344\270\255\346\226\207"), 4);
	assert_cut("\344\270\255\346\226\207", 4, "\344\270\255\346\226\207", 4);
	assert_cut("\344\270\255\346\226\207", 3, "\344\270\255…", 3);
	assert_cut("\344\270\255\346\226\207", 2, "…", 1);
	/* A combining accent has no column of its own. */
	assert_cut("e\314\201x", 2, "e\314\201x", 2);
}

static void test_escapes(void **state)
{
	static const char *const bad[] = {
		"\033[2J",
		"\a",
		"\177",     /* controls */
		"\302\233", /* C1: CSI in one character */
		"\377",
		"\303",
		"\355\240\200", /* no UTF-8 */
		"\342\200\256abc",
		"\342\200\217", /* turn the direction */
		"\342\200\213",
		"\357\273\277",
		"\302\255",         /* are not seen */
		"\363\240\201\201", /* a tag */
	};

	(void)state;
	setenv("LC_ALL", "C.UTF-8", 1);
	cells_init();
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char escaped[8];

		cells_cut(bad[i], 100, out);
		for (const char *c = out; *c; c++)
			assert_true(*c >= ' ' && *c <= '~');
		snprintf(escaped, sizeof(escaped), "\\x%02x", (unsigned char)bad[i][0]);
		assert_memory_equal(out, escaped, 4);
		assert_int_equal(cells_width(bad[i]), strlen(out));
	}
	assert_cut("\033[2J", 7, "\\x1b[2J", 7);
	/* An escape is not cut in two. */
	assert_cut("a\033b", 5, "a…", 2);
	assert_cut("a\033bc", 6, "a\\x1b…", 6);
	setenv("LC_ALL", "C", 1);
	cells_init();
	assert_cut("b\303\266t", 20, "b\\xc3\\xb6t", 10);
	assert_cut("pxelinux.0", 9, "pxelinux~", 9);
}

static void test_amounts(void **state)
{
	static const struct {
		uint64_t amount;
		const char *text;
	} cases[] = {
		{0, "0"},
		{1023, "1023"},
		{1024, "1.0K"},
		{10 * 1024, "10.0K"},
		{99 * 1024 + 972, "99.9K"},
		{99 * 1024 + 973, "100K"},
		{1023 * 1024 + 511, "1023K"},
		{1023 * 1024 + 512, "1.0M"},
		{3ULL << 30, "3.0G"},
		{UINT64_MAX, "16.0E"},
	};
	static const struct {
		uint64_t ms;
		const char *text;
	} spans[] = {
		{0, "0.0s"},         {999, "0.9s"},    {9999, "9.9s"},       {10000, "10s"},
		{59999, "59s"},      {60000, "1m00"},  {3599999, "59m59"},   {3600000, "1h00"},
		{86399999, "23h59"}, {86400000, "1d"}, {8640000000, "100d"},
	};
	char text[TOP_AMOUNT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(top_amount(cases[i].amount, text), cases[i].text);
	for (size_t i = 0; i < sizeof(spans) / sizeof(*spans); i++)
		assert_string_equal(top_span(spans[i].ms, text), spans[i].text);
}

static void test_rows(void **state)
{
	struct top_row row = {.phase = TOP_ENDED,
			      .outcome = OUTCOME_SERVER_ERROR,
			      .error_code = 65535,
			      .file_bytes = 300};
	char text[TOP_CELL];

	(void)state;
	memset(row.file, 'n', TG_NAME_MAX - 1);
	memset(row.error_text, 'e', TG_ERROR_TEXT + 7);
	top_cell(&row, TOP_FILE, 0, text);
	assert_memory_equal(text + TG_NAME_MAX - 1, "… (65535 e", strlen("… (65535 e"));
	assert_int_equal(text[strlen(text) - 1], ')');
	assert_string_equal(top_cell(&row, TOP_DONE, 0, text), "-");
	row.size_known = true;
	assert_string_equal(top_cell(&row, TOP_DONE, 0, text), "100%");
	assert_string_equal(top_cell(&row, TOP_STATE, 0, text), "error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_amounts),
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
