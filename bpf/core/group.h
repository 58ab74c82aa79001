/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Multicast transfers (RFC 2090; tracker specification 7.5): the server sends DATA from its TID to a group, and one
 * client at a time, the master, acknowledges. What an OACK granted is kept as a group (the server's TID and the group's
 * address and port), and each client's own transfer knows its group, which keeps it alive while others are served.
 */
#ifndef TIDEGATE_GROUP_H
#define TIDEGATE_GROUP_H

#include "core/key.h"
#include "core/oack.h"
#include "core/state.h"
#include "core/store.h"

/* The group that the OACK at hand names belongs to the packet's exchange. An OACK without an address changes nothing. */
CORE_SLOW int group_join(const struct packet *p)
{
	struct core_scratch *scratch = scratch_find();
	struct tg_pair_key *member, *key;
	struct tg_group *group;

	if (!p || !scratch || !scratch->text.group_v4_be || !scratch->text.group_port_be)
		return 0;
	addr_from_v4(&scratch->addr, scratch->text.group_v4_be);
	key = &scratch->membership.group;
	pair_key_make(key, p, &p->source, p->source_port_be, &scratch->addr,
		      scratch->text.group_port_be);
	group = &scratch->group;
	__builtin_memset(group, 0, sizeof(*group));
	group->seen = p->now;
	group->blksize = scratch->transfer.blksize;
	if (!group_find(key) && group_put(key, group))
		return -1;
	member = &scratch->pair;
	pair_key_of(member, p);
	return membership_put(member, &scratch->membership);
}

/* The group of the member whose transfer has the key scratch->pair, if it was served at `when`; or NULL. */
CORE struct tg_group *group_of_member(struct core_scratch *scratch, const struct tg_zone *zone,
				      u64 when)
{
	const struct tg_membership *membership = membership_find(&scratch->pair);
	struct tg_group *group;

	if (!membership)
		return NULL;
	group = group_find(&membership->group);
	return group && within(when, group->seen, zone->idle_wait) ? group : NULL;
}

/* Was the group of this transfer still being served at `when`? Then its silent members wait for their turn. */
CORE_SLOW int group_is_served(const struct tg_pair_key *pair, const struct tg_zone *zone, u64 when)
{
	struct core_scratch *scratch = scratch_find();

	if (!pair || !zone || !scratch)
		return 0;
	scratch->pair = *pair;
	return group_of_member(scratch, zone, when) != NULL;
}

/* Was the transfer alive at `when`? A member of a group lives as long as the group, until the client leaves its TID. */
CORE bool member_alive(const struct tg_transfer *t, bool committed, const struct tg_pair_key *pair,
		       const struct tg_zone *zone, u64 when)
{
	if (likely(transfer_alive(t, transfer_state(t, committed), zone, when)))
		return true;
	return (t->options & TG_OPT_MULTICAST) && !t->superseded &&
	       group_is_served(pair, zone, when);
}

/* Does this ACK of a multicast transfer name the last block? */
CORE_SLOW int group_ends_with(const struct packet *p, const struct tg_zone *zone)
{
	struct core_scratch *scratch = scratch_find();
	const struct tg_group *group;

	if (!p || !zone || !scratch)
		return false;
	pair_key_of(&scratch->pair, p);
	group = group_of_member(scratch, zone, p->now);
	return group && group->final_known && group->final_block == p->block;
}

/* DATA to a group: TG_GROUP_DATA, or why it does not fit; TG_UNSOLICITED if there is no such group. */
CORE enum tg_reason group_judge(const struct packet *p, const struct tg_pair_key *pair,
				const struct tg_zone *zone)
{
	struct tg_group *group = group_find(pair);
	u32 bytes;

	if (!group || !within(p->now, group->seen, zone->idle_wait))
		return TG_UNSOLICITED;
	if (p->payload_bytes < TFTP_HEADER_BYTES)
		return TG_TFTP_SHORT;
	if (p->opcode != WIRE_DATA)
		return TG_WRONG_ROLE;
	bytes = p->payload_bytes - TFTP_HEADER_BYTES;
	if (bytes > group->blksize)
		return TG_DATA_SIZE;
	if (bytes < group->blksize) {
		group->final_block = p->block;
		group->final_known = 1;
	}
	group->packets++;
	group->seen = p->now;
	return TG_GROUP_DATA;
}

#endif
