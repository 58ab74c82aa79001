/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frame to struct packet: Ethernet, VLAN tags, IPv4 with options, IPv6 with extension headers, fragments, UDP and
 * the first four bytes of TFTP. Packet pointers end here.
 */
#ifndef TIDEGATE_PARSE_H
#define TIDEGATE_PARSE_H

#include "core/cursor.h"
#include "core/key.h"
#include "core/packet.h"
#include "core/wire.h"

/* parse_frame(): the packet is UDP, and `struct packet` is filled. Not a reason: the judgement is still to come. */
#define PARSED ((enum tg_reason)TG_REASON_SLOTS)

/* parse_plain_frame(): there are IPv6 extension headers, which takes parse_frame(). */
#define PARSE_CHAIN ((enum tg_reason)(TG_REASON_SLOTS + 1))

#define VLAN_TAGS_MAX       2
#define IPV6_EXTENSIONS_MAX 8 /* so many pass: tracker specification 10.10 */

CORE bool ethertype_is_vlan(u16 ethertype_be)
{
	return ethertype_be == be16(WIRE_ETH_8021Q) || ethertype_be == be16(WIRE_ETH_8021AD);
}

/* Notes a VLAN id behind the ones that are known. VLAN id 0 (a priority tag) is no VLAN: 802.1Q 9.6. */
CORE void vlan_note(struct packet *p, u16 id)
{
	if (!p->vlan_outer)
		p->vlan_outer = id;
	else if (!p->vlan_inner)
		p->vlan_inner = id;
}

/* Ethernet header and tags. The ethertype behind them goes to `ethertype_be`. */
CORE enum tg_reason parse_ethernet(struct packet *p, struct cursor *c, u16 *ethertype_be)
{
	struct wire_ethernet *ethernet = cursor_take(c, sizeof(*ethernet));

	if (!ethernet)
		return TG_TRUNCATED;
	p->to_group = ethernet->destination[0] & 1;
	*ethertype_be = ethernet->ethertype_be;
#pragma unroll
	for (int depth = 0; depth < VLAN_TAGS_MAX; depth++) {
		struct wire_vlan *tag;

		if (likely(!ethertype_is_vlan(*ethertype_be)))
			return PARSED;
		tag = cursor_take(c, sizeof(*tag));
		if (!tag)
			return TG_TRUNCATED;
		p->tags++;
		vlan_note(p, be16(tag->tci_be) & 0xfff);
		*ethertype_be = tag->ethertype_be;
	}
	return ethertype_is_vlan(*ethertype_be) || p->tags > VLAN_TAGS_MAX ? TG_VLAN_DEPTH : PARSED;
}

CORE void parse_fragment(struct packet *p, u32 offset_bytes, bool more, u32 id_be)
{
	p->fragment_id_be = id_be;
	p->fragment_offset = offset_bytes;
	if (offset_bytes)
		p->fragment = FRAGMENT_LATER;
	else if (more)
		p->fragment = FRAGMENT_FIRST;
}

CORE enum tg_reason parse_ipv4(struct packet *p, struct cursor *c)
{
	struct wire_ipv4 *ip = cursor_take(c, sizeof(*ip));
	u32 header_bytes, total_bytes;
	u16 fragment;

	if (!ip)
		return TG_TRUNCATED;
	p->next_header = ip->protocol;
	if (ip->protocol != WIRE_IP_UDP)
		return TG_NOT_UDP;
	header_bytes = (ip->version_ihl & 0xf) * 4;
	total_bytes = be16(ip->total_bytes_be);
	if (ip->version_ihl >> 4 != 4 || header_bytes < sizeof(*ip) || total_bytes < header_bytes)
		return TG_IPV4_HEADER;
	p->ip_bytes = total_bytes;
	p->next_bytes = total_bytes - header_bytes;
	addr_from_v4(&p->source, ip->source_be);
	addr_from_v4(&p->destination, ip->destination_be);
	/* 224.0.0.0/4 and 255.255.255.255: the first byte is the lowest one here. */
	if ((ip->destination_be & 0xf0) == 0xe0 || ip->destination_be == 0xffffffff)
		p->to_group = true;
	fragment = be16(ip->fragment_be);
	if (unlikely(fragment & (WIRE_IPV4_OFFSET | WIRE_IPV4_MORE)))
		parse_fragment(p, (fragment & WIRE_IPV4_OFFSET) * 8, fragment & WIRE_IPV4_MORE,
			       ip->id_be);
	cursor_skip(c, header_bytes - sizeof(*ip));
	return PARSED;
}

/* The fragment header (RFC 8200 4.5). An atomic fragment is a whole packet (RFC 6946). */
CORE enum tg_reason parse_ipv6_fragment(struct packet *p, struct cursor *c, u32 left)
{
	struct wire_ipv6_fragment *header = cursor_take(c, sizeof(*header));
	u16 offset;

	if (!header)
		return TG_TRUNCATED;
	if (left < sizeof(*header))
		return TG_IPV6_HEADER;
	if (p->fragment_header)
		return TG_IPV6_EXTENSIONS; /* fragments of fragments */
	p->fragment_header = true;
	offset = be16(header->offset_be);
	parse_fragment(p, offset & WIRE_IPV6_OFFSET, offset & WIRE_IPV6_MORE, header->id_be);
	p->next_header = header->next;
	p->next_bytes = left - sizeof(*header);
	p->next_offset = c->offset;
	return PARSED;
}

/* Any other extension header: skipped by its length. */
CORE enum tg_reason parse_ipv6_option(struct packet *p, struct cursor *c, u8 protocol, u32 left)
{
	struct wire_ipv6_extension *header = cursor_take(c, sizeof(*header));
	u32 bytes;

	if (!header)
		return TG_TRUNCATED;
	/* An AH counts in words of 4 bytes and from 2 (RFC 4302 2.2), the others in words of 8 and from 1. */
	bytes = protocol == WIRE_IP_AH ? (header->length + 2) * 4 : (header->length + 1) * 8;
	if (left < bytes)
		return TG_IPV6_HEADER;
	p->next_header = header->next;
	p->next_bytes = left - bytes;
	p->next_offset = c->offset - sizeof(*header) + bytes;
	return PARSED;
}

/* Extension headers with numbers below 64, as bits: one question for the verifier instead of five. */
#define IPV6_EXTENSIONS                                                                    \
	(1ULL << WIRE_IP_HOP_BY_HOP | 1ULL << WIRE_IP_ROUTING | 1ULL << WIRE_IP_FRAGMENT | \
	 1ULL << WIRE_IP_AH | 1ULL << WIRE_IP_DESTINATION)

CORE bool ipv6_is_extension(u8 protocol)
{
	if (protocol < 64)
		return IPV6_EXTENSIONS >> protocol & 1;
	return protocol == WIRE_IP_MOBILITY;
}

/* The frame's start to the UDP header of the longest chain. */
#define IPV6_CHAIN_END  (64 + IPV6_EXTENSIONS_MAX * 2048)
#define IPV6_CHAIN_MASK 0x7fff
_Static_assert(IPV6_CHAIN_END <= IPV6_CHAIN_MASK, "the mask changes no offset");

/*
 * To the header that comes next; false where that is too far away. The mask changes nothing: the verifier of 6.1 forgets the
 * bound of a number that the compiler had put aside before it was compared.
 */
CORE bool ipv6_chain_go(const struct packet *p, struct cursor *c)
{
	u32 offset = *(const volatile u32 *)&p->next_offset;

	if (offset > IPV6_CHAIN_END)
		return false;
	cursor_go(c, opaque(offset) & IPV6_CHAIN_MASK);
	return true;
}

/* The walk over the extension headers. Where it is stands in `p`. */
struct ipv6_chain {
	struct packet *p;
	void *start; /* of the frame, and its end */
	void *end;
	u32 unused;
	u32 reason; /* enum tg_reason; not where the verifier keeps numbers apart, at a multiple of 8 */
};

static long parse_ipv6_header(u32 i, void *context)
{
	struct ipv6_chain *chain = context;
	struct cursor c = {.start = chain->start, .end = chain->end};
	struct packet *p = chain->p;
	u8 protocol = p->next_header;

	/* What follows in a later fragment is data, not headers. */
	if (!ipv6_is_extension(protocol) || p->fragment == FRAGMENT_LATER) {
		chain->reason = PARSED;
		return 1;
	}
	chain->reason = TG_IPV6_EXTENSIONS;
	if (i == IPV6_EXTENSIONS_MAX || !ipv6_chain_go(p, &c))
		return 1;
	if (protocol == WIRE_IP_FRAGMENT)
		chain->reason = parse_ipv6_fragment(p, &c, p->next_bytes);
	else
		chain->reason = parse_ipv6_option(p, &c, protocol, p->next_bytes);
	return chain->reason != PARSED;
}

/*
 * Walks the extension headers; then the cursor is behind them. By repeat(), so that the verifier sees one header from
 * anywhere instead of all combinations of all headers.
 */
CORE enum tg_reason parse_ipv6_chain(struct packet *p, struct cursor *c)
{
	struct ipv6_chain chain = {.p = p, .start = c->start, .end = c->end};

	repeat(IPV6_EXTENSIONS_MAX + 1, parse_ipv6_header, &chain);
	return ipv6_chain_go(p, c) ? chain.reason : TG_IPV6_EXTENSIONS;
}

CORE enum tg_reason parse_ipv6(struct packet *p, struct cursor *c, bool chain)
{
	struct wire_ipv6 *ip = cursor_take(c, sizeof(*ip));
	enum tg_reason reason;

	if (!ip)
		return TG_TRUNCATED;
	p->next_header = ip->next;
	if (ip->next != WIRE_IP_UDP && !ipv6_is_extension(ip->next))
		return TG_NOT_UDP;
	if (ip->version_class >> 4 != 6)
		return TG_IPV6_HEADER;
	p->ipv6 = true;
	p->next_bytes = be16(ip->payload_bytes_be);
	p->next_offset = c->offset;
	p->ip_bytes = be16(ip->payload_bytes_be) + sizeof(*ip);
	__builtin_memcpy(&p->source, ip->source, sizeof(p->source));
	__builtin_memcpy(&p->destination, ip->destination, sizeof(p->destination));
	if (ip->destination[0] == 0xff)
		p->to_group = true;
	if (unlikely(ip->next != WIRE_IP_UDP)) {
		if (!chain)
			return PARSE_CHAIN;
		reason = parse_ipv6_chain(p, c);
		if (reason != PARSED)
			return reason;
		if (p->next_header != WIRE_IP_UDP)
			return TG_NOT_UDP;
	}
	/* Rules and state would take it for the IPv4 packet that it is not. */
	if (unlikely(addr_is_v4(&p->source) || addr_is_v4(&p->destination)))
		return TG_IPV6_HEADER;
	return PARSED;
}

/* Opcode and block of TFTP, as far as the datagram has them. */
CORE enum tg_reason parse_tftp(struct packet *p, struct cursor *c)
{
	struct wire_tftp *tftp = c->pos;

	if (likely(p->payload_bytes >= sizeof(*tftp))) {
		if ((void *)(tftp + 1) > c->end)
			return TG_TRUNCATED;
		p->opcode = be16(tftp->opcode_be);
		p->block = be16(tftp->block_be);
	} else if (p->payload_bytes >= sizeof(tftp->opcode_be)) {
		if ((void *)(&tftp->opcode_be + 1) > c->end)
			return TG_TRUNCATED;
		p->opcode = be16(tftp->opcode_be);
	}
	return PARSED;
}

CORE enum tg_reason parse_udp(struct packet *p, struct cursor *c)
{
	struct wire_udp *udp;
	u32 udp_bytes;

	if (p->fragment == FRAGMENT_FIRST &&
	    p->next_bytes < sizeof(*udp) + sizeof(struct wire_tftp))
		return TG_FRAGMENT_TINY;
	if (p->next_bytes < sizeof(*udp))
		return TG_UDP_LENGTH;
	udp = cursor_take(c, sizeof(*udp));
	if (!udp)
		return TG_TRUNCATED;
	udp_bytes = be16(udp->bytes_be);
	/* A first fragment says the length of the whole datagram. */
	if (udp_bytes < sizeof(*udp) ||
	    (udp_bytes > p->next_bytes && p->fragment != FRAGMENT_FIRST))
		return TG_UDP_LENGTH;
	if (p->ipv6 && !udp->checksum_be)
		return TG_UDP_CHECKSUM;
	p->source_port_be = udp->source_be;
	p->destination_port_be = udp->destination_be;
	p->payload_bytes = udp_bytes - sizeof(*udp);
	return parse_tftp(p, c);
}

/* What the first byte of a packet without link header says it is. */
CORE enum tg_reason parse_version(struct cursor *c, u16 *ethertype_be)
{
	u8 *first = c->pos;

	if ((void *)(first + 1) > c->end)
		return TG_TRUNCATED;
	if (*first >> 4 == 4)
		*ethertype_be = be16(WIRE_ETH_IPV4);
	else
		*ethertype_be = *first >> 4 == 6 ? be16(WIRE_ETH_IPV6) : 0;
	return PARSED;
}

/*
 * The first look, which most traffic needs no more than: is this an untagged Ethernet frame that plainly holds
 * something else than UDP? False where it takes a closer look to tell.
 */
CORE bool parse_is_plainly_other(void *data, void *data_end)
{
	struct wire_ethernet *ethernet = data;
	struct wire_ipv4 *v4 = data + sizeof(*ethernet);
	struct wire_ipv6 *v6 = data + sizeof(*ethernet);

	if ((void *)(v4 + 1) > data_end)
		return false;
	if (ethernet->ethertype_be == be16(WIRE_ETH_IPV4))
		return v4->protocol != WIRE_IP_UDP;
	if (ethernet->ethertype_be == be16(WIRE_ETH_IPV6))
		return (void *)(v6 + 1) <= data_end &&
		       (v6->next == WIRE_IP_TCP || v6->next == WIRE_IP_ICMPV6);
	return false;
}

/* Does such a frame, plainly, hold ICMP? */
CORE bool parse_is_plainly_icmp(void *data, void *data_end)
{
	struct wire_ethernet *ethernet = data;
	struct wire_ipv4 *v4 = data + sizeof(*ethernet);
	struct wire_ipv6 *v6 = data + sizeof(*ethernet);

	if ((void *)(v4 + 1) > data_end)
		return false;
	if (ethernet->ethertype_be == be16(WIRE_ETH_IPV4))
		return v4->protocol == WIRE_IP_ICMP;
	return ethernet->ethertype_be == be16(WIRE_ETH_IPV6) && v6->next == WIRE_IP_ICMPV6;
}

/* What parse_frame() says, with extension headers of IPv6 (`chain`) or without. */
CORE enum tg_reason parse_either(struct packet *p, void *data, void *data_end, bool ethernet,
				 bool chain)
{
	struct cursor c = {.start = data, .pos = data, .end = data_end};
	enum tg_reason reason;
	u16 ethertype_be;

	reason = ethernet ? parse_ethernet(p, &c, &ethertype_be) : parse_version(&c, &ethertype_be);
	if (reason != PARSED)
		return reason;
	p->end_offset = c.offset;
	if (ethertype_be == be16(WIRE_ETH_IPV4))
		reason = parse_ipv4(p, &c);
	else if (ethertype_be == be16(WIRE_ETH_IPV6))
		reason = parse_ipv6(p, &c, chain);
	else
		return TG_NOT_UDP;
	if (reason != PARSED)
		return reason;
	p->end_offset += p->ip_bytes;
	if (p->fragment == FRAGMENT_LATER)
		return PARSED;
	reason = parse_udp(p, &c);
	p->payload_offset = c.offset;
	return reason;
}

/*
 * Reads the frame from `data` to `data_end` into `p`, which is zero but for a VLAN tag that the kernel took out of the
 * frame. `ethernet`: the frame begins with an Ethernet header, else with its IP header.
 * Returns PARSED, TG_NOT_UDP or the reason why the frame can't be what it says. With PARSED the caller has still to
 * see that the frame reaches up to p->end_offset.
 */
CORE enum tg_reason parse_frame(struct packet *p, void *data, void *data_end, bool ethernet)
{
	return parse_either(p, data, data_end, ethernet, true);
}

/*
 * The same for most frames, in so little code that it may stand in the path of each packet: with PARSE_CHAIN the caller
 * has to zero `p` again, and to ask parse_frame().
 */
CORE enum tg_reason parse_plain_frame(struct packet *p, void *data, void *data_end, bool ethernet)
{
	return parse_either(p, data, data_end, ethernet, false);
}

#endif
