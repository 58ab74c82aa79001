/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the zone's settings decide: which requests are admitted, and UDP that belongs to no TFTP exchange.
 */
#ifndef TIDEGATE_POLICY_H
#define TIDEGATE_POLICY_H

#include "core/group.h"
#include "core/key.h"
#include "core/known.h"
#include "core/state.h"
#include "core/store.h"

CORE bool policy_is_tftp_port(const struct tg_zone *zone, u16 port_be)
{
	return port_be == zone->tftp_port_be[0] || port_be == zone->tftp_port_be[1] ||
	       port_be == zone->tftp_port_be[2] || port_be == zone->tftp_port_be[3];
}

/* May a request come this way? TG_REQUEST, or a reason to drop. */
CORE enum tg_reason policy_request(const struct packet *p, const struct tg_zone *zone)
{
	u32 direction = p->egress ? TG_ZONE_REQUESTS_OUT : TG_ZONE_REQUESTS_IN;

	if (!(zone->flags & direction))
		return TG_REQUEST_DIRECTION;
	/* RFC 1123 4.2.3.5 would have them ignored; real devices rely on the opposite. */
	if (p->to_group && !(zone->flags & TG_ZONE_BROADCAST))
		return TG_REQUEST_BROADCAST;
	return TG_REQUEST;
}

/* The live flow between the packet's two endpoints, or NULL. */
CORE struct tg_udp_flow *policy_flow(const struct packet *p, const struct tg_pair_key *pair,
				     const struct tg_zone *zone)
{
	struct tg_udp_flow *flow = udp_flow_find(pair);

	if (!flow ||
	    !within(p->now, flow->seen, flow->replied ? zone->udp_replied_wait : zone->udp_wait))
		return NULL;
	return flow;
}

/* The longest that a flow lasts without packets. */
CORE u32 policy_flow_wait(const struct tg_zone *zone)
{
	return zone->udp_wait > zone->udp_replied_wait ? zone->udp_wait : zone->udp_replied_wait;
}

CORE void policy_flow_saw(struct tg_udp_flow *flow, u64 now)
{
	if (flow->seen != now)
		flow->seen = now;
}

/* Does this packet that comes in answer one that went out? Keeps the return path alive. */
CORE bool policy_is_udp_reply(const struct packet *p, const struct tg_pair_key *pair,
			      bool source_high, const struct tg_zone *zone)
{
	struct tg_udp_flow *flow = policy_flow(p, pair, zone);
	u8 destination = source_high ? TG_OPENER_LOW : TG_OPENER_HIGH;

	if (!flow || !(flow->openers & destination))
		return false;
	if (!flow->replied)
		flow->replied = 1;
	policy_flow_saw(flow, p->now);
	known_note_end(&p->destination, p->destination_port_be, p->now, policy_flow_wait(zone));
	return true;
}

/* Other UDP that leaves: it passes, and makes a return path for the exact replies. */
CORE enum tg_reason policy_outgoing(const struct packet *p, const struct tg_pair_key *pair,
				    bool source_high, const struct tg_zone *zone)
{
	u8 source = source_high ? TG_OPENER_HIGH : TG_OPENER_LOW;
	struct tg_udp_flow fresh = {.opened = p->now, .seen = p->now, .openers = source};
	struct tg_udp_flow *flow;

	/* Answers to a group come from other addresses, so that no return path could fit. */
	if (!(zone->flags & TG_ZONE_TRACK_UDP) || p->to_group)
		return TG_OUTGOING;
	known_note_end(&p->source, p->source_port_be, p->now, policy_flow_wait(zone));
	flow = policy_flow(p, pair, zone);
	if (!flow) {
		udp_flow_put(pair, &fresh);
		return TG_OUTGOING;
	}
	if (!(flow->openers & source))
		flow->openers |= source;
	policy_flow_saw(flow, p->now);
	return TG_OUTGOING;
}

/* Is the packet's port reachable from outside, for its source? */
CORE_SLOW int policy_is_service(const struct packet *p)
{
	struct tg_service_key service = {};
	struct tg_prefix_key prefix = {};
	const u32 *side;

	if (!p)
		return false;
	service.settings = p->settings;
	service.port_be = p->destination_port_be;
	side = service_find(&service);
	if (!side || !*side)
		return side != NULL;
	prefix.prefix_len = TG_PREFIX_LEN_MAX;
	prefix.bank = p->bank;
	prefix.side = *side;
	__builtin_memcpy(prefix.address, p->source.bytes, sizeof(prefix.address));
	return prefix_find(&prefix) != 0;
}

/*
 * Judges UDP that fits no request and no transfer. `expired`: something whose time has run out would have fitted.
 * `known`: known_any() says so.
 */
CORE_SLOW enum tg_reason policy_unmatched(const struct packet *p, const struct tg_zone *zone,
					  bool expired, bool known)
{
	struct tg_pair_key pair;
	enum tg_reason reason;
	bool source_high;

	if (!p || !zone)
		return TG_STATE_FULL;
	/* The TFTP port takes requests, and what belongs to a transfer. */
	if (policy_is_tftp_port(zone, p->destination_port_be))
		return zone->flags & TG_ZONE_UNMATCHED_PASS ? TG_UNMATCHED : TG_NOT_A_REQUEST;
	source_high = pair_key_of(&pair, p);
	if (p->to_group && (zone->flags & TG_ZONE_MULTICAST)) {
		reason = group_judge(p, &pair, zone);
		if (reason != TG_UNSOLICITED)
			return reason;
	}
	if (p->egress)
		return policy_outgoing(p, &pair, source_high, zone);
	if (known && policy_is_udp_reply(p, &pair, source_high, zone))
		return TG_UDP_REPLY;
	if ((zone->service_bits & TG_SERVICE_BIT(p->destination_port_be)) && policy_is_service(p))
		return TG_SERVICE;
	if (zone->flags & TG_ZONE_UNMATCHED_PASS)
		return TG_UNMATCHED;
	return expired ? TG_EXPIRED : TG_UNSOLICITED;
}

#endif
