// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What one address may do: requests, names that are tried, packets that it acknowledges nothing of. Tracker
 * specification 11. Open transfers are in open.c, what a rule adds in rule_limits.c.
 */
#include "scene.h"

/* A read of a file that the server does not have. */
static void miss(uint16_t port)
{
	client_port(port);
	expect(REQUEST, client_rrq("missing"));
	expect(FIRST_REPLY, server_error(TID, 1, "File not found"));
}

/* A file of one block, from a port of its own. */
static void small_file(uint16_t port, const char *name)
{
	client_port(port);
	expect(REQUEST, client_rrq(name));
	expect(FIRST_REPLY, server_data(TID, 1, 100));
	expect(ACK, client_ack(TID, 1));
}

/* ---- requests ---------------------------------------------------------------------------------------------------- */

SCENARIO(requests_beyond_the_burst, .covers = "11.2")
{
	zone()->abuse.requests = rate(10, 4);
	for (int i = 0; i < 4; i++) {
		client_port(2000 + i);
		expect(REQUEST, client_rrq("f"));
	}
	expect(SOURCE_RATE, client_rrq("f"));
	at_ms(99);
	expect(SOURCE_RATE, client_rrq("f"));
	at_ms(100);
	expect(REQUEST, client_rrq("f"));
	expect(SOURCE_RATE, client_rrq("f"));
	at_ms(300);
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, client_rrq("f"));
	expect(SOURCE_RATE, client_rrq("f"));
	/* The bucket holds no more than the burst. */
	at_ms(10000);
	for (int i = 0; i < 4; i++)
		expect(REQUEST, client_rrq("f"));
	expect(SOURCE_RATE, client_rrq("f"));
}

SCENARIO(request_rate_with_the_usual_limits, .covers = "11.2, 7.3 caps: burst of 64",
	 .places = ROUTER)
{
	usual_limits();
	for (int i = 0; i < 256; i++) {
		client_port(2000 + i / 2);
		expect(REQUEST, client_rrq("f"));
	}
	expect(SOURCE_RATE, client_rrq("f"));
	at_ms(5);
	expect(REQUEST, client_rrq("f"));
	expect(SOURCE_RATE, client_rrq("f"));
	at_ms(5 + 64 * 5);
	for (int i = 0; i < 64; i++)
		expect(REQUEST, client_rrq("f"));
	expect(SOURCE_RATE, client_rrq("f"));
}

SCENARIO(request_that_is_refused_has_no_effect, .covers = "11.1", .places = ROUTER)
{
	zone()->abuse.requests = rate(1, 1);
	expect(REQUEST, client_rrq("f"));
	expect(SOURCE_RATE, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(NO_CREDIT, server_data(TID2, 1, 512));
	client_port(2000);
	expect(SOURCE_RATE, client_rrq("f"));
	expect(UNSOLICITED, server_data(TID, 1, 512));
}

SCENARIO(requests_that_say_nothing_sensible_count, .covers = "11.2")
{
	zone()->abuse.requests = rate(1, 2);
	expect(REQUEST_MODE, client_rrq_mode("nonsense", "f"));
	/* Neither of these comes so far that its text would be read. */
	expect(REQUEST_LENGTH, client_sends(TFTP_PORT, BYTES("\0\1f\0o\0")));
	expect(FRAGMENT_CONTROL, first_fragment(7, 16, client_rrq("f")));
	expect(REQUEST, client_rrq("f"));
	expect(SOURCE_RATE, client_rrq_mode("nonsense", "f"));
}

SCENARIO(requests_of_others_do_not_count, .covers = "11.1", .places = ROUTER | SERVER_HOST)
{
	zone()->abuse.requests = rate(1, 1);
	expect(REQUEST, client_rrq("f"));
	expect(SOURCE_RATE, client_rrq("f"));
	expect(REQUEST, from_host(OTHER_CLIENT, client_rrq("f")));
	expect(SOURCE_RATE, from_host(OTHER_CLIENT, client_rrq("f")));
}

SCENARIO(requests_count_by_vlan, .covers = "11.1")
{
	zone()->abuse.requests = rate(1, 1);
	expect(REQUEST, tagged(10, client_rrq("f")));
	expect(SOURCE_RATE, tagged(10, client_rrq("f")));
	expect(REQUEST, tagged(11, client_rrq("f")));
	expect(REQUEST, tagged(10, tagged(11, client_rrq("f"))));
	expect(REQUEST, client_rrq("f"));
	expect(SOURCE_RATE, client_rrq("f"));
}

SCENARIO(requests_count_by_zone, .covers = "11.1", .places = ROUTER)
{
	zone()->abuse.requests = rate(1, 1);
	other_zone()->abuse.requests = rate(1, 2);
	expect(REQUEST, client_rrq("f"));
	expect(SOURCE_RATE, client_rrq("f"));
	expect(REQUEST, through(OTHER, client_rrq("f")));
	expect(REQUEST, through(OTHER, client_rrq("f")));
	expect(SOURCE_RATE, through(OTHER, client_rrq("f")));
}

SCENARIO(limits_are_monitored, .covers = "11.1, design: monitor", .places = ROUTER)
{
	zone()->flags |= TG_ZONE_MONITOR;
	zone()->abuse.requests = rate(1, 2);
	zone()->abuse.unacknowledged_packets = 2;
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, client_rrq("f"));
	expect(SOURCE_RATE, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(DATA, server_data(TID, 1, 512));
	expect(UNACKNOWLEDGED, server_data(TID, 1, 512));
}

/* ---- enumeration ------------------------------------------------------------------------------------------------- */

SCENARIO(search_of_pxelinux_for_its_configuration, .covers = "11.3")
{
	usual_limits();
	small_file(49152, "pxelinux.0");
	for (int i = 0; i < 12; i++)
		miss(49153 + i);
	small_file(49170, "pxelinux.cfg/default");
}

SCENARIO(walk_of_the_tree, .covers = "11.3")
{
	no_udp_tracking();
	zone()->abuse.not_found_max = 3;
	zone()->abuse.enumeration_window = 10000;
	zone()->abuse.hold = 30000;
	read_begins(TID3);
	miss(2001);
	miss(2002);
	at_ms(10000);
	miss(2003);
	expect(HELD_OFF, client_rrq("f"));
	client_port(2004);
	expect(HELD_OFF, client_rrq("f"));
	expect_stray(UNSOLICITED, server_data(TID, 1, 512));
	/* What runs goes on. */
	client_port(CLIENT_TID);
	expect(DATA, server_data(TID3, 2, 512));
	expect(ACK, client_ack(TID3, 2));
	at_ms(40000);
	expect(HELD_OFF, client_rrq("f"));
	at_ms(40001);
	expect(REQUEST, client_rrq("f"));
	/* And counts anew. */
	miss(2005);
	miss(2006);
	expect(REQUEST, client_rrq("f"));
	miss(2007);
	expect(HELD_OFF, client_rrq("f"));
}

SCENARIO(walk_of_the_tree_with_the_usual_limits, .covers = "11.3", .places = ROUTER)
{
	usual_limits();
	for (int i = 0; i < 128; i++)
		miss(2000 + i);
	expect(HELD_OFF, client_rrq("missing"));
	at_ms(60000);
	expect(HELD_OFF, client_rrq("missing"));
	at_ms(60001);
	expect(REQUEST, client_rrq("missing"));
}

SCENARIO(holding_one_off_leaves_others_alone, .covers = "11.1, 11.3",
	 .places = ROUTER | SERVER_HOST)
{
	usual_limits();
	zone()->abuse.not_found_max = 1;
	miss(2000);
	expect(HELD_OFF, client_rrq("f"));
	expect(HELD_OFF, to_host(OTHER_SERVER, client_rrq("f")));
	expect(REQUEST, tagged(5, client_rrq("f")));
	expect(REQUEST, from_host(OTHER_CLIENT, client_rrq("f")));
}

SCENARIO(misses_count_for_their_time, .covers = "11.3")
{
	zone()->abuse.not_found_max = 2;
	zone()->abuse.enumeration_window = 10000;
	zone()->abuse.hold = 30000;
	miss(2001);
	at_ms(10001);
	miss(2002);
	at_ms(20001);
	expect(REQUEST, client_rrq("f"));
	miss(2003);
	expect(HELD_OFF, client_rrq("f"));
}

SCENARIO(errors_that_are_no_misses, .covers = "11.3")
{
	zone()->abuse.not_found_max = 1;
	zone()->abuse.enumeration_window = 10000;
	zone()->abuse.hold = 30000;
	client_port(2001);
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_error(TID, 2, "Access violation"));
	client_port(2002);
	read_begins(TID);
	expect(ERROR, client_error(TID, 1, "File not found"));
	/* An answer to that. */
	expect(ERROR, server_error(TID, 1, "what?"));
	client_port(2003);
	expect(REQUEST, client_rrq("f"));
}

SCENARIO(copies_of_a_miss_count_once, .covers = "11.3")
{
	zone()->abuse.not_found_max = 2;
	zone()->abuse.enumeration_window = 10000;
	zone()->abuse.hold = 30000;
	miss(2001);
	for (int i = 0; i < 10; i++)
		expect(ERROR, server_error(TID, 1, "File not found"));
	miss(2002);
	expect(HELD_OFF, client_rrq("f"));
}

SCENARIO(miss_behind_an_option_acknowledgement, .covers = "11.3")
{
	zone()->abuse.not_found_max = 2;
	zone()->abuse.enumeration_window = 10000;
	zone()->abuse.hold = 30000;
	client_port(2001);
	expect(REQUEST, client_rrq("f", "blksize", "1024"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1024"));
	expect(ERROR, server_error(TID, 1, "File not found"));
	client_port(2002);
	read_begins_with(TID, "1024", "1");
	expect(ERROR, server_error(TID, 1, "File not found"));
	expect(HELD_OFF, client_rrq("f"));
}

SCENARIO(names_that_are_tried, .covers = "11.3")
{
	no_udp_tracking();
	zone()->abuse.names_max = 4;
	zone()->abuse.enumeration_window = 10000;
	zone()->abuse.hold = 30000;
	small_file(2001, "alpha");
	small_file(2002, "beta");
	/* The same name in other requests is the same name; letter case makes another one. */
	client_port(2003);
	expect(REQUEST, client_rrq("alpha"));
	expect(REQUEST, client_rrq("alpha", "blksize", "1024"));
	expect(REQUEST, client_wrq("alpha", "tsize", "7"));
	expect(REQUEST, to_host(OTHER_SERVER, client_rrq_mode("netascii", "beta")));
	small_file(2004, "BETA");
	client_port(2005);
	expect(HELD_OFF, client_rrq("delta"));
	expect_stray(UNSOLICITED, server_data(TID, 1, 512));
	expect(HELD_OFF, client_rrq("alpha"));
	at_ms(30001);
	small_file(2006, "delta");
	small_file(2007, "alpha");
	small_file(2008, "beta");
	expect(HELD_OFF, client_rrq("BETA"));
}

SCENARIO(counting_begins_anew_with_the_hold, .covers = "11.3")
{
	zone()->abuse.not_found_max = 2;
	zone()->abuse.names_max = 3;
	zone()->abuse.enumeration_window = 30000;
	zone()->abuse.hold = 5000;
	miss(2001);
	miss(2002);
	expect(HELD_OFF, client_rrq("f"));
	at_ms(5001);
	miss(2003);
	small_file(2004, "beta");
	miss(2005);
	expect(HELD_OFF, client_rrq("f"));
	at_ms(10002);
	small_file(2006, "beta");
	small_file(2007, "gamma");
	expect(HELD_OFF, client_rrq("delta"));
	at_ms(15003);
	small_file(2008, "delta");
	small_file(2009, "gamma");
}

SCENARIO(names_count_for_their_time, .covers = "11.3")
{
	zone()->abuse.names_max = 3;
	zone()->abuse.enumeration_window = 10000;
	zone()->abuse.hold = 30000;
	small_file(2001, "alpha");
	small_file(2002, "beta");
	at_ms(10001);
	small_file(2003, "gamma");
	small_file(2004, "delta");
	at_ms(20001);
	expect(HELD_OFF, client_rrq("epsilon"));
}

/* tests/native/test_sources.c has how many there may be. */
SCENARIO(names_with_the_usual_limits, .covers = "11.3", .places = ROUTER, .families = IPV4)
{
	char name[] = "aa";

	usual_limits();
	for (int i = 0; i < 800; i++) {
		name[0] = 'a' + i % 26;
		name[1] = 'A' + i / 26;
		small_file(2000 + i, name);
		after_ms(50);
	}
}

/* ---- packets that nobody acknowledges -------------------------------------------------------------------------- */

SCENARIO(packets_that_nobody_acknowledges, .covers = "11.5")
{
	zone()->abuse.unacknowledged_packets = 4;
	zone()->abuse.unacknowledged_window = 60000;
	expect(REQUEST, client_rrq("f", "blksize", "1024"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1024"));
	expect(OACK, server_oack(TID, "blksize", "1024"));
	client_port(2001);
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	client_port(2002);
	expect(REQUEST, client_rrq("missing"));
	expect(FIRST_REPLY, server_error(TID, 1, "File not found"));
	expect(UNACKNOWLEDGED, server_error(TID, 1, "File not found"));
	client_port(2003);
	expect(REQUEST, client_rrq("f"));
	expect(UNACKNOWLEDGED, server_data(TID, 1, 512));
	client_port(2001);
	expect(UNACKNOWLEDGED, server_data(TID, 2, 512));
	/* It had no effect. */
	expect(ACK_AHEAD, client_ack(TID, 2));
	/* The client is there: everything to its address flows again. */
	expect(ACK, client_ack(TID, 1));
	expect(DATA, server_data(TID, 2, 512));
	client_port(2003);
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	for (int i = 0; i < 3; i++)
		expect(DATA, server_data(TID, 1, 512));
	expect(UNACKNOWLEDGED, server_data(TID, 1, 512));
	/* A running transfer does not count. */
	client_port(2001);
	for (int i = 0; i < 10; i++)
		expect(DATA, server_data(TID, 2, 512));
}

SCENARIO(unacknowledged_copies_of_errors, .covers = "11.5")
{
	zone()->abuse.unacknowledged_packets = 3;
	zone()->abuse.unacknowledged_window = 60000;
	miss(2001);
	expect(ERROR, server_error(TID, 1, "File not found"));
	expect(ERROR, server_error(TID, 1, "File not found"));
	expect(UNACKNOWLEDGED, server_error(TID, 1, "File not found"));
	/* Another ERROR acknowledges nothing. */
	expect(ERROR, client_error(TID, 0, "ok"));
	expect(UNACKNOWLEDGED, server_error(TID, 1, "File not found"));
}

SCENARIO(unacknowledged_copies_of_a_small_file, .covers = "11.5")
{
	zone()->abuse.unacknowledged_packets = 3;
	zone()->abuse.unacknowledged_window = 60000;
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 10));
	expect(DATA, server_data(TID, 1, 10));
	expect(DATA, server_data(TID, 1, 10));
	expect(UNACKNOWLEDGED, server_data(TID, 1, 10));
	expect(ACK, client_ack(TID, 1));
	expect(DATA, server_data(TID, 1, 10));
}

SCENARIO(unacknowledged_answers_to_writes, .covers = "11.5")
{
	zone()->abuse.unacknowledged_packets = 2;
	zone()->abuse.unacknowledged_window = 60000;
	expect(REQUEST, client_wrq("f"));
	expect(FIRST_REPLY, server_ack(TID, 0));
	expect(ACK, server_ack(TID, 0));
	expect(UNACKNOWLEDGED, server_ack(TID, 0));
	expect(DATA, client_data(TID, 1, 512));
	expect(ACK, server_ack(TID, 1));
	client_port(2001);
	expect(REQUEST, client_wrq("g"));
	expect(FIRST_REPLY, server_ack(TID, 0));
	expect(ACK, server_ack(TID, 0));
	expect(UNACKNOWLEDGED, server_ack(TID, 0));
}

SCENARIO(bytes_that_nobody_acknowledges, .covers = "11.5")
{
	uint32_t headers = (ipv6() ? 40 : 20) + 8 + 4;

	zone()->abuse.unacknowledged_bytes = 2 * (headers + 512) + headers + 100;
	zone()->abuse.unacknowledged_window = 60000;
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(DATA, server_data(TID, 1, 512));
	expect(UNACKNOWLEDGED, server_data(TID, 2, 512));
	expect(UNACKNOWLEDGED, server_data(TID, 2, 101));
	expect(DATA, server_data(TID, 2, 100));
	client_port(2001);
	expect(REQUEST, client_rrq("f"));
	expect(UNACKNOWLEDGED, server_data(TID, 1, 0));
}

SCENARIO(unacknowledged_packets_count_for_their_time, .covers = "11.5")
{
	zone()->abuse.unacknowledged_packets = 2;
	zone()->abuse.unacknowledged_window = 10000;
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	at_ms(5000);
	expect(DATA, server_data(TID, 1, 512));
	at_ms(10000);
	expect(UNACKNOWLEDGED, server_data(TID, 1, 512));
	at_ms(10001);
	expect(DATA, server_data(TID, 1, 512));
	at_ms(20001);
	expect(DATA, server_data(TID, 1, 512));
	expect(UNACKNOWLEDGED, server_data(TID, 1, 512));
}

SCENARIO(unacknowledged_packets_count_by_address, .covers = "11.1, 11.5",
	 .places = ROUTER | SERVER_HOST)
{
	zone()->abuse.unacknowledged_packets = 1;
	zone()->abuse.unacknowledged_window = 10000;
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(UNACKNOWLEDGED, server_data(TID, 1, 512));
	expect(REQUEST, from_host(OTHER_CLIENT, client_rrq("f")));
	expect(FIRST_REPLY, to_host(OTHER_CLIENT, server_data(TID, 1, 512)));
	expect(REQUEST, tagged(10, client_rrq("f")));
	expect(FIRST_REPLY, tagged(10, server_data(TID, 1, 512)));
	/* What others acknowledge does not count either. */
	expect(ACK, from_host(OTHER_CLIENT, client_ack(TID, 1)));
	expect(UNACKNOWLEDGED, server_data(TID, 1, 512));
	expect(UNACKNOWLEDGED, tagged(10, server_data(TID, 1, 512)));
}

SCENARIO(packets_that_do_not_fit_do_not_count, .covers = "11.5")
{
	zone()->abuse.unacknowledged_packets = 2;
	zone()->abuse.unacknowledged_window = 10000;
	expect(REQUEST, client_rrq("f"));
	expect(REPLY_BLOCK, server_data(TID, 2, 512));
	expect(REPLY_KIND, server_ack(TID, 0));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(BLOCK_WINDOW, server_data(TID, 100, 512));
	expect(WRONG_ROLE, server_ack(TID, 1));
	expect(DATA, server_data(TID, 1, 512));
	expect(UNACKNOWLEDGED, server_data(TID, 100, 512));
}

SCENARIO(patience_of_servers_with_the_usual_limits, .covers = "11.5, 2.2 haneWIN, dnsmasq")
{
	usual_limits();
	/* dnsmasq: 12 repeats in 115 s, to a client that hears nothing. */
	expect(REQUEST, client_rrq("f", "blksize", "1468"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1468"));
	for (int i = 0; i < 12; i++) {
		after_ms(9500);
		expect(OACK, server_oack(TID, "blksize", "1468"));
	}
	/* haneWIN: a window of 4 that nobody asked for, 6 times; 15 machines with one address. */
	for (int client = 0; client < 15; client++) {
		client_port(2000 + client);
		expect(REQUEST, client_rrq("f"));
		for (int repeat = 0; repeat < 6; repeat++) {
			if (repeat)
				expect(DATA, server_data(TID, 1, 512));
			else
				expect(FIRST_REPLY, server_data(TID, 1, 512));
			expect(DATA, server_data(TID, 2, 512));
			expect(DATA, server_data(TID, 3, 512));
			expect(DATA, server_data(TID, 4, 512));
			after_ms(100);
		}
	}
}

SCENARIO(reflection_with_the_usual_limits, .covers = "11.5", .places = ROUTER, .families = IPV4)
{
	usual_limits();
	/* 1024 packets of 32 bytes of IP. */
	for (int i = 0; i < 205; i++) {
		client_port(2000 + i);
		expect(REQUEST, client_rrq("f"));
		expect(FIRST_REPLY, server_data(TID, 1, 0));
		for (int repeat = 0; repeat < (i < 204 ? 4 : 3); repeat++)
			expect(DATA, server_data(TID, 1, 0));
	}
	expect(UNACKNOWLEDGED, server_data(TID, 1, 0));
}

SCENARIO(acknowledged_transfers_do_not_count, .covers = "11.5")
{
	zone()->abuse.unacknowledged_packets = 1;
	zone()->abuse.unacknowledged_window = 60000;
	zone()->abuse.open_max = 10;
	read_begins(TID);
	expect(DATA, server_data(TID, 2, 10));
	for (int i = 0; i < 5; i++)
		expect(DATA, server_data(TID, 2, 10));
	expect(ACK, client_ack(TID, 2));
	expect(DATA, server_data(TID, 2, 10));
	expect(ERROR, server_error(TID, 0, "enough"));
	client_port(2001);
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(UNACKNOWLEDGED, server_data(TID, 1, 512));
}
