// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The budget for requests of addresses that have proved nothing, under a flood: a million requests a second from random
 * addresses and ports, and clients that nobody has seen before. Tracker specification 11.7; what single requests do
 * is in tests/cases/budget.c.
 *
 * FLOOD_SECONDS: how long the flood lasts (default 15).
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define STORE_OWN_BUDGETS
#include "store.h"
#include "core/request.h"

#define SECOND    1000 /* jiffies */
#define BEGIN     5000000ULL
#define ZONE      3
#define STRANGERS (1 << 18) /* as bpf/maps.h has */
#define CLIENTS   200
#define PROVED    512

static struct tg_strangers *strangers;
static struct tg_budget budget;
static u64 shares[TG_BUDGET_SHARES];
static struct {
	struct tg_source_key key;
	struct tg_proved value;
} proved[PROVED];
static size_t proved_count;
static bool filter_works;

struct tg_proved *proved_find(const struct tg_source_key *key)
{
	for (size_t i = 0; i < proved_count; i++)
		if (!memcmp(&proved[i].key, key, sizeof(*key)))
			return &proved[i].value;
	return NULL;
}

long proved_put(const struct tg_source_key *key, const struct tg_proved *value)
{
	if (proved_count == PROVED)
		abort();
	proved[proved_count].key = *key;
	proved[proved_count++].value = *value;
	return 0;
}

struct tg_budget *budget_find(u32 zone)
{
	return zone == ZONE ? &budget : NULL;
}

u64 *budget_share_find(u32 number)
{
	return number < TG_BUDGET_SHARES ? &shares[number] : NULL;
}

struct tg_strangers *strangers_find(u32 hash)
{
	static struct tg_strangers none;

	if (filter_works)
		return &strangers[(u64)hash * STRANGERS >> 32];
	memset(&none, 0, sizeof(none));
	return &none;
}

static struct tg_zone zone = {.second = SECOND, .hash_seed = 0x7ef7e57edbee5eedULL};
static struct packet packet = {.zone = ZONE};
static u64 random_state;

static u64 next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static struct tg_rate rate_of(u64 per_second, u64 burst)
{
	struct tg_rate rate = {.interval = ((u64)SECOND << TG_BUCKET_SHIFT) / per_second};

	rate.tolerance = (burst - 1) * rate.interval;
	return rate;
}

/* The defaults of user/zone_settings.c. */
static int begin(void **state)
{
	(void)state;
	random_state = 0x9e3779b97f4a7c15ULL;
	filter_works = true;
	memset(&budget, 0, sizeof(budget));
	memset(shares, 0, sizeof(shares));
	memset(strangers, 0, STRANGERS * sizeof(*strangers));
	proved_count = 0;
	zone.abuse = (struct tg_abuse){.budget = rate_of(100, 1500), .proved_wait = 86400 * SECOND};
	return 0;
}

/* The source is the IPv4 address, in host order. */
static bool asks(u32 address, u16 port, u64 now)
{
	packet.now = now;
	addr_from_v4(&packet.source, __builtin_bswap32(address));
	packet.source_port_be = be16(port);
	return budget_asks(&packet, &zone, scratch_find()) == TG_REQUEST;
}

/* ---- a flood ------------------------------------------------------------------------------------------------------- */

/* When a client asks, in ms since it began; it gives up after the last one. */
struct manner {
	const char *name;
	unsigned int ms[8];
	size_t count;
};
static const struct manner quick = {"1, 2, 4 s", {0, 1000, 3000, 7000}, 4};
static const struct manner curl = {"7.5 s", {0, 7500, 13200, 20200}, 4};
static const struct manner tftp_hpa = {"5 s", {0, 5000, 10000, 15000, 20000}, 5};

struct client {
	u64 begins;
	unsigned int asked;
	u64 served_after; /* ms, + 1; 0: it was not */
	u32 address;
	u16 port;
};

struct outcome {
	unsigned int served, given_up;
	u64 slowest_ms;
	u64 forged; /* that passed */
};

static void client_acts(struct client *c, const struct manner *m, u64 now)
{
	if (c->served_after || c->asked == m->count || now < c->begins + m->ms[c->asked])
		return;
	c->asked++;
	if (asks(c->address, c->port, now))
		c->served_after = now - c->begins + 1;
}

static unsigned int flood_seconds(void)
{
	const char *text = getenv("FLOOD_SECONDS");

	return text ? (unsigned int)strtoul(text, NULL, 10) : 15;
}

/* Clients begin after the burst is gone, and so early that they have come to an end by the end of the flood. */
static void clients_new(struct client *clients, const struct manner *m, unsigned int seconds)
{
	unsigned int life = m->ms[m->count - 1], room = seconds * SECOND - life - 2 * SECOND;

	assert_true(seconds * SECOND > life + 3 * SECOND);
	for (size_t i = 0; i < CLIENTS; i++)
		clients[i] = (struct client){
			.begins = BEGIN + 2 * SECOND + i * room / CLIENTS,
			.address = (u32)next_random(),
			.port = (u16)next_random(),
		};
}

static struct outcome flood(const struct manner *m, unsigned int per_ms, unsigned int seconds)
{
	static struct client clients[CLIENTS];
	struct outcome outcome = {};

	clients_new(clients, m, seconds);
	for (u64 now = BEGIN; now < BEGIN + seconds * SECOND; now++) {
		for (size_t i = 0; i < CLIENTS; i++)
			client_acts(&clients[i], m, now);
		for (unsigned int i = 0; i < per_ms; i++) {
			u64 random = next_random();

			outcome.forged += asks((u32)random, (u16)(random >> 32), now);
		}
	}
	for (size_t i = 0; i < CLIENTS; i++) {
		outcome.served += clients[i].served_after != 0;
		outcome.given_up += !clients[i].served_after;
		if (clients[i].served_after > outcome.slowest_ms)
			outcome.slowest_ms = clients[i].served_after - 1;
	}
	print_message(
		"%u requests a ms for %u s, clients that repeat after %s: %u of %u served, the "
		"slowest after %llu ms; %llu forged requests passed\n",
		per_ms, seconds, m->name, outcome.served, CLIENTS,
		(unsigned long long)outcome.slowest_ms, (unsigned long long)outcome.forged);
	return outcome;
}

/* Twice the budget, and its bursts. */
static u64 bound(unsigned int seconds)
{
	return 2 * (1500 + 100 * (u64)seconds);
}

static void test_flood(void **state)
{
	unsigned int seconds = flood_seconds();
	struct outcome outcome = flood(&quick, 1000, seconds);

	(void)state;
	assert_int_equal(outcome.given_up, 0);
	assert_true(outcome.forged + outcome.served <= bound(seconds));
	/* The burst, and what passes by chance: for each request one in 2^26 for each of up to 32 notes. */
	assert_in_range(outcome.forged, 1125, 1500 + seconds);
}

static void test_flood_and_patient_clients(void **state)
{
	unsigned int seconds = flood_seconds() > 30 ? flood_seconds() : 30;
	struct outcome outcome = flood(&tftp_hpa, 300, seconds);

	(void)state;
	assert_int_equal(outcome.given_up, 0);
	assert_in_range(outcome.forged, 1125, 1500 + seconds);
}

/* Who repeats late finds its note, too: the oldest gives way, not the first that may. */
static void test_flood_and_slow_clients(void **state)
{
	unsigned int seconds = flood_seconds() > 25 ? flood_seconds() : 25;
	struct outcome outcome = flood(&curl, 400, seconds);

	(void)state;
	assert_int_equal(outcome.given_up, 0);
	assert_int_equal(outcome.slowest_ms, curl.ms[1]);
}

/* It is the notes that help. */
static void test_flood_without_notes(void **state)
{
	struct outcome outcome;

	(void)state;
	filter_works = false;
	outcome = flood(&quick, 200, 15);
	assert_true(outcome.served < CLIENTS / 10);
}

/* Twice as much as there is: nobody is forged, all repeat, and all are served. */
static void test_boot_storm(void **state)
{
	unsigned int passed = 0;

	(void)state;
	/* A thousand machines of one network ask at once. */
	for (u32 i = 0; i < 1000; i++)
		passed += asks(0x0a000000, (u16)(1000 + i), BEGIN);
	assert_int_equal(passed, 1000);
	/* And three thousand of many. */
	for (u32 i = 0; i < 3000; i++)
		passed += asks(0x0b000000 + (i << 4), 1000, BEGIN + 20000);
	assert_int_equal(passed, 2500);
	for (u32 i = 1500; i < 3000; i++)
		passed += asks(0x0b000000 + (i << 4), 1000, BEGIN + 21000);
	assert_in_range(passed, 3625, 4000);
}

/* ---- one prefix against the others --------------------------------------------------------------------------------- */

static void test_greedy_prefix(void **state)
{
	unsigned int greedy = 0, others = 0;

	(void)state;
	for (u64 now = BEGIN; now < BEGIN + 60 * SECOND; now++) {
		for (unsigned int i = 0; i < 20; i++)
			greedy += asks(0xc0000200 + next_random() % 256, (u16)next_random(), now);
		/* 50 in a second, each of another network: half of the budget. */
		if (now % 20 == 0)
			others += asks((u32)next_random(), (u16)next_random(), now);
	}
	print_message("a prefix that asks 20,000 times a second had %u of its own, and left %u of "
		      "3,000 to others\n",
		      greedy, others);
	assert_true(greedy <= bound(60));
	assert_true(others >= 2990);
}

/* Who forges each request twice has the reserve; but for what is kept for known networks. */
static void test_flood_that_repeats(void **state)
{
	unsigned int neighbours = 0, strangers_passed = 0;

	(void)state;
	packet.now = BEGIN;
	addr_from_v4(&packet.source, __builtin_bswap32(0x0a010203));
	budget_proves(&packet, &zone);
	for (u64 now = BEGIN; now < BEGIN + 30 * SECOND; now++) {
		for (unsigned int i = 0; i < 20; i++) {
			/* The same ones every 500 ms. */
			u32 number = (u32)(now % 500 * 20 + i);

			strangers_passed += asks(number * 2654435761U, (u16)number, now);
		}
		if (now % 100 == 0)
			neighbours += asks(0x0a010204, (u16)(1000 + now / 100), now);
		if (now % 100 == 50)
			assert_true(asks(0x0a010203, (u16)(1000 + now / 100), now));
	}
	print_message("a flood that repeats had %u, and neighbours of who is known %u of 300\n",
		      strangers_passed, neighbours);
	assert_true(strangers_passed + neighbours <= bound(30));
	assert_true(neighbours >= 295);
}

/* ---- what is proved -------------------------------------------------------------------------------------------------- */

static void test_prefixes(void **state)
{
	struct packet p = {.now = BEGIN, .zone = ZONE};
	struct core_scratch *scratch = scratch_find();
	const struct tg_source_key *key;

	(void)state;
	addr_from_v4(&p.source, __builtin_bswap32(0xc0a80105));
	key = budget_key(&p, scratch, TG_PROVED_PREFIX);
	assert_int_equal(key->rule, TG_PROVED_PREFIX);
	assert_int_equal(key->address.bytes[14], 1);
	assert_int_equal(key->address.bytes[15], 0);
	memset(p.source.bytes, 0x11, sizeof(p.source.bytes));
	key = budget_key(&p, scratch, TG_PROVED_PREFIX);
	for (int i = 0; i < 16; i++)
		assert_int_equal(key->address.bytes[i], i < 8 ? 0x11 : 0);
	key = budget_key(&p, scratch, TG_PROVED_ADDRESS);
	assert_memory_equal(&key->address, &p.source, sizeof(p.source));
}

/* Nothing is kept where nothing is limited, or nobody is believed. */
static void test_nothing_to_prove(void **state)
{
	(void)state;
	packet.now = BEGIN;
	zone.abuse.proved_wait = 0;
	budget_proves(&packet, &zone);
	zone.abuse.proved_wait = 1;
	zone.abuse.budget.interval = 0;
	budget_proves(&packet, &zone);
	assert_int_equal(proved_count, 0);
	zone.abuse.budget.interval = 1;
	budget_proves(&packet, &zone);
	budget_proves(&packet, &zone);
	assert_int_equal(proved_count, 2);
}

/* ---- notes ------------------------------------------------------------------------------------------------------------ */

#define MARK(n) ((u32)(n) << STRANGER_AGE_BITS)

static bool again(struct tg_strangers *near, u32 mark, u32 quarter)
{
	struct stranger s = {.near = near, .mark = mark, .quarter = quarter};

	return stranger_again(&s);
}

/* A note is kept for 5.5 s whoever comes; then the oldest gives way to the next one, but until then it counts, for 12 s. */
static void test_notes_are_kept(void **state)
{
	struct tg_strangers near = {};

	(void)state;
	for (u32 i = 1; i <= TG_STRANGERS; i++)
		assert_false(again(&near, MARK(i), i == 5 ? 0 : 1));
	for (u32 i = 1; i < 100; i++)
		assert_false(again(&near, MARK(1000 + i), STRANGER_KEPT));
	assert_false(again(&near, MARK(2000), 2 + STRANGER_KEPT));
	for (u32 i = 1; i <= TG_STRANGERS; i++)
		assert_true(i == 5 || again(&near, MARK(i), 2 + STRANGER_KEPT));
	assert_true(again(&near, MARK(2000), 4 + STRANGER_KEPT));
	assert_false(again(&near, MARK(5), 4 + STRANGER_KEPT));
}

static bool is_noted(const struct tg_strangers *near, u32 mark)
{
	for (u32 i = 0; i < TG_STRANGERS; i++)
		if ((near->cell[i] & ~STRANGER_AGE_MASK) == mark)
			return true;
	return false;
}

/* The places are taken in turn: each note lasts as long as it can. */
static void test_notes_last(void **state)
{
	struct tg_strangers near = {};

	(void)state;
	for (u32 i = 1; i <= 10 * TG_STRANGERS; i++) {
		assert_false(again(&near, MARK(i), i & STRANGER_AGE_MASK));
		assert_true(i < TG_STRANGERS || is_noted(&near, MARK(i + 1 - TG_STRANGERS)));
	}
}

static void test_notes_by_age(void **state)
{
	(void)state;
	for (u32 age = 0; age <= STRANGER_AGE_MASK; age++) {
		struct tg_strangers near = {};
		u32 later = (40 + age) & STRANGER_AGE_MASK;

		assert_false(again(&near, MARK(1), 40));
		assert_int_equal(again(&near, MARK(1), later),
				 age >= STRANGER_AGAIN && age <= STRANGER_LATEST);
		/* Noted once, at the later time unless it is a copy. */
		assert_int_equal(near.cell[1], 0);
		assert_int_equal(near.cell[0], MARK(1) | (age >= STRANGER_AGAIN ? later : 40));
	}
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup(function, begin)
	const struct CMUnitTest tests[] = {
		TEST(test_flood),
		TEST(test_flood_and_patient_clients),
		TEST(test_flood_and_slow_clients),
		TEST(test_flood_without_notes),
		TEST(test_boot_storm),
		TEST(test_greedy_prefix),
		TEST(test_flood_that_repeats),
		TEST(test_prefixes),
		TEST(test_nothing_to_prove),
		TEST(test_notes_are_kept),
		TEST(test_notes_last),
		TEST(test_notes_by_age),
	};
	int failed;

	strangers = calloc(STRANGERS, sizeof(*strangers));
	if (!strangers)
		return 1;
	failed = cmocka_run_group_tests_name("budget", tests, NULL, NULL);
	free(strangers);
	store_clear();
	return failed;
}
