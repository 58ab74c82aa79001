/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys from packets.
 */
#ifndef TIDEGATE_KEY_H
#define TIDEGATE_KEY_H

#include "core/packet.h"

/* One end of an exchange. */
struct endpoint {
	struct tg_addr addr;
	u16 port_be;
};

CORE u64 addr_half(const struct tg_addr *addr, int half)
{
	u64 value;

	__builtin_memcpy(&value, __builtin_assume_aligned(addr->bytes + 8 * half, 8),
			 sizeof(value));
	return value;
}

/*
 * Halfwise: a plain assignment goes through a temporary on the stack. Aligned, or the second half is stored byte by byte,
 * and whoever reads it as a whole waits for that.
 */
CORE void addr_set(struct tg_addr *addr, u64 first, u64 second)
{
	u8 *bytes = addr->bytes;
	u64 *halves = __builtin_assume_aligned(bytes, sizeof(*halves));

	__builtin_memcpy(&halves[0], &first, sizeof(first));
	__builtin_memcpy(&halves[1], &second, sizeof(second));
}

CORE void addr_copy(struct tg_addr *to, const struct tg_addr *from)
{
	addr_set(to, addr_half(from, 0), addr_half(from, 1));
}

CORE bool addr_equal(const struct tg_addr *a, const struct tg_addr *b)
{
	return addr_half(a, 0) == addr_half(b, 0) && addr_half(a, 1) == addr_half(b, 1);
}

#define ADDR_V4_TAIL 0xffff0000ULL /* bytes 00 00 ff ff a b c d in little-endian order */

CORE void addr_from_v4(struct tg_addr *addr, u32 v4_be)
{
	addr_set(addr, 0, ADDR_V4_TAIL | ((u64)v4_be << 32));
}

CORE bool addr_is_v4(const struct tg_addr *addr)
{
	return !addr_half(addr, 0) && (u32)addr_half(addr, 1) == ADDR_V4_TAIL;
}

/* Any total order serves, so the bytes are compared in the machine's order. */
CORE bool addr_above(const struct tg_addr *a, const struct tg_addr *b)
{
	u64 high_a = addr_half(a, 1), high_b = addr_half(b, 1);

	if (high_a != high_b)
		return high_a > high_b;
	return addr_half(a, 0) > addr_half(b, 0);
}

/* Is the endpoint a:a_port the key's high one? */
CORE bool endpoint_above(const struct tg_addr *a, u16 a_port_be, const struct tg_addr *b,
			 u16 b_port_be)
{
	if (addr_equal(a, b))
		return a_port_be > b_port_be;
	return addr_above(a, b);
}

/* Fills the whole key for the endpoints a and b in the packet's zone and VLANs; true if `a` is the high one. */
CORE bool pair_key_make(struct tg_pair_key *key, const struct packet *p, const struct tg_addr *a,
			u16 a_port_be, const struct tg_addr *b, u16 b_port_be)
{
	bool a_high = endpoint_above(a, a_port_be, b, b_port_be);

	addr_copy(&key->low, a_high ? b : a);
	addr_copy(&key->high, a_high ? a : b);
	key->low_port_be = a_high ? b_port_be : a_port_be;
	key->high_port_be = a_high ? a_port_be : b_port_be;
	key->zone = p->zone;
	key->vlan_outer = p->vlan_outer;
	key->vlan_inner = p->vlan_inner;
	key->zero[0] = 0;
	key->zero[1] = 0;
	key->zero[2] = 0;
	return a_high;
}

/* The key of the packet's own two endpoints; true if its source is the high one. */
CORE bool pair_key_of(struct tg_pair_key *key, const struct packet *p)
{
	return pair_key_make(key, p, &p->source, p->source_port_be, &p->destination,
			     p->destination_port_be);
}

CORE void hosts_key_of(struct tg_hosts_key *key, const struct packet *p)
{
	bool source_high = addr_above(&p->source, &p->destination);

	addr_copy(&key->low, source_high ? &p->destination : &p->source);
	addr_copy(&key->high, source_high ? &p->source : &p->destination);
	key->zone = p->zone;
	key->vlan_outer = p->vlan_outer;
	key->vlan_inner = p->vlan_inner;
	key->zero = 0;
}

CORE void fragment_key_of(struct tg_fragment_key *key, const struct packet *p)
{
	addr_copy(&key->source, &p->source);
	addr_copy(&key->destination, &p->destination);
	key->id_be = p->fragment_id_be;
	key->zone = p->zone;
	key->vlan_outer = p->vlan_outer;
	key->vlan_inner = p->vlan_inner;
	key->zero[0] = 0;
	key->zero[1] = 0;
	key->zero[2] = 0;
}

#endif
