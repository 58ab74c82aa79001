// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * State is kept apart by zone and VLAN; a packet is judged once for each zone; monitoring.
 */
#include "scene.h"

SCENARIO(zones_are_isolated, .covers = "design: zone in every key", .places = ROUTER | LOOPBACK)
{
	expect(REQUEST, client_rrq("f"));
	expect(UNSOLICITED, through(OTHER, server_data(TID, 1, 512)));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(UNSOLICITED, through(OTHER, client_ack(TID, 1)));
	expect(ACK, client_ack(TID, 1));
	expect(UNSOLICITED, through(OTHER, server_data(TID, 2, 512)));
	/* The same addresses and ports in the other zone are another exchange. */
	expect(REQUEST, through(OTHER, client_wrq("g")));
	expect(FIRST_REPLY, through(OTHER, server_ack(TID, 0)));
	expect(DATA, through(OTHER, client_data(TID, 1, 512)));
	expect(DATA, server_data(TID, 2, 512));
	expect(ACK, through(OTHER, server_ack(TID, 1)));
	expect(ACK, client_ack(TID, 2));
}

SCENARIO(zones_have_their_own_settings, .covers = "design: zones", .places = ROUTER)
{
	other_zone()->flags |= TG_ZONE_UNMATCHED_PASS;
	other_zone()->flags &= ~(unsigned int)TG_ZONE_REQUESTS_IN;
	expect(UNSOLICITED, udp(STRANGER, 1, CLIENT, 2, 40));
	expect(UNMATCHED, through(OTHER, udp(STRANGER, 1, CLIENT, 2, 40)));
	expect(REQUEST_DIRECTION, through(OTHER, client_rrq("f")));
	expect(REQUEST, client_rrq("f"));
}

SCENARIO(vlans_are_isolated, .covers = "design: VLAN in every key", .places = ROUTER | LOOPBACK)
{
	expect(REQUEST, tagged(10, client_rrq("f")));
	expect(UNSOLICITED, server_data(TID, 1, 512));
	expect(UNSOLICITED, tagged(11, server_data(TID, 1, 512)));
	expect(UNSOLICITED, tagged(10, tagged(10, server_data(TID, 1, 512))));
	expect(FIRST_REPLY, tagged(10, server_data(TID, 1, 512)));
	expect(UNSOLICITED, client_ack(TID, 1));
	expect(UNSOLICITED, tagged(11, client_ack(TID, 1)));
	expect(ACK, tagged(10, client_ack(TID, 1)));
	expect(DATA, tagged(10, server_data(TID, 2, 512)));
	expect(REQUEST, tagged(11, client_wrq("g")));
	expect(FIRST_REPLY, tagged(11, server_ack(TID, 0)));
	expect(DATA, tagged(11, client_data(TID, 1, 512)));
	expect(ACK, tagged(10, client_ack(TID, 2)));
}

/* An access port of VLAN 10 shows no tags, and the trunk shows them. */
SCENARIO(untagged_frames_are_of_the_ports_vlan, .covers = "802.1Q 6.9.1",
	 .places = ROUTER | LOOPBACK)
{
	untagged_vlan(10);
	expect(REQUEST, client_rrq("f"));
	expect(UNSOLICITED, tagged(20, server_data(TID, 1, 512)));
	expect(FIRST_REPLY, tagged(10, server_data(TID, 1, 512)));
	expect(UNSOLICITED, tagged(20, server_data(TID, 1, 512)));
	expect(ACK, client_ack(TID, 1));
	expect(DATA, tagged(10, server_data(TID, 2, 512)));
	expect(ACK, tagged(0, client_ack(TID, 2)));
	expect(DATA, server_data(TID, 3, 512));
}

SCENARIO(vlan_priority_is_no_identity, .covers = "design: VLAN id, 12 bits")
{
	expect(REQUEST, tagged(10, client_rrq("f")));
	expect(FIRST_REPLY, tagged(0xe000 | 10, server_data(TID, 1, 512)));
	expect(ACK, tagged(0x1000 | 10, client_ack(TID, 1)));
	expect(DATA, tagged(0x7000 | 10, server_data(TID, 2, 512)));
}

SCENARIO(priority_tag_is_no_vlan, .covers = "802.1Q 9.6")
{
	expect(REQUEST, tagged(0, client_rrq("f")));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, tagged(0xe000, client_ack(TID, 1)));
	expect(DATA, tagged(0, server_data(TID, 2, 512)));
}

SCENARIO(stacked_vlans, .covers = "design: QinQ", .places = ROUTER | LOOPBACK)
{
	expect(REQUEST, service_tagged(100, tagged(10, client_rrq("f"))));
	expect(UNSOLICITED, tagged(10, server_data(TID, 1, 512)));
	expect(UNSOLICITED, service_tagged(100, server_data(TID, 1, 512)));
	expect(UNSOLICITED, service_tagged(101, tagged(10, server_data(TID, 1, 512))));
	expect(UNSOLICITED, service_tagged(100, tagged(11, server_data(TID, 1, 512))));
	expect(UNSOLICITED, service_tagged(10, tagged(100, server_data(TID, 1, 512))));
	expect(FIRST_REPLY, service_tagged(100, tagged(10, server_data(TID, 1, 512))));
	expect(ACK, service_tagged(100, tagged(10, client_ack(TID, 1))));
	expect(DATA, service_tagged(100, tagged(10, server_data(TID, 2, 512))));
}

SCENARIO(stacked_tags_of_the_old_kind, .covers = "design: QinQ")
{
	expect(REQUEST, tagged(100, tagged(10, client_rrq("f"))));
	expect(FIRST_REPLY, tagged(100, tagged(10, server_data(TID, 1, 512))));
	expect(ACK, tagged(100, tagged(10, client_ack(TID, 1))));
}

SCENARIO(more_tags_than_two, .covers = "reason vlan_depth")
{
	expect(VLAN_DEPTH, tagged(1, tagged(2, tagged(3, client_rrq("f")))));
	expect(VLAN_DEPTH, service_tagged(1, tagged(2, tagged(3, server_data(TID, 1, 512)))));
	expect(VLAN_DEPTH, tagged(0, tagged(0, tagged(0, client_rrq("f")))));
}

SCENARIO(other_udp_is_kept_apart_by_vlan, .covers = "design: VLAN in every key",
	 .places = SERVER_HOST)
{
	expect(OUTGOING, tagged(10, udp(SERVER, 4000, CLIENT, 53, 40)));
	expect(UNSOLICITED, udp(CLIENT, 53, SERVER, 4000, 40));
	expect(UDP_REPLY, tagged(10, udp(CLIENT, 53, SERVER, 4000, 40)));
}

SCENARIO(broadcast_is_kept_apart_by_vlan, .covers = "design: VLAN in every key", .places = ROUTER)
{
	zone()->flags |= TG_ZONE_BROADCAST;
	expect(REQUEST, tagged(10, to_host(BROADCAST, client_rrq("f"))));
	expect(UNSOLICITED, server_data(TID, 1, 512));
	expect(FIRST_REPLY, tagged(10, server_data(TID, 1, 512)));
}

SCENARIO(judged_once_in_a_zone, .covers = "design 3: judged once for each zone", .places = ROUTER,
	 .hook_only = true)
{
	expect(REQUEST, client_rrq("f"));
	expect(JUDGED_BEFORE, through(RIGHT, forwarded(LEFT, client_rrq("f"))));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(JUDGED_BEFORE, through(LEFT, forwarded(RIGHT, server_data(TID, 1, 512))));
	/* One datagram, one answer. */
	expect(NO_CREDIT, server_data(TID2, 1, 512));
	expect(ACK, client_ack(TID, 1));
	expect(JUDGED_BEFORE, through(RIGHT, forwarded(LEFT, client_ack(TID, 1))));
	expect(JUDGED_BEFORE, through(RIGHT, forwarded(LEFT, udp(CLIENT, 1, STRANGER, 2, 9))));
	expect(JUDGED_BEFORE,
	       through(LEFT, forwarded(RIGHT, later_fragment(1, 512, 0,
							     udp(STRANGER, 1, CLIENT, 2, 999)))));
	expect(NOT_UDP,
	       through(LEFT, forwarded(RIGHT, ip_protocol(6, udp(STRANGER, 1, CLIENT, 2, 99)))));
}

SCENARIO(judged_again_in_another_zone, .covers = "design 3", .places = ROUTER, .hook_only = true)
{
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, through(OTHER, forwarded(LEFT, client_rrq("f"))));
	expect(FIRST_REPLY, through(OTHER, arriving(server_data(TID, 1, 512))));
	expect(FIRST_REPLY, through(LEFT, forwarded(OTHER, server_data(TID, 1, 512))));
	expect(ACK, client_ack(TID, 1));
	expect(ACK, through(OTHER, forwarded(LEFT, client_ack(TID, 1))));
}

SCENARIO(judged_when_it_came_in_unguarded, .covers = "design 3", .places = ROUTER,
	 .hook_only = true)
{
	expect(REQUEST, through(RIGHT, forwarded(UNGUARDED, client_rrq("f"))));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, through(RIGHT, forwarded(UNGUARDED, client_ack(TID, 1))));
	expect(BLOCK_WINDOW, through(LEFT, forwarded(UNGUARDED, server_data(TID, 99, 512))));
}

/* Reasons and state are those of enforcement; the runners see to it that the verdict is to pass. */
SCENARIO(monitoring_counts_what_would_be_dropped, .covers = "monitor mode")
{
	zone()->flags |= TG_ZONE_MONITOR;
	expect(REQUEST_MODE, client_rrq_mode("ascii", "f"));
	expect(REQUEST, client_rrq("f"));
	expect(REPLY_BLOCK, server_data(TID, 2, 512));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(NO_CREDIT, server_data(TID2, 1, 512));
	expect(ACK, client_ack(TID, 1));
	expect(BLOCK_WINDOW, server_data(TID, 100, 512));
	expect(DATA_SIZE, server_data(TID, 2, 513));
	expect(DATA, server_data(TID, 2, 512));
	expect(TRUNCATED, cut(50, server_data(TID, 3, 512)));
	expect(UDP_LENGTH, udp_length(3, server_data(TID, 3, 512)));
	expect(VLAN_DEPTH, tagged(1, tagged(2, tagged(3, client_rrq("f")))));
	expect(FRAGMENT_TINY, first_fragment(1, 8, server_data(TID, 3, 512)));
}

SCENARIO(monitoring_is_a_setting_of_the_zone, .covers = "monitor mode", .places = ROUTER)
{
	other_zone()->flags |= TG_ZONE_MONITOR;
	expect(UNSOLICITED, udp(STRANGER, 1, CLIENT, 2, 40));
	expect(UNSOLICITED, through(OTHER, udp(STRANGER, 1, CLIENT, 2, 40)));
	expect(REQUEST_MODE, client_rrq_mode("ascii", "f"));
	expect(REQUEST_MODE, through(OTHER, client_rrq_mode("ascii", "f")));
}

SCENARIO(interface_without_ethernet, .covers = "frames that begin with the IP header",
	 .places = SERVER_HOST)
{
	expect(REQUEST, through(TUNNEL, client_rrq("f", "blksize", "1400")));
	expect(FIRST_REPLY, through(TUNNEL, server_oack(TID, "blksize", "1400")));
	expect(ACK, through(TUNNEL, client_ack(TID, 0)));
	expect(DATA, through(TUNNEL, server_data(TID, 1, 1400)));
	expect(UNSOLICITED, through(TUNNEL, client_ack(TID2, 1)));
	expect(TRUNCATED, through(TUNNEL, cut(60, client_rrq("a-rather-long-file-name-for-this"))));
	expect(NOT_UDP,
	       through(TUNNEL, ip_protocol(6, client_rrq("a-rather-long-file-name-for-this"))));
}
