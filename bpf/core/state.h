/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of a transfer, derived from its fields, and how long it lasts (tracker specification 7.3 and 8).
 * User space includes this too, so that `flows` shows what the programs see.
 */
#ifndef TIDEGATE_STATE_H
#define TIDEGATE_STATE_H

#include "core/platform.h"

enum transfer_state {
	STATE_OFFER, /* the server spoke, the client not yet */
	STATE_ACTIVE,
	STATE_FINAL,      /* the last, short block was seen */
	STATE_DONE,       /* and acknowledged */
	STATE_ERROR,      /* one side sent an ERROR */
	STATE_SUPERSEDED, /* the client chose another TID, or started anew */
};

/* `committed`: the entry is in `transfers`, not in `offers`. */
CORE enum transfer_state transfer_state(const struct tg_transfer *t, bool committed)
{
	if (t->superseded)
		return STATE_SUPERSEDED;
	if (t->done)
		return STATE_DONE;
	if (t->data_error || t->ack_error)
		return STATE_ERROR;
	if (t->final_known)
		return STATE_FINAL;
	return committed ? STATE_ACTIVE : STATE_OFFER;
}

/* How long, in jiffies, an entry in this state lives after transfer_last(). */
CORE u32 transfer_wait(const struct tg_transfer *t, enum transfer_state state,
		       const struct tg_zone *zone)
{
	switch (state) {
	case STATE_OFFER:
		return t->offer_wait;
	case STATE_DONE:
		return zone->done_wait;
	case STATE_ERROR:
		return zone->error_wait;
	case STATE_SUPERSEDED:
		return zone->superseded_wait;
	default:
		return t->idle_wait;
	}
}

/* When the timer was last restarted: each accepted packet does so, until the client leaves the TID. */
CORE u64 transfer_last(const struct tg_transfer *t)
{
	if (unlikely(t->superseded))
		return t->superseded_at;
	return t->data_seen > t->ack_seen ? t->data_seen : t->ack_seen;
}

/* Is `wait` after `since` still to come, or just now? */
CORE bool within(u64 now, u64 since, u64 wait)
{
	return now <= since + wait;
}

CORE bool transfer_alive(const struct tg_transfer *t, enum transfer_state state,
			 const struct tg_zone *zone, u64 now)
{
	return within(now, transfer_last(t), transfer_wait(t, state, zone));
}

/* Answers that a request may still have (tracker specification 7.1), while its time has not run out. */
CORE u32 request_credit(const struct tg_request *r)
{
	u32 used = r->answered;

	if ((int)(r->voided - used) > 0)
		used = r->voided;
	return r->asked - used;
}

CORE bool request_alive(const struct tg_request *r, u64 now)
{
	return within(now, r->asked_at, r->wait);
}

/*
 * Has the client left this offer for another TID? `same_tid`: the chosen one is the offer itself. An offer that answers
 * a request datagram newer than the choice is not concerned.
 */
CORE bool offer_superseded(const struct tg_transfer *t, const struct tg_request *r, bool same_tid)
{
	return r->chosen_port_be && !same_tid && (int)(t->generation - r->chosen_generation) <= 0;
}

#endif
