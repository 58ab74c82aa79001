/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Request datagrams (tracker specification 6, and PENDING of 7): read, judged, remembered.
 */
#ifndef TIDEGATE_REQUEST_H
#define TIDEGATE_REQUEST_H

#include "core/budget.h"
#include "core/event.h"
#include "core/key.h"
#include "core/known.h"
#include "core/name.h"
#include "core/policy.h"
#include "core/rules.h"
#include "core/source.h"
#include "core/state.h"
#include "core/store.h"
#include "core/tftp.h"

/* The address under which a server's requests are kept: its group's first member, or its own. */
CORE void request_server(struct tg_addr *server, const struct packet *p, const struct tg_zone *zone)
{
	const struct tg_addr *first;
	struct tg_group_key key = {};

	if (likely(!(zone->flags & TG_ZONE_GROUPS)))
		return;
	key.server = *server;
	key.settings = p->settings;
	first = server_group_find(&key);
	if (first)
		*server = *first;
}

/*
 * The key under which the exchange between the packet's two ends is kept, where the client is its source or its
 * destination. `any_server`: the request went to a group address.
 */
CORE void request_key_of(struct tg_request_key *key, const struct packet *p,
			 const struct tg_zone *zone, bool from_client, bool any_server)
{
	addr_copy(&key->client, from_client ? &p->source : &p->destination);
	key->client_port_be = from_client ? p->source_port_be : p->destination_port_be;
	key->zone = p->zone;
	key->vlan_outer = p->vlan_outer;
	key->vlan_inner = p->vlan_inner;
	if (any_server) {
		__builtin_memset(&key->server, 0, sizeof(key->server));
	} else {
		addr_copy(&key->server, from_client ? &p->destination : &p->source);
		request_server(&key->server, p, zone);
	}
}

/* Is this the TID that the client chose? */
CORE bool request_is_chosen(const struct tg_request *r, const struct tg_addr *server, u16 tid_be)
{
	return r->chosen_port_be == tid_be && addr_equal(&r->chosen_server, server);
}

/*
 * The live transfer that the client chose last, if it is still there: the two ends may meanwhile have another, of a
 * request to all (`any_server`: this one went to all), or with the roles reversed.
 */
CORE struct tg_transfer *request_chosen(const struct tg_request *r, const struct packet *p,
					const struct tg_request_key *key,
					const struct tg_zone *zone, bool any_server)
{
	u8 whose = any_server ? TG_ANY_SERVER : 0;
	struct core_scratch *scratch = scratch_find();
	struct tg_transfer *t;

	if (!r->chosen_port_be || !scratch)
		return NULL;
	if (pair_key_make(&scratch->pair, p, &key->client, key->client_port_be, &r->chosen_server,
			  r->chosen_port_be))
		whose |= TG_CLIENT_HIGH;
	t = transfer_find(&scratch->pair);
	if (!t || t->superseded || (t->flags & (TG_ANY_SERVER | TG_CLIENT_HIGH)) != whose)
		return NULL;
	return member_alive(t, true, &scratch->pair, zone, p->now) ? t : NULL;
}

/* Has the port's committed transfer been silent for so long that a new request means that the client began anew? */
CORE bool request_finds_stale(const struct tg_transfer *old, const struct tg_zone *zone, u64 now)
{
	return now > transfer_last(old) + zone->stale_wait;
}

/*
 * A request from a port whose committed transfer is still there (tracker specification 7.3, extra transitions 1 and
 * 2): after a silence the client has started anew, and the transfer gives way. A younger one is left alone, but knows
 * from now on that its TID may answer something else. Its key is scratch->pair.
 */
CORE void request_challenge(struct tg_transfer *old, const struct packet *p,
			    const struct tg_zone *zone, u64 hash)
{
	if (request_finds_stale(old, zone, p->now)) {
		old->superseded_at = p->now;
		old->superseded = 1;
		source_recount(&old->open_epoch, old->rule, 0, p, zone, true);
		event_end(old, p, TG_END_SUPERSEDED, NULL);
		return;
	}
	old->challenged |= old->request_hash == hash ? TG_ASKED_AGAIN : TG_ASKED_OTHER;
}

/* What the rule that allowed the request (NULL: none) admits, into the record: answers from now on are bound by it. */
CORE void request_bind(struct tg_request *r, const struct tg_rule *rule)
{
	r->rule = rule ? rule->id : 0;
	r->size_max = rule && rule->size_max ? rule->size_max : ~0ULL;
}

/* How long answers may come: T_req, or twice the timeout that the client asks for. */
CORE u32 request_wait(const struct tftp_text *text, const struct tg_zone *zone)
{
	u32 twice_timeout = 0;

	if (text->timeout >= 1 && text->timeout <= 255)
		twice_timeout = 2 * text->timeout * zone->second;
	return zone->request_wait > twice_timeout ? zone->request_wait : twice_timeout;
}

/*
 * What the request says, into the record; neither the credit nor the rule is touched. A function of its own: the name is
 * copied byte by byte, in two places and several states.
 */
CORE_SLOW int request_fill(struct tg_request *r, const struct packet *p,
			   const struct tftp_text *text, const struct tg_zone *zone)
{
	if (!r || !p || !text || !zone)
		return 0;
	r->first_at = p->now;
	r->hash = text->hash;
	r->operation = p->opcode;
	r->mode = text->mode;
	r->options = text->options & ~text->malformed;
	r->blksize = text->blksize > 0xffff ? 0xffff : text->blksize;
	r->windowsize = text->windowsize > 0xffff ? 0xffff : text->windowsize;
	r->tsize = text->tsize;
	r->timeout_s = text->timeout >= 1 && text->timeout <= 255 ? text->timeout : 0;
	r->wait = request_wait(text, zone);
	r->slot = event_slot();
	__builtin_memcpy(r->mac, p->source_mac, sizeof(r->mac));
	r->name_len = text->name_len;
	__builtin_memcpy(r->name, text->bytes + sizeof(u16), sizeof(r->name) - 1);
	r->name[sizeof(r->name) - 1] = 0;
	return 0;
}

/* One more answer may come; never more than TG_CREDIT_MAX. */
CORE void request_add_credit(struct tg_request *r, u64 now)
{
	r->asked++;
	if (request_credit(r) > TG_CREDIT_MAX)
		r->voided = r->asked - TG_CREDIT_MAX;
	r->asked_at = now;
}

/*
 * Is the request, which the rule `id` allowed, one more transfer of its client's (`old`: the transfer that the port chose
 * last, or NULL)? A repeat is none before the transfer that it led to is over; under another rule it is none of that rule's.
 */
CORE bool request_opens(const struct tg_request *r, const struct tg_transfer *old,
			const struct tg_zone *zone, u64 now, u64 hash, u32 id)
{
	if (r->hash != hash || r->rule != id || !request_alive(r, now))
		return true;
	if (r->open_epoch || (int)(r->chosen_generation - r->opened) < 0)
		return false;
	return !old || source_is_over(old) || request_finds_stale(old, zone, now);
}

/* A count that ends with the request at hand. */
CORE void request_gives_back(struct source_request *q, u32 open_epoch, u32 epoch, bool same_rule)
{
	if (!open_epoch || !source_epoch_live(open_epoch, epoch))
		return;
	q->zone_back++;
	if (same_rule)
		q->rule_back++;
}

/* What the request, of a port that has asked before, does to the counts of open transfers. */
CORE void request_weigh(struct source_request *q, const struct tg_request *r,
			const struct tg_transfer *old, const struct packet *p,
			const struct tg_zone *zone, u64 hash, const struct tg_rule *rule)
{
	u32 id = rule ? rule->id : 0, epoch;

	q->opens = request_opens(r, old, zone, p->now, hash, id);
	if (!q->opens || !source_opens_in(zone, rule, p->now))
		return;
	epoch = source_epoch(zone, p->now);
	request_gives_back(q, r->open_epoch, epoch, r->rule == id);
	if (old && request_finds_stale(old, zone, p->now))
		request_gives_back(q, old->open_epoch, epoch, old->rule == id);
}

/* Takes the request into the record of its port. */
CORE void request_renew(struct tg_request *r, const struct packet *p, const struct tg_zone *zone,
			const struct tftp_text *text, const struct tg_rule *rule, bool opens)
{
	bool again = r->hash == text->hash, in_time = request_alive(r, p->now);
	u32 epoch = source_opens_in(zone, rule, p->now);

	if (opens)
		source_recount(&r->open_epoch, r->rule, 0, p, zone, true);
	if (!in_time)
		r->voided = r->asked;
	request_add_credit(r, p->now);
	r->service_port_be = p->destination_port_be;
	if (!again)
		r->first_generation = r->asked;
	if (!again || !in_time)
		request_fill(r, p, text, zone);
	request_bind(r, rule);
	if (opens)
		r->opened = r->asked;
	if (opens || r->open_epoch)
		source_recount(&r->open_epoch, r->rule, epoch, p, zone, true);
}

/* Remembers the request, if the client may have one more; TG_REQUEST, or a reason to drop. */
CORE_SLOW enum tg_reason request_remember(const struct packet *p, const struct tg_zone *zone)
{
	struct core_scratch *scratch = scratch_find();
	struct source_request q = {.opens = 1};
	struct tg_transfer *old = NULL;
	const struct tftp_text *text;
	const struct tg_rule *rule;
	struct tg_request_key *key;
	struct tg_request *fresh;
	enum tg_reason reason;
	struct tg_request *r;

	if (!p || !zone || !scratch)
		return TG_STATE_FULL;
	text = &scratch->text;
	rule = rules_deciding(p, scratch);
	key = &scratch->request_key;
	request_key_of(key, p, zone, true, p->to_group);
	r = request_find(key);
	if (r) {
		old = request_chosen(r, p, key, zone, p->to_group);
		request_weigh(&q, r, old, p, zone, text->hash, rule);
	}
	reason = source_admits(p, zone, &q);
	if (reason != TG_REQUEST)
		return reason;
	if (old)
		request_challenge(old, p, zone, text->hash);
	known_note_end(&p->source, p->source_port_be, p->now,
		       known_wait(zone, request_wait(text, zone)));
	if (r) {
		request_renew(r, p, zone, text, rule, q.opens);
		return TG_REQUEST;
	}
	fresh = &scratch->request;
	__builtin_memset(fresh, 0, sizeof(*fresh));
	request_fill(fresh, p, text, zone);
	request_bind(fresh, rule);
	fresh->asked = 1;
	fresh->first_generation = 1;
	fresh->opened = 1;
	fresh->asked_at = p->now;
	fresh->service_port_be = p->destination_port_be;
	source_recount(&fresh->open_epoch, fresh->rule, source_opens_in(zone, rule, p->now), p,
		       zone, true);
	return request_put(key, fresh) ? TG_STATE_FULL : TG_REQUEST;
}

/* Is the datagram a request by opcode and destination port? */
CORE bool request_is(const struct packet *p, const struct tg_zone *zone)
{
	return (p->opcode == WIRE_RRQ || p->opcode == WIRE_WRQ) &&
	       policy_is_tftp_port(zone, p->destination_port_be);
}

/* What the rules say of the request: TG_REQUEST, or a reason to drop. */
CORE_SLOW enum tg_reason request_rules(const struct packet *p, const struct tg_zone *zone)
{
	struct core_scratch *scratch = scratch_find();
	const struct tg_policy *policy;
	u32 name_set;

	if (!p || !zone || !scratch)
		return TG_STATE_FULL;
	policy = policy_find(p->bank);
	if (!policy)
		return TG_STATE_FULL;
	name_set = name_walk(scratch, policy, p->bank);
	if (name_set == NAME_HAS_PARENT)
		return TG_NAME_PARENT;
	return rules_judge(p, zone, scratch, policy, name_set);
}

/* Do patterns of the policy hold the client's own texts? */
CORE bool request_needs_own_texts(const struct packet *p)
{
	const struct tg_policy *policy = policy_find(p->bank);

	return policy && policy->own_names;
}

/* TG_REQUEST, or a reason to drop. */
CORE enum tg_reason request_admit(const struct packet *p, const struct tg_zone *zone,
				  struct core_scratch *scratch)
{
	enum tg_reason reason;

	if (p->fragment)
		return TG_FRAGMENT_CONTROL;
	reason = policy_request(p, zone);
	if (reason != TG_REQUEST)
		return reason;
	if (p->payload_bytes < TG_REQUEST_MIN || p->payload_bytes > zone->request_max)
		return TG_REQUEST_LENGTH;
	reason = budget_asks(p, zone, scratch);
	if (reason != TG_REQUEST)
		return reason;
	reason = source_asks(p, zone);
	if (reason != TG_REQUEST)
		return reason;
	reason = tftp_read_request(&scratch->text, zone->hash_seed);
	scratch->request_read = 1;
	/* Not called by whoever walks over the name: 6.1 adds up the stacks of all who wait, and of their loops. */
	if (reason == TG_REQUEST && request_needs_own_texts(p))
		own_prepare(p);
	if (reason == TG_REQUEST)
		reason = request_rules(p, zone);
	if (reason != TG_REQUEST)
		return reason;
	return request_remember(p, zone);
}

/* Judges a request datagram; the caller has put its payload into the scratch memory's text. */
CORE_SLOW enum tg_reason request_judge(const struct packet *p, const struct tg_zone *zone)
{
	struct core_scratch *scratch = scratch_find();
	enum tg_reason reason;

	if (!p || !zone || !scratch)
		return TG_STATE_FULL;
	scratch->request_read = 0;
	scratch->rule = RULES_NONE;
	reason = request_admit(p, zone, scratch);
	if (reason != TG_REQUEST)
		event_denied(p, zone, reason);
	return reason;
}

#endif
