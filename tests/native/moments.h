/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of store.h as it was at a moment: kept, brought back, compared. Flat memory, because this happens several
 * times for each packet that a fuzzer judges.
 */
#ifndef TIDEGATE_TESTS_MOMENTS_H
#define TIDEGATE_TESTS_MOMENTS_H

#include <stdint.h>

#include "store.h"

/* One table: `count` keys with their values. */
struct moment_table {
	size_t count;
	size_t room; /* bytes */
	uint8_t *bytes;
};

/* A cell of `known` in which something stands. */
struct moment_known {
	u32 cell, until;
};

struct moment {
	struct moment_table tables[TABLES];
	size_t known_count;
	struct moment_known known[STORE_KNOWN_MAX];
};

CORE uint8_t *moment_key(const struct moment *m, enum table_id id, size_t i)
{
	return m->tables[id].bytes + i * (tables[id].key_size + tables[id].value_size);
}

CORE uint8_t *moment_value(const struct moment *m, enum table_id id, size_t i)
{
	return moment_key(m, id, i) + tables[id].key_size;
}

/* The value of `key` at that moment, or NULL. */
CORE const uint8_t *moment_find(const struct moment *m, enum table_id id, const void *key)
{
	for (size_t i = 0; i < m->tables[id].count; i++)
		if (!memcmp(moment_key(m, id, i), key, tables[id].key_size))
			return moment_value(m, id, i);
	return NULL;
}

/* What stands behind a name's NUL means nothing: leftovers of whatever was in the scratch memory. */
CORE void moment_wipe(enum table_id id, uint8_t *value)
{
	char *name = NULL;

	if (id == TABLE_REQUESTS)
		name = ((struct tg_request *)value)->name;
	if (id == TABLE_NAMES)
		name = ((struct tg_name *)value)->name;
	if (name)
		memset(name + strnlen(name, TG_NAME_MAX), 0,
		       TG_NAME_MAX - strnlen(name, TG_NAME_MAX));
}

CORE void moment_keep_known(struct moment *m)
{
	store_settle_known();
	m->known_count = store_known.count;
	for (size_t i = 0; i < m->known_count; i++) {
		m->known[i].cell = store_known.asked[i];
		m->known[i].until = store_known.cells[store_known.asked[i]];
	}
}

CORE void moment_bring_back_known(const struct moment *m)
{
	store_forget_known();
	for (size_t i = 0; i < m->known_count; i++)
		*known_cell(m->known[i].cell) = m->known[i].until;
}

CORE void moment_keep(struct moment *m)
{
	moment_keep_known(m);
	for (int id = 0; id < TABLES; id++) {
		const struct table *t = &tables[id];
		struct moment_table *kept = &m->tables[id];
		size_t bytes = t->count * (t->key_size + t->value_size);

		kept->count = t->count;
		if (bytes > kept->room) {
			kept->room = 2 * bytes;
			kept->bytes = realloc(kept->bytes, kept->room);
			if (!kept->bytes)
				abort();
		}
		for (size_t i = 0; i < t->count; i++) {
			memcpy(moment_key(m, id, i), t->entries[i].key, t->key_size);
			moment_wipe(id, t->entries[i].value);
			memcpy(moment_value(m, id, i), t->entries[i].value, t->value_size);
		}
	}
}

/* Does the table hold the same keys, in the same order? */
CORE bool moment_same_keys(const struct moment *m, enum table_id id)
{
	const struct table *t = &tables[id];

	if (t->count != m->tables[id].count)
		return false;
	for (size_t i = 0; i < t->count; i++)
		if (memcmp(moment_key(m, id, i), t->entries[i].key, t->key_size))
			return false;
	return true;
}

CORE void moment_bring_back(const struct moment *m)
{
	moment_bring_back_known(m);
	for (int id = 0; id < TABLES; id++) {
		struct table *t = &tables[id];
		size_t limit = t->limit;

		if (!moment_same_keys(m, id)) {
			while (t->count)
				table_remove(id, t->entries[t->count - 1].key);
			t->limit = 0;
			for (size_t i = 0; i < m->tables[id].count; i++)
				table_put(id, moment_key(m, id, i), moment_value(m, id, i));
			t->limit = limit;
			continue;
		}
		for (size_t i = 0; i < t->count; i++)
			memcpy(t->entries[i].value, moment_value(m, id, i), t->value_size);
	}
}

/* Is everything as it was then? */
CORE bool moment_is_now(const struct moment *m)
{
	for (int id = 0; id < TABLES; id++) {
		const struct table *t = &tables[id];

		if (!moment_same_keys(m, id))
			return false;
		for (size_t i = 0; i < t->count; i++) {
			moment_wipe(id, t->entries[i].value);
			if (memcmp(t->entries[i].value, moment_value(m, id, i), t->value_size))
				return false;
		}
	}
	return true;
}

#endif
