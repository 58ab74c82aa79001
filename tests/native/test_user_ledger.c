// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/daemon/ledger.c user/daemon/interned.c
/*
 * User space: the ledger of transfers that began and have not ended: each end is told once, whoever comes first, and
 * what no table has any more is found.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/interned.h"
#include "daemon/ledger.h"

#define MANY 5000

static struct tg_event transfer(unsigned int number)
{
	struct tg_event event = {
		.began_ns = 1000 + number,
		.rule = number * 7,
		.client_port_be = (uint16_t)(1000 + number),
		.server_port_be = 69,
		.zone = number % 3,
		.slot = TG_SLOTS_MAX - 1,
		.vlan_outer = 4095,
		.vlan_inner = (uint16_t)(number % 4096),
		.operation = TG_WRITE,
		.mode = TG_NETASCII,
		.flags = TG_EVENT_ANY_SERVER,
	};

	memcpy(event.client.bytes, &number, sizeof(number));
	event.server.bytes[15] = 1;
	snprintf(event.name, sizeof(event.name), "file-%u", number % 10);
	return event;
}

/* What a visit saw. */
struct seen {
	size_t count;
	size_t open;
	bool forget;
	struct tg_event last;
};

static bool see(const struct tg_event *event, bool open, void *context)
{
	struct seen *seen = context;

	seen->count++;
	seen->open += open;
	seen->last = *event;
	return seen->forget;
}

static struct seen sort_out(struct ledger *ledger, bool forget)
{
	struct seen seen = {.forget = forget};

	ledger_sort_out(ledger, see, &seen);
	return seen;
}

static void test_end_is_told_once(void **state)
{
	struct ledger *ledger = ledger_new();
	struct tg_event event = transfer(1);

	(void)state;
	assert_int_equal(ledger_begin(ledger, &event), 0);
	assert_int_equal(ledger_begin(ledger, &event), 0);
	assert_int_equal(ledger_count(ledger), 1);
	/* The daemon first, the programs after it. */
	assert_true(ledger_tell(ledger, &event));
	assert_false(ledger_tell(ledger, &event));
	assert_false(ledger_end(ledger, &event));
	assert_int_equal(ledger_count(ledger), 0);
	/* The client comes back, and goes on to the end. */
	assert_int_equal(ledger_begin(ledger, &event), 0);
	assert_int_equal(ledger_count(ledger), 1);
	assert_true(ledger_end(ledger, &event));
	assert_int_equal(ledger_count(ledger), 0);
	/* Of one whose BEGIN is not known the end is told all the same. */
	assert_true(ledger_end(ledger, &event));
	ledger_free(ledger);
}

static void test_told_by_a_daemon_before(void **state)
{
	struct ledger *ledger = ledger_new();
	struct tg_event event = transfer(2);

	(void)state;
	assert_int_equal(ledger_told(ledger, &event), 0);
	assert_int_equal(ledger_count(ledger), 0);
	assert_false(ledger_tell(ledger, &event));
	assert_false(ledger_end(ledger, &event));
	ledger_free(ledger);
}

static void test_same_ports_other_time(void **state)
{
	struct ledger *ledger = ledger_new();
	struct tg_event first = transfer(3), second = first;

	(void)state;
	second.began_ns++;
	ledger_begin(ledger, &first);
	ledger_begin(ledger, &second);
	assert_int_equal(ledger_count(ledger), 2);
	assert_true(ledger_tell(ledger, &first));
	assert_true(ledger_end(ledger, &second));
	assert_false(ledger_end(ledger, &first));
	ledger_free(ledger);
}

static void test_what_is_not_met(void **state)
{
	struct ledger *ledger = ledger_new();
	struct tg_event event = transfer(4), other = transfer(5), late = transfer(6);
	struct seen seen;

	(void)state;
	ledger_begin(ledger, &event);
	ledger_begin(ledger, &other);
	ledger_pass(ledger);
	assert_true(ledger_meet(ledger, &other));
	assert_false(ledger_meet(ledger, &late));
	ledger_begin(ledger, &late); /* came while the tables were looked through */
	seen = sort_out(ledger, false);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.open, 1);
	event.kind = TG_EVENT_END;
	event.name_len = (uint16_t)strlen(event.name);
	assert_memory_equal(&seen.last, &event, sizeof(event));
	assert_int_equal(ledger_count(ledger), 3);
	/* Next time it and the late one are missing. */
	ledger_pass(ledger);
	ledger_meet(ledger, &other);
	assert_int_equal(sort_out(ledger, true).count, 2);
	assert_int_equal(ledger_count(ledger), 1);
	assert_true(ledger_is_open(ledger, &other));
	assert_false(ledger_is_open(ledger, &event));
	ledger_free(ledger);
}

static void test_told_ones_go_with_the_table(void **state)
{
	struct ledger *ledger = ledger_new();
	struct tg_event event = transfer(7);
	struct seen seen;

	(void)state;
	ledger_begin(ledger, &event);
	ledger_tell(ledger, &event);
	ledger_pass(ledger);
	ledger_meet(ledger, &event);
	assert_int_equal(sort_out(ledger, true).count, 0);
	ledger_pass(ledger);
	seen = sort_out(ledger, true);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.open, 0);
	assert_true(ledger_end(ledger, &event)); /* it is forgotten */
	ledger_free(ledger);
}

static void test_many(void **state)
{
	struct ledger *ledger = ledger_new();
	struct seen seen = {.forget = true};

	(void)state;
	for (unsigned int i = 0; i < MANY; i++) {
		struct tg_event event = transfer(i);

		assert_int_equal(ledger_begin(ledger, &event), 0);
	}
	assert_int_equal(ledger_count(ledger), MANY);
	for (unsigned int i = 0; i < MANY; i += 2) {
		struct tg_event event = transfer(i);

		assert_true(ledger_end(ledger, &event));
		assert_false(ledger_is_open(ledger, &event));
	}
	for (unsigned int i = 1; i < MANY; i += 2) {
		struct tg_event event = transfer(i);

		assert_true(ledger_is_open(ledger, &event));
	}
	ledger_clear(ledger, see, &seen);
	assert_int_equal(seen.count, MANY / 2);
	assert_int_equal(ledger_count(ledger), 0);
	ledger_free(ledger);
}

static void test_interned(void **state)
{
	struct interned names = {0};
	uint32_t first = interned_take(&names, "pxelinux.0"), number[300];
	char text[16];

	(void)state;
	assert_int_not_equal(first, 0);
	assert_int_equal(interned_take(&names, "pxelinux.0"), first);
	assert_int_equal(interned_take(&names, ""), 0);
	assert_string_equal(interned_text(&names, 0), "");
	for (unsigned int i = 0; i < 300; i++) {
		snprintf(text, sizeof(text), "%u", i);
		number[i] = interned_take(&names, text);
	}
	assert_int_equal(names.count, 301);
	interned_give_back(&names, first);
	assert_string_equal(interned_text(&names, first), "pxelinux.0");
	interned_give_back(&names, first);
	assert_int_equal(names.count, 300);
	for (unsigned int i = 0; i < 300; i++) {
		snprintf(text, sizeof(text), "%u", i);
		assert_string_equal(interned_text(&names, number[i]), text);
		interned_give_back(&names, number[i]);
	}
	assert_int_equal(names.count, 0);
	interned_free(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_end_is_told_once),
		cmocka_unit_test(test_told_by_a_daemon_before),
		cmocka_unit_test(test_same_ports_other_time),
		cmocka_unit_test(test_what_is_not_met),
		cmocka_unit_test(test_told_ones_go_with_the_table),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_interned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
