// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/daemon/sweep_rules.c user/daemon/unclear.c
/*
 * User space: what the sweep says of requests and transfers that have run out.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core_native.h"
#include "core/state.h"
#include "daemon/sweep_rules.h"
#include "daemon/unclear.h"

static void test_age(void **state)
{
	const struct sweep_span span = {.from = 100, .to = 200};

	(void)state;
	assert_int_equal(sweep_age(&span, 99), SWEEP_OLD);
	assert_int_equal(sweep_age(&span, 100), SWEEP_NEWS);
	assert_int_equal(sweep_age(&span, 199), SWEEP_NEWS);
	assert_int_equal(sweep_age(&span, 200), SWEEP_ALIVE);
}

/* A request that was asked so many times, the first time as datagram number `first`. */
static struct tg_request asked(uint32_t times, uint32_t first)
{
	return (struct tg_request){.asked_at = 50,
				   .first_at = 40,
				   .hash = 7,
				   .asked = times,
				   .first_generation = first};
}

static void test_unanswered(void **state)
{
	struct tg_request r = asked(1, 1);

	(void)state;
	assert_int_equal(sweep_request_answer(&r), SWEEP_UNANSWERED);
	r = asked(3, 1); /* repeated */
	assert_int_equal(sweep_request_answer(&r), SWEEP_UNANSWERED);
	r.answered = 1; /* by an ERROR, or by a TID that nobody took up */
	assert_int_equal(sweep_request_answer(&r), SWEEP_ANSWERED);
}

static void test_asked_anew_after_silence(void **state)
{
	struct tg_request r = asked(2, 1);

	(void)state;
	r.voided = 1; /* the first datagram ran out */
	assert_int_equal(sweep_request_answer(&r), SWEEP_UNANSWERED);
	r.answered = 2;
	assert_int_equal(sweep_request_answer(&r), SWEEP_ANSWERED);
}

static void test_chosen(void **state)
{
	struct tg_request r = asked(2, 2); /* another file than before */

	(void)state;
	r.voided = 1;
	r.answered = 1;
	r.chosen_port_be = 1;
	r.chosen_at = 30;
	r.chosen_generation = 1; /* the file before */
	assert_int_equal(sweep_request_answer(&r), SWEEP_UNANSWERED);
	r.chosen_at = 45; /* its last acknowledgement came late */
	assert_int_equal(sweep_request_answer(&r), SWEEP_UNANSWERED);
	r.voided = r.answered = r.chosen_generation = 2;
	assert_int_equal(sweep_request_answer(&r), SWEEP_ANSWERED);
	r.asked = 3; /* asked for again, when that was over */
	r.first_at = 46;
	assert_int_equal(sweep_request_answer(&r), SWEEP_UNANSWERED);
}

/* The file before was asked for twice and answered once: the next answer takes the credit that was left of it. */
static void test_unclear(void **state)
{
	struct tg_request r = asked(3, 3);
	struct tg_request_key key = {.client_port_be = 5, .zone = 1};
	struct tg_pair_key pair = {.low_port_be = 5, .high_port_be = 6, .zone = 1};
	struct tg_transfer t = {.request_hash = 7, .began = 41};
	static struct unclear unclear;

	(void)state;
	key.client.bytes[15] = pair.low.bytes[15] = 9;
	r.answered = 1;
	assert_int_equal(sweep_request_answer(&r), SWEEP_UNCLEAR);
	r.answered = 2;
	assert_int_equal(sweep_request_answer(&r), SWEEP_UNCLEAR);
	assert_true(unclear_add(&unclear, &key, &r));
	t.began = 39; /* an older transfer of the same file */
	unclear_answer(&unclear, &pair, &t);
	assert_false(unclear.item[0].answered);
	t.began = 41;
	t.request_hash = 8;
	unclear_answer(&unclear, &pair, &t);
	assert_false(unclear.item[0].answered);
	t.request_hash = 7;
	t.flags = TG_CLIENT_HIGH;
	unclear_answer(&unclear, &pair, &t);
	assert_false(unclear.item[0].answered);
	t.flags = 0;
	unclear_answer(&unclear, &pair, &t);
	assert_true(unclear.item[0].answered);
}

static void count(const struct tg_request_key *key, const struct tg_request *request, void *context)
{
	(void)key;
	(void)request;
	++*(size_t *)context;
}

static void test_unclear_is_bounded(void **state)
{
	const struct tg_request_key key = {.client_port_be = 5};
	const struct tg_request r = asked(3, 3);
	static struct unclear unclear;
	size_t told = 0;

	(void)state;
	for (int i = 0; i < UNCLEAR_MAX; i++)
		assert_true(unclear_add(&unclear, &key, &r));
	assert_false(unclear_add(&unclear, &key, &r));
	unclear.item[3].answered = true;
	unclear_tell(&unclear, count, &told);
	assert_int_equal(told, UNCLEAR_MAX - 1);
}

static void test_outcomes(void **state)
{
	struct tg_transfer t = {0};

	(void)state;
	assert_int_equal(sweep_outcome(&t, STATE_OFFER), OUTCOME_UNACKNOWLEDGED);
	assert_int_equal(sweep_outcome(&t, STATE_SUPERSEDED), OUTCOME_NONE);
	assert_int_equal(sweep_outcome(&t, STATE_ERROR), OUTCOME_NONE);
	t.told = TG_TOLD_BEGIN;
	assert_int_equal(sweep_outcome(&t, STATE_ACTIVE), OUTCOME_IDLE);
	assert_int_equal(sweep_outcome(&t, STATE_FINAL), OUTCOME_IDLE);
	t.told = TG_TOLD_BEGIN | TG_TOLD_END;
	assert_int_equal(sweep_outcome(&t, STATE_DONE), OUTCOME_NONE);
	assert_int_equal(sweep_outcome(&t, STATE_OFFER), OUTCOME_NONE);
	t.told |= TG_TOLD_LEFT;
	assert_int_equal(sweep_outcome(&t, STATE_SUPERSEDED), OUTCOME_NONE);
}

/* Both ends find the way back to the key, whichever is the high one. */
static void test_descriptions(void **state)
{
	struct tg_pair_key key = {.zone = 3, .vlan_outer = 10, .vlan_inner = 20}, back;
	struct tg_transfer t = {
		.began_ns = 77, .data_bytes = 1234, .operation = TG_READ, .slot = 4};
	struct tg_event event;

	(void)state;
	key.low.bytes[15] = 1;
	key.high.bytes[15] = 2;
	key.low_port_be = 111;
	key.high_port_be = 222;
	for (int high = 0; high < 2; high++) {
		t.flags = high ? TG_CLIENT_HIGH : 0;
		sweep_describe(&key, &t, &event);
		assert_int_equal(event.client_port_be, high ? 222 : 111);
		assert_int_equal(event.server_port_be, high ? 111 : 222);
		assert_int_equal(event.kind, TG_EVENT_END);
		assert_int_equal(event.bytes, 1234);
		assert_int_equal(event.began_ns, 77);
		sweep_pair_key(&back, &event);
		assert_memory_equal(&back, &key, sizeof(key));
	}
}

static void test_description_of_a_request(void **state)
{
	struct tg_request_key key = {.client_port_be = 5, .zone = 2};
	struct tg_request r = asked(1, 1);
	struct tg_event event;

	(void)state;
	key.client.bytes[15] = 9;
	r.options = TG_OPT_TSIZE | TG_OPT_BLKSIZE;
	r.tsize = 99;
	r.blksize = 1428;
	r.operation = TG_WRITE;
	r.name_len = 4;
	memcpy(r.name, "file", 5);
	r.mac[5] = 1;
	sweep_describe_request(&key, &r, &event);
	assert_int_equal(event.flags, TG_EVENT_MAC | TG_EVENT_ANY_SERVER);
	assert_int_equal(event.tsize, 99);
	assert_int_equal(event.asked_blksize, 1428);
	assert_int_equal(event.server_port_be, 0);
	assert_string_equal(event.name, "file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_unanswered),
		cmocka_unit_test(test_asked_anew_after_silence),
		cmocka_unit_test(test_chosen),
		cmocka_unit_test(test_unclear),
		cmocka_unit_test(test_unclear_is_bounded),
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_descriptions),
		cmocka_unit_test(test_description_of_a_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
