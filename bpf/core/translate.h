/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Single-port translation (docs/netfilter-design.md): which ports a packet has behind the hook. The client's side sees
 * a whole transfer between its own port and the service port that it asked, the server's side sees the TID. So every
 * server's packet leaves the hook with the service port as its source, and every packet of the client's to the service
 * port that is no request leaves it for the TID, whichever way the hook looks.
 *
 * The tracker judges what the server's side sees. One TID at a time stands behind a client's port and a server: until
 * the client has acknowledged it, `requests` says which, and then `translations`, which no flood of requests can empty.
 * What it said a CPU keeps at hand until it changes, so that the packets of a running transfer cost no look-up more.
 */
#ifndef TIDEGATE_TRANSLATE_H
#define TIDEGATE_TRANSLATE_H

#include "core/event.h"
#include "core/group.h"
#include "core/policy.h"
#include "core/request.h"
#include "core/source.h"

CORE bool translate_on(const struct tg_zone *zone)
{
	return zone->flags & TG_ZONE_SINGLE_PORT;
}

/* The key in `translations` of the exchange between a client's port and a server. */
CORE void translate_key(struct tg_request_key *key, const struct packet *p, bool from_client)
{
	addr_copy(&key->client, from_client ? &p->source : &p->destination);
	addr_copy(&key->server, from_client ? &p->destination : &p->source);
	key->client_port_be = from_client ? p->source_port_be : p->destination_port_be;
	key->zone = p->zone;
	key->vlan_outer = p->vlan_outer;
	key->vlan_inner = p->vlan_inner;
}

/* The TID that the client has acknowledged there, in network byte order; 0: none. */
CORE u16 translate_committed(const struct tg_request_key *key)
{
	const struct tg_translation *known = translation_find(key);

	return known ? known->tid_be : 0;
}

/* Likewise where the client has not acknowledged anything; `key` is overwritten. */
CORE u16 translate_offered(const struct packet *p, const struct tg_zone *zone, bool from_client,
			   struct tg_request_key *key)
{
	const struct tg_addr *server = from_client ? &p->destination : &p->source;
	const struct tg_request *r;

	request_key_of(key, p, zone, from_client, false);
	r = request_find(key);
	if (r && r->behind_port_be && addr_equal(&r->behind_server, server))
		return r->behind_port_be;
	if (!(zone->flags & TG_ZONE_BROADCAST))
		return 0;
	__builtin_memset(&key->server, 0, sizeof(key->server));
	r = request_find(key);
	if (r && r->behind_port_be && addr_equal(&r->behind_server, server))
		return r->behind_port_be;
	return 0;
}

/*
 * The TID behind the service port to which the client's packet goes, or from which the server's seems to come, in
 * network byte order; 0: there is none.
 */
CORE_SLOW int translate_behind(const struct packet *p, const struct tg_zone *zone, bool from_client)
{
	struct core_scratch *scratch = scratch_find();
	u16 tid_be;

	if (!p || !zone || !scratch)
		return 0;
	translate_key(&scratch->request_key, p, from_client);
	tid_be = translate_committed(&scratch->request_key);
	if (tid_be)
		return tid_be;
	return translate_offered(p, zone, from_client, &scratch->request_key);
}

/* Where the TID behind a client's port is kept at hand: the first bits of a multiplicative hash. */
CORE u32 translate_place(const struct tg_addr *client, u16 client_port_be)
{
	u32 tail = addr_half(client, 1) >> 32;

	return (tail ^ client_port_be) * 0x9e3779b1U >> (32 - TRANSLATION_SHIFT);
}

/* Is the key in `translations` that of the client's packet? Without branches: the verifier would follow each. */
CORE bool translate_is_key(const struct tg_request_key *key, const struct packet *p)
{
	u64 addresses = (addr_half(&key->client, 0) ^ addr_half(&p->source, 0)) |
			(addr_half(&key->client, 1) ^ addr_half(&p->source, 1)) |
			(addr_half(&key->server, 0) ^ addr_half(&p->destination, 0)) |
			(addr_half(&key->server, 1) ^ addr_half(&p->destination, 1));
	u32 others = (key->client_port_be ^ p->source_port_be) | (key->zone ^ p->zone) |
		     (key->vlan_outer ^ p->vlan_outer) | (key->vlan_inner ^ p->vlan_inner);

	return !(addresses | others);
}

/*
 * What `translations` says of the key has changed: no CPU believes any more what it has at hand. The sum is used for the
 * sake of its order: without, processors may show it before the change.
 */
CORE void translate_changed(const struct tg_request_key *key)
{
	u32 *generation =
		translation_generation(translate_place(&key->client, key->client_port_be));

	if (generation)
		opaque(__sync_fetch_and_add(generation, 1));
}

/* translate_behind() for the client's packet; what `translations` says is at hand from now on. */
CORE_SLOW int translate_learn(const struct packet *p, const struct tg_zone *zone)
{
	struct core_scratch *scratch = scratch_find();
	struct translation_seen *seen;
	u32 place, *generation, before;
	u16 tid_be;

	if (!p || !zone || !scratch)
		return 0;
	place = translate_place(&p->source, p->source_port_be);
	seen = translation_seen(place);
	generation = translation_generation(place);
	if (!seen || !generation)
		return 0;
	/* Only read, but never after what it stands for. */
	before = __sync_val_compare_and_swap(generation, 0, 0);
	translate_key(&scratch->request_key, p, true);
	tid_be = translate_committed(&scratch->request_key);
	if (!tid_be)
		return translate_offered(p, zone, true, &scratch->request_key);
	seen->key = scratch->request_key;
	seen->generation = before;
	seen->tid_be = tid_be;
	return tid_be;
}

/* The TID behind the service port to which the client's packet goes, if it is at hand; in network byte order, else 0. */
CORE u16 translate_at_hand(const struct packet *p)
{
	u32 place = translate_place(&p->source, p->source_port_be);
	const struct translation_seen *seen = translation_seen(place);
	const u32 *generation = translation_generation(place);

	if (!seen || !generation || seen->generation != *(const volatile u32 *)generation ||
	    !translate_is_key(&seen->key, p))
		return 0;
	return seen->tid_be;
}

/* The TID to which the client's packet to a service port goes, in network byte order; 0: there is none. */
CORE u16 translate_tid(const struct packet *p, const struct tg_zone *zone)
{
	u16 tid_be = translate_at_hand(p);

	return likely(tid_be) ? tid_be : translate_learn(p, zone);
}

/* Before it is judged: the client's packet to the service port, which is no request, goes to the TID. */
CORE void translate_enter(struct packet *p, const struct tg_zone *zone)
{
	u16 tid_be;

	if (!policy_is_tftp_port(zone, p->destination_port_be))
		return;
	tid_be = translate_tid(p, zone);
	if (!tid_be || tid_be == p->destination_port_be)
		return;
	p->service_port_be = p->destination_port_be;
	p->destination_port_be = tid_be;
	p->new_destination_port_be = tid_be;
}

/* There is no transfer at that TID any more: the packet is what it says it is. */
CORE void translate_not(struct packet *p)
{
	if (!p->new_destination_port_be)
		return;
	p->destination_port_be = p->service_port_be;
	p->new_destination_port_be = 0;
}

/*
 * A server's packet of a transfer that is seen as one with `service_port_be` (0: as it is), whatever another transfer on the
 * same two ports had it to be. What goes to a TID is the client's: one end can be both (a host that asks itself).
 */
CORE void translate_leave(struct packet *p, u16 service_port_be)
{
	if (service_port_be == p->source_port_be || p->new_destination_port_be)
		service_port_be = 0;
	p->new_source_port_be = service_port_be;
}

/* The transfer with that key, in `transfers` (`committed`) or else in `offers`; or NULL. */
CORE struct tg_transfer *translate_find(const struct tg_pair_key *pair, bool *committed)
{
	struct tg_transfer *t = transfer_find(pair);

	*committed = t;
	return t ? t : offer_find(pair);
}

enum translate_place_is {
	TRANSLATE_TAKEN,      /* by the transfer whose key is scratch->pair, which goes on */
	TRANSLATE_FREE,       /* or this packet's already */
	TRANSLATE_TO_BE_LEFT, /* by the transfer whose key is scratch->pair */
};

/*
 * The TID that is behind the client's port when this server's packet comes, and its server: that of the latest answer to
 * the same request, or else `tid_be` of translate_behind(); in network byte order, 0: none.
 */
CORE u16 translate_present(const struct tg_request *r, const struct packet *p, u16 tid_be,
			   const struct tg_addr **server)
{
	*server = r->behind_port_be ? &r->behind_server : &p->source;
	return r->behind_port_be ? r->behind_port_be : tid_be;
}

/* Whose is the client's port when this server's packet comes: enum translate_place_is. `tid_be`: translate_present(). */
CORE_SLOW int translate_look(struct tg_request *r, const struct packet *p,
			     const struct tg_zone *zone, u32 tid_be)
{
	struct core_scratch *scratch = scratch_find();
	const struct tg_addr *server;
	struct tg_transfer *old;
	bool committed;

	if (!r || !p || !zone || !scratch)
		return TRANSLATE_TAKEN;
	tid_be = translate_present(r, p, tid_be, &server);
	if (!tid_be || (tid_be == p->source_port_be && addr_equal(server, &p->source)))
		return TRANSLATE_FREE;
	pair_key_make(&scratch->pair, p, &p->destination, p->destination_port_be, server, tid_be);
	old = translate_find(&scratch->pair, &committed);
	if (!old || old->superseded || !member_alive(old, committed, &scratch->pair, zone, p->now))
		return TRANSLATE_FREE;
	if (old->request_hash == r->hash && !source_is_over(old) &&
	    ((committed && r->behind_port_be) ||
	     within(p->now, transfer_last(old), zone->stale_wait)))
		return TRANSLATE_TAKEN;
	old->superseded_at = p->now;
	return TRANSLATE_TO_BE_LEFT;
}

/*
 * Is the present TID's transfer, whose key is scratch->pair, an offer that the client has left for another one without its
 * having learnt so yet (tracker specification 10.5)? Then it knows since when. `tid_be`: translate_present().
 */
CORE_SLOW int translate_was_left(const struct tg_request *r, const struct packet *p,
				 const struct tg_zone *zone, u32 tid_be)
{
	struct core_scratch *scratch = scratch_find();
	const struct tg_request *asked;
	const struct tg_addr *server;
	struct tg_transfer *offer;
	bool committed;

	if (!r || !p || !zone || !scratch)
		return false;
	offer = translate_find(&scratch->pair, &committed);
	if (!offer || committed)
		return false;
	tid_be = translate_present(r, p, tid_be, &server);
	request_key_of(&scratch->request_key, p, zone, false, offer->flags & TG_ANY_SERVER);
	asked = request_find(&scratch->request_key);
	if (!asked || !offer_superseded(offer, asked, request_is_chosen(asked, server, tid_be)))
		return false;
	offer->superseded_at = asked->chosen_at;
	return true;
}

/* The transfer whose key is scratch->pair is left for good, since `superseded_at`. */
CORE_SLOW int translate_supersede(const struct packet *p, const struct tg_zone *zone)
{
	struct core_scratch *scratch = scratch_find();
	struct tg_transfer *old;
	bool committed;

	if (!p || !zone || !scratch)
		return 0;
	old = translate_find(&scratch->pair, &committed);
	if (!old)
		return 0;
	event_end(old, p, TG_END_SUPERSEDED, NULL);
	old->superseded = 1;
	source_recount(&old->open_epoch, old->rule, 0, p, zone, false);
	return 0;
}

/*
 * May the TID that this server's packet comes from stand behind the port from now on? The client's side sees one
 * transfer at a time, the first. Another one follows when that is over, when something else was asked for, or when the
 * client has acknowledged nothing of it and it has fallen silent: then the client has asked again because nothing came.
 * Likewise where the request of a transfer that was acknowledged has been pushed out, so that nobody saw that the client
 * began anew. What stood there before is left for good. (One function for both would take more stack than 6.1 has.)
 */
CORE bool translate_takes(struct tg_request *r, const struct packet *p, const struct tg_zone *zone)
{
	u16 tid_be = r->behind_port_be ? 0 : translate_behind(p, zone, false);
	int place = translate_look(r, p, zone, tid_be);

	if (place != TRANSLATE_FREE && translate_was_left(r, p, zone, tid_be))
		place = TRANSLATE_TO_BE_LEFT;
	if (place == TRANSLATE_TO_BE_LEFT)
		translate_supersede(p, zone);
	return place != TRANSLATE_TAKEN;
}

/*
 * It does, from now on: the answer to a request to this server is forgotten when one to everybody is answered from the same
 * address, and the other way round (`any_server`: this answers one to everybody).
 */
CORE_SLOW int translate_begin(struct tg_request *r, const struct packet *p,
			      const struct tg_zone *zone, bool any_server)
{
	struct core_scratch *scratch = scratch_find();
	struct tg_request *other;

	if (!r || !p || !zone || !scratch)
		return 0;
	addr_copy(&r->behind_server, &p->source);
	r->behind_port_be = p->source_port_be;
	translate_key(&scratch->request_key, p, false);
	translation_remove(&scratch->request_key);
	translate_changed(&scratch->request_key);
	if (!(zone->flags & TG_ZONE_BROADCAST))
		return 0;
	request_key_of(&scratch->request_key, p, zone, false, !any_server);
	other = request_find(&scratch->request_key);
	if (other && addr_equal(&other->behind_server, &p->source))
		other->behind_port_be = 0;
	return 0;
}

/* The client has acknowledged something of the TID: the way to it no longer depends on the request. */
CORE void translate_commit(const struct packet *p, struct core_scratch *scratch)
{
	const struct tg_translation translation = {.tid_be = p->destination_port_be};

	translate_key(&scratch->request_key, p, true);
	translation_put(&scratch->request_key, &translation);
	translate_changed(&scratch->request_key);
}

#endif
