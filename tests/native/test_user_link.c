// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/link.c
/*
 * User space: link layers of captures as Ethernet headers.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <pcap/dlt.h>

#include "link.h"

#define IPV4 0x0800
#define IPV6 0x86dd
#define ARP  0x0806
#define VLAN 0x8100

/* Reads a copy that ends where the frame ends, so that the sanitizer sees a look beyond. */
static enum link_found read_copy(int type, const uint8_t *frame, uint32_t len,
				 struct link_header *header)
{
	uint8_t *copy = malloc(len ? len : 1);
	enum link_found found;

	assert_non_null(copy);
	memcpy(copy, frame, len);
	found = link_read(type, copy, len, header);
	free(copy);
	return found;
}

static void expect(int type, const uint8_t *frame, uint32_t len, uint32_t captured_bytes,
		   unsigned int ethertype)
{
	struct link_header header;

	assert_true(link_known(type));
	assert_int_equal(read_copy(type, frame, len, &header),
			 ethertype == IPV4 || ethertype == IPV6 || ethertype == VLAN ? LINK_FRAME
										     : LINK_OTHER);
	assert_int_equal(header.captured_bytes, captured_bytes);
	assert_int_equal(header.ethernet[12] << 8 | header.ethernet[13], ethertype);
	for (uint32_t shorter = 0; shorter < captured_bytes; shorter++)
		assert_int_equal(read_copy(type, frame, shorter, &header), LINK_SHORT);
}

static void test_ethernet_stays(void **state)
{
	static const uint8_t frame[20] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x08, 0x06};
	struct link_header header;

	(void)state;
	/* Whatever it holds: the program reads it. */
	assert_int_equal(read_copy(DLT_EN10MB, frame, sizeof(frame), &header), LINK_FRAME);
	assert_memory_equal(header.ethernet, frame, LINK_ETHERNET_BYTES);
	assert_int_equal(header.captured_bytes, LINK_ETHERNET_BYTES);
	assert_int_equal(read_copy(DLT_EN10MB, frame, 13, &header), LINK_SHORT);
}

static void test_cooked(void **state)
{
	uint8_t v1[24] = {0, 4, 0, 1, 0, 6}, v2[24] = {0};
	static const unsigned int types[] = {IPV4, IPV6, VLAN, ARP, 0x0004};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		v1[14] = v2[0] = types[i] >> 8;
		v1[15] = v2[1] = types[i] & 0xff;
		expect(DLT_LINUX_SLL, v1, sizeof(v1), 16, types[i]);
		expect(DLT_LINUX_SLL2, v2, sizeof(v2), 20, types[i]);
	}
}

/* To whom it was sent decides about requests to everybody. */
static void test_cooked_groups(void **state)
{
	static const uint8_t group_bit[] = {0, 1, 1, 0,
					    0}; /* host, broadcast, multicast, other, out */
	struct link_header header;

	(void)state;
	for (unsigned int kind = 0; kind < sizeof(group_bit); kind++) {
		uint8_t v1[16] = {0, kind, [14] = 8, 0}, v2[20] = {8, 0, [10] = kind};

		read_copy(DLT_LINUX_SLL, v1, sizeof(v1), &header);
		assert_int_equal(header.ethernet[0] & 1, group_bit[kind]);
		read_copy(DLT_LINUX_SLL2, v2, sizeof(v2), &header);
		assert_int_equal(header.ethernet[0] & 1, group_bit[kind]);
	}
}

static void test_raw(void **state)
{
	static const int types[] = {DLT_RAW, DLT_IPV4, DLT_IPV6};
	static const uint8_t v4[] = {0x45}, v6[] = {0x60}, neither[] = {0x55};
	struct link_header header;

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		expect(types[i], v4, 1, 0, IPV4);
		expect(types[i], v6, 1, 0, IPV6);
		expect(types[i], neither, 1, 0, 0);
		assert_int_equal(read_copy(types[i], v4, 0, &header), LINK_SHORT);
	}
}

static void test_loopback(void **state)
{
	static const struct {
		uint8_t family;
		unsigned int ethertype;
	} families[] = {{2, IPV4}, {10, IPV6}, {24, IPV6}, {28, IPV6}, {30, IPV6}, {7, 0}, {0, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
		uint8_t big[8] = {0, 0, 0, families[i].family}, little[8] = {families[i].family};

		expect(DLT_LOOP, big, sizeof(big), 4, families[i].ethertype);
		expect(DLT_NULL, big, sizeof(big), 4, families[i].ethertype);
		expect(DLT_NULL, little, sizeof(little), 4, families[i].ethertype);
	}
}

static void test_unknown(void **state)
{
	(void)state;
	assert_false(link_known(DLT_IEEE802_11_RADIO));
	assert_false(link_known(-1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ethernet_stays), cmocka_unit_test(test_cooked),
		cmocka_unit_test(test_cooked_groups),  cmocka_unit_test(test_raw),
		cmocka_unit_test(test_loopback),       cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
