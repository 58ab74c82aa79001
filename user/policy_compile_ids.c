// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy_compile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct named {
	const char *zone;
	const char *rule;
	struct tg_rule *built;
};

/* FNV-1a with the NUL, so that ("a", "bc") and ("ab", "c") differ. */
static uint32_t hash_on(uint32_t hash, const char *text)
{
	do
		hash = (hash ^ (uint8_t)*text) * 0x01000193U;
	while (*text++);
	return hash;
}

static int compare(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = strcmp(x->zone, y->zone);

	return order ? order : strcmp(x->rule, y->rule);
}

static bool taken(const struct named *named, size_t count, uint32_t id)
{
	for (size_t i = 0; i < count; i++)
		if (named[i].built->id == id)
			return true;
	return false;
}

/*
 * A hash of the two names. Where two rules have the same one, or it is 0, the later by name takes another: the order in
 * the file, and what else a rule says, do not matter.
 */
int compile_ids(struct policy_build *build)
{
	struct policy_image *image = build->image;
	struct named *named = calloc(image->rule_count + 1, sizeof(*named));

	if (!named)
		return -ENOMEM;
	for (size_t i = 0; i < image->rule_count; i++) {
		struct tg_rule *rule = &image->rule[i];

		named[i] = (struct named){image->zone[rule->zone].name, rule->name, rule};
	}
	qsort(named, image->rule_count, sizeof(*named), compare);
	for (size_t i = 0; i < image->rule_count; i++) {
		uint32_t id = hash_on(hash_on(0x811c9dc5U, named[i].zone), named[i].rule);

		while (!id || taken(named, i, id))
			id = hash_on(id + 1, named[i].rule);
		named[i].built->id = id;
	}
	free(named);
	return 0;
}
