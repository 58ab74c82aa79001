// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See books.h.
 */
#include <string.h>

#include "books.h"

struct books books;
struct at at;

void at_take(const struct event *event)
{
	const struct anatomy *a = event->anatomy;

	memset(&at, 0, sizeof(at));
	at.event = event;
	at.a = a;
	at.segment.zone = event->step->interface == OTHER ? OTHER_ZONE : ZONE;
	if (!a)
		return;
	at.payload = event->step->frame + a->payload_at;
	at.present = a->later_fragment ? 0 : a->datagram_end - a->payload_at;
	at.segment.vlan_outer = a->vlan_outer;
	at.segment.vlan_inner = a->vlan_inner;
	at.from = (struct end){a->source, a->source_port};
	at.to = (struct end){a->destination, a->destination_port};
}

const struct tg_zone *zone_here(void)
{
	return at.segment.zone == ZONE ? &books.recording->zone : &books.recording->other_zone;
}

bool same_addr(const struct tg_addr *a, const struct tg_addr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

bool same_end(const struct end *a, const struct end *b)
{
	return same_addr(&a->addr, &b->addr) && a->port == b->port;
}

bool same_segment(const struct segment *a, const struct segment *b)
{
	return a->zone == b->zone && a->vlan_outer == b->vlan_outer &&
	       a->vlan_inner == b->vlan_inner;
}

unsigned int payload16(size_t offset)
{
	return offset + 2 <= at.present ? at.payload[offset] << 8 | at.payload[offset + 1] : 0;
}

int distance(uint16_t a, uint16_t b)
{
	return (int16_t)(uint16_t)(a - b);
}

uint64_t hash_of(const uint8_t *bytes, size_t len)
{
	uint64_t hash = 0xcbf29ce484222325ULL; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3ULL;
	return hash;
}

struct tg_addr group_of(const struct tg_addr *server)
{
	const struct recording *r = books.recording;

	for (size_t i = 0; at.segment.zone == ZONE && i < r->group_count; i++) {
		struct tg_addr member = host_address(r->groups[i].member, r->place, r->family);

		if (same_addr(&member, server))
			return host_address(r->groups[i].first, r->place, r->family);
	}
	return *server;
}

bool is_tftp_port(uint16_t port)
{
	for (int i = 0; i < TG_TFTP_PORTS; i++)
		if (zone_here()->tftp_port_be[i] == __builtin_bswap16(port))
			return true;
	return false;
}

bool pair_here(const struct tg_pair_key *key)
{
	const struct segment there = {key->zone, key->vlan_outer, key->vlan_inner};
	const struct end low = {key->low, __builtin_bswap16(key->low_port_be)};
	const struct end high = {key->high, __builtin_bswap16(key->high_port_be)};

	return same_segment(&there, &at.segment) &&
	       ((same_end(&low, &at.from) && same_end(&high, &at.to)) ||
		(same_end(&low, &at.to) && same_end(&high, &at.from)));
}
