// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests to a broadcast address, server groups, and the direction of requests. Tracker specification 7.1, 9.17.
 */
#include "scene.h"

#define LAN (ROUTER | SERVER_HOST | CLIENT_HOST)

SCENARIO(broadcast_request_is_refused, .covers = "1 RFC 1123 4.2.3.5", .places = LAN)
{
	expect(REQUEST_BROADCAST, to_host(BROADCAST, client_rrq("network-confg")));
	expect(REQUEST_BROADCAST, to_host(SUBNET_BROADCAST, client_rrq("network-confg")));
	expect(REQUEST_BROADCAST, to_host(BROADCAST, client_wrq("network-confg")));
}

SCENARIO(refused_broadcast_opens_nothing, .covers = "7.3 none", .places = ROUTER | CLIENT_HOST)
{
	expect(REQUEST_BROADCAST, to_host(BROADCAST, client_rrq("network-confg")));
	expect(UNSOLICITED, server_data(TID, 1, 512));
}

SCENARIO(broadcast_request, .covers = "7.1 server *, 9.17", .places = LAN)
{
	zone()->flags |= TG_ZONE_BROADCAST;
	expect(REQUEST, to_host(BROADCAST, client_rrq("network-confg")));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(NO_CREDIT, from_host(OTHER_SERVER, server_data(TID, 1, 512)));
	expect(ACK, client_ack(TID, 1));
	expect(SURPLUS_TID, from_host(OTHER_SERVER, server_data(TID, 1, 512)));
	read_goes_on(TID, 2, 5, 512);
	expect(DATA, server_data(TID, 6, 0));
	expect(ACK, client_ack(TID, 6));
}

SCENARIO(broadcast_request_of_the_subnet, .covers = "7.1 server *, 9.17", .places = LAN)
{
	zone()->flags |= TG_ZONE_BROADCAST;
	expect(REQUEST, to_host(SUBNET_BROADCAST, client_rrq("router-confg", "blksize", "1024")));
	expect(FIRST_REPLY, from_host(OTHER_SERVER, server_oack(TID, "blksize", "1024")));
	expect(ACK, to_host(OTHER_SERVER, client_ack(TID, 0)));
	expect(DATA, from_host(OTHER_SERVER, server_data(TID, 1, 1024)));
}

SCENARIO(broadcast_request_twice, .covers = "7.1 server *: credit and commit", .places = LAN)
{
	zone()->flags |= TG_ZONE_BROADCAST;
	expect(REQUEST, to_host(BROADCAST, client_rrq("network-confg")));
	expect(REQUEST, to_host(BROADCAST, client_rrq("network-confg")));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(FIRST_REPLY, from_host(OTHER_SERVER, server_data(TID, 1, 512)));
	expect(ACK, to_host(OTHER_SERVER, client_ack(TID, 1)));
	expect(SUPERSEDED, server_data(TID, 1, 512));
	expect(DATA, from_host(OTHER_SERVER, server_data(TID, 2, 512)));
}

SCENARIO(broadcast_request_expires, .covers = "8 T_req", .places = LAN)
{
	no_udp_tracking();
	zone()->flags |= TG_ZONE_BROADCAST;
	expect(REQUEST, to_host(BROADCAST, client_rrq("network-confg")));
	at_ms(30001);
	expect_stray(EXPIRED, server_data(TID, 1, 512));
}

/* Switches ask their server three times, then everybody, from one port (2.1). */
SCENARIO(broadcast_request_after_one_to_the_server, .covers = "2.1, 7.1 server *", .places = LAN)
{
	zone()->flags |= TG_ZONE_BROADCAST;
	expect(REQUEST, client_rrq("network-confg"));
	at_ms(100000);
	expect(REQUEST, to_host(BROADCAST, client_rrq("network-confg")));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
	expect(DATA, server_data(TID, 2, 512));
}

SCENARIO(broadcast_request_after_an_error_of_the_server, .covers = "2.1, 7.1 server *",
	 .places = LAN)
{
	zone()->flags |= TG_ZONE_BROADCAST;
	expect(REQUEST, client_rrq("network-confg"));
	expect(FIRST_REPLY, server_error(TID, 1, "File not found"));
	expect(REQUEST, to_host(BROADCAST, client_rrq("network-confg")));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(ACK, client_ack(TID2, 1));
}

SCENARIO(broadcast_reply_to_another_port, .covers = "7.1 server *", .places = ROUTER | CLIENT_HOST)
{
	zone()->flags |= TG_ZONE_BROADCAST;
	expect(REQUEST, to_host(BROADCAST, client_rrq("network-confg")));
	expect(UNSOLICITED, to_port(CLIENT_TID + 1, server_data(TID, 1, 512)));
	expect(UNSOLICITED, to_host(OTHER_CLIENT, server_data(TID, 1, 512)));
	expect(FIRST_REPLY, from_host(STRANGER, server_data(TID, 1, 512)));
}

SCENARIO(unicast_request_is_not_a_broadcast, .covers = "7.1 server ip",
	 .places = ROUTER | CLIENT_HOST)
{
	zone()->flags |= TG_ZONE_BROADCAST;
	expect(REQUEST, client_rrq("f"));
	expect(UNSOLICITED, from_host(OTHER_SERVER, server_data(TID, 1, 512)));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
}

SCENARIO(reply_from_another_address, .covers = "3.15", .places = ROUTER | CLIENT_HOST)
{
	expect(REQUEST, client_rrq("f"));
	expect(UNSOLICITED, from_host(OTHER_SERVER, server_data(TID, 1, 512)));
}

SCENARIO(server_group_members_answer_for_each_other, .covers = "9.17, conflict table",
	 .places = LAN)
{
	server_group(SERVER, OTHER_SERVER);
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, from_host(OTHER_SERVER, server_data(TID, 1, 512)));
	expect(NO_CREDIT, server_data(TID, 1, 512));
	expect(ACK, to_host(OTHER_SERVER, client_ack(TID, 1)));
	expect(DATA, from_host(OTHER_SERVER, server_data(TID, 2, 512)));
	client_port(50000);
	expect(REQUEST, to_host(OTHER_SERVER, client_rrq("f")));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
	read_goes_on(TID, 2, 3, 512);
}

SCENARIO(server_group_has_one_credit, .covers = "7.1 credit", .places = LAN)
{
	server_group(SERVER, OTHER_SERVER);
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, to_host(OTHER_SERVER, client_rrq("f")));
	expect(FIRST_REPLY, from_host(OTHER_SERVER, server_data(TID, 1, 512)));
	expect(FIRST_REPLY, from_host(OTHER_SERVER, server_data(TID2, 1, 512)));
	expect(NO_CREDIT, server_data(TID, 1, 512));
	expect(ACK, to_host(OTHER_SERVER, client_ack(TID2, 1)));
	expect(SUPERSEDED, from_host(OTHER_SERVER, server_data(TID, 1, 512)));
}

SCENARIO(server_group_excludes_others, .covers = "9.17", .places = ROUTER | CLIENT_HOST)
{
	server_group(SERVER, OTHER_SERVER);
	expect(REQUEST, client_rrq("f"));
	expect(UNSOLICITED, from_host(STRANGER, server_data(TID, 1, 512)));
}

SCENARIO(requests_only_out, .covers = "5 direction")
{
	zone()->flags &= ~(unsigned int)TG_ZONE_REQUESTS_IN;
	expect(REQUEST_DIRECTION, arriving(client_rrq("f")));
	expect(REQUEST_DIRECTION, arriving(client_wrq("f")));
	expect(REQUEST, leaving(client_rrq("f")));
	expect(FIRST_REPLY, arriving(server_data(TID, 1, 512)));
	expect(ACK, leaving(client_ack(TID, 1)));
	expect(DATA, arriving(server_data(TID, 2, 512)));
}

SCENARIO(requests_only_in, .covers = "5 direction")
{
	zone()->flags &= ~(unsigned int)TG_ZONE_REQUESTS_OUT;
	expect(REQUEST_DIRECTION, leaving(client_rrq("f")));
	expect(REQUEST, arriving(client_rrq("f")));
	expect(FIRST_REPLY, leaving(server_data(TID, 1, 512)));
	expect(ACK, arriving(client_ack(TID, 1)));
	expect(DATA, leaving(server_data(TID, 2, 512)));
}

SCENARIO(refused_direction_opens_nothing, .covers = "7.3 none", .places = ROUTER)
{
	zone()->flags &= ~(unsigned int)TG_ZONE_REQUESTS_IN;
	expect(REQUEST_DIRECTION, client_rrq("f"));
	expect(UNSOLICITED, server_data(TID, 1, 512));
}

/* The roles are those of the request, whatever the direction: here the server's DATA comes in where it should leave. */
SCENARIO(direction_of_later_packets_is_free, .covers = "5 one table",
	 .places = SERVER_HOST | CLIENT_HOST)
{
	read_begins(TID);
	expect(DATA, arriving(server_data(TID, 2, 512)));
	expect(ACK, leaving(client_ack(TID, 2)));
}

/* A single-port server answers what went to all and what went to it from one TID. */
SCENARIO(broadcast_then_unicast_from_one_tid,
	 .covers = "7.3 extra transition 1: hash differs, 10.13", .places = LAN)
{
	zone()->flags |= TG_ZONE_BROADCAST;
	client_port(2001);
	expect(REQUEST, to_host(BROADCAST, client_rrq("first", "blksize", "1024")));
	expect(FIRST_REPLY, server_oack(TFTP_PORT, "blksize", "1024"));
	expect(REQUEST, client_rrq("second", "blksize", "1000"));
	expect(FIRST_REPLY, server_oack(TFTP_PORT, "blksize", "1000"));
	expect(ACK, client_ack(TFTP_PORT, 0));
	read_goes_on(TFTP_PORT, 1, 2, 1000);
	client_port(2002);
	expect(REQUEST, to_host(BROADCAST, client_rrq("first")));
	expect(FIRST_REPLY, server_data(TFTP_PORT, 1, 512));
	expect(ACK, client_ack(TFTP_PORT, 1));
	expect(REQUEST, client_rrq("second"));
	expect(FIRST_REPLY, server_data(TFTP_PORT, 1, 512));
	expect(BLOCK_WINDOW, server_data(TFTP_PORT, 9, 512));
}

/* The other way round: the answer to the broadcast would pass for one to the offer that waits. */
SCENARIO(unicast_then_broadcast_from_one_tid,
	 .covers = "7.3 extra transition 1: hash differs, 10.13", .places = LAN)
{
	zone()->flags |= TG_ZONE_BROADCAST;
	expect(REQUEST, client_rrq("second", "blksize", "1000"));
	expect(REQUEST, to_host(BROADCAST, client_rrq("first")));
	expect(FIRST_REPLY, server_oack(TFTP_PORT, "blksize", "1000"));
	expect(FIRST_REPLY, server_error(TFTP_PORT, 1, "File not found"));
	expect(ERROR, server_error(TFTP_PORT, 1, "File not found"));
}

/* The port's unicast request knows the TID that it chose, which by now answers the request to all. */
SCENARIO(choice_whose_tid_serves_another_request, .covers = "7.1, 7.3 extra transition 2",
	 .places = LAN)
{
	zone()->flags |= TG_ZONE_BROADCAST;
	expect(REQUEST, client_rrq("first"));
	expect(FIRST_REPLY, server_data(TID, 1, 5));
	expect(ACK, client_ack(TID, 1));
	expect(REQUEST, to_host(BROADCAST, client_rrq("second")));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
	after_ms(2001);
	expect(REQUEST, client_rrq("third"));
	expect(DATA, server_data(TID, 2, 512));
}
