/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many requests a zone takes of all addresses together that have proved nothing (tg_abuse.budget; tracker
 * specification 11.7). Only requests pay for it.
 *
 * A flood of requests in the names of others never repeats one, and never acknowledges an answer; clients do both. So what
 * is refused is noted, and who asks again is let through from a reserve; whoever has ever acknowledged something is
 * let through at once.
 */
#ifndef TIDEGATE_BUDGET_H
#define TIDEGATE_BUDGET_H

#include "core/source.h"

/* A prefix has a share of a quarter of the budget. */
#define BUDGET_SHARE 4

/* A request beyond the budget costs this part of one: so under a real flood none gets through by luck. */
#define BUDGET_PRESSURE 16

/*
 * Ages in quarters of a second: a repeat, not a copy; still the same client; and so long its note is kept at least. They
 * begin anew after 16 s: a note of that age, which nobody has needed the place of, counts as young once more.
 */
#define STRANGER_AGAIN    2
#define STRANGER_LATEST   48
#define STRANGER_KEPT     22
#define STRANGER_AGE_BITS 6
#define STRANGER_AGE_MASK ((1U << STRANGER_AGE_BITS) - 1)
#define STRANGER_FREE     (STRANGER_AGE_MASK + 1) /* older than any note */

/* ---- who has proved itself --------------------------------------------------------------------------------------- */

/* The key of the packet's source in `proved`: scratch->source_key. */
CORE const struct tg_source_key *budget_key(const struct packet *p, struct core_scratch *scratch,
					    enum tg_proved_kind kind)
{
	struct tg_source_key *key = &scratch->source_key;

	source_key_of(key, p, true, kind);
	if (kind == TG_PROVED_PREFIX) {
		if (addr_is_v4(&key->address))
			key->address.bytes[15] = 0;
		else
			__builtin_memset(key->address.bytes + 8, 0, 8);
	}
	return key;
}

CORE bool budget_is_proved(const struct packet *p, const struct tg_zone *zone,
			   struct core_scratch *scratch, enum tg_proved_kind kind)
{
	const struct tg_proved *proved = proved_find(budget_key(p, scratch, kind));

	return proved && within(p->now, proved->at, zone->abuse.proved_wait);
}

CORE void budget_prove(const struct packet *p, struct core_scratch *scratch,
		       enum tg_proved_kind kind)
{
	const struct tg_source_key *key = budget_key(p, scratch, kind);
	struct tg_proved *known = proved_find(key), fresh = {.at = p->now};

	if (!known)
		proved_put(key, &fresh);
	else if (known->at != p->now)
		known->at = p->now;
}

/* The client knows the TID that a server answered from: its request came from where it says. */
CORE_SLOW int budget_proves(const struct packet *p, const struct tg_zone *zone)
{
	struct core_scratch *scratch = scratch_find();

	if (!p || !zone || !scratch || p->own || !zone->abuse.budget.interval ||
	    !zone->abuse.proved_wait)
		return 0;
	budget_prove(p, scratch, TG_PROVED_ADDRESS);
	budget_prove(p, scratch, TG_PROVED_PREFIX);
	return 0;
}

/* ---- what there is ----------------------------------------------------------------------------------------------- */

/* Nobody outside can aim at what is found by it. */
CORE u64 budget_hash(u64 seed, const struct tg_source_key *key, u16 port_be)
{
	const u64 words[] = {
		addr_half(&key->address, 0),
		addr_half(&key->address, 1),
		(u64)port_be << 48 | (u64)key->zone << 32 | (u64)key->vlan_outer << 16 |
			key->vlan_inner,
	};
	u64 hash = seed;

	for (u32 i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 29;
	}
	hash *= 0xbf58476d1ce4e5b9ULL;
	return hash ^ hash >> 32;
}

/* A prefix's share runs four times slower. */
CORE struct tg_rate budget_share_rate(const struct tg_rate *budget)
{
	return (struct tg_rate){.interval = BUDGET_SHARE * budget->interval,
				.tolerance = budget->tolerance};
}

CORE bool budget_share_left(const u64 *share, const struct tg_zone *zone, u64 now)
{
	struct tg_rate rate = budget_share_rate(&zone->abuse.budget);
	u64 at = now << TG_BUCKET_SHIFT;

	return bucket_arrival(*(volatile u64 *)share, at, &rate, zone->second) - at <=
	       rate.tolerance;
}

/* Charges the share; that it may be spoilt by another CPU once in a while does not matter. */
CORE void budget_share_charge(u64 *share, const struct tg_zone *zone, u64 now)
{
	struct tg_rate rate = budget_share_rate(&zone->abuse.budget);
	u64 at = now << TG_BUCKET_SHIFT, arrival = *(volatile u64 *)share;
	u64 next = bucket_arrival(arrival, at, &rate, zone->second) + rate.interval;

	if (next > at + rate.tolerance + rate.interval)
		next = at + rate.tolerance + rate.interval;
	__sync_val_compare_and_swap(share, arrival, next);
}

/*
 * Takes from the bucket for a prefix. Three quarters of the burst are anybody's; the rest, up to `most`, is for prefixes
 * that have not had their share yet.
 */
CORE bool budget_draw(u64 *bucket, u64 *share, const struct tg_zone *zone, u64 most, u64 now)
{
	const struct tg_rate *budget = &zone->abuse.budget;
	u64 free = budget->tolerance - budget->tolerance / 4;

	if (!bucket_take(bucket, budget, free, now, zone->second) &&
	    (!budget_share_left(share, zone, now) ||
	     !bucket_take(bucket, budget, most, now, zone->second)))
		return false;
	budget_share_charge(share, zone, now);
	return true;
}

/* One more came than the bucket has tokens for. Under a flood all CPUs read it, and hardly one writes. */
CORE void budget_press(u64 *bucket, const struct tg_zone *zone, u64 now)
{
	const struct tg_rate *budget = &zone->abuse.budget;
	u64 full = (now << TG_BUCKET_SHIFT) + budget->tolerance;
	u64 most = full + budget->interval + ((u64)zone->second << TG_BUCKET_SHIFT) / 2;
	u64 arrival = *(volatile u64 *)bucket, next = arrival + budget->interval / BUDGET_PRESSURE;

	if (arrival <= full || arrival >= most)
		return;
	__sync_val_compare_and_swap(bucket, arrival, next < most ? next : most);
}

/* ---- who asks again ---------------------------------------------------------------------------------------------- */

CORE u32 stranger_age(u32 cell, u32 quarter)
{
	return (quarter - cell) & STRANGER_AGE_MASK;
}

/* Among the notes of one hash: the loop is repeat()'s, because 6.1 does not take all forms that a compiler gives its own. */
struct stranger {
	struct tg_strangers *near;
	u32 mark; /* above the bits of the time */
	u32 quarter;
	u32 known; /* its own note, 0: there is none */
	u32 age; /* of the oldest note so far that is no longer kept; STRANGER_KEPT: there is none */
	u32 oldest; /* where that is, and the note itself */
	u32 note;
};

CORE u32 *stranger_cell(struct stranger *s, u32 i)
{
	return &s->near->cell[i & (TG_STRANGERS - 1)];
}

/* Finds the note of who asks, and brings it up to date if it is old enough; and, until then, the oldest of the others. */
static long stranger_look(u32 i, void *context)
{
	struct stranger *s = context;
	u32 *place = stranger_cell(s, i), cell = *(volatile u32 *)place;
	u32 age = cell ? stranger_age(cell, s->quarter) : STRANGER_FREE;

	if ((cell & ~STRANGER_AGE_MASK) == s->mark) {
		s->known = cell;
		if (age >= STRANGER_AGAIN)
			__sync_val_compare_and_swap(place, cell, s->mark | s->quarter);
		return 1;
	}
	if (age > s->age) {
		s->age = age;
		s->oldest = i;
		s->note = cell;
	}
	return 0;
}

/*
 * Was the same client refused a little while ago? Else it is noted in place of the oldest note, which so lasts as long as
 * it can; unless all are to be kept, or another CPU has taken the place.
 */
CORE bool stranger_again(struct stranger *s)
{
	s->age = STRANGER_KEPT;
	repeat(TG_STRANGERS, stranger_look, s);
	if (s->known) {
		u32 age = stranger_age(s->known, s->quarter);

		return age >= STRANGER_AGAIN && age <= STRANGER_LATEST;
	}
	if (s->age > STRANGER_KEPT)
		__sync_val_compare_and_swap(stranger_cell(s, s->oldest), s->note,
					    s->mark | s->quarter);
	return false;
}

/* Does the client ask again from the same port? */
CORE_SLOW int budget_asks_again(const struct packet *p, const struct tg_zone *zone)
{
	struct core_scratch *scratch = scratch_find();
	struct stranger s = {};
	u64 hash;

	if (!p || !zone || !scratch || !zone->second)
		return false;
	hash = budget_hash(zone->hash_seed, budget_key(p, scratch, TG_PROVED_ADDRESS),
			   p->source_port_be);
	s.near = strangers_find(hash >> 32);
	if (!s.near)
		return false;
	s.mark = (u32)hash & ~STRANGER_AGE_MASK;
	if (!s.mark)
		s.mark = ~STRANGER_AGE_MASK;
	s.quarter = (p->now * 4 / zone->second) & STRANGER_AGE_MASK;
	return stranger_again(&s);
}

/* ---- requests ---------------------------------------------------------------------------------------------------- */

/* May the request come this way, whose source has proved nothing? TG_REQUEST, or a reason to drop. */
CORE_SLOW enum tg_reason budget_takes(const struct packet *p, const struct tg_zone *zone)
{
	struct core_scratch *scratch = scratch_find();
	struct tg_budget *budget;
	u64 *share, tolerance;

	if (!p || !zone || !scratch)
		return TG_STATE_FULL;
	tolerance = zone->abuse.budget.tolerance;
	budget = budget_find(p->zone);
	share = budget_share_find(
		budget_hash(zone->hash_seed, budget_key(p, scratch, TG_PROVED_PREFIX), 0) %
		TG_BUDGET_SHARES);
	if (!budget || !share)
		return TG_STATE_FULL;
	if (budget_draw(&budget->first, share, zone, tolerance, p->now))
		return TG_REQUEST;
	budget_press(&budget->first, zone, p->now);
	if (budget_is_proved(p, zone, scratch, TG_PROVED_PREFIX)) {
		if (budget_draw(&budget->reserve, share, zone, tolerance, p->now))
			return TG_REQUEST;
	} else if (budget_asks_again(p, zone) &&
		   budget_draw(&budget->reserve, share, zone, tolerance - tolerance / 8, p->now)) {
		return TG_REQUEST;
	}
	return TG_REQUEST_BUDGET;
}

/* Likewise, of any request: before anything is read, and before its source has an entry anywhere. */
CORE enum tg_reason budget_asks(const struct packet *p, const struct tg_zone *zone,
				struct core_scratch *scratch)
{
	if (!zone->abuse.budget.interval || p->own ||
	    budget_is_proved(p, zone, scratch, TG_PROVED_ADDRESS))
		return TG_REQUEST;
	return budget_takes(p, zone);
}

#endif
