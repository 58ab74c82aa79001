/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which transfer does a packet belong to, and what follows beyond it: the client's choice of a TID, TIDs that are left
 * behind, and the same addresses and ports used again (tracker specification 7.1 and 7.3).
 */
#ifndef TIDEGATE_TRACK_H
#define TIDEGATE_TRACK_H

#include "core/known.h"
#include "core/reply.h"
#include "core/request.h"
#include "core/transfer.h"
#include "core/translate.h"

/* How a packet met its transfer. */
struct meeting {
	enum tg_reason reason;     /* of transfer_step() */
	enum transfer_state state; /* before the packet */
	u16 client_block;          /* the client's highest block or ACK before the packet */
	bool from_client;
	bool committed; /* the transfer is in `transfers`, else in `offers` */
	bool counts;    /* the packet passes, and means something for what is counted, or told */
};

/* Added to a reason: unless the packet is the first reply to a newer request. */
#define TRACK_RESTART 0x100

CORE bool reason_passes(enum tg_reason reason)
{
	return TG_REASON_PASSES(reason);
}

CORE u16 track_client_block(const struct tg_transfer *t)
{
	return t->operation == TG_READ ? t->ack_block : t->data_block;
}

/* The request that the transfer answers, if it is still known. */
CORE struct tg_request *track_request(const struct packet *p, const struct tg_zone *zone,
				      bool from_client, const struct tg_transfer *t,
				      struct tg_request_key *key)
{
	request_key_of(key, p, zone, from_client, t->flags & TG_ANY_SERVER);
	return request_find(key);
}

/* Is the TID that the client chose the one of this packet's exchange? */
CORE bool track_is_chosen(const struct tg_request *r, const struct packet *p, bool from_client)
{
	return request_is_chosen(r, from_client ? &p->destination : &p->source,
				 from_client ? p->destination_port_be : p->source_port_be);
}

/*
 * What the offer learns from its request when its next packet comes: whether the client has left it for another TID
 * (tracker specification 10.5).
 */
CORE_SLOW int track_refresh_offer(struct tg_transfer *t, const struct packet *p,
				  const struct tg_zone *zone, bool from_client)
{
	struct tg_request_key key;
	struct tg_pair_key pair;
	struct tg_request *r;

	if (!t || !p || !zone || t->superseded)
		return 0;
	r = track_request(p, zone, from_client, t, &key);
	if (!r || !offer_superseded(t, r, track_is_chosen(r, p, from_client)))
		return 0;
	pair_key_of(&pair, p);
	if (member_alive(t, false, &pair, zone, r->chosen_at)) {
		t->superseded_at = r->chosen_at;
		t->superseded = 1;
		source_follow(t, p, zone, from_client);
	}
	return 0;
}

/* Would the packet, as a server's first one, answer another request than that of this transfer? */
CORE_SLOW int track_answers_other(const struct tg_transfer *t, const struct packet *p,
				  const struct tg_zone *zone)
{
	const struct tg_request *r;
	bool any_server;

	if (!t || !p || !zone)
		return 0;
	r = reply_request(p, zone, &any_server);
	return r && r->hash != t->request_hash;
}

/* Remembers the file's name for as long as transfers of it are shown. */
CORE void track_keep_name(const struct tg_request *r, struct core_scratch *scratch)
{
	struct tg_name *name = &scratch->name;

	name->len = r->name_len;
	__builtin_memcpy(name->name, r->name, sizeof(name->name));
	__builtin_memset(name->zero, 0, sizeof(name->zero));
	name_put(r->hash, name);
}

/*
 * This transfer is the one of the client port: its other TIDs give way, and no further one comes. Only where the client
 * has asked for something else since, the answers to that are still welcome: its new request may have overtaken its
 * last acknowledgement. What was left once stays left.
 */
CORE void track_choose(struct tg_request *r, const struct tg_request_key *key,
		       const struct packet *p, const struct tg_zone *zone,
		       const struct tg_transfer *t)
{
	u32 left = r->asked;

	if (!track_is_chosen(r, p, true)) {
		struct tg_transfer *old = request_chosen(r, p, key, zone, t->flags & TG_ANY_SERVER);

		if (old && old != t) {
			old->superseded_at = p->now;
			old->superseded = 1;
			source_recount(&old->open_epoch, old->rule, 0, p, zone, true);
			event_end(old, p, TG_END_SUPERSEDED, NULL); /* its key is scratch->pair */
		}
	}
	r->chosen_server = p->destination;
	r->chosen_port_be = p->destination_port_be;
	r->chosen_at = p->now;
	if (r->hash == t->request_hash)
		r->voided = r->asked;
	else
		left = r->first_generation - 1;
	if ((int)(left - r->chosen_generation) > 0)
		r->chosen_generation = left;
}

/*
 * The client acknowledged something of this TID: commit (tracker specification 7.1). An offer moves to `transfers`,
 * where no flood of requests can push it out.
 */
CORE_SLOW int track_commit(const struct packet *p, const struct tg_zone *zone,
			   struct tg_transfer *t, bool committed)
{
	struct core_scratch *scratch = scratch_find();
	struct tg_request_key request_key;
	struct tg_request *r;

	if (!p || !zone || !t || !scratch)
		return 0;
	t->superseded = 0;
	t->challenged = TG_UNCHALLENGED;
	source_acknowledges(p, zone, scratch);
	budget_proves(p, zone);
	source_begins(t, p, zone, scratch);
	r = track_request(p, zone, true, t, &request_key);
	if (r) {
		track_choose(r, &request_key, p, zone, t);
		if (r->hash == t->request_hash)
			track_keep_name(r, scratch);
		else
			t->challenged = TG_ASKED_OTHER; /* this TID may soon answer that */
	}
	if (unlikely(t->service_port_be))
		translate_commit(p, scratch);
	pair_key_of(&scratch->pair, p);
	event_begin(t, r);
	if (t->done)
		event_end(t, p, TG_END_DONE, r);
	if (committed)
		return 0;
	scratch->transfer = *t;
	if (!transfer_put(&scratch->pair, &scratch->transfer))
		offer_remove(&scratch->pair);
	return 0;
}

/* Does the client's packet, which fitted, choose this TID? */
CORE bool track_commits(const struct packet *p, const struct tg_transfer *t,
			const struct meeting *meeting)
{
	if (p->opcode != WIRE_ACK && p->opcode != WIRE_DATA)
		return false;
	if (meeting->state == STATE_SUPERSEDED)
		return true;
	if (meeting->state == STATE_DONE || meeting->state == STATE_ERROR)
		return false;
	if (!meeting->committed)
		return true;
	/* The request came twice, but the client goes on here: the second answer is surplus. */
	return (t->challenged & TG_ASKED_AGAIN) && track_client_block(t) != meeting->client_block;
}

/*
 * May the packet be the first reply to a newer request, from the same port to the same port (tracker
 * specification 7.3, extra transition 1)?
 */
CORE bool track_may_restart(const struct packet *p, const struct tg_zone *zone,
			    const struct tg_transfer *t, const struct meeting *meeting)
{
	bool fits = reason_passes(meeting->reason);
	bool service = policy_is_tftp_port(zone, p->source_port_be);

	if (meeting->from_client) {
		/* On the same two ports the roles may be reversed. */
		if (fits)
			return false;
	} else if (meeting->state >= STATE_DONE) {
		return true;
	}
	/*
	 * What fits may be meant for the newer request only where all of the server's TIDs are one; what does not fit may
	 * be a late repeat, unless the TID has something else to answer.
	 */
	if (fits != service)
		return service;
	return track_answers_other(t, p, zone);
}

/* The packet may have ended its transfer: by an ERROR, perhaps before it had begun. */
CORE_SLOW int track_tell_end(struct tg_transfer *t, const struct packet *p,
			     const struct tg_zone *zone, bool from_client)
{
	struct core_scratch *scratch = scratch_find();
	const struct tg_request *r = NULL;

	if (!t || !p || !zone || !scratch || t->superseded || (t->told & TG_TOLD_END) ||
	    !source_is_over(t))
		return 0;
	if (!t->told)
		r = track_request(p, zone, from_client, t, &scratch->request_key);
	pair_key_of(&scratch->pair, p);
	event_begin(t, r);
	return event_end(t, p, event_outcome(t, p, from_client), r);
}

/* What follows from the client's packet beyond its transfer. */
CORE void track_client_aside(const struct packet *p, const struct tg_zone *zone,
			     struct tg_transfer *t, const struct meeting *meeting)
{
	if (!reason_passes(meeting->reason))
		return;
	if ((t->options & TG_OPT_MULTICAST) && meeting->reason == TG_ACK &&
	    group_ends_with(p, zone)) {
		t->final_block = p->block;
		t->final_known = 1;
		t->done = 1;
		source_follow(t, p, zone, true);
		track_tell_end(t, p, zone, true);
	}
	if (track_commits(p, t, meeting))
		track_commit(p, zone, t, meeting->committed);
}

/* Does a packet that passes mean anything for what is counted, or told? Those of a running transfer hardly ever do. */
CORE bool track_counts(const struct tg_transfer *t, const struct packet *p,
		       const struct tg_zone *zone, const struct meeting *meeting)
{
	if (unlikely(!meeting->committed || p->opcode == WIRE_ERROR))
		return true;
	/* Its end may be noticed. */
	if (unlikely(meeting->state != STATE_ACTIVE))
		return true;
	return source_epoch_to_come(t, zone, p->now);
}

/* Counts the packet, which passes, for or against the client, and tells of the transfer's end. */
CORE_SLOW int track_count(struct tg_transfer *t, const struct packet *p, const struct tg_zone *zone,
			  const struct meeting *meeting)
{
	if (!t || !p || !zone || !meeting)
		return 0;
	if (!meeting->from_client) {
		if (!meeting->committed)
			source_receives(p, zone);
		/* Once for each transfer, however often the server says it. */
		if (meeting->state < STATE_DONE && source_is_not_found(p))
			source_not_found(p, zone);
	} else if (!meeting->committed && p->opcode == WIRE_ERROR) {
		budget_proves(p, zone);
	}
	source_follow(t, p, zone, meeting->from_client);
	return track_tell_end(t, p, zone, meeting->from_client);
}

/*
 * Does the packet fit its transfer, and what does it change there? A function of its own, because it says one of many
 * reasons: to the verifier they are one number where it returns, instead of all that follows once for each.
 */
CORE_SLOW enum tg_reason track_step(struct tg_transfer *t, const struct packet *p,
				    const struct tg_zone *zone, const struct meeting *meeting)
{
	struct step step = {.p = p, .zone = zone};

	if (!t || !p || !zone || !meeting)
		return TG_STATE_FULL;
	if (!meeting->committed && !meeting->from_client && !source_may_receive(p, zone))
		return TG_UNACKNOWLEDGED;
	step.state = meeting->state;
	step.from_client = meeting->from_client;
	step.data_side = step.from_client == (t->operation == TG_WRITE);
	return transfer_step(t, &step);
}

/*
 * Judges a packet of a live transfer and notes how they met: a reason, with TRACK_RESTART if nothing was counted of it
 * yet, because it may begin another one.
 */
CORE u32 track_known(struct packet *p, const struct tg_zone *zone, struct tg_transfer *t,
		     bool source_high, struct meeting *meeting)
{
	meeting->state = transfer_state(t, meeting->committed);
	meeting->from_client = source_high == !!(t->flags & TG_CLIENT_HIGH);
	meeting->client_block = track_client_block(t);
	if (unlikely(t->service_port_be) && !meeting->from_client) {
		/* Another TID stands behind the port. */
		if (t->superseded) {
			meeting->reason = TG_SUPERSEDED;
			meeting->counts = false;
			return TG_SUPERSEDED | TRACK_RESTART;
		}
		translate_leave(p, t->service_port_be);
	}
	meeting->reason = track_step(t, p, zone, meeting);
	meeting->counts = reason_passes(meeting->reason) && track_counts(t, p, zone, meeting);
	if (likely(meeting->committed && meeting->state <= STATE_FINAL && !t->challenged &&
		   reason_passes(meeting->reason) && !(t->options & TG_OPT_MULTICAST) &&
		   !(zone->flags & TG_ZONE_BROADCAST))) {
		if (unlikely(meeting->counts))
			track_count(t, p, zone, meeting);
		return meeting->reason;
	}
	if (track_may_restart(p, zone, t, meeting))
		return meeting->reason | TRACK_RESTART;
	if (meeting->counts)
		track_count(t, p, zone, meeting);
	if (meeting->from_client)
		track_client_aside(p, zone, t, meeting);
	return meeting->reason;
}

/* Judges a packet of the transfer that may begin a new one on the same ports. */
CORE enum tg_reason track_restart(struct tg_transfer *t, struct packet *p,
				  const struct tg_zone *zone, const struct tg_pair_key *pair,
				  const struct meeting *meeting)
{
	u32 rule = t->rule, open_epoch = t->open_epoch; /* before a new offer replaces it */

	if (reply_judge(p, zone) != TG_FIRST_REPLY) {
		if (meeting->counts)
			track_count(t, p, zone, meeting);
		return meeting->reason;
	}
	if (open_epoch)
		source_count(p, zone, meeting->from_client, rule, source_epochs(open_epoch, 0));
	if (meeting->committed)
		transfer_remove(pair);
	return TG_FIRST_REPLY;
}

/*
 * The live transfer of the packet's exchange, in `transfers` (committed) or in `offers`; or NULL. `expired`: there is
 * one, but its time has run out.
 */
CORE struct tg_transfer *track_find(const struct packet *p, const struct tg_zone *zone,
				    const struct tg_pair_key *pair, bool source_high,
				    struct meeting *meeting, bool *expired)
{
	struct tg_transfer *t = transfer_find(pair);

	meeting->committed = true;
	if (likely(t && member_alive(t, true, pair, zone, p->now)))
		return t;
	*expired = t != NULL;
	meeting->committed = false;
	t = offer_find(pair);
	if (!t)
		return NULL;
	track_refresh_offer(t, p, zone, source_high == !!(t->flags & TG_CLIENT_HIGH));
	if (member_alive(t, false, pair, zone, p->now))
		return t;
	*expired = true;
	return NULL;
}

/* Is the transfer just going on: committed, no end in sight, and nothing asked, left or shared with others? */
CORE bool track_runs(const struct tg_transfer *t, const struct tg_zone *zone)
{
	return !(t->superseded | t->challenged | t->done | t->ack_error | t->data_error |
		 t->final_known | (t->options & TG_OPT_MULTICAST) |
		 (zone->flags & TG_ZONE_BROADCAST));
}

/*
 * What most packets are: DATA or an ACK that fits a transfer in `transfers` which just goes on. TG_DATA or TG_ACK; any other
 * reason says only that it takes a closer look, and then nothing was changed. So does what is to be done once in a while.
 * `pair`: room for a key, since the stack has little.
 */
CORE enum tg_reason track_running(struct packet *p, const struct tg_zone *zone,
				  struct tg_pair_key *pair)
{
	struct step step = {.p = p, .zone = zone, .state = STATE_ACTIVE};
	enum tg_reason reason;
	struct tg_transfer *t;
	bool source_high, data_side;

	source_high = pair_key_of(pair, p);
	t = transfer_find(pair);
	if (unlikely(!t || !track_runs(t, zone) || !transfer_alive(t, STATE_ACTIVE, zone, p->now) ||
		     !known_noted(transfer_last(t), p->now) ||
		     source_epoch_to_come(t, zone, p->now) || p->payload_bytes < TFTP_HEADER_BYTES))
		return TG_UNSOLICITED;
	step.from_client = source_high == !!(t->flags & TG_CLIENT_HIGH);
	data_side = step.from_client == (t->operation == TG_WRITE);
	if (data_side != (p->opcode == WIRE_DATA))
		return TG_UNSOLICITED;
	reason = data_side ? step_data(t, &step) : step_ack(t, &step);
	if (unlikely(t->service_port_be) && !step.from_client && reason_passes(reason))
		translate_leave(p, t->service_port_be);
	return reason;
}

/*
 * track_running(), also for a client's packet to the service port of a TID that is at hand: it goes there if it fits, and
 * else is as it was. (translate_enter() before it would make the verifier follow all that comes behind once more.)
 */
CORE enum tg_reason track_plainly(struct packet *p, const struct tg_zone *zone,
				  struct tg_pair_key *pair)
{
	u16 service_port_be = p->destination_port_be, tid_be = 0;
	enum tg_reason reason;

	if (unlikely(translate_on(zone)) && policy_is_tftp_port(zone, service_port_be))
		tid_be = translate_at_hand(p);
	if (unlikely(tid_be))
		p->destination_port_be = tid_be;
	reason = track_running(p, zone, pair);
	if (likely(!tid_be || tid_be == service_port_be))
		return reason;
	if (reason == TG_DATA || reason == TG_ACK) {
		p->service_port_be = service_port_be;
		p->new_destination_port_be = tid_be;
	} else {
		p->destination_port_be = service_port_be;
	}
	return reason;
}

/* Judges a packet that carries its UDP header and is no request. */
CORE enum tg_reason track_judge(struct packet *p, const struct tg_zone *zone)
{
	bool source_high, from_client, expired = false;
	struct meeting meeting = {};
	struct tg_pair_key pair;
	struct tg_transfer *t;
	enum tg_reason reply;
	u32 reason;

	if (p->opcode == WIRE_DATA || p->opcode == WIRE_ACK) {
		/* Before known_any(): two misses of the cache one after the other took a fifth longer in a large table. */
		reason = track_plainly(p, zone, &pair);
		if (likely(reason == TG_DATA || reason == TG_ACK))
			return reason;
	}
	/* A group outlives the silence of its members. */
	if (unlikely(!known_any(p)) && !(zone->flags & TG_ZONE_MULTICAST))
		return policy_unmatched(p, zone, false, false);
	/* The client's end stays as it is, and its cell. */
	if (unlikely(translate_on(zone)))
		translate_enter(p, zone);
	source_high = pair_key_of(&pair, p);
	t = track_find(p, zone, &pair, source_high, &meeting, &expired);
	if (t) {
		from_client = source_high == !!(t->flags & TG_CLIENT_HIGH);
		/* Also where the packet is refused and restarts no timer: it does no harm. */
		known_note_end(from_client ? &p->source : &p->destination,
			       from_client ? p->source_port_be : p->destination_port_be, p->now,
			       known_wait(zone, t->idle_wait));
		reason = track_known(p, zone, t, source_high, &meeting);
		if (likely(!(reason & TRACK_RESTART)))
			return reason;
		return track_restart(t, p, zone, &pair, &meeting);
	}
	translate_not(p);
	reply = reply_judge(p, zone);
	if (reply != REPLY_TO_NOTHING && reply != REPLY_TOO_LATE)
		return reply;
	return policy_unmatched(p, zone, expired || reply == REPLY_TOO_LATE, true);
}

#endif
