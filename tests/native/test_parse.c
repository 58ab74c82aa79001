// SPDX-License-Identifier: GPL-2.0-or-later
// sources: tests/cases/frame.c tests/cases/modifiers.c tests/cases/packets.c tests/cases/scene*.c
/*
 * The parser: what it says about a frame, field by field, and that its first look never contradicts it.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "scene.h"
#include "store.h"
#include "core/parse_quote.h"

static struct datagram *(*wanted)(void);
static uint8_t frame[70000];
static uint32_t frame_len;

static void play(void)
{
	record(TG_NOT_UDP, wanted(), "", __FILE__, __LINE__);
}

/* Builds one frame and parses it. */
static enum tg_reason parse(struct packet *p, enum family family, struct datagram *(*make)(void))
{
	struct scenario scenario = {.name = "one frame", .play = play};
	struct recording recording;
	uint8_t *copy;
	enum tg_reason reason;

	wanted = make;
	record_scenario(&scenario, ROUTER, family, &recording);
	frame_len = recording.steps[0].len;
	memcpy(frame, recording.steps[0].frame, frame_len);
	recording_free(&recording);
	copy = store_copy(frame, frame_len); /* ends where the frame ends */
	memset(p, 0, sizeof(*p));
	reason = parse_frame(p, copy, copy + frame_len, true);
	free(copy);
	return reason;
}

static struct datagram *plain_ack(void)
{
	return client_ack(TID, 0x1234);
}

static struct datagram *odd_data(void)
{
	struct datagram *d =
		padded(9, tagged(0xe000 | 11, tagged(22, server_data(TID, 0xfffe, 100))));

	return ipv6() ? ip_extension(0, 16, ip_extension(60, 8, d)) : ip_options(12, d);
}

static struct datagram *piece(void)
{
	return first_fragment(0x0102, 64, server_data(TID, 7, 1000));
}

static struct datagram *later(void)
{
	return later_fragment(0x0102, 64, 0, server_data(TID, 7, 1000));
}

static struct datagram *broadcast(void)
{
	return to_host(BROADCAST, client_rrq("f"));
}

static struct datagram *subnet_broadcast(void)
{
	return to_host(SUBNET_BROADCAST, client_rrq("f"));
}

static struct datagram *two_bytes(void)
{
	return client_sends(69, "\0\1", 2);
}

static struct datagram *one_byte(void)
{
	return client_sends(69, "\1", 1);
}

static void check_plain(enum family family, uint32_t ip_header)
{
	struct tg_addr client = host_address(CLIENT, ROUTER, family),
		       server = host_address(SERVER, ROUTER, family);
	struct packet p;

	assert_int_equal(parse(&p, family, plain_ack), PARSED);
	assert_memory_equal(&p.source, &client, 16);
	assert_memory_equal(&p.destination, &server, 16);
	assert_int_equal(p.source_port_be, be16(CLIENT_TID));
	assert_int_equal(p.destination_port_be, be16(TID));
	assert_int_equal(p.ip_bytes, ip_header + 8 + 4);
	assert_int_equal(p.payload_bytes, 4);
	assert_int_equal(p.opcode, 4);
	assert_int_equal(p.block, 0x1234);
	assert_int_equal(p.payload_offset, 14 + ip_header + 8);
	assert_int_equal(p.end_offset, 14 + ip_header + 8 + 4);
	assert_int_equal(p.fragment, FRAGMENT_NONE);
	assert_int_equal(p.ipv6, family == IPV6);
	assert_int_equal(p.vlan_outer | p.vlan_inner | p.to_group, 0);
}

static void test_plain(void **state)
{
	(void)state;
	check_plain(IPV4, 20);
	check_plain(IPV6, 40);
}

static void check_odd(enum family family, uint32_t ip_header)
{
	struct packet p;

	assert_int_equal(parse(&p, family, odd_data), PARSED);
	assert_int_equal(p.vlan_outer, 11);
	assert_int_equal(p.vlan_inner, 22);
	assert_int_equal(p.ip_bytes, ip_header + 8 + 104);
	assert_int_equal(p.payload_bytes, 104);
	assert_int_equal(p.block, 0xfffe);
	assert_int_equal(p.payload_offset, 22 + ip_header + 8);
	assert_int_equal(p.end_offset, frame_len - 9);
}

static void test_odd(void **state)
{
	(void)state;
	check_odd(IPV4, 20 + 12);
	check_odd(IPV6, 40 + 24);
}

static void check_fragments(enum family family, u32 id_be)
{
	struct packet p;

	assert_int_equal(parse(&p, family, piece), PARSED);
	assert_int_equal(p.fragment, FRAGMENT_FIRST);
	assert_int_equal(p.fragment_id_be, id_be);
	assert_int_equal(p.payload_bytes, 1004);
	assert_int_equal(p.block, 7);
	assert_int_equal(p.end_offset, frame_len);
	assert_int_equal(parse(&p, family, later), PARSED);
	assert_int_equal(p.fragment, FRAGMENT_LATER);
	assert_int_equal(p.fragment_id_be, id_be);
	assert_int_equal(p.fragment_offset, 64);
	assert_int_equal(p.source_port_be | p.destination_port_be | p.opcode, 0);
	assert_int_equal(p.end_offset, frame_len);
}

static void test_fragments(void **state)
{
	(void)state;
	check_fragments(IPV4, be16(0x0102));
	check_fragments(IPV6, __builtin_bswap32(0x0102));
}

static void test_groups(void **state)
{
	struct packet p;

	(void)state;
	parse(&p, IPV4, broadcast);
	assert_true(p.to_group);
	parse(&p, IPV6, broadcast);
	assert_true(p.to_group);
	parse(&p, IPV4, subnet_broadcast);
	assert_true(p.to_group);
}

/* The edges of 224.0.0.0/4, with a unicast Ethernet address. */
static void test_group_addresses(void **state)
{
	static const struct {
		uint8_t first;
		bool group;
	} addresses[] = {{223, false}, {224, true},  {239, true},
			 {240, false}, {255, false}, {10, false}};
	struct packet p;

	(void)state;
	parse(&p, IPV4, plain_ack);
	for (unsigned int i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		frame[30] = addresses[i].first;
		memset(&p, 0, sizeof(p));
		assert_int_equal(parse_frame(&p, frame, frame + frame_len, true), PARSED);
		assert_int_equal(!!p.to_group, addresses[i].group);
	}
}

static void test_short_payloads(void **state)
{
	struct packet p;

	(void)state;
	assert_int_equal(parse(&p, IPV4, two_bytes), PARSED);
	assert_int_equal(p.opcode, 1);
	assert_int_equal(p.block, 0);
	assert_int_equal(parse(&p, IPV6, one_byte), PARSED);
	assert_int_equal(p.opcode, 0);
	assert_int_equal(p.payload_bytes, 1);
}

static struct datagram *tcp(void)
{
	return ip_protocol(6, client_ack(TID, 1));
}

static struct datagram *icmp(void)
{
	return ip_protocol(ipv6() ? 58 : 1, client_ack(TID, 1));
}

static bool plainly_other(enum family family, struct datagram *(*make)(void))
{
	struct packet p;

	parse(&p, family, make);
	return parse_is_plainly_other(frame, frame + frame_len);
}

static void test_first_look(void **state)
{
	(void)state;
	for (enum family family = IPV4; family <= IPV6; family++) {
		assert_true(plainly_other(family, tcp));
		assert_true(plainly_other(family, icmp));
		assert_false(plainly_other(family, plain_ack));
		assert_false(plainly_other(family, odd_data));
		assert_false(plainly_other(family, piece));
	}
}

/* Where the frame ends within the header of some other protocol's packet, either answer is right. */
static void compare_looks(uint32_t len)
{
	uint8_t *copy = store_copy(frame, len);
	bool other = parse_is_plainly_other(copy, copy + len);
	struct packet p = {};
	enum tg_reason reason = parse_frame(&p, copy, copy + len, true);

	free(copy);
	if (other && reason != TG_NOT_UDP)
		assert_int_equal(reason, TG_TRUNCATED);
}

/* What "plainly holds something else" is not UDP for the parser either, whatever changes and wherever it ends. */
static void check_first_look(enum family family, struct datagram *(*make)(void))
{
	struct packet p;

	parse(&p, family, make);
	for (unsigned int at = 0; at < 64 && at < frame_len; at++) {
		uint8_t kept = frame[at];

		for (unsigned int value = 0; value < 256; value++) {
			frame[at] = value;
			compare_looks(frame_len);
		}
		frame[at] = kept;
	}
	for (uint32_t len = 1; len < frame_len; len++)
		compare_looks(len);
}

static void test_first_look_agrees(void **state)
{
	struct datagram *(*const makes[])(void) = {plain_ack, odd_data, piece, later, tcp};

	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		check_first_look(IPV4, makes[i]);
		check_first_look(IPV6, makes[i]);
	}
}

/* Does an ICMPv6 error that quotes UDP between two addresses tell which ports they are? */
static bool quote_is_read(const uint8_t source[16], const uint8_t destination[16])
{
	struct {
		struct wire_ethernet ethernet;
		struct wire_ipv6 outer;
		struct wire_icmp icmp;
		struct wire_ipv6 inner;
		struct wire_udp udp;
	} WIRE error = {
		.ethernet.ethertype_be = be16(WIRE_ETH_IPV6),
		.outer.next = WIRE_IP_ICMPV6,
		.icmp.type = ICMPV6_ERROR_FIRST,
		.inner.next = WIRE_IP_UDP,
		.udp = {.source_be = be16(TID), .destination_be = be16(CLIENT_TID)},
	};
	struct packet p = {0};
	struct quote q = {0};

	memcpy(error.inner.source, source, sizeof(error.inner.source));
	memcpy(error.inner.destination, destination, sizeof(error.inner.destination));
	if (!quote_read(&p, &q, &error, &error + 1, true))
		return false;
	assert_int_equal(p.source_port_be, be16(TID));
	assert_int_equal(p.destination_port_be, be16(CLIENT_TID));
	return true;
}

static void test_quotes_with_mapped_addresses(void **state)
{
	const uint8_t v6[16] = {0xfd, [15] = 1}, mapped[16] = {[10] = 0xff, 0xff, 10, 0, 0, 1};

	(void)state;
	assert_true(quote_is_read(v6, v6));
	assert_false(quote_is_read(mapped, mapped));
	assert_false(quote_is_read(mapped, v6));
	assert_false(quote_is_read(v6, mapped));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_group_addresses),
		cmocka_unit_test(test_short_payloads),
		cmocka_unit_test(test_first_look),
		cmocka_unit_test(test_first_look_agrees),
		cmocka_unit_test(test_quotes_with_mapped_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
