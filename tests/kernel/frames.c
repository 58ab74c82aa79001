// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See frames.h.
 */
#include <string.h>

#include "anatomy.h"
#include "frames.h"
#include "prepare.h"

#define FRAME_MOST 70000
#define UDP_HEADER 8
#define NO_SUM     0 /* the checksum of a datagram without one (RFC 768) */

int frame_difference(enum hook hook, const struct case_step *step, const uint8_t *wanted,
		     const struct outcome *outcome)
{
	uint32_t cut = hook == HOOK_TC_TAG ? step->len - outcome->after_len : 0;

	if (cut != 0 && cut != 4)
		return FRAME_OTHER_LENGTH;
	for (uint32_t i = cut ? 12 : 0; i < outcome->after_len && i < PREPARE_DIRECT; i++)
		if (outcome->after[i] != wanted[i + cut])
			return (int)(i + cut);
	return FRAME_SAME;
}

static unsigned int get16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

static void put16(uint8_t *at, unsigned int value)
{
	at[0] = value >> 8;
	at[1] = value & 0xff;
}

/* One port of the UDP header, and the checksum by RFC 1624: ~(~sum + ~old + new). Of two zeros 0xffff is the one that is a sum. */
static void put_port(uint8_t *udp, unsigned int offset, uint16_t port)
{
	unsigned int sum = get16(udp + 6), old = get16(udp + offset);

	put16(udp + offset, port);
	if (sum == NO_SUM)
		return;
	sum = (~sum & 0xffff) + (~old & 0xffff) + port;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
	put16(udp + 6, sum ? sum : 0xffff);
}

int frame_difference_from_native(enum hook hook, const struct case_step *step,
				 struct engine_ports ports, const struct outcome *outcome)
{
	static uint8_t wanted[FRAME_MOST];
	struct anatomy a;
	uint8_t *udp;

	if ((!step->out && hook == HOOK_XDP) || (!ports.source && !ports.destination))
		return frame_difference(hook, step, step->frame, outcome);
	if (!anatomy_read(step->frame, step->len, step->interface != TUNNEL, &a) ||
	    a.later_fragment)
		return 0;
	memcpy(wanted, step->frame, step->len);
	udp = wanted + a.payload_at - UDP_HEADER;
	if (ports.source)
		put_port(udp, 0, ports.source);
	if (ports.destination)
		put_port(udp, 2, ports.destination);
	return frame_difference(hook, step, wanted, outcome);
}
