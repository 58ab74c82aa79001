// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>

#include "program.h"
#include "program_policy.h"

#define FLOW_PORT    5000
#define CLOSED_PORT  5001
#define LARGE_WINDOW "windowsize", "65535" /* so that DATA may run far ahead of the ACKs */

/* Nothing runs out while it is measured. */
#define LONG_WAIT 0x40000000U

/* Ethernet; addresses in the IP header; ports and block behind it. */
#define IP_OFFSET 14

const struct frame_fields frame_fields[FRAMES] = {
	[FRAME_BEGIN] = {true, COUNT_NOTHING},       [FRAME_OACK] = {false, COUNT_NOTHING},
	[FRAME_CHOICE] = {true, COUNT_NOTHING},      [FRAME_FLOW_OPENS] = {false, COUNT_NOTHING},
	[FRAME_TCP] = {true, COUNT_NOTHING},         [FRAME_FLOW] = {true, COUNT_NOTHING},
	[FRAME_UNSOLICITED] = {true, COUNT_NOTHING}, [FRAME_STRAY] = {true, COUNT_NOTHING},
	[FRAME_DATA] = {false, COUNT_BLOCK},         [FRAME_ACK] = {true, COUNT_BLOCK},
	[FRAME_REQUEST] = {true, COUNT_PORT},        [FRAME_FIRST_REPLY] = {false, COUNT_PORT},
	[FRAME_REQUEST_RULES] = {true, COUNT_PORT},  [FRAME_DENIED_RULES] = {true, COUNT_PORT},
};

/* A scenario takes no arguments. */
static bool single_port;

/* All packets meet the programs of one interface; in the order of enum frame. */
static void play(void)
{
	uint16_t acknowledged = single_port ? TFTP_PORT : TID;

	usual_limits();
	/* As many ask as there are places, at once. */
	zone()->abuse.budget = (struct tg_rate){0, 0};
	if (single_port)
		zone()->flags |= TG_ZONE_SINGLE_PORT;
	zone()->idle_wait = LONG_WAIT;
	zone()->udp_wait = LONG_WAIT;
	zone()->udp_replied_wait = LONG_WAIT;
	expect(REQUEST, through(LEFT, client_rrq("boot/image", LARGE_WINDOW)));
	expect(FIRST_REPLY, through(LEFT, server_oack(TID, LARGE_WINDOW)));
	expect(ACK, through(LEFT, client_ack(acknowledged, 0)));
	expect(OUTGOING, leaving(through(LEFT, udp(OTHER_CLIENT, FLOW_PORT, STRANGER, 1, 64))));
	expect(NOT_UDP, through(LEFT, ip_protocol(6, client_ack(TID, 1))));
	expect(UDP_REPLY, through(LEFT, udp(STRANGER, 1, OTHER_CLIENT, FLOW_PORT, 64)));
	expect(UNSOLICITED, through(LEFT, udp(STRANGER, 1, OTHER_CLIENT, CLOSED_PORT, 64)));
	expect(UNSOLICITED, through(LEFT, udp(CLIENT, 1, OTHER_SERVER, CLOSED_PORT, 64)));
	expect(DATA, through(LEFT, server_data(TID, 1, 512)));
	expect(ACK, through(LEFT, client_ack(acknowledged, 1)));
	expect(REQUEST, through(LEFT, client_rrq(PROGRAM_POLICY_NAME)));
	expect(FIRST_REPLY, through(LEFT, server_data(TID2, 1, 512)));
	expect(REQUEST, through(LEFT, to_host(OTHER_SERVER, client_rrq(PROGRAM_POLICY_NAME))));
	expect(NO_RULE,
	       through(LEFT, to_host(OTHER_SERVER, client_rrq("firmware/model-997/none"))));
}

void frames_record(enum family family, bool translated, struct recording *recording)
{
	static const struct scenario scenario = {
		.name = "bench", .places = ROUTER, .families = IPV4 | IPV6, .play = play};

	single_port = translated;
	record_scenario(&scenario, ROUTER, family, recording);
	if (recording->count != FRAMES)
		abort();
}

void frames_settings(enum frame frame, enum family family, struct vary_settings *settings)
{
	bool sends = frame_fields[frame].peer_sends;
	uint32_t udp = IP_OFFSET + (family == IPV4 ? 20 : 40);

	settings->ipv6 = family == IPV6;
	/* An IPv4 header ends with source and destination; of an IPv6 address the last half is written. */
	if (family == IPV4)
		settings->address_offset = udp - (sends ? 8 : 4);
	else
		settings->address_offset = udp - (sends ? 24 : 8);
	settings->port_offset = udp + (sends ? 0 : 2);
	/* The other port: translation changes that of a server's DATA, and of a client's ACK. */
	settings->restored_offset = udp + (sends ? 2 : 0);
	settings->counted_offset = 0;
	settings->counted_first = 1;
	if (frame_fields[frame].counted == COUNT_BLOCK)
		settings->counted_offset = udp + 8 + 2;
	if (frame_fields[frame].counted == COUNT_PORT) {
		settings->counted_offset = settings->port_offset;
		settings->counted_first = 1024;
	}
}
