// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ICMP errors that quote translated packets: from the quote as the side knows it where the packet went, to the one that
 * quotes it as it was sent. Both are built here, with all checksums made anew.
 */
#include <stdio.h>
#include <string.h>
#include <bpf/bpf.h>

#include "kernel.h"
#include "rig.h"

#define ETHERNET 14
#define ICMP     8

#define FRAGMENT_HEADER 8 /* of IPv6 */

struct frame {
	uint8_t bytes[2048];
	uint32_t len;
};

static const uint8_t router_v4[4] = {10, 9, 9, 9}, router_v6[16] = {0xfd, 9, [15] = 9};

/* The recorded steps that are quoted. */
enum quoted { SERVERS = 1, CLIENTS = 2, UNCHECKED = 3, FRAGMENT = 4, OTHERS = 5 };

static void play(void)
{
	zone()->flags |= TG_ZONE_SINGLE_PORT;
	expect(REQUEST, client_rrq("f", "blksize", "4096"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "4096"));
	goes_from(TFTP_PORT);
	expect(ACK, client_ack(TFTP_PORT, 0));
	goes_to(TID);
	expect(ACK, ipv6() ? client_ack(TFTP_PORT, 0) : without_checksum(client_ack(TFTP_PORT, 0)));
	goes_to(TID);
	expect(DATA, first_fragment(1, 1480, server_data(TID, 1, 4096)));
	goes_from(TFTP_PORT);
	expect_stray(UNSOLICITED, udp(SERVER, 4000, CLIENT, 5000, 10));
}

static uint16_t checksum(uint32_t sum, const uint8_t *bytes, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value & 0xff;
}

/* What a router says of the packet in `quoted`, of which it quotes up to `limit` bytes: the port is unreachable. */
static void icmp_error(struct frame *f, const uint8_t *quoted, uint32_t len, bool v6,
		       uint32_t limit)
{
	uint32_t header = v6 ? 40 : 20;
	uint32_t quote = len - ETHERNET < limit ? len - ETHERNET : limit;
	uint8_t *ip = f->bytes + ETHERNET, *icmp = ip + header;
	uint32_t sum = 0;

	memset(f, 0, sizeof(*f));
	f->len = ETHERNET + header + ICMP + quote;
	memcpy(f->bytes, quoted, ETHERNET);
	memcpy(icmp + ICMP, quoted + ETHERNET, quote);
	icmp[0] = v6 ? 1 : 3;
	icmp[1] = v6 ? 4 : 3;
	if (v6) {
		ip[0] = 0x60;
		put16(ip + 4, (uint16_t)(ICMP + quote));
		ip[6] = 58;
		ip[7] = 64;
		memcpy(ip + 8, router_v6, sizeof(router_v6));
		memcpy(ip + 24, quoted + ETHERNET + 8, 16);
		sum = 58 + ICMP + quote;
		sum += (uint16_t)~checksum(0, ip + 8, 32);
	} else {
		ip[0] = 0x45;
		put16(ip + 2, (uint16_t)(header + ICMP + quote));
		ip[8] = 64;
		ip[9] = 1;
		memcpy(ip + 12, router_v4, sizeof(router_v4));
		memcpy(ip + 16, quoted + ETHERNET + 12, 4);
		put16(ip + 10, checksum(0, ip, header));
	}
	put16(icmp + 2, checksum(sum, icmp, ICMP + quote));
}

/* Runs the error at both TC hooks; `changes`: it then quotes the packet as it was sent. */
static void run(struct rig *rig, const struct recording *recording, enum quoted which,
		uint32_t limit, bool changes, struct report *r)
{
	const struct case_step *quoted = &recording->steps[which];
	bool v6 = recording->family == IPV6;
	struct frame given = {}, wanted = {};

	icmp_error(&given, quoted->after ? quoted->after : quoted->frame, quoted->len, v6, limit);
	icmp_error(&wanted, quoted->frame, quoted->len, v6, limit);
	if (!changes)
		wanted = given;
	for (int out = 0; out < 2; out++) {
		struct case_step step = {.at = quoted->at,
					 .frame = given.bytes,
					 .len = given.len,
					 .interface = LEFT,
					 .out = out,
					 .came_by = OWN};
		struct outcome outcome;
		int error = rig_run(rig, HOOK_TC, &step, &outcome);

		report(r,
		       !error && outcome.passed && outcome.reason == OUTCOME_NONE &&
			       outcome.after_len == wanted.len &&
			       !memcmp(outcome.after, wanted.bytes, wanted.len),
		       "quotes: %s, %u bytes of %s, %s", family_name(recording->family), limit,
		       quoted->what, out ? "on its way out" : "coming in");
	}
}

static void run_family(struct rig *rig, enum family family, bool single_port, struct report *r)
{
	static const struct scenario scenario = {.name = "quotes", .play = play};
	uint32_t headers = family == IPV6 ? 48 : 28;
	const uint32_t zone = ZONE;
	struct recording recording;
	struct outcome outcome;
	int error;

	record_scenario(&scenario, ROUTER, family, &recording);
	if (!report(r, !rig_configure(rig, &recording), "quotes: no settings"))
		return recording_free(&recording);
	for (size_t i = 0; i < recording.count; i++) {
		error = rig_run(rig, HOOK_TC, &recording.steps[i], &outcome);
		report(r, !error && outcome.reason == recording.steps[i].expected,
		       "quotes: %s is %s", recording.steps[i].what, reason_name(outcome.reason));
	}
	if (!single_port) {
		recording.zone.flags &= ~(uint32_t)TG_ZONE_SINGLE_PORT;
		error = bpf_map_update_elem(rig_map(rig, "zones"), &zone, &recording.zone, BPF_ANY);
		report(r, !error, "quotes: no other settings");
	}
	for (enum quoted which = SERVERS; which <= OTHERS; which++) {
		run(rig, &recording, which,
		    which == FRAGMENT && family == IPV6 ? headers + FRAGMENT_HEADER : headers,
		    single_port, r);
		run(rig, &recording, which, 1200, single_port, r);
	}
	recording_free(&recording);
}

void kernel_quotes(const char *object, struct report *r)
{
	const struct rig_options options = {
		.object = object, .virtual_clock = true, .state_entries = 1024};
	struct rig rig;

	if (!report(r, !rig_open(&rig, &options), "quotes: the programs cannot be set up"))
		return rig_close(&rig);
	for (int on = 1; on >= 0; on--) {
		run_family(&rig, IPV4, on, r);
		run_family(&rig, IPV6, on, r);
	}
	rig_close(&rig);
}
