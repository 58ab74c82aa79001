// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/views/top_ui.c user/views/top_model.c user/views/top_row.c user/views/top_denials.c user/flow_json.c user/hash_index.c user/records/record.c user/report.c user/text.c user/json_read.c user/tftp_options.c user/address.c tests/native/said.c
// packages: ncursesw
/*
 * Views: what keys do in `tidegate top`.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "address.h"
#include "views/top_ui.h"

#include <ncurses.h>

#define ROWS 10
#define PAGE 4
#define ESC  27

static struct top_row row[ROWS];
static const struct top_row *rows[ROWS];
static struct top_ui ui;
static struct top_model *model;

static int begin(void **state)
{
	(void)state;
	memset(row, 0, sizeof(row));
	for (int i = 0; i < ROWS; i++) {
		address_parse("192.0.2.1", &row[i].client);
		row[i].client_port_be = htons((uint16_t)(1000 + i));
		snprintf(row[i].file, sizeof(row[i].file), "file%d%s", i, i % 3 ? "" : "-boot");
		rows[i] = &row[i];
	}
	ui = (struct top_ui){.order = {.column = TOP_RATE}};
	model = top_model_new();
	top_ui_place(&ui, rows, ROWS, PAGE);
	return !model;
}

static int end(void **state)
{
	(void)state;
	top_model_free(model);
	return 0;
}

static void press(int key)
{
	top_ui_key(&ui, key, model, 5000, rows, ROWS);
	top_ui_place(&ui, rows, ROWS, PAGE);
}

static void type_text(const char *text)
{
	for (; *text; text++)
		press((unsigned char)*text);
}

static void test_moving(void **state)
{
	(void)state;
	assert_false(ui.choosing);
	press(KEY_DOWN);
	assert_true(ui.choosing);
	assert_int_equal(ui.at, 0);
	press(KEY_UP);
	assert_int_equal(ui.at, 0);
	for (int i = 0; i < PAGE; i++)
		press(KEY_DOWN);
	assert_int_equal(ui.at, PAGE);
	assert_int_equal(ui.first, 1);
	press(KEY_NPAGE);
	assert_int_equal(ui.at, 2 * PAGE);
	press(KEY_NPAGE);
	assert_int_equal(ui.at, ROWS - 1);
	assert_int_equal(ui.first, ROWS - PAGE);
	press(KEY_PPAGE);
	press(KEY_PPAGE);
	assert_int_equal(ui.at, 1);
	assert_int_equal(ui.first, 1);
	press(KEY_END);
	assert_int_equal(ui.at, ROWS - 1);
	press(KEY_HOME);
	assert_false(ui.choosing);
	assert_int_equal(ui.first, 0);
}

/* The chosen row is followed; the others move. */
static void test_following(void **state)
{
	const struct top_row *swapped[ROWS];

	(void)state;
	press(KEY_DOWN);
	press(KEY_DOWN);
	for (int i = 0; i < ROWS; i++)
		swapped[i] = rows[ROWS - 1 - i];
	top_ui_place(&ui, swapped, ROWS, PAGE);
	assert_int_equal(ui.at, ROWS - 2);
	assert_int_equal(ui.first, ROWS - 1 - PAGE);
	/* It has gone: what is in its place is chosen now. */
	top_ui_place(&ui, swapped, ROWS - 2, PAGE);
	assert_int_equal(ui.at, ROWS - 3);
	assert_true(top_row_same(&ui.chosen, swapped[ROWS - 3]));
	top_ui_place(&ui, swapped, 0, PAGE);
	top_ui_place(&ui, swapped, 1, PAGE);
	assert_int_equal(ui.at, 0);
	assert_int_equal(ui.first, 0);
	/* Without a choice the list stays where it begins. */
	press(ESC);
	top_ui_place(&ui, swapped, ROWS, PAGE);
	assert_int_equal(ui.first, 0);
	assert_false(ui.choosing);
}

static void test_sorting(void **state)
{
	(void)state;
	press('r');
	assert_true(ui.order.reverse);
	press(KEY_F(6));
	assert_int_equal(ui.order.column, TOP_REPEATS);
	assert_false(ui.order.reverse);
	press('<');
	press('<');
	assert_int_equal(ui.order.column, TOP_BYTES);
	for (int i = 0; i < TOP_COLUMNS; i++)
		press('>');
	assert_int_equal(ui.order.column, TOP_BYTES);
	for (int i = 0; i <= TOP_BYTES; i++)
		press('<');
	assert_int_equal(ui.order.column, TOP_COLUMNS - 1);
}

static void test_searching(void **state)
{
	static const int starts[] = {'/', KEY_F(3)};

	(void)state;
	for (int i = 0; i < 2; i++) {
		press(starts[i]);
		assert_int_equal(ui.mode, TOP_SEARCHING);
		type_text("q-bo");
		assert_false(ui.quit);
		assert_true(ui.not_found);
		for (int j = 0; j < 5; j++)
			press(j % 2 ? KEY_BACKSPACE : 127);
		type_text("-BO");
		assert_false(ui.not_found);
		assert_int_equal(ui.at, 0);
		press(KEY_F(3));
		assert_int_equal(ui.at, 3);
		press('\r');
		assert_int_equal(ui.mode, TOP_LIST);
		press('n');
		assert_int_equal(ui.at, 6);
		press('n');
		press('n');
		assert_int_equal(ui.at, 0);
	}
}

static void test_filtering(void **state)
{
	(void)state;
	press('\\');
	type_text("bo\303\266t");
	assert_string_equal(ui.order.filter, "bo\303\266t");
	press(KEY_BACKSPACE);
	press(KEY_BACKSPACE);
	assert_string_equal(ui.order.filter, "bo");
	press('\n');
	assert_string_equal(ui.order.filter, "bo");
	press(KEY_F(4));
	type_text("x r");
	assert_string_equal(ui.order.filter, "box r");
	assert_false(top_model_paused(model) || ui.order.reverse);
	press(ESC);
	assert_string_equal(ui.order.filter, "bo");
	press(KEY_F(4));
	for (int i = 0; i < 2 * TOP_FILTER; i++)
		press('y');
	assert_int_equal(strlen(ui.order.filter), TOP_FILTER - 1);
	for (int i = 0; i < 2 * TOP_FILTER; i++)
		press(8);
	press(1); /* no text */
	assert_string_equal(ui.order.filter, "");
}

static void test_other_keys(void **state)
{
	static const int help[] = {'h', '?', KEY_F(1)}, pause[] = {'p', 'P', ' '},
			 quit[] = {'q', 'Q', KEY_F(10)};

	(void)state;
	for (int i = 0; i < 3; i++) {
		press(help[i]);
		assert_int_equal(ui.mode, TOP_HELP);
		press('q');
		assert_int_equal(ui.mode, TOP_LIST);
		assert_false(ui.quit);
		press(pause[i]);
		assert_true(top_model_paused(model));
		assert_int_equal(top_model_now(model, 9000), 5000);
		press(pause[i]);
		assert_false(top_model_paused(model));
	}
	press('d');
	assert_true(ui.denials_hidden);
	press('D');
	assert_false(ui.denials_hidden);
	press('z');
	for (int i = 0; i < 3; i++) {
		ui.quit = false;
		press(quit[i]);
		assert_true(ui.quit);
	}
}

int main(void)
{
#define WITH_ROWS(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		WITH_ROWS(test_moving),    WITH_ROWS(test_following), WITH_ROWS(test_sorting),
		WITH_ROWS(test_searching), WITH_ROWS(test_filtering), WITH_ROWS(test_other_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
