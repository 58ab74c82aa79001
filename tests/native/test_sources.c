// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is counted of one address where the case table does not reach: settings that change under the counts, entries
 * that are pushed out, CPUs whose clocks differ, and how many names are too many. Tracker specification 11.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "store.h"
#include "core/request.h"

#define SECOND 1000
#define NOW    5000000ULL

static const struct tg_rate slow = {.interval = 100ULL << 16, .tolerance = 300ULL << 16};
static struct tg_zone zone = {.idle_wait = 120000, .request_wait = 30000, .second = SECOND};
static struct packet packet = {.now = NOW, .zone = 3};

static int begin(void **state)
{
	(void)state;
	store_clear();
	zone.abuse = (struct tg_abuse){.open_max = 10};
	packet.now = NOW;
	return 0;
}

static unsigned int taken(struct tg_source *s, const struct tg_rate *rate, u64 now)
{
	unsigned int count = 0;

	while (source_take(s, rate, now, SECOND))
		count++;
	return count;
}

static void test_bucket(void **state)
{
	struct tg_source s = {};

	(void)state;
	assert_int_equal(taken(&s, &slow, NOW), 4);
	assert_int_equal(taken(&s, &slow, NOW + 99), 0);
	assert_int_equal(taken(&s, &slow, NOW + 100), 1);
	assert_int_equal(taken(&s, &slow, NOW + 349), 2);
	assert_int_equal(taken(&s, &slow, NOW + 400), 1);
	assert_int_equal(taken(&s, &slow, NOW + 1000000), 4);
}

static void test_bucket_faster_than_the_clock(void **state)
{
	/* 1000 tokens in 3 jiffies. */
	const struct tg_rate fast = {.interval = 65536 * 3 / 1000, .tolerance = 65536};
	struct tg_source s = {};
	unsigned int count = 0;

	(void)state;
	for (u64 now = NOW; now < NOW + 300; now++)
		count += taken(&s, &fast, now);
	/* 196 instead of 196.6. */
	assert_in_range(count, 100000, 100600);
}

static void test_bucket_of_another_cpu(void **state)
{
	struct tg_source s = {};

	(void)state;
	assert_int_equal(taken(&s, &slow, NOW + 1), 4);
	/* This CPU's packet is a jiffy older: no reason to believe in another rate. */
	assert_int_equal(taken(&s, &slow, NOW), 0);
}

static void test_bucket_of_another_rate(void **state)
{
	const struct tg_rate hourly = {.interval = 3600000ULL << 16,
				       .tolerance = 99 * (3600000ULL << 16)};
	struct tg_source s = {};

	(void)state;
	assert_int_equal(taken(&s, &hourly, NOW), 100);
	/* Nobody waits 100 hours for what the new rate grants at once. */
	assert_int_equal(taken(&s, &slow, NOW), 4);
	assert_int_equal(taken(&s, &slow, NOW + 100), 1);
}

static struct tg_source *entry(u32 rule)
{
	return source_known(&packet, true, rule, scratch_find());
}

static u32 open_now(u32 rule)
{
	struct tg_source *s = entry(rule);

	return s ? source_open(s, source_epoch(&zone, packet.now)) : 0;
}

static void test_count_is_taken_once(void **state)
{
	u32 counted = 0;

	(void)state;
	source_recount(&counted, 0, source_epoch(&zone, NOW), &packet, &zone, true);
	assert_int_equal(counted, source_epoch(&zone, NOW));
	assert_int_equal(open_now(0), 1);
	source_recount(&counted, 0, source_epoch(&zone, NOW), &packet, &zone, true);
	assert_int_equal(open_now(0), 1);
	source_recount(&counted, 0, 0, &packet, &zone, true);
	source_recount(&counted, 0, 0, &packet, &zone, true);
	assert_int_equal(open_now(0), 0);
}

static void test_count_of_an_entry_that_was_pushed_out(void **state)
{
	u32 counted = 0, later = 0;

	(void)state;
	source_recount(&counted, 0, source_epoch(&zone, NOW), &packet, &zone, true);
	table_remove(TABLE_SOURCES, &scratch_find()->source_key);
	/* An end makes no entry, and takes none from another transfer's count but its own. */
	source_recount(&counted, 0, 0, &packet, &zone, true);
	assert_null(entry(0));
	counted = source_epoch(&zone, NOW);
	packet.now += 60000;
	source_recount(&later, 0, source_epoch(&zone, packet.now), &packet, &zone, true);
	source_recount(&counted, 0, 0, &packet, &zone, true);
	assert_int_equal(open_now(0), 1);
	source_recount(&later, 0, 0, &packet, &zone, true);
	counted = source_epoch(&zone, packet.now);
	source_recount(&counted, 0, 0, &packet, &zone, true);
	assert_int_equal(open_now(0), 0);
	/* A transfer that goes on makes one. */
	table_remove(TABLE_SOURCES, &scratch_find()->source_key);
	counted = source_epoch(&zone, NOW);
	source_recount(&counted, 0, source_epoch(&zone, packet.now), &packet, &zone, true);
	assert_int_equal(open_now(0), 1);
}

static void test_count_under_a_rule(void **state)
{
	u32 counted = 0;

	(void)state;
	/* Nobody limits transfers there, so that there is no entry, and none is made. */
	source_recount(&counted, 7, source_epoch(&zone, NOW), &packet, &zone, true);
	assert_null(entry(7));
	assert_int_equal(open_now(0), 1);
	assert_non_null(source_get(&packet, true, 7, scratch_find()));
	source_recount(&counted, 7, 0, &packet, &zone, true);
	assert_int_equal(open_now(7), 0);
	zone.abuse.open_max = 0;
	source_recount(&counted, 7, source_epoch(&zone, NOW), &packet, &zone, true);
	assert_int_equal(open_now(7), 1);
	assert_int_equal(open_now(0), 0);
}

static void test_port_that_asks_under_another_rule(void **state)
{
	const struct tg_rule eight = {.id = 8, .transfers_max = 1};
	struct tftp_text *text = &scratch_find()->text;
	struct tg_request r = {.rule = 7, .hash = 1};

	(void)state;
	text->hash = 2;
	assert_non_null(source_get(&packet, true, 7, scratch_find()));
	assert_non_null(source_get(&packet, true, 8, scratch_find()));
	source_recount(&r.open_epoch, 7, source_epoch(&zone, NOW), &packet, &zone, true);
	assert_int_equal(open_now(7), 1);
	request_renew(&r, &packet, &zone, text, &eight, true);
	assert_int_equal(r.rule, 8);
	assert_int_equal(open_now(7), 0);
	assert_int_equal(open_now(8), 1);
	assert_int_equal(open_now(0), 1);
}

/* The request with this hash, allowed by the zone's rule `number`, whose id is one more. */
static enum tg_reason asked_under(u32 number, u64 hash)
{
	scratch_find()->text.hash = hash;
	scratch_find()->rule = number;
	return request_remember(&packet, &zone);
}

static struct tg_request *record(void)
{
	request_key_of(&scratch_find()->request_key, &packet, &zone, true, false);
	return request_find(&scratch_find()->request_key);
}

/* The policy has changed, or it was another member of the server group that was asked. */
static void test_repeat_under_another_rule(void **state)
{
	struct tg_rule *rule = store_policy.rules;
	struct tg_request *r;

	(void)state;
	rule[0] = (struct tg_rule){.id = 1, .transfers_max = 1, .size_max = 1000};
	rule[1] = (struct tg_rule){.id = 2, .transfers_max = 1, .size_max = 50};
	assert_int_equal(asked_under(0, 5), TG_REQUEST);
	packet.now += 10;
	assert_int_equal(asked_under(1, 5), TG_REQUEST);
	r = record();
	assert_int_equal(r->rule, 2);
	assert_int_equal(r->size_max, 50);
	assert_int_equal(open_now(1), 0);
	assert_int_equal(open_now(2), 1);
	assert_int_equal(open_now(0), 1);
	/* It is the same request all the same. */
	assert_int_equal(r->first_at, NOW);
	assert_int_equal(r->asked, 2);
	assert_int_equal(r->first_generation, 1);
	/* The rule is the same, what it admits is not. */
	rule[1].size_max = 0;
	assert_int_equal(asked_under(1, 5), TG_REQUEST);
	assert_int_equal(record()->size_max, ~0ULL);
	assert_int_equal(open_now(2), 1);
	/* No rule decides any more. */
	assert_int_equal(asked_under(RULES_NONE, 5), TG_REQUEST);
	assert_int_equal(record()->rule, 0);
	assert_int_equal(open_now(2), 0);
	assert_int_equal(open_now(0), 1);
}

static void test_repeat_finds_no_room_under_another_rule(void **state)
{
	struct tg_rule *rule = store_policy.rules;

	(void)state;
	zone.abuse.open_max = 2;
	rule[0] = (struct tg_rule){.id = 1};
	rule[1] = (struct tg_rule){.id = 2, .transfers_max = 1};
	packet.source_port_be = 1;
	assert_int_equal(asked_under(1, 5), TG_REQUEST);
	packet.source_port_be = 2;
	assert_int_equal(asked_under(0, 6), TG_REQUEST);
	assert_int_equal(asked_under(1, 6), TG_RULE_TRANSFERS);
	assert_int_equal(record()->rule, 1);
	assert_int_equal(open_now(0), 2);
	/* Its own place in the zone is free for it. */
	packet.source_port_be = 1;
	assert_int_equal(asked_under(0, 5), TG_REQUEST);
	assert_int_equal(open_now(2), 0);
	packet.source_port_be = 2;
	assert_int_equal(asked_under(1, 6), TG_REQUEST);
	assert_int_equal(open_now(2), 1);
	assert_int_equal(open_now(0), 2);
	packet.source_port_be = 0;
}

static void test_epochs(void **state)
{
	u32 counted = 0, epoch = source_epoch(&zone, NOW);
	u64 end = (u64)epoch * 60000;

	(void)state;
	assert_false(source_epoch_over(epoch, &zone, end - 1));
	assert_true(source_epoch_over(epoch, &zone, end));
	assert_int_equal(source_epoch(&zone, end - 1), epoch);
	assert_int_equal(source_epoch(&zone, end), epoch + 1);
	source_recount(&counted, 0, epoch, &packet, &zone, true);
	packet.now = end + 2 * 60000 - 1;
	assert_int_equal(open_now(0), 1);
	packet.now = end + 2 * 60000;
	assert_int_equal(open_now(0), 0);
	/* Its slot is another epoch's by now. */
	packet.now = end + 3 * 60000;
	source_recount(&counted, 0, 0, &packet, &zone, true);
	counted = 0;
	source_recount(&counted, 0, source_epoch(&zone, packet.now), &packet, &zone, true);
	counted = epoch;
	source_recount(&counted, 0, 0, &packet, &zone, true);
	assert_int_equal(open_now(0), 1);
}

static void test_epoch_of_another_cpu(void **state)
{
	u32 counted = 0, epoch = source_epoch(&zone, NOW), early = 0;

	(void)state;
	packet.now += 60000;
	source_recount(&counted, 0, epoch + 1, &packet, &zone, true);
	/* A CPU whose packet is older counts in the epoch before, and sees no more than it did. */
	packet.now = NOW;
	source_recount(&early, 0, epoch, &packet, &zone, true);
	packet.now += 60000;
	assert_int_equal(open_now(0), 2);
}

static void test_epochs_of_another_idle_time(void **state)
{
	u32 counted = 0;

	(void)state;
	source_recount(&counted, 0, source_epoch(&zone, NOW), &packet, &zone, true);
	zone.idle_wait = 240000;
	assert_int_equal(open_now(0), 0);
	/* The end of what was counted then means nothing any more. */
	source_recount(&counted, 0, 0, &packet, &zone, true);
	source_recount(&counted, 0, source_epoch(&zone, NOW), &packet, &zone, true);
	assert_int_equal(open_now(0), 1);
	zone.idle_wait = 120000;
	assert_int_equal(open_now(0), 0);
	zone.idle_wait = 1;
	assert_int_equal(open_now(0), 0);
	zone.idle_wait = 120000;
}

/* In a replay the clock may begin with 0. */
static void test_hold_at_the_beginning_of_time(void **state)
{
	struct tg_source s = {};

	(void)state;
	zone.abuse = (struct tg_abuse){.names_max = 2, .enumeration_window = 60000, .hold = 1};
	assert_true(source_names(&s, &zone, 5, 1));
	assert_false(source_names(&s, &zone, 6, 2));
	assert_int_equal(s.held_until, 7);
	assert_true(source_names(&s, &zone, 8, 3));
	assert_false(source_names(&s, &zone, 9, 4));
}

/* How many different names pass before the hold, with the default of 1000: 439 bits. */
static void test_names_of_the_usual_limit(void **state)
{
	struct tftp_text *text = &scratch_find()->text;
	u64 sum = 0;

	(void)state;
	zone.abuse = (struct tg_abuse){.names_max = 439, .enumeration_window = 60000, .hold = 1};
	for (u64 seed = 0; seed < 100; seed++) {
		struct tg_source s = {};
		unsigned int name = 0;

		do {
			text->len = sprintf((char *)text->bytes, "%c%cpxelinux.cfg/01-%06x%coctet",
					    0, 1, name++, 0) +
				    1;
			assert_int_equal(tftp_read_request(text, seed * 0x9e3779b97f4a7c15ULL),
					 TG_REQUEST);
		} while (source_names(&s, &zone, NOW, text->name_hash));
		/* The deviation of a single one is 46. */
		assert_in_range(name, 800, 1200);
		sum += name;
	}
	/* 994 on average, if the names' bits are as good as random. */
	assert_in_range(sum, 98000, 101000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_bucket, begin),
		cmocka_unit_test_setup(test_bucket_faster_than_the_clock, begin),
		cmocka_unit_test_setup(test_bucket_of_another_cpu, begin),
		cmocka_unit_test_setup(test_bucket_of_another_rate, begin),
		cmocka_unit_test_setup(test_count_is_taken_once, begin),
		cmocka_unit_test_setup(test_count_of_an_entry_that_was_pushed_out, begin),
		cmocka_unit_test_setup(test_count_under_a_rule, begin),
		cmocka_unit_test_setup(test_port_that_asks_under_another_rule, begin),
		cmocka_unit_test_setup(test_repeat_under_another_rule, begin),
		cmocka_unit_test_setup(test_repeat_finds_no_room_under_another_rule, begin),
		cmocka_unit_test_setup(test_epochs, begin),
		cmocka_unit_test_setup(test_epoch_of_another_cpu, begin),
		cmocka_unit_test_setup(test_epochs_of_another_idle_time, begin),
		cmocka_unit_test_setup(test_hold_at_the_beginning_of_time, begin),
		cmocka_unit_test_setup(test_names_of_the_usual_limit, begin),
	};

	return cmocka_run_group_tests_name("sources", tests, NULL, NULL);
}
