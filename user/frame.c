// SPDX-License-Identifier: GPL-2.0-or-later
#include "frame.h"

#include "core/parse.h"
#include "core/tftp.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

#define SHOWN 64 /* bytes of a name or message */

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

void frame_read(const struct capture_frame *frame, struct frame_facts *facts)
{
	struct packet *p = &facts->packet;
	enum tg_reason parsed;

	memset(facts, 0, sizeof(*facts));
	facts->headers_cut = frame->cut;
	if (frame->found != LINK_FRAME)
		return;
	parsed = parse_frame(p, (void *)frame->bytes, (void *)(frame->bytes + frame->captured),
			     true);
	facts->addressed = p->ip_bytes && parsed != TG_NOT_UDP;
	facts->udp = parsed == PARSED;
	if (parsed == PARSED && tftp_has_text(p))
		facts->headers_cut &= frame->captured <
				      p->payload_offset + smaller(p->payload_bytes, TG_REQUEST_MAX);
	else
		facts->headers_cut &= parsed == TG_TRUNCATED;
}

/* The string at `offset` of the payload, as far as it was captured, quoted. */
static void quote(const struct capture_frame *frame, const struct packet *p, uint32_t offset,
		  const char *head, char text[FRAME_TFTP])
{
	uint32_t from = smaller(p->payload_offset + offset, frame->captured);
	uint32_t end = smaller(p->payload_offset + p->payload_bytes, frame->captured);
	char raw[SHOWN + 1] = "", safe[TEXT_SAFE(SHOWN)];
	bool longer;

	if (end > from)
		memcpy(raw, frame->bytes + from, smaller(end - from, SHOWN));
	longer = strlen(raw) == SHOWN && end - from > SHOWN && frame->bytes[from + SHOWN];
	snprintf(text, FRAME_TFTP, "%s \"%s\"%s", head, text_safe(raw, false, safe),
		 longer ? "…" : "");
}

const char *frame_tftp(const struct capture_frame *frame, const struct frame_facts *facts,
		       char text[FRAME_TFTP])
{
	const struct packet *p = &facts->packet;
	char head[24];

	*text = '\0';
	if (!facts->udp || p->fragment == FRAGMENT_LATER || p->payload_bytes < 4)
		return text;
	switch (p->opcode) {
	case WIRE_RRQ:
	case WIRE_WRQ:
		quote(frame, p, 2, p->opcode == WIRE_RRQ ? "RRQ" : "WRQ", text);
		break;
	case WIRE_DATA:
		snprintf(text, FRAME_TFTP, "DATA %u, %u bytes", p->block, p->payload_bytes - 4U);
		break;
	case WIRE_ACK:
		snprintf(text, FRAME_TFTP, "ACK %u", p->block);
		break;
	case WIRE_ERROR:
		snprintf(head, sizeof(head), "ERROR %u", p->block);
		quote(frame, p, 4, head, text);
		break;
	case WIRE_OACK:
		snprintf(text, FRAME_TFTP, "OACK");
		break;
	default:
		break;
	}
	return text;
}
