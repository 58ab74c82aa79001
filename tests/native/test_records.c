// SPDX-License-Identifier: GPL-2.0-or-later
// sources: tests/native/engine.c tests/cases/frame.c tests/cases/modifiers.c tests/cases/packets.c tests/cases/scene*.c
/*
 * What is kept of a transfer for those who look at it: bytes, blocks, repeats, agreed options. And what becomes of
 * packets whose state cannot be stored.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "engine.h"

static void (*script)(void);

static void play(void)
{
	script();
}

/* Runs the script to its end; every step has to be judged as it says. */
static void run_limited(void (*what)(void), enum engine_table table, size_t limit)
{
	struct scenario scenario = {.name = "record", .play = play};
	struct recording recording;
	unsigned int wrong = 0;

	script = what;
	record_scenario(&scenario, ROUTER, IPV4, &recording);
	engine_configure(&recording);
	engine_limit(table, limit);
	for (size_t i = 0; i < recording.count; i++) {
		const struct case_step *step = &recording.steps[i];
		enum tg_reason got = engine_judge(step);

		if (got == step->expected)
			continue;
		print_error("%s: expected %s, got %s\n", step->what, reason_name(step->expected),
			    reason_name(got));
		wrong++;
	}
	recording_free(&recording);
	assert_int_equal(wrong, 0);
}

static const struct tg_transfer *run(void (*what)(void))
{
	run_limited(what, ENGINE_REQUESTS, 0);
	assert_int_equal(engine_transfers(), 1);
	return engine_transfer();
}

static void plain_read(void)
{
	read_begins(TID);
	read_goes_on(TID, 2, 9, 512);
	expect(DATA, server_data(TID, 9, 512));
	expect(DATA, server_data(TID, 8, 512));
	expect(DATA, server_data(TID, 10, 100));
	expect(ACK, client_ack(TID, 10));
}

static void test_plain_read(void **state)
{
	const struct tg_transfer *t = run(plain_read);

	(void)state;
	assert_int_equal(t->data_bytes, 9 * 512 + 100);
	assert_int_equal(t->data_block, 10);
	assert_int_equal(t->ack_block, 10);
	assert_int_equal(t->data_packets, 12);
	assert_int_equal(t->data_repeats, 2);
	assert_int_equal(t->ack_packets, 10);
	assert_int_equal(t->final_block, 10);
	assert_true(t->final_known && t->done && !t->superseded);
	assert_int_equal(t->blksize, 512);
	assert_int_equal(t->windowsize, 1);
	assert_int_equal(t->operation, TG_READ);
	assert_int_equal(engine_offers(), 0);
}

static void read_with_options(void)
{
	expect(REQUEST, client_rrq_mode("netascii", "f", "blksize", "1432", "windowsize", "16",
					"tsize", "0", "timeout", "9"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1400", "windowsize", "4", "tsize",
					"5000000000", "timeout", "9"));
	expect(ACK, client_ack(TID, 0));
	expect(DATA, server_data(TID, 2, 1400));
	expect(DATA, server_data(TID, 1, 1400));
}

static void test_options(void **state)
{
	const struct tg_transfer *t = run(read_with_options);

	(void)state;
	assert_int_equal(t->blksize, 1400);
	assert_int_equal(t->windowsize, 4);
	assert_int_equal(t->timeout_s, 9);
	assert_true(t->tsize == 5000000000ULL && (t->options & TG_OPT_TSIZE));
	assert_int_equal(t->asked_blksize, 1432);
	assert_int_equal(t->asked_windowsize, 16);
	assert_int_equal(t->mode, TG_NETASCII);
	assert_int_equal(t->idle_wait, 120000);
	/* Block 1 came late, but it came. */
	assert_int_equal(t->data_bytes, 2 * 1400);
}

static void read_with_odd_tsize(void)
{
	expect(REQUEST, client_rrq("f", "tsize", "0"));
	expect(FIRST_REPLY, server_oack(TID, "tsize", "big"));
	expect(ACK, client_ack(TID, 0));
}

static void test_tsize_that_is_no_number(void **state)
{
	(void)state;
	assert_false(run(read_with_odd_tsize)->options & TG_OPT_TSIZE);
}

static void write_with_tsize(void)
{
	expect(REQUEST, client_wrq("f", "tsize", "1000"));
	expect(FIRST_REPLY, server_ack(TID, 0));
	expect(DATA, client_data(TID, 1, 512));
	expect(ACK, server_ack(TID, 1));
	expect(DATA, client_data(TID, 2, 488));
	expect(ACK, server_ack(TID, 2));
}

static void test_write(void **state)
{
	const struct tg_transfer *t = run(write_with_tsize);

	(void)state;
	assert_int_equal(t->operation, TG_WRITE);
	assert_true(t->tsize == 1000 && (t->options & TG_OPT_TSIZE));
	assert_int_equal(t->data_bytes, 1000);
	assert_int_equal(t->data_packets, 2);
	assert_int_equal(t->ack_packets, 3);
	assert_true(t->done);
}

static void over_the_wrap(unsigned int first)
{
	read_begins_with(TID, "512", "64");
	for (unsigned int block = 64; block <= 65472; block += 64) {
		expect(DATA, server_data(TID, block, 512));
		expect(ACK, client_ack(TID, block));
	}
	read_goes_on(TID, 65473, 65535, 512);
	read_goes_on(TID, first, 9, 512);
	expect(DATA, server_data(TID, 10, 1));
}

static void over_the_wrap_to_0(void)
{
	over_the_wrap(0);
}

static void over_the_wrap_to_1(void)
{
	over_the_wrap(1);
}

static void test_bytes_over_the_wrap(void **state)
{
	(void)state;
	assert_true(run(over_the_wrap_to_0)->data_bytes == (65535 + 10) * 512ULL + 1);
	assert_true(run(over_the_wrap_to_1)->data_bytes == (65535 + 9) * 512ULL + 1);
}

static void read_with_timeout(void)
{
	expect(REQUEST,
	       client_rrq("pxelinux.0", "timeout", "9", "blksize", "70000", "windowsize", "3"));
	at_ms(5);
	expect(REQUEST,
	       client_rrq("pxelinux.0", "timeout", "9", "blksize", "70000", "windowsize", "3"));
	at_ms(8);
	expect(FIRST_REPLY, server_data(TID, 1, 512));
}

static void test_request(void **state)
{
	const struct tg_request *r;

	(void)state;
	run_limited(read_with_timeout, ENGINE_REQUESTS, 0);
	r = engine_request();
	assert_string_equal(r->name, "pxelinux.0");
	assert_int_equal(r->name_len, 10);
	assert_int_equal(r->timeout_s, 9);
	assert_int_equal(r->blksize, 65535);
	assert_int_equal(r->windowsize, 3);
	assert_int_equal(r->operation, TG_READ);
	assert_int_equal(r->mode, TG_OCTET);
	assert_int_equal(r->asked, 2);
	assert_int_equal(r->answered, 1);
	assert_true(r->asked_at == r->first_at + 5);
}

static void another_request(void)
{
	expect(REQUEST, client_rrq("first", "timeout", "9"));
	at_ms(7);
	expect(REQUEST, client_wrq("another", "tsize", "5"));
}

static void test_other_request_from_the_port(void **state)
{
	const struct tg_request *r;

	(void)state;
	run_limited(another_request, ENGINE_REQUESTS, 0);
	r = engine_request();
	assert_string_equal(r->name, "another");
	assert_int_equal(r->operation, TG_WRITE);
	assert_int_equal(r->timeout_s, 0);
	assert_true(r->tsize == 5 && r->first_at == r->asked_at);
	assert_int_equal(r->wait, 30000);
}

static void read_of_a_long_name(void)
{
	char name[301];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	expect(REQUEST, client_rrq(name));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
}

static void test_names(void **state)
{
	const struct tg_transfer *t = run(plain_read);
	const struct tg_name *name = engine_name(t->request_hash);

	(void)state;
	assert_non_null(name);
	assert_string_equal(name->name, "pxelinux.0");
	assert_int_equal(name->len, 10);
	t = run(read_of_a_long_name);
	name = engine_name(t->request_hash);
	assert_non_null(name);
	assert_int_equal(strlen(name->name), TG_NAME_MAX - 1);
	assert_int_equal(name->len, 300);
}

static void offered_read(void)
{
	at_ms(3);
	expect(REQUEST, client_rrq("f", "tsize", "0"));
	at_ms(4);
	expect(FIRST_REPLY, server_data(TID, 1, 512));
}

static void offered_write(void)
{
	expect(REQUEST, client_wrq("f"));
	at_ms(4);
	expect(FIRST_REPLY, server_error(TID, 1, "no"));
}

static void test_offers(void **state)
{
	const struct tg_transfer *t;

	(void)state;
	run_limited(offered_read, ENGINE_REQUESTS, 0);
	t = engine_offer();
	/* What the request asked has not been granted. */
	assert_int_equal(t->options, 0);
	assert_true(t->began && t->data_seen == t->began && !t->ack_seen);
	run_limited(offered_write, ENGINE_REQUESTS, 0);
	t = engine_offer();
	assert_true(t->began && t->ack_seen == t->began && !t->data_seen);
	assert_true(t->ack_error && !t->data_error);
}

static void no_room_for_a_request(void)
{
	expect(REQUEST, client_rrq("f"));
	client_port(2000);
	expect(STATE_FULL, client_rrq("f"));
	expect(UNSOLICITED, server_data(TID, 1, 512));
	client_port(CLIENT_TID);
	expect(FIRST_REPLY, server_data(TID, 1, 512));
}

static void no_room_for_an_offer(void)
{
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	client_port(2000);
	expect(REQUEST, client_rrq("f"));
	expect(STATE_FULL, server_data(TID, 1, 512));
	expect(UNSOLICITED, client_ack(TID, 1));
}

static void no_room_for_a_fragment(void)
{
	allow_udp(5000);
	expect(SERVICE, first_fragment(1, 64, udp(CLIENT, 1, SERVER, 5000, 100)));
	expect(STATE_FULL, first_fragment(2, 64, udp(CLIENT, 1, SERVER, 5000, 100)));
	expect(FRAGMENT_ORPHAN, later_fragment(2, 64, 0, udp(CLIENT, 1, SERVER, 5000, 100)));
}

/* Where no room is left for committed transfers, one goes on as an offer. */
static void no_room_for_a_transfer(void)
{
	read_begins(TID);
	client_port(2000);
	read_begins(TID);
	read_goes_on(TID, 2, 5, 512);
	expect(DATA, server_data(TID, 6, 2));
	expect(ACK, client_ack(TID, 6));
}

static void test_full_tables(void **state)
{
	(void)state;
	run_limited(no_room_for_a_request, ENGINE_REQUESTS, 1);
	run_limited(no_room_for_an_offer, ENGINE_OFFERS, 1);
	run_limited(no_room_for_a_fragment, ENGINE_FRAGMENTS, 1);
	run_limited(no_room_for_a_transfer, ENGINE_TRANSFERS, 1);
}

static void refused_read(void)
{
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_error(TID, 1, "no"));
}

/* Where nobody follows, records are lost and counted; the transfer goes its way, and nothing is told late. */
static void test_lost_events(void **state)
{
	struct scenario scenario = {.name = "record", .play = play};
	struct recording recording;
	const struct tg_event_counter *end = engine_event_counter(TG_EVENT_END);

	(void)state;
	script = refused_read;
	record_scenario(&scenario, ROUTER, IPV4, &recording);
	engine_configure(&recording);
	engine_limit_events(1);
	for (size_t i = 0; i < recording.count; i++)
		assert_int_equal(engine_judge(&recording.steps[i]), recording.steps[i].expected);
	recording_free(&recording);
	assert_int_equal(engine_event_counter(TG_EVENT_BEGIN)->sent, 1);
	assert_int_equal(engine_event_counter(TG_EVENT_BEGIN)->lost, 0);
	assert_int_equal(end->sent, 0);
	assert_int_equal(end->lost, 1);
	assert_int_equal(engine_offer()->told, TG_TOLD_BEGIN | TG_TOLD_END);
}

static void full_record(void)
{
	at_ms(10);
	expect(REQUEST, tagged(7, client_rrq_mode("netascii", "f", "blksize", "1432", "windowsize",
						  "16", "tsize", "0", "timeout", "9")));
	at_ms(30);
	expect(FIRST_REPLY, tagged(7, server_oack(TID, "blksize", "1400", "windowsize", "4",
						  "tsize", "1500", "timeout", "9")));
	expect(ACK, tagged(7, client_ack(TID, 0)));
	expect(DATA, tagged(7, server_data(TID, 1, 1400)));
	expect(DATA, tagged(7, server_data(TID, 1, 1400)));
	expect(DATA, tagged(7, server_data(TID, 2, 100)));
	at_ms(50);
	expect(ACK, tagged(7, client_ack(TID, 2)));
}

/* Every field of an END that a scenario's tells() does not look at. */
static void test_event(void **state)
{
	struct tg_addr client = host_address(CLIENT, ROUTER, IPV4),
		       server = host_address(SERVER, ROUTER, IPV4);
	const struct tg_event *e;
	size_t count;

	(void)state;
	run(full_record);
	e = engine_events(&count);
	assert_int_equal(count, 1);
	assert_int_equal(e->kind, TG_EVENT_END);
	assert_true(e->time_ns - e->began_ns == 20 * 1000000ULL);
	assert_memory_equal(&e->client, &client, sizeof(client));
	assert_memory_equal(&e->server, &server, sizeof(server));
	assert_true(e->tsize == 1500 && e->bytes == 1500);
	assert_int_equal(e->data_packets, 3);
	assert_int_equal(e->data_repeats, 1);
	assert_int_equal(e->ack_packets, 2);
	assert_int_equal(e->zone, ZONE);
	assert_int_equal(e->slot, ENGINE_SLOT(LEFT)); /* where the client asked */
	assert_int_equal(e->vlan_outer, 7);
	assert_int_equal(e->blksize, 1400);
	assert_int_equal(e->windowsize, 4);
	assert_int_equal(e->asked_blksize, 1432);
	assert_int_equal(e->asked_windowsize, 16);
	assert_int_equal(e->timeout_s, 9);
	assert_int_equal(e->asked_timeout_s, 9);
	assert_int_equal(e->operation, TG_READ);
	assert_int_equal(e->mode, TG_NETASCII);
	assert_int_equal(e->flags, TG_EVENT_FINAL | TG_EVENT_GOT_OACK | TG_EVENT_MAC);
	assert_true(e->options & TG_OPT_TSIZE && e->asked_options & TG_OPT_TIMEOUT);
}

static int teardown(void **state)
{
	(void)state;
	engine_clear();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_read),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_tsize_that_is_no_number),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_bytes_over_the_wrap),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_other_request_from_the_port),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_offers),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_lost_events),
		cmocka_unit_test_teardown(test_full_tables, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
