// SPDX-License-Identifier: GPL-2.0-or-later
#include "rule_sets.h"

#include "hash_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct tg_rule_set empty;

void rule_set_add(struct tg_rule_set *set, size_t rule)
{
	set->word[rule / 64] |= 1ULL << rule % 64;
}

bool rule_set_has(const struct tg_rule_set *set, size_t rule)
{
	return set->word[rule / 64] >> rule % 64 & 1;
}

void rule_set_join(struct tg_rule_set *set, const struct tg_rule_set *other)
{
	for (size_t i = 0; i < TG_RULE_WORDS; i++)
		set->word[i] |= other->word[i];
}

static size_t hash_of(const struct tg_rule_set *set)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < TG_RULE_WORDS; i++)
		hash = hash_word(hash, set->word[i]);
	return hash;
}

/* Where the set is, or would be. The table is never full. */
static uint32_t *bucket_of(const struct rule_sets *sets, const struct tg_rule_set *set)
{
	size_t mask = sets->bucket_count - 1;

	for (size_t i = hash_of(set) & mask;; i = (i + 1) & mask)
		if (!sets->bucket[i] || !memcmp(&sets->set[sets->bucket[i] - 1], set, sizeof(*set)))
			return &sets->bucket[i];
}

/* Room for twice as many sets; the arrays' sizes go together. */
static int grow(struct rule_sets *sets)
{
	size_t buckets = sets->bucket_count ? 2 * sets->bucket_count : 32;
	struct tg_rule_set *set = reallocarray(sets->set, buckets / 2, sizeof(*set));
	uint32_t *bucket;

	if (!set)
		return -ENOMEM;
	sets->set = set;
	bucket = calloc(buckets, sizeof(*bucket));
	if (!bucket)
		return -ENOMEM;
	free(sets->bucket);
	sets->bucket = bucket;
	sets->bucket_count = buckets;
	for (size_t i = 0; i < sets->count; i++)
		*bucket_of(sets, &sets->set[i]) = i + 1;
	return 0;
}

static void append(struct rule_sets *sets, uint32_t *bucket, const struct tg_rule_set *set)
{
	sets->set[sets->count++] = *set;
	*bucket = sets->count;
}

int64_t rule_sets_number(struct rule_sets *sets, const struct tg_rule_set *set)
{
	uint32_t *bucket;

	if (!sets->count) {
		if (grow(sets))
			return -ENOMEM;
		append(sets, bucket_of(sets, &empty), &empty);
	}
	bucket = bucket_of(sets, set);
	if (*bucket)
		return *bucket - 1;
	if (sets->count >= sets->bucket_count / 2) {
		if (grow(sets))
			return -ENOMEM;
		bucket = bucket_of(sets, set);
	}
	append(sets, bucket, set);
	return sets->count - 1;
}

void rule_sets_free(struct rule_sets *sets)
{
	free(sets->set);
	free(sets->bucket);
	memset(sets, 0, sizeof(*sets));
}
