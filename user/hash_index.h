/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds numbered things by what they hold: a hash table of their numbers.
 */
#ifndef TIDEGATE_HASH_INDEX_H
#define TIDEGATE_HASH_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash_entry {
	uint32_t hash;
	uint32_t number; /* plus one; 0: free */
};

/* All zero: empty. */
struct hash_index {
	struct hash_entry *entry; /* owned */
	size_t size;              /* 0 or a power of two */
	size_t count;
};

#define HASH_INDEX_NONE 0xffffffffU

/* The number with this hash for which same(context, number), or HASH_INDEX_NONE. */
uint32_t hash_index_find(const struct hash_index *index, uint32_t hash,
			 bool (*same)(const void *context, uint32_t number), const void *context);

/* Adds a number that is not there. 0 or -ENOMEM. */
int hash_index_add(struct hash_index *index, uint32_t hash, uint32_t number);
void hash_index_free(struct hash_index *index);

/* The hash of a sequence of words, one by one; begin with any number. hash_end() makes it fit for an index. */
static inline uint64_t hash_word(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 29;
}

static inline uint32_t hash_end(uint64_t hash)
{
	return hash ^ hash >> 32;
}

#endif
