/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which packets that come in get the zone's mark: those of TFTP exchanges that are admitted, and where the zone says so
 * answers to other UDP.
 */
#ifndef TIDEGATE_MARK_H
#define TIDEGATE_MARK_H

#include "core/packet.h"

#define MARK_BIT(reason) (1ULL << (reason))
#define MARK_TFTP                                                                                 \
	(MARK_BIT(TG_REQUEST) | MARK_BIT(TG_FIRST_REPLY) | MARK_BIT(TG_DATA) | MARK_BIT(TG_ACK) | \
	 MARK_BIT(TG_OACK) | MARK_BIT(TG_ERROR) | MARK_BIT(TG_GROUP_DATA) |                       \
	 MARK_BIT(TG_FRAGMENT_AHEAD))

/* Is the packet, which is on its way in, to be marked? */
CORE bool mark_is_due(const struct packet *p, const struct tg_zone *zone, u32 reason)
{
	u64 due = MARK_TFTP;

	if (!zone->mark_mask || p->egress)
		return false;
	if (zone->flags & TG_ZONE_MARK_UDP)
		due |= MARK_BIT(TG_UDP_REPLY);
	if (reason == TG_FRAGMENT_FOLLOWS)
		reason = p->first_reason;
	return reason < 64 && (due >> (reason & 63) & 1);
}

#endif
