// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Endpoints that state is about: whoever has state is known for as long as it may last, and strangers hardly ever are.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "store.h"
#include "turned.h"
#include "core/known.h"

#define UNIT (1ULL << KNOWN_UNIT_SHIFT)

static struct tg_addr address(u32 number, bool ipv6)
{
	struct tg_addr addr = {};

	if (!ipv6) {
		addr_from_v4(&addr, __builtin_bswap32(0x0a000000 + number));
		return addr;
	}
	addr.bytes[0] = 0xfd;
	for (int i = 0; i < 4; i++)
		addr.bytes[15 - i] = (u8)(number >> 8 * i);
	return addr;
}

static bool is_known(const struct packet *p)
{
	return known_any(p);
}

/* Somebody from the outside to the client, and back. */
static struct packet packet(u32 client, u16 port, u64 now)
{
	return (struct packet){
		.now = now,
		.source = address(0xffffff, false),
		.source_port_be = be16(1),
		.destination = address(client, false),
		.destination_port_be = be16(port),
	};
}

static int setup(void **state)
{
	(void)state;
	store_clear();
	return 0;
}

static void note(u32 client, u16 port, u64 now, u64 wait)
{
	struct tg_addr addr = address(client, false);

	known_note_end(&addr, be16(port), now, wait);
}

static void test_known_in_both_directions_until_the_time_is_over(void **state)
{
	/* The clock at boot, in use, where 32 bits of jiffies end, and where the units of cells wrap or change their sign. */
	static const u64 clocks[] = {
		1, 1000000, (1ULL << 32) - 500, UNIT << 31, (UNIT << 32) - 500, UNIT << 33};
	static const u64 waits[] = {1, UNIT - 1, UNIT, 30000, 300000, 3600000};

	(void)state;
	for (size_t c = 0; c < sizeof(clocks) / sizeof(*clocks); c++)
		for (size_t w = 0; w < sizeof(waits) / sizeof(*waits); w++) {
			u32 client = (u32)(c * 16 + w);
			struct packet p = packet(client, 2070, clocks[c]);
			struct packet back = turned_round(p);

			note(client, 2070, clocks[c], waits[w]);
			assert_true(is_known(&p));
			p.now = back.now = clocks[c] + waits[w];
			assert_true(is_known(&p));
			assert_true(is_known(&back));
			p.now = back.now = clocks[c] + waits[w] + 2 * UNIT;
			if (clocks[c] < UNIT << 31) {
				assert_false(is_known(&p));
				assert_false(is_known(&back));
			}
		}
}

static void test_a_shorter_wait_takes_nothing_away(void **state)
{
	struct packet p = packet(1, 2070, 1000 + 300000);

	(void)state;
	note(1, 2070, 1000, 300000);
	note(1, 2070, 2000, 30);
	assert_true(is_known(&p));
}

static void test_a_later_packet_prolongs(void **state)
{
	struct packet p = packet(1, 2070, 200000 + 300000);

	(void)state;
	note(1, 2070, 1000, 300000);
	note(1, 2070, 200000, 300000);
	assert_true(is_known(&p));
}

static void test_other_ports_and_addresses_are_strangers(void **state)
{
	struct packet port = packet(1, 2071, 1000000), addr = packet(2, 2070, 1000000);

	(void)state;
	note(1, 2070, 1000000, 300000);
	assert_false(is_known(&port));
	assert_false(is_known(&addr));
}

/* Of `count` endpoints that differ as they do in real networks, how many cells are theirs? */
static size_t cells_of(size_t count, struct tg_addr (*addr)(size_t), u16 (*port)(size_t))
{
	static u8 taken[1 << TG_KNOWN_SHIFT];
	size_t cells = 0;

	memset(taken, 0, sizeof(taken));
	for (size_t i = 0; i < count; i++) {
		struct tg_addr a = addr(i);
		u32 index = known_index(&a, be16(port(i)));

		assert_true(index < 1 << TG_KNOWN_SHIFT);
		cells += !taken[index];
		taken[index] = 1;
	}
	return cells;
}

static struct tg_addr one(size_t i)
{
	(void)i;
	return address(7, false);
}

static struct tg_addr many_v4(size_t i)
{
	return address((u32)i, false);
}

static struct tg_addr many_v6(size_t i)
{
	return address((u32)i, true);
}

static struct tg_addr many_prefixes(size_t i)
{
	struct tg_addr addr = address(1, true);

	addr.bytes[6] = (u8)(i >> 8);
	addr.bytes[7] = (u8)i;
	return addr;
}

static u16 same_port(size_t i)
{
	(void)i;
	return 2070;
}

static u16 each_port(size_t i)
{
	return (u16)i;
}

/* Chance lets 65,536 of 2^20 share so many that 63,530 cells are left, give or take 41 (standard deviation). */
static void test_endpoints_are_spread(void **state)
{
	const size_t all = 65536, fewest = 63530 - 6 * 41;

	(void)state;
	assert_true(cells_of(all, one, each_port) > fewest);
	assert_true(cells_of(all, many_v4, same_port) > fewest);
	assert_true(cells_of(all, many_v6, same_port) > fewest);
	assert_true(cells_of(all, many_prefixes, same_port) > fewest);
	assert_true(cells_of(all, many_v4, each_port) > fewest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_known_in_both_directions_until_the_time_is_over, setup),
		cmocka_unit_test_setup(test_a_shorter_wait_takes_nothing_away, setup),
		cmocka_unit_test_setup(test_a_later_packet_prolongs, setup),
		cmocka_unit_test_setup(test_other_ports_and_addresses_are_strangers, setup),
		cmocka_unit_test(test_endpoints_are_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
