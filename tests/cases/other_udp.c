// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * UDP that has nothing to do with TFTP, here on a host whose address is SERVER's.
 */
#include "scene.h"

SCENARIO(listed_services_are_reachable, .covers = "policy: services", .places = SERVER_HOST)
{
	static const uint16_t ports[] = {67, 68, 546, 547, 4011};

	for (unsigned int i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		expect(SERVICE, udp(CLIENT, 4000, SERVER, ports[i], 240));
	expect(SERVICE, arriving(udp(CLIENT, 68, BROADCAST, 67, 240)));
	expect(UNSOLICITED, udp(CLIENT, 4000, SERVER, 53, 30));
	expect(UNSOLICITED, udp(CLIENT, 67, SERVER, 1067, 30));
	expect(UNSOLICITED, udp(CLIENT, 4000, SERVER, 66, 30));
	expect(UNSOLICITED, udp(CLIENT, 4000, SERVER, 69 << 8, 30));
}

SCENARIO(further_services, .covers = "policy: services", .places = SERVER_HOST)
{
	allow_udp(53);
	allow_udp(65535);
	expect(SERVICE, udp(CLIENT, 4000, SERVER, 53, 30));
	expect(SERVICE, udp(CLIENT, 4000, SERVER, 65535, 0));
	expect(UNSOLICITED, udp(CLIENT, 4000, SERVER, 54, 30));
}

SCENARIO(service_answers, .covers = "policy: services", .places = SERVER_HOST)
{
	allow_udp(53);
	expect(SERVICE, udp(CLIENT, 4000, SERVER, 53, 30));
	expect(OUTGOING, udp(SERVER, 53, CLIENT, 4000, 300));
}

SCENARIO(replies_to_outgoing_udp, .covers = "policy: tracking", .places = SERVER_HOST)
{
	expect(UNSOLICITED, udp(STRANGER, 123, SERVER, 40123, 48));
	expect(OUTGOING, leaving(udp(SERVER, 40123, STRANGER, 123, 48)));
	expect(UDP_REPLY, udp(STRANGER, 123, SERVER, 40123, 48));
	/* To the exact tuple only. */
	expect(UNSOLICITED, udp(STRANGER, 124, SERVER, 40123, 48));
	expect(UNSOLICITED, udp(STRANGER, 123, SERVER, 40124, 48));
	expect(UNSOLICITED, udp(CLIENT, 123, SERVER, 40123, 48));
	expect(UNSOLICITED, arriving(udp(STRANGER, 123, OTHER_SERVER, 40123, 48)));
	expect(UNSOLICITED, tagged(3, udp(STRANGER, 123, SERVER, 40123, 48)));
	expect(UNSOLICITED, through(OTHER, udp(STRANGER, 123, SERVER, 40123, 48)));
	expect(UDP_REPLY, udp(STRANGER, 123, SERVER, 40123, 48));
}

SCENARIO(return_path_leads_one_way, .covers = "policy: tracking", .places = SERVER_HOST)
{
	expect(OUTGOING, leaving(udp(SERVER, 40123, STRANGER, 123, 48)));
	/* Somebody outside who takes the host's own address and port is no reply. */
	expect(UNSOLICITED, arriving(udp(SERVER, 40123, STRANGER, 123, 48)));
	expect(UDP_REPLY, udp(STRANGER, 123, SERVER, 40123, 48));
}

SCENARIO(return_path_of_both_ends, .covers = "policy: tracking", .places = SERVER_HOST)
{
	expect(OUTGOING, leaving(udp(SERVER, 40123, STRANGER, 123, 48)));
	expect(OUTGOING, leaving(udp(STRANGER, 123, SERVER, 40123, 48)));
	expect(UDP_REPLY, arriving(udp(STRANGER, 123, SERVER, 40123, 48)));
	expect(UDP_REPLY, arriving(udp(SERVER, 40123, STRANGER, 123, 48)));
}

SCENARIO(incoming_udp_makes_no_return_path, .covers = "policy: tracking", .places = SERVER_HOST)
{
	allow_udp(53);
	expect(SERVICE, udp(CLIENT, 53, SERVER, 53, 48));
	expect(UNSOLICITED, udp(CLIENT, 53, SERVER, 54, 48));
	expect(UNSOLICITED, udp(CLIENT, 2000, SERVER, 3000, 48));
	expect(UNSOLICITED, udp(CLIENT, 2000, SERVER, 3000, 48));
}

SCENARIO(replies_keep_their_return_path, .covers = "policy: udp_replied_wait",
	 .places = SERVER_HOST)
{
	expect(OUTGOING, leaving(udp(SERVER, 40123, STRANGER, 123, 48)));
	for (unsigned int s = 1; s <= 1000; s += 100) {
		at_ms(s * 1000);
		expect(UDP_REPLY, udp(STRANGER, 123, SERVER, 40123, 48));
	}
}

SCENARIO(unanswered_udp_timer, .covers = "policy: udp_wait", .places = SERVER_HOST)
{
	expect(OUTGOING, leaving(udp(SERVER, 4001, STRANGER, 123, 48)));
	expect(OUTGOING, leaving(udp(SERVER, 4002, STRANGER, 123, 48)));
	at_ms(29999);
	expect(UDP_REPLY, udp(STRANGER, 123, SERVER, 4001, 48));
	at_ms(30001);
	expect(UNSOLICITED, udp(STRANGER, 123, SERVER, 4002, 48));
}

SCENARIO(answered_udp_timer, .covers = "policy: udp_replied_wait", .places = SERVER_HOST)
{
	expect(OUTGOING, leaving(udp(SERVER, 4001, STRANGER, 123, 48)));
	expect(UDP_REPLY, udp(STRANGER, 123, SERVER, 4001, 48));
	at_ms(119999);
	expect(UDP_REPLY, udp(STRANGER, 123, SERVER, 4001, 48));
	at_ms(119999 * 2);
	expect(OUTGOING, leaving(udp(SERVER, 4001, STRANGER, 123, 48)));
	at_ms(119999 * 3);
	expect(UDP_REPLY, udp(STRANGER, 123, SERVER, 4001, 48));
	after_ms(120001);
	expect(UNSOLICITED, udp(STRANGER, 123, SERVER, 4001, 48));
	/* Sent again: a new exchange, unanswered so far. */
	expect(OUTGOING, leaving(udp(SERVER, 4001, STRANGER, 123, 48)));
	after_ms(30001);
	expect(UNSOLICITED, udp(STRANGER, 123, SERVER, 4001, 48));
}

SCENARIO(tracking_is_a_setting, .covers = "policy: --no-track-udp", .places = SERVER_HOST)
{
	no_udp_tracking();
	expect(OUTGOING, leaving(udp(SERVER, 4001, STRANGER, 123, 48)));
	expect(UNSOLICITED, udp(STRANGER, 123, SERVER, 4001, 48));
}

SCENARIO(unmatched_udp_may_pass, .covers = "policy: --unmatched pass", .places = SERVER_HOST)
{
	zone()->flags |= TG_ZONE_UNMATCHED_PASS;
	expect(UNMATCHED, udp(STRANGER, 123, SERVER, 4001, 48));
	expect(UNMATCHED, first_fragment(1, 64, udp(STRANGER, 123, SERVER, 4001, 100)));
	expect(FRAGMENT_FOLLOWS, later_fragment(1, 64, 0, udp(STRANGER, 123, SERVER, 4001, 100)));
	expect(OUTGOING, leaving(udp(SERVER, 4001, STRANGER, 123, 48)));
	expect(SERVICE, udp(STRANGER, 123, SERVER, 67, 48));
	/* TFTP is judged all the same. */
	expect(REQUEST_MODE, client_rrq_mode("ascii", "f"));
	expect(REQUEST, client_rrq("f"));
	expect(REPLY_BLOCK, server_data(TID, 2, 512));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(DATA_SIZE, server_data(TID, 2, 513));
}

SCENARIO(unmatched_pass_does_not_admit_what_is_malformed, .covers = "policy: --unmatched pass",
	 .places = SERVER_HOST)
{
	zone()->flags |= TG_ZONE_UNMATCHED_PASS;
	expect(UDP_LENGTH, udp_length(7, udp(STRANGER, 123, SERVER, 4001, 48)));
	expect(TRUNCATED, cut(60, udp(STRANGER, 123, SERVER, 4001, 48)));
	expect(FRAGMENT_TINY, first_fragment(1, 8, udp(STRANGER, 123, SERVER, 4001, 48)));
}

SCENARIO(requests_that_leave_are_no_other_udp, .covers = "policy: tracking", .places = CLIENT_HOST)
{
	expect(REQUEST, client_rrq("f"));
	/* No return path from port 69: a first reply has to be one. */
	expect(REPLY_BLOCK, server_data(TFTP_PORT, 7, 512));
	expect(FIRST_REPLY, server_data(TFTP_PORT, 1, 512));
	expect(BLOCK_WINDOW, server_data(TFTP_PORT, 70, 512));
}

SCENARIO(replies_of_transfers_make_no_return_path, .covers = "policy: tracking",
	 .places = SERVER_HOST)
{
	read_begins(TID);
	expect(DATA, server_data(TID, 2, 10));
	expect(ACK, client_ack(TID, 2));
	at_ms(36000);
	expect(EXPIRED, client_ack(TID, 2));
}

SCENARIO(udp_without_payload, .covers = "policy", .places = SERVER_HOST)
{
	expect(SERVICE, udp(CLIENT, 4000, SERVER, 67, 0));
	expect(UNSOLICITED, udp(CLIENT, 4000, SERVER, 1000, 0));
	expect(OUTGOING, leaving(udp(SERVER, 4000, STRANGER, 1000, 0)));
	expect(UDP_REPLY, udp(STRANGER, 1000, SERVER, 4000, 0));
}

SCENARIO(groups_of_other_udp, .covers = "policy", .places = SERVER_HOST)
{
	expect(UNSOLICITED, arriving(udp(CLIENT, 5353, BROADCAST, 5353, 40)));
	expect(OUTGOING, leaving(udp(SERVER, 5353, BROADCAST, 5353, 40)));
	/* An answer comes from another address than the one that was written to. */
	expect(UNSOLICITED, udp(CLIENT, 5353, SERVER, 5353, 40));
}

SCENARIO(forwarded_udp_makes_a_return_path, .covers = "policy: tracking", .places = ROUTER,
	 .hook_only = true)
{
	expect(OUTGOING, forwarded(OTHER, udp(CLIENT, 4000, STRANGER, 53, 40)));
	expect(UDP_REPLY, udp(STRANGER, 53, CLIENT, 4000, 40));
	expect(OUTGOING, forwarded(UNGUARDED, udp(CLIENT, 4001, STRANGER, 53, 40)));
	expect(UDP_REPLY, udp(STRANGER, 53, CLIENT, 4001, 40));
}
