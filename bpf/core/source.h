/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much one address may do: by itself (tg_zone.abuse), and under a rule (tracker specification 11). What is counted
 * is kept in `sources` by the client's address. Where no limit is set nothing is looked up and nothing is stored.
 *
 * Both hooks count on any CPU, and an entry may be pushed out at any time. So a count is changed atomically where two
 * may meet, is never taken below 0, and whatever was counted too much runs out by itself.
 */
#ifndef TIDEGATE_SOURCE_H
#define TIDEGATE_SOURCE_H

#include "core/bucket.h"
#include "core/key.h"
#include "core/rules.h"
#include "core/state.h"
#include "core/store.h"
#include "core/tftp.h"

/* How often a change is tried that another CPU spoils. */
#define SOURCE_ATTEMPTS 8

/* TFTP's error code for a file that is not there (RFC 1350 section 5). */
#define ERROR_NOT_FOUND 1

/* The client is the packet's source or its destination. */
CORE void source_key_of(struct tg_source_key *key, const struct packet *p, bool from_client,
			u32 rule)
{
	addr_copy(&key->address, from_client ? &p->source : &p->destination);
	key->rule = rule;
	key->zone = p->zone;
	key->vlan_outer = p->vlan_outer;
	key->vlan_inner = p->vlan_inner;
	key->zero[0] = 0;
	key->zero[1] = 0;
	key->zero[2] = 0;
}

/* What is counted of the client, or NULL. The key stays in scratch->source_key: stacks are short. */
CORE struct tg_source *source_known(const struct packet *p, bool from_client, u32 rule,
				    struct core_scratch *scratch)
{
	source_key_of(&scratch->source_key, p, from_client, rule);
	return source_find(&scratch->source_key);
}

/* Likewise, made if there is nothing yet; NULL if it cannot be stored. */
CORE struct tg_source *source_get(const struct packet *p, bool from_client, u32 rule,
				  struct core_scratch *scratch)
{
	struct tg_source *s = source_known(p, from_client, rule, scratch);

	if (likely(s))
		return s;
	__builtin_memset(&scratch->source, 0, sizeof(scratch->source));
	source_put(&scratch->source_key, &scratch->source); /* or another CPU was faster */
	return source_find(&scratch->source_key);
}

/* Takes a token if there is one. `second`: jiffies. */
CORE bool source_take(struct tg_source *s, const struct tg_rate *rate, u64 now, u32 second)
{
	return bucket_take(&s->arrival, rate, rate->tolerance, now, second);
}

/* ---- enumeration ----------------------------------------------------------------------------------------------- */

/* Begins to count names and ERRORs anew if the time for them is over. */
CORE void source_window(struct tg_source *s, const struct tg_zone *zone, u64 now)
{
	if (s->counting_since && within(now, s->counting_since, zone->abuse.enumeration_window))
		return;
	s->counting_since = now;
	s->not_found = 0;
	s->names = 0;
	__builtin_memset(s->names_seen, 0, sizeof(s->names_seen));
}

/* The client's requests are refused for a time; after it, counting begins anew. */
CORE void source_hold(struct tg_source *s, const struct tg_zone *zone, u64 now)
{
	s->held_until = now + zone->abuse.hold;
	s->counting_since = 0;
}

/* Names that hardly differ get bits that have nothing in common: the hash's low bits are mixed badly, and its high ones. */
CORE u32 source_name_bit(u64 hash)
{
	hash ^= hash >> 32;
	return (hash * 0x9e3779b97f4a7c15ULL >> 48) * TG_NAME_BITS >> 16; /* of the upper bits */
}

/* Counts the name if it is a new one; false if it was one too many, and the hold begins. */
CORE bool source_names(struct tg_source *s, const struct tg_zone *zone, u64 now, u64 name_hash)
{
	u32 bit = source_name_bit(name_hash);
	u64 mask = 1ULL << bit % 64;

	source_window(s, zone, now);
	if (__sync_fetch_and_or(&s->names_seen[bit / 64], mask) & mask)
		return true;
	if (__sync_fetch_and_add(&s->names, 1) + 1 < zone->abuse.names_max)
		return true;
	source_hold(s, zone, now);
	return false;
}

CORE bool source_is_not_found(const struct packet *p)
{
	return p->opcode == WIRE_ERROR && p->block == ERROR_NOT_FOUND;
}

/* The server said that a file is not there. */
CORE_SLOW int source_not_found(const struct packet *p, const struct tg_zone *zone)
{
	struct core_scratch *scratch = scratch_find();
	struct tg_source *s;

	if (!p || !zone || !scratch || !zone->abuse.not_found_max)
		return 0;
	s = source_get(p, false, 0, scratch);
	if (!s)
		return 0;
	source_window(s, zone, p->now);
	if (__sync_fetch_and_add(&s->not_found, 1) + 1 >= zone->abuse.not_found_max)
		source_hold(s, zone, p->now);
	return 0;
}

/* ---- open transfers ---------------------------------------------------------------------------------------------- */

/*
 * A transfer that is open, or a request that waits for its answer, counts in an epoch of half a T_idle: the one in which
 * it was seen last, and live epochs are the present one and the two before. So what falls silent is forgotten after 1
 * to 1.5 T_idle, with nobody to sweep. Epochs begin with 1.
 */
#define SOURCE_EPOCHS_LIVE 3

CORE u32 source_epoch_length(const struct tg_zone *zone)
{
	return zone->idle_wait / 2 ? zone->idle_wait / 2 : 1;
}

CORE u32 source_epoch(const struct tg_zone *zone, u64 now)
{
	return now / source_epoch_length(zone) + 1;
}

/* Is `now` behind the epoch? */
CORE bool source_epoch_over(u32 epoch, const struct tg_zone *zone, u64 now)
{
	return now >= (u64)epoch * source_epoch_length(zone);
}

/* Is the transfer counted, and to be counted in another epoch from now on? */
CORE bool source_epoch_to_come(const struct tg_transfer *t, const struct tg_zone *zone, u64 now)
{
	return t->open_epoch && source_epoch_over(t->open_epoch, zone, now);
}

/* Is the count of `epoch` alive, as seen from `latest`? */
CORE bool source_epoch_live(u32 epoch, u32 latest)
{
	return latest - epoch < SOURCE_EPOCHS_LIVE;
}

/* Empties the counts of epochs that are over, or of all where T_idle was changed and epochs have other numbers. */
CORE void source_advance(struct tg_source *s, u32 epoch)
{
	u32 steps = epoch - s->open_epoch;

	/* Another CPU may just be in the next epoch. */
	if (!steps || steps == (u32)-1)
		return;
	for (u32 i = 0; i < TG_OPEN_EPOCHS; i++)
		if (i < steps)
			s->open[(epoch - i) % TG_OPEN_EPOCHS] = 0;
	s->open_epoch = epoch;
}

/* Transfers that are open. */
CORE u32 source_open(struct tg_source *s, u32 epoch)
{
	u32 count = 0;

	source_advance(s, epoch);
	for (u32 i = 0; i < SOURCE_EPOCHS_LIVE; i++)
		count += s->open[(epoch - i) % TG_OPEN_EPOCHS];
	return count;
}

CORE void source_open_less(struct tg_source *s, u32 epoch)
{
	u32 *count = &s->open[epoch % TG_OPEN_EPOCHS];

	if (!source_epoch_live(epoch, s->open_epoch))
		return;
	for (int i = 0; i < SOURCE_ATTEMPTS; i++) {
		u32 had = *(volatile u32 *)count;

		if (!had || __sync_val_compare_and_swap(count, had, had - 1) == had)
			return;
	}
}

/*
 * One transfer counts in epoch `to` instead of `from`; 0: it does (did) not count. Both in one number, because a function
 * of the kind that the verifier checks by itself takes five arguments.
 */
CORE u64 source_epochs(u32 from, u32 to)
{
	return (u64)from << 32 | to;
}

CORE void source_count_in(struct tg_source *s, u64 epochs)
{
	u32 from = epochs >> 32, to = epochs;

	if (to)
		source_advance(s, to);
	if (from)
		source_open_less(s, from);
	if (to)
		__sync_fetch_and_add(&s->open[to % TG_OPEN_EPOCHS], 1);
}

/* In the zone's count and in the rule's (0: there is none). */
CORE_SLOW int source_count(const struct packet *p, const struct tg_zone *zone, bool from_client,
			   u32 rule, u64 epochs)
{
	struct core_scratch *scratch = scratch_find();
	struct tg_source *s;

	if (!p || !zone || !scratch)
		return 0;
	if (zone->abuse.open_max) {
		s = source_known(p, from_client, 0, scratch);
		if (!s && (u32)epochs)
			s = source_get(p, from_client, 0, scratch);
		if (s)
			source_count_in(s, epochs);
	}
	if (rule) {
		s = source_known(p, from_client, rule, scratch);
		if (s)
			source_count_in(s, epochs);
	}
	return 0;
}

/* Moves the count that `*epoch` (tg_request.open_epoch, tg_transfer.open_epoch) stands for; whoever is first does it. */
CORE void source_recount(u32 *epoch, u32 rule, u32 to, const struct packet *p,
			 const struct tg_zone *zone, bool from_client)
{
	u32 from = *(volatile u32 *)epoch;

	if (from != to && __sync_val_compare_and_swap(epoch, from, to) == from)
		source_count(p, zone, from_client, rule, source_epochs(from, to));
}

CORE bool source_is_over(const struct tg_transfer *t)
{
	return t->done || t->data_error || t->ack_error || t->superseded;
}

/* The transfer has ended, or has reached another epoch: gives its count back, or takes it along. */
CORE_SLOW int source_follow(struct tg_transfer *t, const struct packet *p,
			    const struct tg_zone *zone, bool from_client)
{
	if (!t || !p || !zone || !t->open_epoch)
		return 0;
	if (source_is_over(t))
		source_recount(&t->open_epoch, t->rule, 0, p, zone, from_client);
	else if (source_epoch_over(t->open_epoch, zone, p->now))
		source_recount(&t->open_epoch, t->rule, source_epoch(zone, p->now), p, zone,
			       from_client);
	return 0;
}

/* Counts a transfer whose client acknowledges it, if nothing counts for it yet (or any more). */
CORE void source_begins(struct tg_transfer *t, const struct packet *p, const struct tg_zone *zone,
			struct core_scratch *scratch)
{
	if (t->open_epoch || source_is_over(t))
		return;
	if (!zone->abuse.open_max && !(t->rule && source_known(p, true, t->rule, scratch)))
		return;
	source_recount(&t->open_epoch, t->rule, source_epoch(zone, p->now), p, zone, true);
}

/* ---- packets that nobody acknowledges --------------------------------------------------------------------------- */

CORE bool source_counts_unacknowledged(const struct tg_zone *zone)
{
	return zone->abuse.unacknowledged_packets || zone->abuse.unacknowledged_bytes;
}

/* May the server's packet still go to a client of which no acknowledgement is known? */
CORE_SLOW int source_may_receive(const struct packet *p, const struct tg_zone *zone)
{
	struct core_scratch *scratch = scratch_find();
	const struct tg_abuse *abuse;
	const struct tg_source *s;

	if (!p || !zone || !scratch || !source_counts_unacknowledged(zone))
		return true;
	abuse = &zone->abuse;
	s = source_known(p, false, 0, scratch);
	if (!s || !within(p->now, s->unacknowledged_at, abuse->unacknowledged_window))
		return true;
	if (abuse->unacknowledged_packets &&
	    s->unacknowledged_packets >= abuse->unacknowledged_packets)
		return false;
	return !abuse->unacknowledged_bytes ||
	       (u64)s->unacknowledged_bytes + p->ip_bytes <= abuse->unacknowledged_bytes;
}

/* It goes there. */
CORE_SLOW int source_receives(const struct packet *p, const struct tg_zone *zone)
{
	struct core_scratch *scratch = scratch_find();
	struct tg_source *s;

	if (!p || !zone || !scratch || !source_counts_unacknowledged(zone))
		return 0;
	s = source_get(p, false, 0, scratch);
	if (!s)
		return 0;
	if (!within(p->now, s->unacknowledged_at, zone->abuse.unacknowledged_window)) {
		s->unacknowledged_at = p->now;
		s->unacknowledged_packets = 0;
		s->unacknowledged_bytes = 0;
	}
	__sync_fetch_and_add(&s->unacknowledged_packets, 1);
	__sync_fetch_and_add(&s->unacknowledged_bytes, p->ip_bytes);
	return 0;
}

/* The client acknowledged something, so it did ask. */
CORE void source_acknowledges(const struct packet *p, const struct tg_zone *zone,
			      struct core_scratch *scratch)
{
	struct tg_source *s;

	if (!source_counts_unacknowledged(zone))
		return;
	s = source_known(p, true, 0, scratch);
	if (!s)
		return;
	s->unacknowledged_packets = 0;
	s->unacknowledged_bytes = 0;
}

/* ---- requests ---------------------------------------------------------------------------------------------------- */

/* Is the client held off, or does it ask too often? Before anything is read. TG_REQUEST, or a reason to drop. */
CORE_SLOW enum tg_reason source_asks(const struct packet *p, const struct tg_zone *zone)
{
	struct core_scratch *scratch = scratch_find();
	const struct tg_abuse *abuse;
	struct tg_source *s;
	bool holds;

	if (!p || !zone || !scratch)
		return TG_STATE_FULL;
	abuse = &zone->abuse;
	holds = abuse->not_found_max || abuse->names_max;
	if (!holds && !abuse->requests.interval)
		return TG_REQUEST;
	s = source_get(p, true, 0, scratch);
	if (!s)
		return TG_STATE_FULL;
	if (holds && p->now <= s->held_until)
		return TG_HELD_OFF;
	if (abuse->requests.interval && !source_take(s, &abuse->requests, p->now, zone->second))
		return TG_SOURCE_RATE;
	return TG_REQUEST;
}

/* What a request that the rules have allowed does to the counts of its client's open transfers. */
struct source_request {
	u8 opens;     /* it is new: no repeat of one that is still counted */
	u8 zone_back; /* so many counts end with it: of what the client leaves for it */
	u8 rule_back; /* and so many of them are its own rule's */
};

/* The epoch in which a request counts, which this rule (or none) allowed: 0 where nobody counts. */
CORE u32 source_opens_in(const struct tg_zone *zone, const struct tg_rule *rule, u64 now)
{
	if (!zone->abuse.open_max && !(rule && rule->transfers_max))
		return 0;
	return source_epoch(zone, now);
}

/* Is there room for one more transfer under the rule (0: in the zone), of `most`? */
CORE enum tg_reason source_room(const struct packet *p, const struct tg_zone *zone,
				struct core_scratch *scratch, u32 rule, u64 most)
{
	struct tg_source *s = source_get(p, true, rule, scratch);

	if (!s)
		return TG_STATE_FULL;
	if (source_open(s, source_epoch(zone, p->now)) < most)
		return TG_REQUEST;
	return rule ? TG_RULE_TRANSFERS : TG_SOURCE_TRANSFERS;
}

/* What is left when the rules have allowed the request: TG_REQUEST, or a reason to drop. */
CORE_SLOW enum tg_reason source_admits(const struct packet *p, const struct tg_zone *zone,
				       const struct source_request *q)
{
	struct core_scratch *scratch = scratch_find();
	enum tg_reason reason = TG_REQUEST;
	const struct tg_rule *rule;
	struct tg_source *s;

	if (!p || !zone || !q || !scratch)
		return TG_STATE_FULL;
	rule = rules_deciding(p, scratch);
	if (q->opens && rule && rule->transfers_max)
		reason = source_room(p, zone, scratch, rule->id,
				     (u64)rule->transfers_max + q->rule_back);
	if (reason == TG_REQUEST && q->opens && zone->abuse.open_max)
		reason = source_room(p, zone, scratch, 0, (u64)zone->abuse.open_max + q->zone_back);
	if (reason != TG_REQUEST)
		return reason;
	if (zone->abuse.names_max) {
		s = source_get(p, true, 0, scratch);
		if (!s)
			return TG_STATE_FULL;
		if (!source_names(s, zone, p->now, scratch->text.name_hash))
			return TG_HELD_OFF;
	}
	/* Last, so that no token is taken for nothing. */
	if (rule && rule->rate.interval) {
		s = source_get(p, true, rule->id, scratch);
		if (!s)
			return TG_STATE_FULL;
		if (!source_take(s, &rule->rate, p->now, zone->second))
			return TG_RULE_RATE;
	}
	return TG_REQUEST;
}

#endif
