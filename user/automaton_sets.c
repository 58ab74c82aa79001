// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "automaton_build.h"

struct wanted {
	const struct set_table *sets;
	const struct byte_set *set;
};

static bool same_set(const void *context, uint32_t number)
{
	const struct wanted *wanted = context;

	return byte_set_same(&wanted->sets->set[number], wanted->set);
}

uint32_t set_table_number(struct build *build, const struct byte_set *set)
{
	struct set_table *sets = &build->sets;
	const struct wanted wanted = {sets, set};
	uint64_t hash = 0;
	uint32_t number;

	for (int i = 0; i < 4; i++)
		hash = hash_word(hash, set->word[i]);
	number = hash_index_find(&sets->index, hash_end(hash), same_set, &wanted);
	if (number != HASH_INDEX_NONE)
		return number;
	if (!build_room(build, &sets->set, &sets->room, sets->count, sizeof(*sets->set)))
		return 0;
	if (hash_index_add(&sets->index, hash_end(hash), sets->count)) {
		build->error = -ENOMEM;
		return 0;
	}
	sets->set[sets->count] = *set;
	return sets->count++;
}

/* Splits every class of which the set holds some bytes, but not all. */
static void refine(uint8_t class_of[256], const struct byte_set *set)
{
	uint16_t renamed[2][256] = {};
	uint8_t next = 0;

	for (unsigned int byte = 0; byte < 256; byte++) {
		uint16_t *name = &renamed[byte_set_has(set, byte)][class_of[byte]];

		if (!byte || byte == '\\')
			continue;
		if (!*name)
			*name = ++next;
		class_of[byte] = *name - 1;
	}
}

static void classes_of_set(struct set_table *sets, size_t i, unsigned int class_count)
{
	struct byte_set *classes = &sets->classes[i];

	memset(classes, 0, sizeof(*classes));
	for (unsigned int byte = 1; byte < 256; byte++)
		if (byte_set_has(&sets->set[i], byte))
			byte_set_add(classes, sets->class_of[byte]);
	sets->wide[i] = 2 * byte_set_count(classes) > class_count;
}

void set_table_classify(struct build *build)
{
	struct set_table *sets = &build->sets;
	struct byte_set slash = {};
	unsigned int last = 0;

	sets->classes = calloc(sets->count + 1, sizeof(*sets->classes));
	sets->wide = calloc(sets->count + 1, sizeof(*sets->wide));
	if (!sets->classes || !sets->wide) {
		build->error = -ENOMEM;
		return;
	}
	byte_set_add(&slash, '/');
	refine(sets->class_of, &slash);
	for (size_t i = 0; i < sets->count; i++)
		refine(sets->class_of, &sets->set[i]);
	/* Neither occurs in a name. */
	sets->class_of[0] = sets->class_of['/'];
	sets->class_of['\\'] = sets->class_of['/'];
	for (unsigned int byte = 0; byte < 256; byte++) {
		sets->class_of[byte] += TG_CLASS_FIRST;
		if (sets->class_of[byte] > last)
			last = sets->class_of[byte];
	}
	for (size_t i = 0; i < sets->count; i++)
		classes_of_set(sets, i, last - TG_CLASS_FIRST + 1);
}

void set_table_free(struct set_table *sets)
{
	free(sets->set);
	free(sets->classes);
	free(sets->wide);
	hash_index_free(&sets->index);
}
