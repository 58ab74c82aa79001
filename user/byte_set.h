/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of bytes, or of whatever else has a number below 256.
 */
#ifndef TIDEGATE_BYTE_SET_H
#define TIDEGATE_BYTE_SET_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct byte_set {
	uint64_t word[4];
};

static inline void byte_set_add(struct byte_set *set, uint8_t byte)
{
	set->word[byte / 64] |= 1ULL << byte % 64;
}

static inline void byte_set_remove(struct byte_set *set, uint8_t byte)
{
	set->word[byte / 64] &= ~(1ULL << byte % 64);
}

static inline bool byte_set_has(const struct byte_set *set, uint8_t byte)
{
	return set->word[byte / 64] >> byte % 64 & 1;
}

static inline void byte_set_add_range(struct byte_set *set, uint8_t first, uint8_t last)
{
	for (unsigned int byte = first; byte <= last; byte++)
		byte_set_add(set, byte);
}

static inline unsigned int byte_set_count(const struct byte_set *set)
{
	unsigned int count = 0;

	for (int i = 0; i < 4; i++)
		count += __builtin_popcountll(set->word[i]);
	return count;
}

static inline bool byte_set_same(const struct byte_set *a, const struct byte_set *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* What a name in its normal form may hold (core/name.h): any byte but NUL, `\` and `/`. */
static inline struct byte_set byte_set_any(void)
{
	struct byte_set set;

	memset(&set, 0xff, sizeof(set));
	byte_set_remove(&set, 0);
	byte_set_remove(&set, '\\');
	byte_set_remove(&set, '/');
	return set;
}

#endif
