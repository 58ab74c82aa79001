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

/*
 * Fills the whole key. What stands behind the addresses goes there as two words, since the hash and the comparison that
 * follow read words: a load of what two stores have just written waits until both are in the cache.
 */
CORE void pair_key_fill(struct tg_pair_key *key, const struct packet *p, const struct tg_addr *low,
			u16 low_port_be, const struct tg_addr *high, u16 high_port_be)
{
	u64 rest[2] = {low_port_be | (u64)high_port_be << 16 | (u64)p->zone << 32 |
			       (u64)p->vlan_outer << 48,
		       p->vlan_inner};

	_Static_assert(sizeof(*key) == 2 * sizeof(*low) + sizeof(rest), "the key has other words");
	addr_copy(&key->low, low);
	addr_copy(&key->high, high);
	__builtin_memcpy(__builtin_assume_aligned((u8 *)key + 2 * sizeof(*low), sizeof(u64)), rest,
			 sizeof(rest));
}

/* Fills the whole key for the endpoints a and b in the packet's zone and VLANs; true if `a` is the high one. */
CORE bool pair_key_make(struct tg_pair_key *key, const struct packet *p, const struct tg_addr *a,
			u16 a_port_be, const struct tg_addr *b, u16 b_port_be)
{
	if (endpoint_above(a, a_port_be, b, b_port_be)) {
		pair_key_fill(key, p, b, b_port_be, a, a_port_be);
		/* Or the compiler makes one of both ways, with a branch for the place of each word. */
		asm volatile("" ::: "memory");
		return true;
	}
	pair_key_fill(key, p, a, a_port_be, b, b_port_be);
	return false;
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
