/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IP fragments (tracker specification 7.4): the first one is judged by its headers, later ones follow it; a later
 * one that overtook its first passes only between hosts with a transfer whose blocks need fragments.
 */
#ifndef TIDEGATE_FRAGMENT_H
#define TIDEGATE_FRAGMENT_H

#include "core/group.h"
#include "core/key.h"
#include "core/state.h"
#include "core/store.h"
#include "core/wire.h"

/* IPv4 or IPv6 header, UDP header, opcode and block: what a DATA packet has besides its block. */
#define DATA_OVERHEAD_V4 32
#define DATA_OVERHEAD_V6 52
/* A router on the way may have fragmented what is larger than the smallest datagram every host takes (576). */
#define FRAGMENTED_BLKSIZE_MIN 548
/* A later fragment that begins before this would overwrite the UDP or the TFTP header (RFC 1858). */
#define FRAGMENT_HEADER_BYTES 16

/* Can blocks of this size need fragments, where this packet is? */
CORE bool fragment_needed(const struct packet *p, u32 blksize)
{
	if (p->own)
		return blksize + (p->ipv6 ? DATA_OVERHEAD_V6 : DATA_OVERHEAD_V4) > p->mtu;
	return blksize > FRAGMENTED_BLKSIZE_MIN;
}

/* Remembers that the packet belongs to a transfer whose blocks may need fragments. */
CORE_SLOW int fragment_hosts_note(const struct packet *p)
{
	struct core_scratch *scratch = scratch_find();
	struct tg_hosts_key hosts;

	if (!p || !scratch)
		return 0;
	pair_key_of(&scratch->hosts.transfer, p);
	hosts_key_of(&hosts, p);
	return fragment_hosts_put(&hosts, &scratch->hosts);
}

/* The first fragment was admitted: so are the later ones. */
CORE_SLOW int fragment_note(const struct packet *p, enum tg_reason reason)
{
	struct tg_fragment_key key;
	struct tg_fragment value;

	if (!p)
		return 0;
	value.seen = p->now;
	value.reason = reason;
	value.zero = 0;
	fragment_key_of(&key, p);
	return fragment_put(&key, &value);
}

/* Is this transfer alive, and do its blocks need fragments? */
CORE bool fragment_fits(const struct tg_transfer *t, bool committed, const struct packet *p,
			const struct tg_pair_key *pair, const struct tg_zone *zone)
{
	return t && member_alive(t, committed, pair, zone, p->now) &&
	       fragment_needed(p, t->blksize);
}

/* Is there a live transfer between the packet's hosts whose blocks need fragments? */
CORE bool fragment_expected(const struct packet *p, const struct tg_zone *zone)
{
	const struct tg_fragment_hosts *known;
	struct tg_hosts_key hosts;

	hosts_key_of(&hosts, p);
	known = fragment_hosts_find(&hosts);
	if (!known)
		return false;
	return fragment_fits(transfer_find(&known->transfer), true, p, &known->transfer, zone) ||
	       fragment_fits(offer_find(&known->transfer), false, p, &known->transfer, zone);
}

CORE_SLOW enum tg_reason fragment_judge_later(struct packet *p, const struct tg_zone *zone)
{
	const struct tg_fragment *first;
	struct tg_fragment_key key;

	if (!p || !zone)
		return TG_STATE_FULL;
	if (p->fragment_offset < FRAGMENT_HEADER_BYTES)
		return TG_FRAGMENT_OVERLAP;
	fragment_key_of(&key, p);
	first = fragment_find(&key);
	if (first && within(p->now, first->seen, zone->fragment_wait)) {
		p->first_reason = first->reason;
		return TG_FRAGMENT_FOLLOWS;
	}
	if (fragment_expected(p, zone))
		return TG_FRAGMENT_AHEAD;
	return zone->flags & TG_ZONE_UNMATCHED_PASS ? TG_UNMATCHED : TG_FRAGMENT_ORPHAN;
}

#endif
