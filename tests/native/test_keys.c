// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keys: the same for both directions, different for whatever has to be kept apart, and without dirt.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "store.h"
#include "turned.h"
#include "core/key.h"

static struct tg_addr address(unsigned int high, unsigned int low)
{
	struct tg_addr a = {};

	a.bytes[0] = high;
	a.bytes[15] = low;
	return a;
}

static struct packet packet(struct tg_addr from, u16 from_port, struct tg_addr to, u16 to_port)
{
	return (struct packet){
		.zone = 3,
		.vlan_outer = 10,
		.vlan_inner = 20,
		.source = from,
		.source_port_be = be16(from_port),
		.destination = to,
		.destination_port_be = be16(to_port),
		.fragment_id_be = 0x01020304,
	};
}

/* The key on top of dirt. */
static struct tg_pair_key pair(struct packet p, bool *source_high)
{
	struct tg_pair_key key;

	memset(&key, 0xee, sizeof(key));
	*source_high = pair_key_of(&key, &p);
	return key;
}

static void check_symmetry(struct packet p)
{
	bool there, back;
	struct tg_pair_key a = pair(p, &there), b = pair(turned_round(p), &back);

	assert_memory_equal(&a, &b, sizeof(a));
	assert_int_not_equal(there, back);
	assert_memory_equal(there ? &a.high : &a.low, &p.source, 16);
	assert_int_equal(there ? a.high_port_be : a.low_port_be, p.source_port_be);
	assert_memory_equal(there ? &a.low : &a.high, &p.destination, 16);
	assert_int_equal(there ? a.low_port_be : a.high_port_be, p.destination_port_be);
}

static void test_pairs_have_no_order(void **state)
{
	(void)state;
	check_symmetry(packet(address(1, 2), 69, address(1, 3), 2000));
	check_symmetry(packet(address(2, 1), 69, address(1, 2), 2000));
	check_symmetry(packet(address(1, 1), 69, address(1, 1), 2000));
	check_symmetry(packet(address(1, 1), 0x0102, address(1, 1), 0x0201));
	check_symmetry(packet(address(0xff, 0), 69, address(0, 0xff), 69));
}

static void test_pairs_tell_apart(void **state)
{
	struct packet p = packet(address(1, 2), 69, address(1, 3), 2000), q;
	struct tg_pair_key a, b;
	bool high;

	(void)state;
	a = pair(p, &high);
#define DIFFERS(change)                                     \
	do {                                                \
		q = p;                                      \
		change;                                     \
		b = pair(q, &high);                         \
		assert_memory_not_equal(&a, &b, sizeof(a)); \
	} while (0)
	DIFFERS(q.zone++);
	DIFFERS(q.vlan_outer++);
	DIFFERS(q.vlan_inner++);
	DIFFERS(q.source_port_be++);
	DIFFERS(q.destination_port_be++);
	DIFFERS(q.source.bytes[0]++);
	DIFFERS(q.source.bytes[7]++);
	DIFFERS(q.source.bytes[8]++);
	DIFFERS(q.destination.bytes[15]++);
	/* The same ports at the other ends. */
	DIFFERS(q.source_port_be = p.destination_port_be; q.destination_port_be = p.source_port_be);
#undef DIFFERS
}

static void test_pair_padding(void **state)
{
	bool high;
	struct tg_pair_key key = pair(packet(address(1, 2), 69, address(1, 3), 2000), &high);

	(void)state;
	assert_int_equal(key.zero[0] | key.zero[1] | key.zero[2], 0);
	assert_int_equal(key.zone, 3);
	assert_int_equal(key.vlan_outer, 10);
	assert_int_equal(key.vlan_inner, 20);
}

static void test_hosts_have_no_order(void **state)
{
	struct packet p = packet(address(1, 2), 69, address(1, 3), 2000), q = turned_round(p);
	struct tg_hosts_key a, b;

	(void)state;
	memset(&a, 0xaa, sizeof(a));
	memset(&b, 0x55, sizeof(b));
	hosts_key_of(&a, &p);
	hosts_key_of(&b, &q);
	assert_memory_equal(&a, &b, sizeof(a));
	q.vlan_inner++;
	hosts_key_of(&b, &q);
	assert_memory_not_equal(&a, &b, sizeof(a));
}

static void test_fragments_have_a_direction(void **state)
{
	struct packet p = packet(address(1, 2), 0, address(1, 3), 0), q = turned_round(p);
	struct tg_fragment_key a, b;

	(void)state;
	memset(&a, 0xaa, sizeof(a));
	memset(&b, 0x55, sizeof(b));
	fragment_key_of(&a, &p);
	fragment_key_of(&b, &p);
	assert_memory_equal(&a, &b, sizeof(a));
	fragment_key_of(&b, &q);
	assert_memory_not_equal(&a, &b, sizeof(a));
	q = p;
	q.fragment_id_be++;
	fragment_key_of(&b, &q);
	assert_memory_not_equal(&a, &b, sizeof(a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs_have_no_order),
		cmocka_unit_test(test_pairs_tell_apart),
		cmocka_unit_test(test_pair_padding),
		cmocka_unit_test(test_hosts_have_no_order),
		cmocka_unit_test(test_fragments_have_a_direction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
