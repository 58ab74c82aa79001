// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who may change what: see ledger.h.
 */
#include <string.h>

#include "engine.h"
#include "ledger.h"
#include "must.h"

#define BIT(n) (1U << (n))

/* Tables in which a packet that passes for this reason may add, change or remove entries of its own. */
static unsigned int tables_of(const struct event *e)
{
	const unsigned int exchange = BIT(ENGINE_REQUESTS) | BIT(ENGINE_OFFERS) |
				      BIT(ENGINE_TRANSFERS) | BIT(ENGINE_FRAGMENT_HOSTS);
	unsigned int fragments =
		e->anatomy && e->anatomy->first_fragment ? BIT(ENGINE_FRAGMENTS) : 0;

	switch (e->reason) {
	case TG_REQUEST:
		return BIT(ENGINE_REQUESTS);
	case TG_FIRST_REPLY:
		return exchange | BIT(ENGINE_GROUPS) | BIT(ENGINE_MEMBERSHIPS) |
		       BIT(ENGINE_TRANSLATIONS);
	case TG_DATA:
	case TG_ACK:
		return exchange | BIT(ENGINE_NAMES) | BIT(ENGINE_TRANSLATIONS) | fragments;
	case TG_OACK:
	case TG_ERROR:
		return BIT(ENGINE_OFFERS) | BIT(ENGINE_TRANSFERS);
	case TG_UDP_REPLY:
	case TG_OUTGOING:
		return BIT(ENGINE_UDP_FLOWS) | fragments;
	case TG_GROUP_DATA:
		return BIT(ENGINE_GROUPS) | fragments;
	case TG_SERVICE:
	case TG_UNMATCHED:
		return fragments;
	default:
		return 0;
	}
}

static bool is_end(const struct tg_addr *addr, uint16_t port, const struct tg_addr *end,
		   uint16_t end_port_be)
{
	return !memcmp(addr, end, sizeof(*addr)) && __builtin_bswap16(port) == end_port_be;
}

/* Is the packet's source (or destination) one end of the pair? */
static bool has_source(const struct tg_pair_key *key, const struct anatomy *a)
{
	return is_end(&a->source, a->source_port, &key->low, key->low_port_be) ||
	       is_end(&a->source, a->source_port, &key->high, key->high_port_be);
}

static bool has_destination(const struct tg_pair_key *key, const struct anatomy *a)
{
	return is_end(&a->destination, a->destination_port, &key->low, key->low_port_be) ||
	       is_end(&a->destination, a->destination_port, &key->high, key->high_port_be);
}

static bool in_place(const struct event *e, uint16_t zone, uint16_t outer, uint16_t inner)
{
	return zone == (e->step->interface == OTHER ? OTHER_ZONE : ZONE) &&
	       outer == e->anatomy->vlan_outer && inner == e->anatomy->vlan_inner;
}

/* What a packet may do to other transfers of its client's port: they are left, or are told of a newer request. */
static bool only_left(const struct tg_transfer *before, const struct tg_transfer *after)
{
	struct tg_transfer same = *before;

	same.superseded = after->superseded;
	same.superseded_at = after->superseded_at;
	same.challenged = after->challenged;
	if (after->superseded)
		same.told = after->told;
	if (after->superseded)
		same.open_epoch = 0;
	return after->superseded >= before->superseded && !memcmp(&same, after, sizeof(same));
}

/* An offer learns when it is looked at that the client chose another TID: before this packet. */
static bool only_noticed(const struct event *e, enum engine_table table, const void *before,
			 const void *after)
{
	const struct tg_transfer *was = before, *is = after;

	return table == ENGINE_OFFERS && was && is && only_left(was, is) && !was->superseded &&
	       is->superseded && is->challenged == was->challenged &&
	       is->superseded_at <= e->step->at;
}

/* The packet's own exchange, or, of an OACK with udpport, the same at the server's other port. */
static bool own_pair(const struct event *e, const struct tg_pair_key *key)
{
	const struct anatomy *a = e->anatomy;

	if (!in_place(e, key->zone, key->vlan_outer, key->vlan_inner))
		return false;
	if (has_source(key, a) && has_destination(key, a))
		return true;
	return e->reason == TG_FIRST_REPLY && has_destination(key, a);
}

static bool own_group(const struct event *e, const struct tg_pair_key *key)
{
	return in_place(e, key->zone, key->vlan_outer, key->vlan_inner) &&
	       has_source(key, e->anatomy);
}

static bool own_request(const struct event *e, const struct tg_request_key *key)
{
	const struct anatomy *a = e->anatomy;
	bool from_client = e->reason != TG_FIRST_REPLY;

	return in_place(e, key->zone, key->vlan_outer, key->vlan_inner) &&
	       is_end(from_client ? &a->source : &a->destination,
		      from_client ? a->source_port : a->destination_port, &key->client,
		      key->client_port_be);
}

static bool own_translation(const struct event *e, const struct tg_request_key *key)
{
	const struct anatomy *a = e->anatomy;
	const struct tg_addr *server = e->reason != TG_FIRST_REPLY ? &a->destination : &a->source;

	return own_request(e, key) && !memcmp(&key->server, server, sizeof(*server));
}

static bool own_fragment(const struct event *e, const struct tg_fragment_key *key)
{
	return in_place(e, key->zone, key->vlan_outer, key->vlan_inner) &&
	       !memcmp(&key->source, &e->anatomy->source, sizeof(key->source)) &&
	       !memcmp(&key->destination, &e->anatomy->destination, sizeof(key->destination));
}

static bool own_entry(const struct event *e, enum engine_table table, const void *key)
{
	switch (table) {
	case ENGINE_REQUESTS:
		return own_request(e, key);
	case ENGINE_TRANSLATIONS:
		return own_translation(e, key);
	case ENGINE_FRAGMENTS:
		return own_fragment(e, key);
	case ENGINE_GROUPS:
		return own_group(e, key);
	case ENGINE_NAMES:
	case ENGINE_FRAGMENT_HOSTS:
		return true; /* what they hold is looked up by what is checked here */
	default:
		return own_pair(e, key);
	}
}

static void look(enum engine_table table, const void *key, const void *before, const void *after,
		 void *context)
{
	const struct event *e = context;
	bool passes = TG_REASON_PASSES(e->reason);

	if (only_noticed(e, table, before, after))
		return;
	must(passes, "a dropped packet changed the state");
	must(e->anatomy, "a packet that can't be read changed the state");
	if ((table == ENGINE_OFFERS || table == ENGINE_TRANSFERS) && before && after &&
	    only_left(before, after) && has_source(key, e->anatomy)) {
		must(e->reason == TG_REQUEST || e->reason == TG_DATA || e->reason == TG_ACK ||
			     own_pair(e, key),
		     "a transfer was left without the client's doing");
		return;
	}
	must(tables_of(e) >> table & 1, "such a packet changes nothing in this table");
	must(own_entry(e, table, key), "a packet changed what is not its own");
	if (table == ENGINE_TRANSFERS && !before)
		must(e->reason == TG_DATA || e->reason == TG_ACK,
		     "a transfer that nobody acknowledged");
	if (table == ENGINE_OFFERS && !before)
		must(e->reason == TG_FIRST_REPLY, "an offer without a first reply");
}

void changes_check(const struct event *event)
{
	engine_changes(MOMENT_BEFORE, look, (void *)event);
}
