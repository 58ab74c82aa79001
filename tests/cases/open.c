// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How many transfers of one address may be open. Tracker specification 11.4.
 */
#include "scene.h"

/* A read that nobody answers yet. */
static void asks(uint16_t port)
{
	client_port(port);
	expect(REQUEST, client_rrq("f"));
}

static void is_refused(uint16_t port)
{
	client_port(port);
	expect(SOURCE_TRANSFERS, client_rrq("f"));
}

/* There is room for exactly so many more. */
static void has_room_for(unsigned int count, uint16_t port)
{
	for (unsigned int i = 0; i < count; i++)
		asks(port + i);
	is_refused(port + count);
}

SCENARIO(open_transfers, .covers = "11.4")
{
	no_udp_tracking();
	zone()->abuse.open_max = 3;
	asks(2001);
	client_port(2002);
	read_begins(TID);
	client_port(2003);
	expect(REQUEST, client_rrq("f", "blksize", "1024"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1024"));
	is_refused(2004);
	expect_stray(UNSOLICITED, server_data(TID, 1, 512));
	/* Those three go on. */
	client_port(2003);
	expect(ACK, client_ack(TID, 0));
	client_port(2001);
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	client_port(2002);
	expect(DATA, server_data(TID, 2, 512));
}

SCENARIO(open_transfers_with_the_usual_limits, .covers = "11.4, 7.3 caps: 512", .places = ROUTER)
{
	usual_limits();
	for (int i = 0; i < 512; i++) {
		asks(2000 + i);
		after_ms(5);
	}
	is_refused(3000);
	/* One of them ends. */
	client_port(2100);
	expect(FIRST_REPLY, server_data(TID, 1, 100));
	expect(ACK, client_ack(TID, 1));
	has_room_for(1, 3001);
}

SCENARIO(probes_that_are_never_aborted, .covers = "11.4, 2.1 mboot, 7.3 caps")
{
	usual_limits();
	for (int i = 0; i < 151; i++) {
		client_port(49152 + i);
		expect(REQUEST, client_rrq("f", "tsize", "0"));
		expect(FIRST_REPLY, server_oack(TID, "tsize", "1000"));
		after_ms(2);
	}
	client_port(50000);
	read_begins(TID);
}

SCENARIO(end_by_the_last_block, .covers = "11.4")
{
	zone()->abuse.open_max = 2;
	client_port(2001);
	read_begins(TID);
	read_goes_on(TID, 2, 3, 512);
	expect(DATA, server_data(TID, 4, 100));
	client_port(2002);
	write_begins(TID);
	expect(DATA, client_data(TID, 2, 0));
	is_refused(2003);
	client_port(2001);
	expect(ACK, client_ack(TID, 4));
	has_room_for(1, 2004);
	client_port(2002);
	expect(ACK, server_ack(TID, 2));
	/* Once each, whatever is repeated. */
	client_port(2002);
	expect(DATA, client_data(TID, 2, 0));
	expect(ACK, server_ack(TID, 2));
	client_port(2001);
	expect(DATA, server_data(TID, 4, 100));
	expect(ACK, client_ack(TID, 4));
	expect(ERROR, client_error(TID, 0, "closed"));
	has_room_for(1, 2010);
}

SCENARIO(end_by_an_error, .covers = "11.4")
{
	zone()->abuse.open_max = 2;
	/* At once. */
	for (int i = 0; i < 3; i++) {
		asks(2000 + i);
		expect(FIRST_REPLY, server_error(TID, 1, "File not found"));
	}
	/* An offer, by either side. */
	client_port(2010);
	expect(REQUEST, client_rrq("f", "tsize", "0"));
	expect(FIRST_REPLY, server_oack(TID, "tsize", "1000"));
	expect(ERROR, client_error(TID, 8, "User aborted the transfer"));
	client_port(2011);
	expect(REQUEST, client_rrq("f", "tsize", "0"));
	expect(FIRST_REPLY, server_oack(TID, "tsize", "1000"));
	expect(ERROR, server_error(TID, 0, "gave up"));
	expect(ERROR, server_error(TID, 0, "gave up"));
	/* A running one, by either side. */
	client_port(2012);
	read_begins(TID);
	expect(ERROR, client_error(TID, 0, "closed"));
	expect(ERROR, server_error(TID, 0, "so am I"));
	client_port(2013);
	write_begins(TID);
	expect(ERROR, server_error(TID, 3, "Disk full"));
	has_room_for(2, 2020);
}

SCENARIO(end_by_a_new_request, .covers = "11.4, 7.3 extra transition 2")
{
	zone()->abuse.open_max = 1;
	read_begins(TID);
	/* Too early: the transfer may go on. */
	after_ms(2000);
	expect(SOURCE_TRANSFERS, client_rrq("g"));
	expect(DATA, server_data(TID, 2, 512));
	/* The machine has begun anew; so the old one makes room for the new one. */
	after_ms(2001);
	expect(REQUEST, client_rrq("pxelinux.0"));
	expect(SUPERSEDED, server_data(TID, 2, 512));
	is_refused(2001);
	client_port(CLIENT_TID);
	expect(FIRST_REPLY, server_data(TID2, 1, 100));
	expect(ACK, client_ack(TID2, 1));
	has_room_for(1, 2002);
}

SCENARIO(request_in_place_of_another, .covers = "11.4, 7.1 a differing request replaces")
{
	zone()->abuse.open_max = 2;
	asks(2000);
	client_port(2001);
	for (int i = 0; i < 5; i++) {
		expect(REQUEST, client_rrq("f", "blksize", "1024"));
		expect(REQUEST, client_rrq("f"));
	}
	is_refused(2002);
	client_port(2001);
	expect(FIRST_REPLY, server_data(TID, 1, 10));
	expect(ACK, client_ack(TID, 1));
	has_room_for(1, 2003);
}

SCENARIO(duplicates_count_once, .covers = "11.4, 9.4")
{
	zone()->abuse.open_max = 2;
	client_port(2001);
	for (int i = 0; i < 3; i++)
		expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(FIRST_REPLY, server_data(TID3, 1, 512));
	has_room_for(1, 2002);
	client_port(2001);
	expect(ACK, client_ack(TID, 1));
	expect(ERROR, client_error(TID2, 5, "Unknown transfer ID"));
	expect(ERROR, client_error(TID3, 5, "Unknown transfer ID"));
	is_refused(2003);
	client_port(2001);
	expect(DATA, server_data(TID, 2, 0));
	expect(ACK, client_ack(TID, 2));
	has_room_for(1, 2004);
}

SCENARIO(choice_of_another_answer, .covers = "11.4, 9.4")
{
	zone()->abuse.open_max = 1;
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	/* The first one ends, the second one is taken. */
	expect(ERROR, client_error(TID, 5, "Unknown transfer ID"));
	expect(ACK, client_ack(TID2, 1));
	is_refused(2001);
	client_port(CLIENT_TID);
	expect(DATA, server_data(TID2, 2, 10));
	expect(ACK, client_ack(TID2, 2));
	has_room_for(1, 2002);
}

SCENARIO(answer_that_is_left_behind, .covers = "11.4, 10.5")
{
	zone()->abuse.open_max = 2;
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(ACK, client_ack(TID2, 1));
	/* It learns so when it speaks. */
	is_refused(2001);
	client_port(CLIENT_TID);
	expect(SUPERSEDED, server_data(TID, 1, 512));
	has_room_for(1, 2002);
	client_port(CLIENT_TID);
	expect(DATA, server_data(TID2, 2, 10));
	expect(ACK, client_ack(TID2, 2));
	has_room_for(1, 2004);
}

SCENARIO(client_that_flips_between_answers, .covers = "11.4, 9.5")
{
	zone()->abuse.open_max = 2;
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	for (int i = 0; i < 5; i++) {
		expect(ACK, client_ack(TID, 1));
		expect(ACK, client_ack(TID2, 1));
	}
	has_room_for(1, 2001);
	client_port(CLIENT_TID);
	expect(ACK, client_ack(TID, 1));
	expect(DATA, server_data(TID, 2, 10));
	expect(ACK, client_ack(TID, 2));
	has_room_for(1, 2004);
}

SCENARIO(same_request_after_its_end, .covers = "11.4, 9.3")
{
	zone()->abuse.open_max = 1;
	for (int i = 0; i < 3; i++) {
		expect(REQUEST, client_rrq("f"));
		expect(FIRST_REPLY, server_data(TID + i, 1, 10));
		expect(ACK, client_ack(TID + i, 1));
	}
	expect(REQUEST, client_rrq("f"));
	is_refused(2001);
	client_port(CLIENT_TID);
	expect(FIRST_REPLY, server_data(TID3 + 1, 1, 10));
	expect(ACK, client_ack(TID3 + 1, 1));
	has_room_for(1, 2002);
	/* While it is over the same request is one more. */
	client_port(CLIENT_TID);
	expect(SOURCE_TRANSFERS, client_rrq("f"));
}

SCENARIO(repeat_after_an_older_choice, .covers = "11.4")
{
	zone()->abuse.open_max = 1;
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 10));
	expect(ACK, client_ack(TID, 1));
	after_ms(1);
	/* The port has chosen before, but for another file. */
	expect(REQUEST, client_rrq("g"));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(REQUEST, client_rrq("g"));
	expect(FIRST_REPLY, server_data(TID3, 1, 512));
	expect(ACK, client_ack(TID2, 1));
	expect(DATA, server_data(TID2, 2, 10));
	expect(ACK, client_ack(TID2, 2));
	has_room_for(1, 2001);
}

SCENARIO(silence_makes_no_room_for_the_same_port, .covers = "11.4")
{
	zone()->abuse.open_max = 1;
	expect(REQUEST, client_rrq("f"));
	after_ms(180001);
	asks(2001);
	client_port(CLIENT_TID);
	expect(SOURCE_TRANSFERS, client_rrq("g"));
}

SCENARIO(transfer_at_another_port_counts_once, .covers = "11.4, 10.12")
{
	zone()->flags |= TG_ZONE_UDPPORT;
	zone()->abuse.open_max = 2;
	asks(2001);
	client_port(CLIENT_TID);
	expect(REQUEST, client_rrq("f", "udpport", "40002"));
	expect(FIRST_REPLY, server_oack(TID, "udpport", "40002"));
	is_refused(2002);
	client_port(CLIENT_TID);
	expect(ERROR, client_error(TID, 0, "oh"));
	expect(ERROR, client_error(TID2, 0, "oh"));
	has_room_for(1, 2003);
}

SCENARIO(open_transfers_on_one_pair_of_ports, .covers = "11.4, 7.3 extra transition 1")
{
	zone()->abuse.open_max = 2;
	read_begins(TFTP_PORT);
	/* The next file, from the same port of the server: in place of the first. */
	expect(REQUEST, client_rrq("g"));
	is_refused(2001);
	client_port(CLIENT_TID);
	expect(FIRST_REPLY, server_data(TFTP_PORT, 1, 512));
	has_room_for(1, 2002);
}

SCENARIO(offers_on_one_pair_of_ports, .covers = "11.4, 7.3 extra transition 1")
{
	zone()->abuse.open_max = 2;
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TFTP_PORT, 1, 512));
	expect(REQUEST, client_rrq("g"));
	is_refused(2001);
	client_port(CLIENT_TID);
	expect(FIRST_REPLY, server_data(TFTP_PORT, 1, 512));
	has_room_for(1, 2002);
}

SCENARIO(silence_of_a_request, .covers = "11.4")
{
	zone()->abuse.open_max = 1;
	asks(2001);
	at_ms(120000);
	is_refused(2002);
	at_ms(180001);
	has_room_for(1, 2003);
}

SCENARIO(silence_of_a_transfer, .covers = "11.4")
{
	no_udp_tracking();
	zone()->abuse.open_max = 2;
	at_ms(40000);
	read_begins(TID);
	client_port(2001);
	expect(REQUEST, client_rrq("f", "blksize", "1024"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1024"));
	after_ms(120000);
	is_refused(2002);
	after_ms(60001);
	has_room_for(2, 2003);
	/* What was given back by silence is not given back again. */
	client_port(CLIENT_TID);
	expect_stray(EXPIRED, client_error(TID, 0, "closed"));
	is_refused(2006);
}

SCENARIO(long_transfer_keeps_counting, .covers = "11.4")
{
	zone()->abuse.open_max = 1;
	read_begins(TID);
	for (unsigned int block = 2; block < 20; block++) {
		after_ms(50000);
		client_port(2000 + block);
		is_refused(2000 + block);
		client_port(CLIENT_TID);
		expect(DATA, server_data(TID, block, 512));
		expect(ACK, client_ack(TID, block));
	}
	/* The latest epoch, and the two before, were its own at some time: it counts once. */
	expect(ERROR, client_error(TID, 0, "closed"));
	has_room_for(1, 2100);
}

SCENARIO(transfer_kept_alive_by_one_side, .covers = "11.4")
{
	zone()->abuse.open_max = 1;
	read_begins(TID);
	for (int i = 0; i < 9; i++) {
		after_ms(30000);
		expect(DATA, server_data(TID, 2, 512));
	}
	is_refused(2001);
}

SCENARIO(request_that_is_repeated_keeps_counting, .covers = "11.4")
{
	zone()->abuse.open_max = 1;
	for (int i = 0; i < 12; i++) {
		expect(REQUEST, client_rrq("f"));
		after_ms(25000);
	}
	is_refused(2001);
	client_port(CLIENT_TID);
	expect(FIRST_REPLY, server_error(TID, 1, "File not found"));
	has_room_for(1, 2002);
}

SCENARIO(long_timeout_counts_again, .covers = "11.4, 8 T_idle = max(120, 4 timeout)")
{
	zone()->abuse.open_max = 1;
	expect(REQUEST, client_rrq("f", "timeout", "255"));
	expect(FIRST_REPLY, server_oack(TID, "timeout", "255"));
	expect(ACK, client_ack(TID, 0));
	after_ms(500000);
	expect(DATA, server_data(TID, 1, 512));
	is_refused(2001);
	client_port(CLIENT_TID);
	expect(ERROR, client_error(TID, 0, "closed"));
	has_room_for(1, 2002);
}

SCENARIO(open_transfers_count_by_address, .covers = "11.1, 11.4", .places = ROUTER)
{
	zone()->abuse.open_max = 1;
	other_zone()->abuse.open_max = 2;
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, tagged(10, client_rrq("f")));
	expect(REQUEST, from_host(OTHER_CLIENT, client_rrq("f")));
	expect(REQUEST, through(OTHER, client_rrq("f")));
	client_port(2001);
	expect(REQUEST, through(OTHER, client_rrq("f")));
	expect(SOURCE_TRANSFERS, client_rrq("f"));
	expect(SOURCE_TRANSFERS, tagged(10, client_rrq("f")));
	expect(SOURCE_TRANSFERS, from_host(OTHER_CLIENT, client_rrq("f")));
	/* Of one client, whichever server it asks. */
	expect(SOURCE_TRANSFERS, to_host(OTHER_SERVER, client_rrq("f")));
	client_port(2002);
	expect(SOURCE_TRANSFERS, through(OTHER, client_rrq("f")));
}
