/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first packet of a server's TID: does a request allow it (tracker specification 7.3, PENDING)?
 */
#ifndef TIDEGATE_REPLY_H
#define TIDEGATE_REPLY_H

#include "core/group.h"
#include "core/request.h"
#include "core/transfer.h"
#include "core/translate.h"

/* Not reasons: no request is there to be answered, or only one whose time has run out. */
#define REPLY_TO_NOTHING ((enum tg_reason)(TG_REASON_SLOTS + 1))
#define REPLY_TOO_LATE   ((enum tg_reason)(TG_REASON_SLOTS + 2))

/* Two hooks on two CPUs may answer at the same instant: one datagram is never worth two TIDs. */
#define CREDIT_ATTEMPTS 8

CORE bool request_take_credit(struct tg_request *r)
{
	for (int i = 0; i < CREDIT_ATTEMPTS; i++) {
		u32 answered = *(volatile u32 *)&r->answered;
		u32 used = (int)(r->voided - answered) > 0 ? r->voided : answered;

		if (r->asked == used)
			return false;
		if (__sync_val_compare_and_swap(&r->answered, answered, used + 1) == answered)
			return true;
	}
	return false;
}

/* A new transfer for this request, as it is before the server's packet has taken effect. */
CORE void reply_begin(struct tg_transfer *t, const struct packet *p, const struct tg_request *r,
		      const struct tg_zone *zone)
{
	__builtin_memset(t, 0, sizeof(*t));
	t->began = p->now;
	t->began_ns = event_clock_ns();
	t->request_hash = r->hash;
	t->generation = r->asked;
	t->idle_wait = zone->idle_wait;
	t->offer_wait = zone->offer_wait;
	t->blksize = BLKSIZE_DEFAULT;
	t->windowsize = 1;
	t->ahead = window_ahead(1, zone->slack);
	t->behind = window_behind(1, zone->slack);
	t->asked_blksize = r->blksize;
	t->asked_windowsize = r->windowsize;
	t->asked_options = r->options;
	t->operation = r->operation;
	t->mode = r->mode;
	t->rule = r->rule;
	t->slot = r->slot;
	__builtin_memcpy(t->mac, r->mac, sizeof(t->mac));
	t->asked_timeout_s = r->timeout_s;
	t->size_max = r->size_max;
	if (unlikely(translate_on(zone)))
		t->service_port_be = r->service_port_be;
	if (r->operation == TG_WRITE && (r->options & TG_OPT_TSIZE)) {
		t->tsize = r->tsize;
		t->options = TG_OPT_TSIZE;
	}
}

/* DATA 1 answers a read. */
CORE enum tg_reason reply_data(struct tg_transfer *t, const struct packet *p)
{
	u32 bytes = p->payload_bytes - TFTP_HEADER_BYTES;

	if (t->operation != TG_READ)
		return TG_REPLY_KIND;
	if (p->block != 1)
		return TG_REPLY_BLOCK;
	if (bytes > BLKSIZE_DEFAULT)
		return TG_DATA_SIZE;
	if (p->fragment)
		return TG_FRAGMENT_NEEDLESS;
	if (bytes > t->size_max)
		return TG_RULE_SIZE;
	t->data_block = 1;
	t->data_packets = 1;
	t->data_bytes = bytes;
	if (bytes < BLKSIZE_DEFAULT) {
		t->final_block = 1;
		t->final_known = 1;
	}
	return TG_FIRST_REPLY;
}

/* ACK 0 answers a write. */
CORE enum tg_reason reply_ack(struct tg_transfer *t, const struct packet *p)
{
	if (t->operation != TG_WRITE)
		return TG_REPLY_KIND;
	if (p->block != 0)
		return TG_REPLY_BLOCK;
	if (p->payload_bytes != TFTP_HEADER_BYTES)
		return TG_ACK_SIZE;
	t->ack_packets = 1;
	return TG_FIRST_REPLY;
}

CORE enum tg_reason reply_oack(struct tg_transfer *t, const struct packet *p,
			       const struct tg_zone *zone, struct tftp_text *text)
{
	enum tg_reason reason;

	if (p->fragment)
		return TG_FRAGMENT_CONTROL;
	tftp_read_oack(text);
	reason = oack_legal(text, t, zone);
	if (reason != TG_OACK)
		return reason;
	oack_apply(t, text, zone);
	return TG_FIRST_REPLY;
}

/* Lets a first reply take effect on the new transfer: TG_FIRST_REPLY, or why this request can't have it. */
CORE enum tg_reason reply_step(struct tg_transfer *t, const struct packet *p,
			       const struct tg_zone *zone, struct tftp_text *text)
{
	enum tg_reason reason;

	if (t->operation == TG_READ)
		t->data_seen = p->now;
	else
		t->ack_seen = p->now;
	if (p->opcode == WIRE_OACK)
		return reply_oack(t, p, zone, text);
	if (p->payload_bytes < TFTP_HEADER_BYTES)
		return TG_TFTP_SHORT;
	if (p->opcode == WIRE_DATA) {
		reason = reply_data(t, p);
	} else if (p->opcode == WIRE_ACK) {
		reason = reply_ack(t, p);
	} else if (p->opcode == WIRE_ERROR) {
		t->data_error = t->operation == TG_READ;
		t->ack_error = t->operation == TG_WRITE;
		reason = TG_FIRST_REPLY;
	} else {
		return TG_REPLY_KIND;
	}
	if (reason == TG_FIRST_REPLY && p->opcode != WIRE_DATA && p->fragment)
		return TG_FRAGMENT_CONTROL;
	return reason;
}

CORE bool reply_is_awaited(const struct tg_request *r, u64 now)
{
	return r && request_alive(r, now) && request_credit(r);
}

/*
 * The request that this server's packet could answer, or NULL: one to this server, or, where that one awaits nothing
 * more, one from the same port to all.
 */
CORE struct tg_request *reply_request(const struct packet *p, const struct tg_zone *zone,
				      bool *any_server)
{
	struct tg_request *own, *any;
	struct tg_request_key key;

	*any_server = false;
	request_key_of(&key, p, zone, false, false);
	own = request_find(&key);
	if (likely(!(zone->flags & TG_ZONE_BROADCAST)) || reply_is_awaited(own, p->now))
		return own;
	__builtin_memset(&key.server, 0, sizeof(key.server));
	any = request_find(&key);
	if (own && !reply_is_awaited(any, p->now) &&
	    (request_alive(own, p->now) || !any || !request_alive(any, p->now)))
		return own;
	*any_server = any != NULL;
	return any;
}

/*
 * A transfer begins on the two ports of scratch->pair: what stood there has ended, one way or the other, and nobody
 * will find it there any more. Nor may it hide the new one, which is in `offers`.
 */
CORE void reply_replaces(const struct packet *p, const struct tg_zone *zone,
			 struct core_scratch *scratch)
{
	struct tg_transfer *old = transfer_find(&scratch->pair);

	if (!old)
		return;
	event_end(old, p,
		  member_alive(old, true, &scratch->pair, zone, p->now) ? TG_END_SUPERSEDED
									: TG_END_IDLE,
		  NULL);
	transfer_remove(&scratch->pair);
}

/* The server goes on at the port that its OACK names: the same offer stands there too. */
CORE_SLOW int reply_move(const struct packet *p, struct tg_request *r)
{
	struct core_scratch *scratch = scratch_find();
	struct tg_pair_key *pair;
	bool server_high;

	if (!p || !r || !scratch)
		return 0;
	if (be16(scratch->text.udpport) == p->source_port_be)
		return 0; /* it stays where it is, with its count */
	if (scratch->transfer.service_port_be)
		r->behind_port_be = be16(scratch->text.udpport);
	pair = &scratch->pair;
	server_high = pair_key_make(pair, p, &p->source, be16(scratch->text.udpport),
				    &p->destination, p->destination_port_be);
	/* Or it hides the offer. To tell of its end takes more stack than 6.1 has. */
	transfer_remove(pair);
	scratch->transfer.open_epoch = 0; /* one transfer counts once */
	scratch->transfer.flags &= ~TG_CLIENT_HIGH;
	if (!server_high)
		scratch->transfer.flags |= TG_CLIENT_HIGH;
	return offer_put(pair, &scratch->transfer);
}

/* Why nothing more is admitted: the client has chosen; perhaps this very TID, whose transfer has run out. */
CORE enum tg_reason reply_without_credit(const struct packet *p, const struct tg_request *r)
{
	if (!r->chosen_port_be)
		return TG_NO_CREDIT;
	return request_is_chosen(r, &p->source, p->source_port_be) ? TG_EXPIRED : TG_SURPLUS_TID;
}

/*
 * The request that counts as open is now this transfer: the first TID that answers stands for it. An ERROR has ended it
 * at once.
 */
CORE void reply_takes_count(struct tg_transfer *t, struct tg_request *r, const struct packet *p,
			    const struct tg_zone *zone)
{
	u32 epoch = *(volatile u32 *)&r->open_epoch;

	if (!epoch || __sync_val_compare_and_swap(&r->open_epoch, epoch, 0) != epoch)
		return;
	t->open_epoch = epoch;
	source_follow(t, p, zone, false);
}

/* The request is answered by an ERROR: all that there will be of it. */
CORE void reply_refuses(const struct packet *p, const struct tg_request *r,
			struct core_scratch *scratch)
{
	struct tg_transfer *t = offer_find(&scratch->pair);

	if (!t)
		return;
	event_begin(t, r);
	event_end(t, p, TG_END_SERVER_ERROR, r);
}

/*
 * Judges a packet that may be a server's first one from this TID, and begins a transfer in `offers`.
 * REPLY_TO_NOTHING, REPLY_TOO_LATE, TG_FIRST_REPLY, or a reason to drop.
 */
CORE_SLOW enum tg_reason reply_judge(struct packet *p, const struct tg_zone *zone)
{
	struct core_scratch *scratch = scratch_find();
	struct tg_transfer *t;
	enum tg_reason reason;
	struct tg_request *r;
	bool any_server, server_high;

	if (!p || !zone || !scratch)
		return TG_STATE_FULL;
	t = &scratch->transfer;
	r = reply_request(p, zone, &any_server);
	if (!r)
		return REPLY_TO_NOTHING;
	if (!request_alive(r, p->now))
		return REPLY_TOO_LATE;
	if (!request_credit(r))
		return reply_without_credit(p, r);
	reply_begin(t, p, r, zone);
	reason = reply_step(t, p, zone, &scratch->text);
	if (reason != TG_FIRST_REPLY)
		return reason;
	if (!source_may_receive(p, zone))
		return TG_UNACKNOWLEDGED;
	if (unlikely(t->service_port_be) && !translate_takes(r, p, zone))
		return TG_SURPLUS_TID;
	if (!request_take_credit(r))
		return TG_NO_CREDIT;
	if (unlikely(t->service_port_be))
		translate_begin(r, p, zone, any_server);
	reply_takes_count(t, r, p, zone);
	server_high = pair_key_of(&scratch->pair, p);
	reply_replaces(p, zone, scratch);
	t->flags |= (server_high ? 0 : TG_CLIENT_HIGH) | (any_server ? TG_ANY_SERVER : 0);
	if (offer_put(&scratch->pair, t))
		return TG_STATE_FULL;
	known_note_end(&p->destination, p->destination_port_be, p->now,
		       known_wait(zone, t->idle_wait));
	if (p->opcode == WIRE_ERROR)
		reply_refuses(p, r, scratch);
	source_receives(p, zone);
	if (source_is_not_found(p))
		source_not_found(p, zone);
	if (t->blksize > FRAGMENTED_BLKSIZE_MIN)
		fragment_hosts_note(p);
	if (t->options & TG_OPT_MULTICAST)
		group_join(p);
	if (t->options & TG_OPT_UDPPORT)
		reply_move(p, r);
	translate_leave(p, t->service_port_be);
	return TG_FIRST_REPLY;
}

#endif
