// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Everything in front of TFTP: link, IP and UDP headers, odd, wrong or cut. Tracker specification 5.
 */
#include "scene.h"

#define HOP_BY_HOP     0
#define ROUTING        43
#define AUTHENTICATION 51
#define DESTINATION    60
#define MOBILITY       135

SCENARIO(other_protocols_pass, .covers = "5")
{
	static const uint8_t protocols[] = {1, 2, 6, 47, 50, 58, 59, 89, 132, 136, 255};

	for (unsigned int i = 0; i < sizeof(protocols); i++)
		expect(NOT_UDP, ip_protocol(protocols[i], client_rrq("f")));
	expect(NOT_UDP, ethertype(0x0806, client_rrq("f")));
	expect(NOT_UDP, ethertype(0x88cc, client_rrq("f")));
	expect(NOT_UDP, ethertype(0x002e, client_rrq("f")));
	expect(NOT_UDP, tagged(5, ethertype(0x0806, client_rrq("f"))));
	expect(NOT_UDP, tagged(5, ip_protocol(6, client_rrq("f"))));
}

SCENARIO(icmp_about_a_transfer_changes_nothing, .covers = "5, decided: ICMP never tears down")
{
	read_begins(TID);
	expect(NOT_UDP, ip_protocol(ipv6() ? 58 : 1, client_error(TID, 3, "unreachable")));
	expect(NOT_UDP, ip_protocol(ipv6() ? 58 : 1, server_error(TID, 3, "unreachable")));
	read_goes_on(TID, 2, 3, 512);
}

SCENARIO(ethernet_padding_is_not_payload, .covers = "5, 3.9, 9.16")
{
	expect(REQUEST, padded(20, client_rrq("f")));
	expect(FIRST_REPLY, padded(3, server_data(TID, 1, 512)));
	expect(ACK, padded(14, client_ack(TID, 1)));
	expect(DATA, padded(100, server_data(TID, 2, 512)));
	expect(ACK, padded(1, client_ack(TID, 2)));
	expect(DATA, padded(512, server_data(TID, 3, 0)));
	expect(BEYOND_END, padded(46, server_data(TID, 4, 512)));
	expect(ACK, padded(14, client_ack(TID, 3)));
}

SCENARIO(padding_behind_the_udp_length, .covers = "5 UDP length, 9.16")
{
	read_begins(TID);
	expect(DATA, server_data(TID, 2, 512));
	/* Raspberry Pi 5: the IP packet is longer than its UDP datagram. */
	expect(ACK, udp_length(12, client_ack_sized(TID, 2, 18)));
	expect(ACK_SIZE, client_ack_sized(TID, 2, 18));
	expect(TFTP_SHORT, udp_length(11, client_ack(TID, 2)));
	expect(DATA, udp_length(8 + 4 + 3, server_data(TID, 3, 512)));
	expect(BEYOND_END, server_data(TID, 4, 512));
}

SCENARIO(udp_lengths_that_cannot_be, .covers = "5 UDP length")
{
	expect(UDP_LENGTH, udp_length(0, client_rrq("f")));
	expect(UDP_LENGTH, udp_length(7, client_rrq("f")));
	expect(UDP_LENGTH, udp_length(8 + 11, client_rrq("f")));
	expect(UDP_LENGTH, udp_length(65535, client_rrq("f")));
	expect(NOT_A_REQUEST, udp_length(8, arriving(client_rrq("f"))));
	expect(REQUEST_LENGTH, udp_length(8 + 9, client_rrq("f")));
	expect(REQUEST, udp_length(8 + 10, client_rrq("f")));
}

SCENARIO(udp_longer_than_the_packet_but_not_the_frame, .covers = "5 UDP length")
{
	expect(UDP_LENGTH, padded(100, udp_length(8 + 11, client_rrq("f"))));
	expect(UDP_LENGTH, padded(100, udp_length(8 + 60, client_rrq("f"))));
}

SCENARIO(checksum_0_over_ipv4, .covers = "5, 9.16", .families = IPV4)
{
	expect(REQUEST, without_checksum(client_rrq("f")));
	expect(FIRST_REPLY, without_checksum(server_data(TID, 1, 512)));
	expect(ACK, without_checksum(client_ack(TID, 1)));
	expect(DATA, without_checksum(server_data(TID, 2, 512)));
}

SCENARIO(checksum_0_over_ipv6, .covers = "5, RFC 8200 8.1", .families = IPV6)
{
	expect(UDP_CHECKSUM, without_checksum(client_rrq("f")));
	expect(REQUEST, client_rrq("f"));
	expect(UDP_CHECKSUM, without_checksum(server_data(TID, 1, 512)));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
}

SCENARIO(ipv4_options, .covers = "5", .families = IPV4)
{
	expect(REQUEST, ip_options(4, client_rrq("f", "blksize", "1024")));
	expect(FIRST_REPLY, ip_options(40, server_oack(TID, "blksize", "1024")));
	expect(ACK, ip_options(12, client_ack(TID, 0)));
	expect(DATA_SIZE, ip_options(40, server_data(TID, 1, 1025)));
	expect(DATA, ip_options(40, server_data(TID, 1, 1024)));
	expect(UDP_LENGTH, ip_options(8, udp_length(8 + 20, client_ack(TID, 1))));
}

SCENARIO(ipv4_headers_that_cannot_be, .covers = "5", .families = IPV4)
{
	expect(IPV4_HEADER, ip_byte(0, 0x44, client_rrq("f")));
	expect(IPV4_HEADER, ip_byte(0, 0x40, client_rrq("f")));
	expect(IPV4_HEADER, ip_byte(0, 0x55, client_rrq("f")));
	expect(IPV4_HEADER, ip_byte(0, 0x65, client_rrq("f")));
	expect(IPV4_HEADER, ip_length(19, client_rrq("f")));
	expect(IPV4_HEADER, ip_length(0, client_rrq("f")));
	expect(UDP_LENGTH, ip_length(27, client_rrq("f")));
	expect(UDP_LENGTH, ip_length(20, client_rrq("f")));
	/* The options would reach beyond the packet. */
	expect(IPV4_HEADER, ip_byte(0, 0x4f, client_ack(TID, 1)));
}

SCENARIO(ipv6_extension_headers, .covers = "5", .families = IPV6)
{
	expect(REQUEST, ip_extension(HOP_BY_HOP, 8, client_rrq("f", "blksize", "1024")));
	expect(FIRST_REPLY, ip_extension(DESTINATION, 24, server_oack(TID, "blksize", "1024")));
	expect(ACK, ip_extension(DESTINATION, 8,
				 ip_extension(ROUTING, 24,
					      ip_extension(HOP_BY_HOP, 16, client_ack(TID, 0)))));
	expect(DATA, ip_extension(AUTHENTICATION, 24, server_data(TID, 1, 1024)));
	expect(ACK, ip_extension(MOBILITY, 8, client_ack(TID, 1)));
	expect(DATA, ip_extension(HOP_BY_HOP, 248, server_data(TID, 2, 1024)));
	expect(DATA_SIZE, ip_extension(HOP_BY_HOP, 8, server_data(TID, 3, 1025)));
	expect(UDP_CHECKSUM, ip_extension(HOP_BY_HOP, 8, without_checksum(client_ack(TID, 1))));
}

SCENARIO(ipv6_extensions_before_other_protocols, .covers = "5", .families = IPV6)
{
	expect(NOT_UDP, ip_extension(HOP_BY_HOP, 8, ip_protocol(58, client_rrq("f"))));
	expect(NOT_UDP,
	       ip_extension(HOP_BY_HOP, 8,
			    ip_extension(DESTINATION, 16, ip_protocol(6, client_rrq("f")))));
}

static struct datagram *extensions(unsigned int count, struct datagram *d)
{
	for (unsigned int i = 0; i < count; i++)
		d = ip_extension(DESTINATION, 8, d);
	return d;
}

SCENARIO(too_many_ipv6_extensions, .covers = "10.10, reason ipv6_extensions", .families = IPV6)
{
	expect(REQUEST, extensions(4, client_rrq("f")));
	expect(REQUEST, extensions(8, client_rrq("f")));
	expect(NOT_UDP, extensions(8, ip_protocol(6, client_rrq("f"))));
	expect(IPV6_EXTENSIONS, extensions(9, client_rrq("f")));
	expect(IPV6_EXTENSIONS, extensions(12, client_rrq("f")));
	expect(IPV6_EXTENSIONS, extensions(12, server_data(TID, 1, 512)));
}

SCENARIO(ipv6_headers_that_cannot_be, .covers = "5", .families = IPV6)
{
	expect(IPV6_HEADER, ip_byte(0, 0x40, client_rrq("f")));
	expect(IPV6_HEADER, ip_byte(0, 0x70, client_rrq("f")));
	expect(UDP_LENGTH, ip_length(7, client_rrq("f")));
	expect(UDP_LENGTH, ip_length(0, client_rrq("f")));
	expect(IPV6_HEADER, ip_extension(DESTINATION, 16, ip_length(8, client_rrq("f"))));
	/* The extension header says that it is longer than the packet. */
	expect(IPV6_HEADER, ip_extension(DESTINATION, 8, ip_byte(41, 200, client_rrq("f"))));
}

/* ::ffff:10.0.0.1 at `offset` of the header: the source's is 8, the destination's 24. */
static struct datagram *mapped(unsigned int offset, struct datagram *d)
{
	static const uint8_t address[16] = {[10] = 0xff, 0xff, 10, 0, 0, 1};

	for (unsigned int i = 0; i < sizeof(address); i++)
		d = ip_byte(offset + i, address[i], d);
	return d;
}

SCENARIO(ipv6_that_says_it_is_ipv4, .covers = "5", .families = IPV6)
{
	allow_udp(161);
	expect(IPV6_HEADER, mapped(8, client_rrq("f")));
	expect(IPV6_HEADER, mapped(24, client_rrq("f")));
	expect(IPV6_HEADER, mapped(8, ip_extension(DESTINATION, 8, client_rrq("f"))));
	expect(IPV6_HEADER, mapped(8, udp(CLIENT, 1000, SERVER, 161, 10)));
	expect(IPV6_HEADER, mapped(8, later_fragment(7, 512, 0, server_data(TID, 1, 1000))));
	/* What is no UDP is nobody's business here. */
	expect(NOT_UDP, mapped(8, ip_protocol(6, client_rrq("f"))));
	expect(NOT_UDP, mapped(8, ip_extension(DESTINATION, 8, ip_protocol(6, client_rrq("f")))));
	/* Addresses that only look similar. */
	expect(REQUEST, ip_byte(23, 1, ip_byte(8, 0x20, mapped(8, client_rrq("f")))));
	expect(REQUEST, ip_byte(18, 0, mapped(8, client_rrq("f"))));
}

SCENARIO(ip_length_beyond_the_frame, .covers = "reason truncated")
{
	expect(TRUNCATED, ip_length(200, client_rrq("f")));
	expect(TRUNCATED, ip_length(65535, client_rrq("f")));
}

static void cut_everywhere(struct datagram *(*packet)(void))
{
	uint32_t len = frame_length(packet());

	for (uint32_t keep = 0; keep < len; keep++)
		expect(TRUNCATED, cut(keep, packet()));
}

static struct datagram *whole_request(void)
{
	return arriving(client_rrq("pxelinux.0", "blksize", "1432"));
}

SCENARIO(request_truncated_at_every_byte, .covers = "reason truncated", .places = ROUTER)
{
	cut_everywhere(whole_request);
	expect(UNSOLICITED, server_data(TID, 1, 512));
	expect(REQUEST, whole_request());
}

static struct datagram *tagged_request(void)
{
	struct datagram *d = tagged(7, tagged(8, whole_request()));

	return ipv6() ? ip_extension(HOP_BY_HOP, 16, d) : ip_options(24, d);
}

SCENARIO(request_with_options_truncated_at_every_byte, .covers = "reason truncated",
	 .places = ROUTER)
{
	cut_everywhere(tagged_request);
	expect(REQUEST, tagged_request());
}

static struct datagram *whole_data(void)
{
	return server_data(TID, 2, 40);
}

SCENARIO(data_truncated_at_every_byte, .covers = "reason truncated", .places = ROUTER)
{
	read_begins(TID);
	cut_everywhere(whole_data);
	/* None of it was taken for the short last block. */
	read_goes_on(TID, 2, 3, 512);
}

static struct datagram *whole_oack(void)
{
	return server_oack(TID, "blksize", "1432");
}

SCENARIO(oack_truncated_at_every_byte, .covers = "reason truncated", .places = ROUTER)
{
	expect(REQUEST, client_rrq("f", "blksize", "1432"));
	cut_everywhere(whole_oack);
	expect(FIRST_REPLY, whole_oack());
}

static struct datagram *first_piece(void)
{
	return first_fragment(1, 64, server_data(TID, 1, 2000));
}

static struct datagram *later_piece(void)
{
	return later_fragment(1, 64, 64, server_data(TID, 1, 2000));
}

SCENARIO(fragments_truncated_at_every_byte, .covers = "reason truncated", .places = ROUTER)
{
	read_begins_with(TID, "2000", "1");
	cut_everywhere(first_piece);
	expect(DATA, first_piece());
	cut_everywhere(later_piece);
	expect(FRAGMENT_FOLLOWS, later_piece());
}

/* One frame with a large block: beyond a page, and beyond the linear part of an XDP frame. */
SCENARIO(jumbo_frames, .covers = "5, design: xdp.frags")
{
	mtu(9000);
	read_begins_with(TID, "8192", "1");
	read_goes_on(TID, 1, 3, 8192);
	expect(DATA_SIZE, server_data(TID, 4, 8193));
	expect(TRUNCATED, cut(8000, server_data(TID, 4, 8192)));
	expect(DATA, server_data(TID, 4, 8191));
	expect(BEYOND_END, server_data(TID, 5, 8192));
}

SCENARIO(ports_and_addresses_decide_the_direction, .covers = "5 one table", .places = ROUTER)
{
	/* Towards the request's sender with the request's ports turned round: nothing but replies. */
	expect(REQUEST, client_rrq("f"));
	expect(UNSOLICITED, client_data(TID, 1, 512));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(WRONG_ROLE, client_data(TID, 1, 512));
	/* The server asks the client for something: another exchange. */
	expect(REQUEST,
	       to_port(TFTP_PORT, from_port(3000, server_sends(3000, BYTES("\0\1f\0octet\0")))));
	expect(UNSOLICITED, from_port(5000, to_port(3001, client_data(TID, 1, 512))));
	expect(FIRST_REPLY, from_port(5000, to_port(3000, client_data(TID, 1, 512))));
	expect(ACK, client_ack(TID, 1));
}

SCENARIO(ipv6_extensions_up_to_the_end, .covers = "5, reason udp_length", .families = IPV6)
{
	/* Nothing is left for UDP behind the extension or fragment header. */
	expect(UDP_LENGTH, ip_length(16, ip_extension(DESTINATION, 16, client_rrq("f"))));
	expect(UDP_LENGTH, ip_length(16 + 7, ip_extension(DESTINATION, 16, client_rrq("f"))));
	expect(FRAGMENT_TINY, ip_length(8, first_fragment(1, 64, server_data(TID, 1, 2000))));
	expect(IPV6_HEADER, ip_length(7, first_fragment(1, 64, server_data(TID, 1, 2000))));
	/* The UDP length counts from behind them. */
	expect(UDP_LENGTH, ip_extension(DESTINATION, 16, udp_length(8 + 10 + 1, client_rrq("f"))));
	expect(REQUEST, ip_extension(DESTINATION, 16, client_rrq("f")));
}

SCENARIO(seven_ipv6_extensions_are_looked_at, .covers = "reason ipv6_extensions", .families = IPV6)
{
	expect(REQUEST, extensions(7, client_rrq("f")));
	expect(IPV6_EXTENSIONS, extensions(9, client_rrq("f")));
	expect(IPV6_EXTENSIONS, extensions(9, ip_protocol(6, client_rrq("f"))));
}

/* Later fragments hold data where others hold headers. */
SCENARIO(later_ipv6_fragments_are_not_read_on, .covers = "7.4", .families = IPV6,
	 .places = SERVER_HOST)
{
	allow_udp(5000);
	expect(SERVICE, ip_extension(HOP_BY_HOP, 8,
				     first_fragment(1, 64, udp(CLIENT, 1, SERVER, 5000, 500))));
	expect(FRAGMENT_FOLLOWS,
	       ip_extension(HOP_BY_HOP, 8,
			    later_fragment(1, 64, 64, udp(CLIENT, 1, SERVER, 5000, 500))));
	expect(NOT_UDP, ip_protocol(DESTINATION,
				    later_fragment(1, 64, 64, udp(CLIENT, 1, SERVER, 5000, 500))));
}

/* Without a link header only the IP address tells. */
SCENARIO(group_addresses_of_ip, .covers = "7.1 server *", .places = CLIENT_HOST)
{
	expect(REQUEST_BROADCAST, through(TUNNEL, to_host(BROADCAST, client_rrq("f"))));
	expect(REQUEST, through(TUNNEL, client_rrq("f")));
}
