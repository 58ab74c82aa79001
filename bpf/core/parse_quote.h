/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ICMP errors: where they quote a UDP packet, and which. Like parse.h, whose packet pointers end here.
 */
#ifndef TIDEGATE_PARSE_QUOTE_H
#define TIDEGATE_PARSE_QUOTE_H

#include "core/parse.h"

#define ICMP_UNREACHABLE   3
#define ICMP_TIME_EXCEEDED 11
#define ICMP_PARAMETER     12
#define ICMPV6_ERROR_FIRST 1 /* unreachable, too big, time exceeded, parameter problem */
#define ICMPV6_ERROR_LAST  4

/* Where things are in the frame. */
struct quote {
	u32 icmp_offset;
	u32 udp_offset; /* of the quoted UDP header */
	bool has_checksum;
};

/* The outer IPv4 header, whole and of ICMP? */
CORE bool quote_outer_ipv4(struct cursor *c)
{
	struct wire_ipv4 *ip = cursor_take(c, sizeof(*ip));
	u32 header_bytes;

	if (!ip || ip->protocol != WIRE_IP_ICMP ||
	    (be16(ip->fragment_be) & (WIRE_IPV4_OFFSET | WIRE_IPV4_MORE)))
		return false;
	header_bytes = (ip->version_ihl & 0xf) * 4;
	if (header_bytes < sizeof(*ip))
		return false;
	cursor_skip(c, header_bytes - sizeof(*ip));
	return true;
}

CORE bool quote_outer_ipv6(struct cursor *c)
{
	struct wire_ipv6 *ip = cursor_take(c, sizeof(*ip));

	return ip && ip->next == WIRE_IP_ICMPV6;
}

CORE bool quote_is_error(const struct wire_icmp *icmp, bool v6)
{
	if (v6)
		return icmp->type >= ICMPV6_ERROR_FIRST && icmp->type <= ICMPV6_ERROR_LAST;
	return icmp->type == ICMP_UNREACHABLE || icmp->type == ICMP_TIME_EXCEEDED ||
	       icmp->type == ICMP_PARAMETER;
}

/* The quoted IPv6 header; of others behind it only that of a first fragment is looked at. */
CORE bool quote_inner_ipv6(struct packet *p, struct cursor *c)
{
	struct wire_ipv6 *ip = cursor_take(c, sizeof(*ip));
	struct wire_ipv6_fragment *fragment;

	if (!ip)
		return false;
	__builtin_memcpy(&p->source, ip->source, sizeof(p->source));
	__builtin_memcpy(&p->destination, ip->destination, sizeof(p->destination));
	/* No such packet passes; state would take it for an IPv4 one. */
	if (addr_is_v4(&p->source) || addr_is_v4(&p->destination))
		return false;
	if (ip->next == WIRE_IP_UDP)
		return true;
	if (ip->next != WIRE_IP_FRAGMENT)
		return false;
	fragment = cursor_take(c, sizeof(*fragment));
	return fragment && fragment->next == WIRE_IP_UDP &&
	       !(be16(fragment->offset_be) & WIRE_IPV6_OFFSET);
}

/* The quoted UDP header. */
CORE bool quote_udp(struct packet *p, struct cursor *c, struct quote *q)
{
	struct wire_udp *udp;

	if (p->fragment == FRAGMENT_LATER)
		return false;
	q->udp_offset = c->offset;
	udp = cursor_take(c, sizeof(*udp));
	if (!udp)
		return false;
	p->source_port_be = udp->source_be;
	p->destination_port_be = udp->destination_be;
	q->has_checksum = udp->checksum_be;
	return true;
}

/*
 * Reads the frame: is it an ICMP error that quotes UDP? Then `p` has the quoted packet's addresses and ports, and the
 * frame's tags. `p` as parse_frame() takes it.
 */
CORE bool quote_read(struct packet *p, struct quote *q, void *data, void *data_end, bool ethernet)
{
	struct cursor c = {.start = data, .pos = data, .end = data_end};
	struct wire_icmp *icmp;
	u16 ethertype_be;
	bool v6;

	if ((ethernet ? parse_ethernet(p, &c, &ethertype_be) : parse_version(&c, &ethertype_be)) !=
	    PARSED)
		return false;
	v6 = ethertype_be == be16(WIRE_ETH_IPV6);
	if (!v6 && ethertype_be != be16(WIRE_ETH_IPV4))
		return false;
	if (!(v6 ? quote_outer_ipv6(&c) : quote_outer_ipv4(&c)))
		return false;
	q->icmp_offset = c.offset;
	icmp = cursor_take(&c, sizeof(*icmp));
	if (!icmp || !quote_is_error(icmp, v6))
		return false;
	if (!(v6 ? quote_inner_ipv6(p, &c) : parse_ipv4(p, &c) == PARSED))
		return false;
	return quote_udp(p, &c, q);
}

#endif
