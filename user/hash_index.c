// SPDX-License-Identifier: GPL-2.0-or-later
#include "hash_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

uint32_t hash_index_find(const struct hash_index *index, uint32_t hash,
			 bool (*same)(const void *context, uint32_t number), const void *context)
{
	size_t mask = index->size - 1;

	if (!index->size)
		return HASH_INDEX_NONE;
	for (size_t i = hash & mask; index->entry[i].number; i = (i + 1) & mask)
		if (index->entry[i].hash == hash && same(context, index->entry[i].number - 1))
			return index->entry[i].number - 1;
	return HASH_INDEX_NONE;
}

static void place(struct hash_index *index, struct hash_entry entry)
{
	size_t mask = index->size - 1, i = entry.hash & mask;

	while (index->entry[i].number)
		i = (i + 1) & mask;
	index->entry[i] = entry;
}

static int grow(struct hash_index *index)
{
	struct hash_index larger = {.size = index->size ? 2 * index->size : 64,
				    .count = index->count};

	larger.entry = calloc(larger.size, sizeof(*larger.entry));
	if (!larger.entry)
		return -ENOMEM;
	for (size_t i = 0; i < index->size; i++)
		if (index->entry[i].number)
			place(&larger, index->entry[i]);
	free(index->entry);
	*index = larger;
	return 0;
}

int hash_index_add(struct hash_index *index, uint32_t hash, uint32_t number)
{
	if (2 * index->count >= index->size && grow(index))
		return -ENOMEM;
	place(index, (struct hash_entry){hash, number + 1});
	index->count++;
	return 0;
}

void hash_index_free(struct hash_index *index)
{
	free(index->entry);
	memset(index, 0, sizeof(*index));
}
