// SPDX-License-Identifier: GPL-2.0-or-later
/* Multicast transfers (RFC 2090) and the option udpport, where the zone admits them; specification 7.5, 10.11, 10.12. */
#include "scene.h"

#define GROUP_PORT 1758
#define GRANT      "239.1.1.1,1758,1"

/* DATA from the server's TID to the group. */
static struct datagram *group_data(unsigned int block, uint32_t bytes)
{
	return to_port(GROUP_PORT, to_host(GROUP, server_data(TID, block, bytes)));
}

static void granted(const char *grant)
{
	zone()->flags |= TG_ZONE_MULTICAST;
	expect(REQUEST, client_rrq("image", "multicast", "", "blksize", "1024"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1024", "multicast", grant));
}

SCENARIO(multicast_master_reads_from_the_group, .covers = "7.5, 10.11", .families = IPV4)
{
	granted(GRANT);
	expect(ACK, client_ack(TID, 0));
	expect(GROUP_DATA, group_data(1, 1024));
	expect(ACK, client_ack(TID, 1));
	expect(GROUP_DATA, group_data(2, 10));
	expect(ACK, client_ack(TID, 2));
	/* The transfer is over: only what may repeat still passes. */
	expect(ACK, client_ack(TID, 2));
	expect(OACK_LATE, server_oack(TID, "multicast", ",,1"));
}

SCENARIO(multicast_data_without_a_grant, .covers = "7.5", .families = IPV4)
{
	zone()->flags |= TG_ZONE_MULTICAST;
	expect_stray(UNSOLICITED, group_data(1, 512));
	expect(REQUEST, client_rrq("image", "multicast", ""));
	expect_stray(UNSOLICITED, group_data(1, 512));
}

SCENARIO(multicast_data_is_bound_to_tid_and_port, .covers = "7.5", .families = IPV4)
{
	granted(GRANT);
	expect_stray(UNSOLICITED, from_port(TID2, group_data(1, 1024)));
	expect_stray(UNSOLICITED, from_host(OTHER_SERVER, group_data(1, 1024)));
	expect_stray(UNSOLICITED, to_port(GROUP_PORT + 1, group_data(1, 1024)));
	expect(DATA_SIZE, group_data(1, 1025));
	expect(WRONG_ROLE, to_port(GROUP_PORT, to_host(GROUP, server_ack(TID, 1))));
	expect(GROUP_DATA, group_data(1, 1024));
}

SCENARIO(multicast_member_becomes_master_later, .covers = "7.5, 10.11", .families = IPV4)
{
	granted("239.1.1.1,1758,0");
	/* Others are served for longer than any timer of this client's own transfer. */
	for (unsigned int block = 1; block <= 10; block++) {
		after_ms(60000);
		expect(GROUP_DATA, group_data(block, 1024));
	}
	expect(OACK, server_oack(TID, "multicast", ",,1"));
	expect(ACK, client_ack(TID, 7));
	expect(GROUP_DATA, group_data(8, 1024));
	expect(ACK, client_ack(TID, 10));
}

SCENARIO(multicast_group_that_nobody_serves_any_more, .covers = "7.5, 8", .families = IPV4)
{
	granted(GRANT);
	expect(GROUP_DATA, group_data(1, 1024));
	after_ms(121000);
	expect_stray(UNSOLICITED, group_data(2, 1024));
}

SCENARIO(multicast_needs_to_be_asked_for, .covers = "7.5", .families = IPV4)
{
	zone()->flags |= TG_ZONE_MULTICAST;
	expect(REQUEST, client_rrq("image", "blksize", "1024"));
	expect(OACK_UNASKED, server_oack(TID, "multicast", GRANT));
}

/* What is no group address opens nothing. */
SCENARIO(multicast_grant_of_a_unicast_address, .covers = "7.5", .families = IPV4)
{
	granted("10.64.0.99,1758,1");
	expect_stray(UNSOLICITED, group_data(1, 1024));
	expect_stray(UNSOLICITED,
		     to_port(GROUP_PORT, to_host(STRANGER, server_data(TID, 1, 1024))));
}

SCENARIO(udpport_moves_the_transfer, .covers = "7.5 udpport, 10.12")
{
	zone()->flags |= TG_ZONE_UDPPORT;
	expect(REQUEST, client_rrq("f", "udpport", "0", "blksize", "1024"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1024", "udpport", "40003"));
	expect(ACK, client_ack(TID3, 0));
	expect(DATA, server_data(TID3, 1, 1024));
	expect(SUPERSEDED, server_oack(TID, "blksize", "1024", "udpport", "40003"));
}

SCENARIO(udpport_where_the_zone_does_not_admit_it, .covers = "7.5 udpport, 10.12")
{
	expect(REQUEST, client_rrq("f", "udpport", "0"));
	expect(OACK_UDPPORT, server_oack(TID, "udpport", "40003"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
}

SCENARIO(udpport_that_is_none, .covers = "7.5 udpport, 10.12")
{
	zone()->flags |= TG_ZONE_UDPPORT;
	expect(REQUEST, client_rrq("f", "udpport", "0"));
	expect(OACK_VALUE, server_oack(TID, "udpport", "0"));
	expect(OACK_VALUE, server_oack(TID, "udpport", "65536"));
	expect(OACK_VALUE, server_oack(TID, "udpport", "x"));
}

SCENARIO(multicast_ends_with_the_short_block_only, .covers = "7.5, 10.11", .families = IPV4)
{
	granted(GRANT);
	expect(ACK, client_ack(TID, 0));
	expect(GROUP_DATA, group_data(1, 1024));
	expect(ACK, client_ack(TID, 1));
	expect(OACK, server_oack(TID, "multicast", ",,1"));
	expect(GROUP_DATA, group_data(2, 1023));
	expect(ACK, client_ack(TID, 1));
	expect(OACK, server_oack(TID, "multicast", ",,1"));
	expect(ACK, client_ack(TID, 2));
	expect(OACK_LATE, server_oack(TID, "multicast", ",,1"));
}

SCENARIO(multicast_group_of_two_clients, .covers = "7.5", .families = IPV4,
	 .places = ROUTER | SERVER_HOST)
{
	granted(GRANT);
	client_port(2000);
	expect(REQUEST, client_rrq("image", "multicast", "", "blksize", "1024"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1024", "multicast", "239.1.1.1,1758,0"));
	client_port(CLIENT_TID);
	expect(ACK, client_ack(TID, 0));
	expect(GROUP_DATA, group_data(1, 10));
	expect(ACK, client_ack(TID, 1));
	client_port(2000);
	expect(OACK, server_oack(TID, "multicast", ",,1"));
	expect(ACK, client_ack(TID, 1));
	expect(OACK_LATE, server_oack(TID, "multicast", ",,1"));
}

SCENARIO(multicast_packets_that_do_not_fit, .covers = "7.5", .families = IPV4)
{
	granted(GRANT);
	expect(TFTP_SHORT, to_port(GROUP_PORT, to_host(GROUP, server_sends(TID, BYTES("\0\3\0")))));
	expect(WRONG_ROLE, to_port(GROUP_PORT, to_host(GROUP, server_error(TID, 0, "x"))));
	expect_stray(UNSOLICITED, tagged(5, group_data(1, 1024)));
	expect_stray(UNSOLICITED, through(OTHER, group_data(1, 1024)));
	expect(GROUP_DATA, group_data(60000, 1024));
}

SCENARIO(multicast_flag_leaves_other_transfers_alone, .covers = "7.5", .families = IPV4)
{
	zone()->flags |= TG_ZONE_MULTICAST;
	expect(REQUEST, client_rrq("image", "multicast", "", "blksize", "1024"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1024"));
	expect(ACK, client_ack(TID, 0));
	expect(ACK_AHEAD, client_ack(TID, 1));
	read_goes_on(TID, 1, 9, 1024);
	expect(OACK_LATE, server_oack(TID, "blksize", "1024"));
	expect(BLOCK_WINDOW, server_data(TID, 100, 1024));
}

SCENARIO(multicast_flag_off, .covers = "7.5, decided: off by default", .families = IPV4)
{
	expect(REQUEST, client_rrq("image", "multicast", "", "blksize", "1024"));
	expect(OACK_MULTICAST, server_oack(TID, "blksize", "1024", "multicast", GRANT));
	expect_stray(UNSOLICITED, group_data(1, 1024));
}

/* On one host the ports alone order the two ends: here the new port is on the other side of the client's. */
SCENARIO(udpport_to_the_other_side, .covers = "7.5 udpport, 10.12")
{
	zone()->flags |= TG_ZONE_UDPPORT;
	client_port(TID2);
	expect(REQUEST, client_rrq("f", "udpport", "0"));
	expect(FIRST_REPLY, server_oack(TID, "udpport", "40003"));
	expect(ACK, client_ack(TID3, 0));
	read_goes_on(TID3, 1, 2, 512);
	client_port(2000);
	expect(REQUEST, client_rrq("f", "udpport", "0"));
	expect(FIRST_REPLY, server_oack(TID3, "udpport", "1999"));
	expect(ACK, client_ack(1999, 0));
	read_goes_on(1999, 1, 2, 512);
}

SCENARIO(multicast_member_of_a_group_that_is_silent, .covers = "7.5, 8 T_idle", .families = IPV4)
{
	no_udp_tracking();
	granted(GRANT);
	expect(ACK, client_ack(TID, 0));
	expect(GROUP_DATA, group_data(1, 1024));
	expect(ACK, client_ack(TID, 1));
	after_ms(120001);
	expect_stray(EXPIRED, client_ack(TID, 1));
}

/* Nobody is served any more, and the member's own time is over: its port begins anew, and finds nothing there. */
SCENARIO(multicast_member_without_its_group_is_dead, .covers = "10.11", .families = IPV4)
{
	granted(GRANT);
	expect(ACK, client_ack(TID, 0));
	after_ms(121000);
	expect(REQUEST, client_rrq("image", "multicast", "", "blksize", "1024"));
	expect_stray(EXPIRED, client_ack(TID, 1));
}

SCENARIO(multicast_member_that_was_left, .covers = "10.11, 10.14", .families = IPV4)
{
	granted(GRANT);
	expect(ACK, client_ack(TID, 0));
	expect(REQUEST, client_rrq("next"));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(ACK, client_ack(TID2, 1));
	after_ms(9000);
	expect(GROUP_DATA, group_data(1, 1024));
	after_ms(1001);
	expect_stray(EXPIRED, client_ack(TID, 1));
}

/* Whatever else is no address, port and third part: the OACK passes, for it opens nothing. */
SCENARIO(multicast_grant_that_names_no_group, .covers = "10.11", .families = IPV4)
{
	static const char *const grants[] = {
		",,1",
		"",
		"239.1.1.1",
		"239.1.1.1,1758",
		"239.1.1.1,1758,1,1",
		"239.1.1.1x,1758,1",
		"239.1.1.257,1758,1",
		"239.1..1,1758,1",
		"239.1.1.1.1,1758,1",
		"239.1.1.1,,1",
		"239.1.1.1,67294,1",
		"239.1.1.1,1758.1,1",
		"239.1.1.1,x1758,1",
	};

	zone()->flags |= TG_ZONE_MULTICAST;
	for (unsigned int i = 0; i < sizeof(grants) / sizeof(grants[0]); i++) {
		client_port(2000 + i);
		expect(REQUEST, client_rrq("image", "multicast", "", "blksize", "1024"));
		expect(FIRST_REPLY, server_oack(TID, "multicast", grants[i]));
		expect_stray(UNSOLICITED, group_data(1, 512));
	}
}

SCENARIO(multicast_grant_written_twice, .covers = "6: first occurrence wins", .families = IPV4)
{
	zone()->flags |= TG_ZONE_MULTICAST;
	expect(REQUEST, client_rrq("image", "multicast", ""));
	expect(FIRST_REPLY, server_oack(TID, "multicast", "239.1.1.1,1758,x.y", "multicast",
					"239.1.1.1,1759,0"));
	expect(GROUP_DATA, group_data(1, 512));
	expect_stray(UNSOLICITED, to_port(GROUP_PORT + 1, group_data(1, 512)));
}

SCENARIO(multicast_transfer_is_open_until_its_last_block, .covers = "10.11, 11.4", .families = IPV4)
{
	zone()->abuse.open_max = 1;
	granted(GRANT);
	expect(ACK, client_ack(TID, 0));
	expect(GROUP_DATA, group_data(1, 10));
	client_port(2001);
	expect(SOURCE_TRANSFERS, client_rrq("image"));
	client_port(CLIENT_TID);
	expect(ACK, client_ack(TID, 1));
	client_port(2001);
	expect(REQUEST, client_rrq("image"));
}
