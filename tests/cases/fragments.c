// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IP fragments: the first is judged, later ones follow. Tracker specification 7.4.
 */
#include "scene.h"

/* What fits behind an IPv6 fragment header at an MTU of 1500, and behind an IPv4 header too. */
#define PIECE 1448

static struct datagram *piece(uint32_t id, unsigned int number, bool last, struct datagram *d)
{
	if (!number)
		return first_fragment(id, PIECE, d);
	return later_fragment(id, number * PIECE, last ? 0 : PIECE, d);
}

SCENARIO(big_blocks_in_fragments, .covers = "7.4")
{
	read_begins_with(TID, "8192", "1");
	for (unsigned int block = 1; block <= 3; block++) {
		expect(DATA, piece(block, 0, false, server_data(TID, block, 8192)));
		for (unsigned int i = 1; i <= 4; i++)
			expect(FRAGMENT_FOLLOWS,
			       piece(block, i, false, server_data(TID, block, 8192)));
		expect(FRAGMENT_FOLLOWS, piece(block, 5, true, server_data(TID, block, 8192)));
		expect(ACK, client_ack(TID, block));
	}
	/* A short block in fragments: the UDP length of the first tells. */
	expect(DATA, piece(4, 0, false, server_data(TID, 4, 8191)));
	expect(FRAGMENT_FOLLOWS, piece(4, 1, false, server_data(TID, 4, 8191)));
	expect(BEYOND_END, piece(5, 0, false, server_data(TID, 5, 8192)));
	expect(ACK, client_ack(TID, 4));
	expect(BEYOND_END, server_data(TID, 5, 100));
}

SCENARIO(full_block_in_fragments_is_not_the_end, .covers = "7.4 UDP length of the first fragment")
{
	read_begins_with(TID, "2000", "1");
	expect(DATA, piece(1, 0, false, server_data(TID, 1, 2000)));
	expect(DATA, piece(2, 0, false, server_data(TID, 2, 2000)));
	expect(DATA_SIZE, piece(3, 0, false, server_data(TID, 3, 2001)));
	expect(DATA, server_data(TID, 3, 5));
	expect(BEYOND_END, piece(4, 0, false, server_data(TID, 4, 2000)));
}

SCENARIO(fragments_of_a_write, .covers = "7.4")
{
	expect(REQUEST, client_wrq("f", "blksize", "4096"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "4096"));
	expect(DATA, piece(1, 0, false, client_data(TID, 1, 4096)));
	expect(FRAGMENT_FOLLOWS, piece(1, 1, false, client_data(TID, 1, 4096)));
	expect(FRAGMENT_FOLLOWS, piece(1, 2, true, client_data(TID, 1, 4096)));
	expect(ACK, server_ack(TID, 1));
}

SCENARIO(fragments_in_the_other_order, .covers = "7.4 before its first")
{
	read_begins_with(TID, "2000", "1");
	expect(FRAGMENT_AHEAD, piece(1, 1, true, server_data(TID, 1, 2000)));
	expect(DATA, piece(1, 0, false, server_data(TID, 1, 2000)));
	expect(FRAGMENT_FOLLOWS, piece(1, 1, true, server_data(TID, 1, 2000)));
	expect(ACK, client_ack(TID, 1));
}

SCENARIO(fragments_ahead_take_a_transfer_that_needs_them, .covers = "7.4 before its first",
	 .places = ROUTER | CLIENT_HOST | LOOPBACK)
{
	read_begins_with(TID, "548", "1");
	expect(FRAGMENT_ORPHAN, piece(1, 1, true, server_data(TID, 1, 2000)));
	expect(DATA, server_data(TID, 1, 548));
}

SCENARIO(fragments_ahead_only_between_the_two_hosts, .covers = "7.4 before its first",
	 .places = ROUTER | CLIENT_HOST)
{
	read_begins_with(TID, "2000", "1");
	expect(FRAGMENT_ORPHAN,
	       piece(1, 1, true, from_host(OTHER_SERVER, server_data(TID, 1, 2000))));
	expect(FRAGMENT_ORPHAN,
	       piece(1, 1, true, to_host(OTHER_CLIENT, server_data(TID, 1, 2000))));
	expect(FRAGMENT_ORPHAN, piece(1, 1, true, from_host(STRANGER, server_data(TID, 1, 2000))));
}

SCENARIO(fragments_ahead_take_a_live_transfer, .covers = "7.4, 8 T_idle",
	 .places = ROUTER | CLIENT_HOST | LOOPBACK)
{
	read_begins_with(TID, "2000", "1");
	at_ms(119999);
	expect(FRAGMENT_AHEAD, piece(1, 1, true, server_data(TID, 1, 2000)));
	at_ms(120001);
	expect(FRAGMENT_ORPHAN, piece(2, 1, true, server_data(TID, 1, 2000)));
}

SCENARIO(fragments_ahead_take_a_live_offer, .covers = "7.4, 8 T_offer",
	 .places = ROUTER | CLIENT_HOST | LOOPBACK)
{
	expect(REQUEST, client_rrq("f", "blksize", "2000"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "2000"));
	at_ms(44999);
	expect(FRAGMENT_AHEAD, piece(1, 1, true, server_data(TID, 1, 2000)));
	at_ms(45001);
	expect(FRAGMENT_ORPHAN, piece(2, 1, true, server_data(TID, 1, 2000)));
}

SCENARIO(fragments_during_an_offer, .covers = "7.4 owns an XFER")
{
	expect(REQUEST, client_rrq("f", "blksize", "2000"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "2000"));
	expect(FRAGMENT_AHEAD, piece(1, 1, true, server_data(TID, 1, 2000)));
	expect(DATA_BEFORE_ACK, piece(1, 0, false, server_data(TID, 1, 2000)));
	expect(ACK, client_ack(TID, 0));
	expect(DATA, piece(1, 0, false, server_data(TID, 1, 2000)));
}

/* A router on the way may have made them: blocks above 548 bytes. */
SCENARIO(blocks_fragmented_on_the_way, .covers = "7.4 ingress blk > 548",
	 .places = ROUTER | CLIENT_HOST | LOOPBACK)
{
	client_port(2001);
	read_begins_with(TID, "549", "1");
	expect(DATA, first_fragment(1, 280, server_data(TID, 1, 549)));
	expect(FRAGMENT_FOLLOWS, later_fragment(1, 280, 0, server_data(TID, 1, 549)));
	client_port(2002);
	read_begins_with(TID2, "548", "1");
	expect(FRAGMENT_NEEDLESS, first_fragment(2, 280, server_data(TID2, 1, 548)));
	expect(DATA, server_data(TID2, 1, 548));
}

SCENARIO(own_blocks_are_fragmented_above_the_mtu, .covers = "7.4 own egress blk > MTU - 32 (52)",
	 .places = SERVER_HOST)
{
	client_port(2001);
	read_begins_with(TID, ipv6() ? "1448" : "1468", "1");
	expect(FRAGMENT_NEEDLESS,
	       first_fragment(1, 720, server_data(TID, 1, ipv6() ? 1448 : 1468)));
	expect(FRAGMENT_ORPHAN,
	       later_fragment(1, 720, 0, server_data(TID, 1, ipv6() ? 1448 : 1468)));
	client_port(2002);
	read_begins_with(TID2, ipv6() ? "1449" : "1469", "1");
	expect(DATA, first_fragment(2, PIECE, server_data(TID2, 1, ipv6() ? 1449 : 1469)));
	expect(FRAGMENT_FOLLOWS,
	       later_fragment(2, PIECE, 0, server_data(TID2, 1, ipv6() ? 1449 : 1469)));
}

SCENARIO(own_blocks_on_a_link_with_a_larger_mtu, .covers = "7.4 own egress", .places = SERVER_HOST)
{
	mtu(9000);
	read_begins_with(TID, "8192", "1");
	expect(FRAGMENT_NEEDLESS, piece(1, 0, false, server_data(TID, 1, 8192)));
}

/* Forwarded packets leave in the pieces in which they came, whatever this link takes. */
SCENARIO(forwarded_blocks_in_fragments, .covers = "7.4 forwarded", .places = ROUTER,
	 .hook_only = true)
{
	expect(REQUEST, forwarded(OTHER, client_rrq("f", "blksize", "1000")));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1000"));
	expect(ACK, forwarded(OTHER, client_ack(TID, 0)));
	expect(DATA, forwarded(OTHER, first_fragment(1, 504, server_data(TID, 1, 1000))));
	expect(FRAGMENT_FOLLOWS,
	       forwarded(OTHER, later_fragment(1, 504, 0, server_data(TID, 1, 1000))));
	expect(FRAGMENT_NEEDLESS, leaving(first_fragment(2, 504, server_data(TID, 2, 1000))));
}

SCENARIO(control_packets_in_fragments, .covers = "7.4 requests, ACKs, OACKs, ERRORs")
{
	static const char text[] =
		"a long explanation that would, however, fit any link that there is";

	expect(FRAGMENT_CONTROL, first_fragment(1, 16, client_rrq("file", "blksize", "2000")));
	expect(FRAGMENT_CONTROL, first_fragment(2, 24, client_wrq("file", "blksize", "2000")));
	expect(REQUEST, client_rrq("file", "blksize", "2000"));
	expect(FRAGMENT_CONTROL, first_fragment(3, 16, server_oack(TID, "blksize", "2000")));
	expect(FRAGMENT_CONTROL, first_fragment(4, 16, server_error(TID, 1, text)));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "2000"));
	expect(FRAGMENT_CONTROL, first_fragment(5, 16, server_oack(TID, "blksize", "2000")));
	expect(ACK, client_ack(TID, 0));
	expect(FRAGMENT_CONTROL, first_fragment(6, 16, server_error(TID, 1, text)));
	expect(FRAGMENT_CONTROL, first_fragment(7, 32, client_error(TID, 1, text)));
	expect(DATA, piece(8, 0, false, server_data(TID, 1, 2000)));
	/* An ACK whose UDP length says 4 bytes although more is said to come. */
	expect(FRAGMENT_CONTROL,
	       first_fragment(9, 16, udp_length(12, client_ack_sized(TID, 1, 8))));
	expect(ACK, client_ack(TID, 1));
}

SCENARIO(first_reply_in_fragments, .covers = "7.4 agreed blk")
{
	expect(REQUEST, client_rrq("f", "blksize", "8192"));
	expect(FRAGMENT_NEEDLESS, first_fragment(1, 264, server_data(TID, 1, 512)));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
}

SCENARIO(tiny_first_fragment, .covers = "10.8, RFC 1858")
{
	read_begins_with(TID, "2000", "1");
	expect(FRAGMENT_TINY, first_fragment(1, 8, server_data(TID, 1, 2000)));
	expect(DATA, first_fragment(2, 16, server_data(TID, 1, 2000)));
}

SCENARIO(overlapping_later_fragment, .covers = "10.8, RFC 1858")
{
	read_begins_with(TID, "2000", "1");
	expect(DATA, piece(1, 0, false, server_data(TID, 1, 2000)));
	expect(FRAGMENT_OVERLAP, later_fragment(1, 8, 16, server_data(TID, 1, 2000)));
	expect(FRAGMENT_FOLLOWS, later_fragment(1, 16, 16, server_data(TID, 1, 2000)));
	expect(FRAGMENT_FOLLOWS, piece(1, 1, true, server_data(TID, 1, 2000)));
}

SCENARIO(fragments_of_a_dropped_datagram, .covers = "7.4", .places = ROUTER | CLIENT_HOST)
{
	expect(UNSOLICITED, piece(1, 0, false, server_data(TID, 1, 2000)));
	expect(FRAGMENT_ORPHAN, piece(1, 1, true, server_data(TID, 1, 2000)));
}

SCENARIO(fragment_timer, .covers = "8 fragment record 30 s", .places = SERVER_HOST)
{
	allow_udp(5000);
	expect(SERVICE, piece(1, 0, false, udp(CLIENT, 4000, SERVER, 5000, 4000)));
	at_ms(29999);
	expect(FRAGMENT_FOLLOWS, piece(1, 1, false, udp(CLIENT, 4000, SERVER, 5000, 4000)));
	at_ms(30001);
	expect(FRAGMENT_ORPHAN, piece(1, 2, true, udp(CLIENT, 4000, SERVER, 5000, 4000)));
}

SCENARIO(fragment_record_is_exact, .covers = "7.4 (src, dst, ipid)", .places = SERVER_HOST)
{
	allow_udp(5000);
	expect(SERVICE, piece(77, 0, false, udp(CLIENT, 4000, SERVER, 5000, 4000)));
	expect(FRAGMENT_FOLLOWS, piece(77, 2, true, udp(CLIENT, 4000, SERVER, 5000, 4000)));
	expect(FRAGMENT_ORPHAN, piece(78, 1, false, udp(CLIENT, 4000, SERVER, 5000, 4000)));
	expect(FRAGMENT_ORPHAN, piece(77, 1, false, udp(OTHER_CLIENT, 4000, SERVER, 5000, 4000)));
	expect(FRAGMENT_ORPHAN,
	       piece(77, 1, false, arriving(udp(CLIENT, 4000, OTHER_SERVER, 5000, 4000))));
	expect(FRAGMENT_ORPHAN,
	       piece(77, 1, false, tagged(5, udp(CLIENT, 4000, SERVER, 5000, 4000))));
	expect(FRAGMENT_ORPHAN,
	       piece(77, 1, false, through(OTHER, udp(CLIENT, 4000, SERVER, 5000, 4000))));
	expect(FRAGMENT_FOLLOWS, piece(77, 1, false, udp(CLIENT, 4000, SERVER, 5000, 4000)));
}

SCENARIO(ipv6_fragment_ids_are_32_bits, .covers = "7.4", .places = SERVER_HOST, .families = IPV6)
{
	allow_udp(5000);
	expect(SERVICE, piece(0x12340001, 0, false, udp(CLIENT, 4000, SERVER, 5000, 4000)));
	expect(FRAGMENT_ORPHAN, piece(0x56780001, 1, false, udp(CLIENT, 4000, SERVER, 5000, 4000)));
	expect(FRAGMENT_FOLLOWS,
	       piece(0x12340001, 1, false, udp(CLIENT, 4000, SERVER, 5000, 4000)));
}

SCENARIO(fragments_of_other_udp, .covers = "7.4", .places = SERVER_HOST)
{
	expect(OUTGOING, piece(1, 0, false, udp(SERVER, 6000, CLIENT, 7000, 3000)));
	expect(FRAGMENT_FOLLOWS, piece(1, 1, false, udp(SERVER, 6000, CLIENT, 7000, 3000)));
	expect(UDP_REPLY, piece(1, 0, false, udp(CLIENT, 7000, SERVER, 6000, 3000)));
	expect(FRAGMENT_FOLLOWS, piece(1, 1, false, udp(CLIENT, 7000, SERVER, 6000, 3000)));
	expect(FRAGMENT_ORPHAN, piece(2, 1, false, udp(CLIENT, 7000, SERVER, 6000, 3000)));
}

SCENARIO(fragments_of_other_protocols, .covers = "5")
{
	expect(NOT_UDP, ip_protocol(6, piece(1, 0, false, client_data(TID, 1, 2000))));
	expect(NOT_UDP, ip_protocol(6, piece(1, 1, true, client_data(TID, 1, 2000))));
}

SCENARIO(atomic_fragments_are_whole, .covers = "RFC 6946")
{
	expect(REQUEST, atomic_fragment(1, client_rrq("f")));
	expect(FIRST_REPLY, atomic_fragment(2, server_data(TID, 1, 512)));
	expect(ACK, atomic_fragment(3, client_ack(TID, 1)));
	expect(DATA, atomic_fragment(4, server_data(TID, 2, 512)));
	expect(ERROR, atomic_fragment(5, client_error(TID, 0, "bye")));
}

SCENARIO(fragments_in_vlans, .covers = "7.4")
{
	expect(REQUEST, tagged(9, client_rrq("f", "blksize", "2000")));
	expect(FIRST_REPLY, tagged(9, server_oack(TID, "blksize", "2000")));
	expect(ACK, tagged(9, client_ack(TID, 0)));
	expect(FRAGMENT_AHEAD, tagged(9, piece(1, 1, true, server_data(TID, 1, 2000))));
	expect(FRAGMENT_ORPHAN, tagged(8, piece(1, 1, true, server_data(TID, 1, 2000))));
	expect(DATA, tagged(9, piece(1, 0, false, server_data(TID, 1, 2000))));
	expect(FRAGMENT_FOLLOWS, tagged(9, piece(1, 1, true, server_data(TID, 1, 2000))));
}

SCENARIO(fragments_of_the_elder_of_two_transfers,
	 .covers = "10.8 latest transfer that sent fragments", .places = ROUTER)
{
	client_port(2001);
	read_begins_with(TID, "2000", "1");
	client_port(2002);
	read_begins_with(TID2, "1000", "1");
	expect(DATA, server_data(TID2, 1, 10));
	expect(ACK, client_ack(TID2, 1));
	/* The younger is over and forgotten. */
	at_ms(36000);
	client_port(2001);
	expect(FRAGMENT_ORPHAN, piece(1, 1, true, server_data(TID, 1, 2000)));
	expect(DATA, piece(1, 0, false, server_data(TID, 1, 2000)));
	expect(FRAGMENT_FOLLOWS, piece(1, 1, true, server_data(TID, 1, 2000)));
	expect(ACK, client_ack(TID, 1));
	expect(FRAGMENT_AHEAD, piece(2, 1, true, server_data(TID, 2, 2000)));
	expect(DATA, piece(2, 0, false, server_data(TID, 2, 2000)));
}
