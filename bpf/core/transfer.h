/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One packet of a known transfer: does it fit, and what does it change (tracker specification 7.2 and 7.3).
 * Nothing here looks at other state than the transfer itself.
 */
#ifndef TIDEGATE_TRANSFER_H
#define TIDEGATE_TRANSFER_H

#include "core/fragment.h"
#include "core/oack.h"
#include "core/packet.h"
#include "core/state.h"
#include "core/window.h"

/* A packet in relation to the transfer that it belongs to. */
struct step {
	const struct packet *p;
	const struct tg_zone *zone;
	enum transfer_state state;
	bool from_client;
	bool data_side; /* the sender is the one that sends DATA */
};

CORE void step_saw_data_side(struct tg_transfer *t, u64 now)
{
	if (t->data_seen != now)
		t->data_seen = now;
}

CORE void step_saw_ack_side(struct tg_transfer *t, u64 now)
{
	if (t->ack_seen != now)
		t->ack_seen = now;
}

/* The file's bytes up to a new highest block of `bytes`, `forward` (at least 1) blocks on. */
CORE u64 step_bytes_with(const struct tg_transfer *t, u16 block, int forward, u32 bytes)
{
	/* A wrap from 65535 to 1 skips a number, not a block. */
	if (t->data_block == 0xffff && block == 1)
		forward = 1;
	return t->data_bytes + (u64)(forward - 1) * t->blksize + bytes;
}

CORE enum tg_reason step_data(struct tg_transfer *t, const struct step *s)
{
	const struct packet *p = s->p;
	u32 bytes = p->payload_bytes - TFTP_HEADER_BYTES;
	int from_ack = block_distance(p->block, t->ack_block);
	u64 bytes_with = 0;
	int forward;

	if (bytes > t->blksize)
		return TG_DATA_SIZE;
	if (from_ack > (int)t->ahead || from_ack < -(int)t->behind)
		return TG_BLOCK_WINDOW;
	if (t->final_known && block_distance(p->block, t->final_block) > 0)
		return TG_BEYOND_END;
	if (unlikely(s->state == STATE_OFFER)) {
		/* Nothing comes before the beginning, and the server waits for the ACK of its OACK. */
		if (block_distance(p->block, 0) < 0)
			return TG_BLOCK_WINDOW;
		if (!s->from_client && (t->flags & TG_GOT_OACK))
			return TG_DATA_BEFORE_ACK;
	}
	forward = block_distance(p->block, t->data_block);
	if (likely(forward > 0)) {
		bytes_with = step_bytes_with(t, p->block, forward, bytes);
		if (unlikely(bytes_with > t->size_max))
			return TG_RULE_SIZE;
	}
	if (unlikely(p->fragment)) {
		if (!fragment_needed(p, t->blksize))
			return TG_FRAGMENT_NEEDLESS;
		fragment_hosts_note(p);
	}
	if (likely(forward > 0)) {
		t->data_bytes = bytes_with;
		t->data_block = p->block;
	} else {
		t->data_repeats++;
	}
	if (bytes < t->blksize && p->block == t->data_block && !t->final_known) {
		t->final_block = p->block;
		t->final_known = 1;
	}
	t->data_packets++;
	step_saw_data_side(t, p->now);
	return TG_DATA;
}

/* With msftwindow an ACK has a fifth byte, the next window. */
CORE bool step_ack_size_fits(const struct tg_transfer *t, u32 bytes)
{
	return bytes == TFTP_HEADER_BYTES ||
	       (bytes == TFTP_HEADER_BYTES + 1 && (t->options & TG_OPT_MSFTWINDOW));
}

CORE enum tg_reason step_ack(struct tg_transfer *t, const struct step *s)
{
	const struct packet *p = s->p;
	int beyond_data =
		s->state == STATE_ERROR ? 1 : 0; /* tftp-hpa acknowledges the ERROR itself */
	int from_ack = block_distance(p->block, t->ack_block);

	if (!step_ack_size_fits(t, p->payload_bytes))
		return TG_ACK_SIZE;
	/* DATA to a group is not seen here, and a new master goes on where it stands. */
	if (likely(!(t->options & TG_OPT_MULTICAST))) {
		/* Half the ring away from the data may be ahead of an ACK that was itself one ahead. */
		if (block_distance(p->block, t->data_block) > beyond_data ||
		    from_ack > (int)t->ahead + 1)
			return TG_ACK_AHEAD;
		if (from_ack < -(int)t->behind)
			return TG_BLOCK_WINDOW;
		if (s->state == STATE_OFFER && block_distance(p->block, 0) < 0)
			return TG_BLOCK_WINDOW;
	}
	if (unlikely(p->fragment))
		return TG_FRAGMENT_CONTROL;
	if (from_ack > 0)
		t->ack_block = p->block;
	/* Also where this ACK returns to a TID that was left. */
	if (t->final_known && !t->data_error && !t->ack_error && p->block == t->final_block)
		t->done = 1;
	t->ack_packets++;
	step_saw_ack_side(t, p->now);
	return TG_ACK;
}

/* Is an OACK possible at this point (tracker specification 7.3)? */
CORE bool step_oack_in_place(const struct tg_transfer *t, const struct step *s)
{
	/* With multicast an OACK makes another client the master, at any time. */
	if (t->options & TG_OPT_MULTICAST)
		return s->state != STATE_DONE;
	switch (s->state) {
	case STATE_OFFER:
		return t->flags & TG_GOT_OACK;
	case STATE_ACTIVE:
	case STATE_FINAL:
		if (t->operation == TG_READ)
			return t->data_block == 0;
		/* tftp-hpa up to 5.2 repeats its OACK when the block number wraps. */
		return t->ack_block == 0 || t->data_block == 0;
	case STATE_ERROR:
		return true;
	default:
		return false;
	}
}

CORE enum tg_reason step_oack(struct tg_transfer *t, const struct step *s)
{
	enum tg_reason reason;

	if (s->from_client)
		return TG_WRONG_ROLE;
	if (!step_oack_in_place(t, s))
		return TG_OACK_LATE;
	if (s->p->fragment)
		return TG_FRAGMENT_CONTROL;
	reason = oack_judge_repeat(t, s->zone);
	if (reason != TG_OACK)
		return reason;
	if (s->data_side)
		step_saw_data_side(t, s->p->now);
	else
		step_saw_ack_side(t, s->p->now);
	return TG_OACK;
}

/* An ERROR ends the transfer, but code and text are not looked at: real ones hold anything. */
CORE enum tg_reason step_error(struct tg_transfer *t, const struct step *s)
{
	bool ends = s->state != STATE_DONE && s->state != STATE_SUPERSEDED;

	if (s->p->fragment)
		return TG_FRAGMENT_CONTROL;
	if (s->data_side) {
		if (ends)
			t->data_error = 1;
		step_saw_data_side(t, s->p->now);
	} else {
		if (ends)
			t->ack_error = 1;
		step_saw_ack_side(t, s->p->now);
	}
	return TG_ERROR;
}

/*
 * Judges the packet in the transfer's present state and lets it take effect there. A passing reason, or why it does
 * not fit; then nothing was changed.
 */
CORE enum tg_reason transfer_step(struct tg_transfer *t, const struct step *s)
{
	const struct packet *p = s->p;

	if (unlikely(p->payload_bytes < TFTP_HEADER_BYTES) && p->opcode != WIRE_OACK)
		return TG_TFTP_SHORT;
	/* A TID that the client has left may still say that it gives up. */
	if (unlikely(s->state == STATE_SUPERSEDED) && !s->from_client && p->opcode != WIRE_ERROR)
		return TG_SUPERSEDED;
	switch (p->opcode) {
	case WIRE_DATA:
		return s->data_side ? step_data(t, s) : TG_WRONG_ROLE;
	case WIRE_ACK:
		return s->data_side ? TG_WRONG_ROLE : step_ack(t, s);
	case WIRE_ERROR:
		return step_error(t, s);
	case WIRE_OACK:
		return step_oack(t, s);
	case WIRE_RRQ:
	case WIRE_WRQ:
		return TG_WRONG_ROLE; /* requests go to the service port */
	default:
		return TG_OPCODE;
	}
}

#endif
