// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy_compile.h"

#include "prefixes.h"

#include <errno.h>
#include <stdlib.h>

#define NO_RULE TG_RULES_MAX

/* A prefix that a rule names; ::/0 also for no rule. */
struct named {
	struct config_prefix prefix;
	size_t rule;
};

/* Prefixes that contain one another, the widest first, each with all rules that it has. */
struct nest {
	struct {
		struct config_prefix prefix;
		struct tg_rule_set rules;
		uint32_t number;
	} level[128 + 1];
	size_t depth;
};

static const struct prefix_list *list_of(const struct config_rule *rule, uint16_t side)
{
	return side == TG_SIDE_CLIENT ? &rule->clients : &rule->servers;
}

static int compare(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return prefix_compare(&x->prefix, &y->prefix);
}

/* All named prefixes of that side in order, and in `*everywhere` the rules that name none. */
static struct named *gather(const struct policy_build *build, uint16_t side, size_t *count,
			    struct tg_rule_set *everywhere)
{
	struct named *named;
	size_t room = 1;

	for (size_t i = 0; i < build->image->rule_count; i++)
		room += list_of(build->rule[i], side)->count;
	named = calloc(room, sizeof(*named));
	if (!named)
		return NULL;
	named[0].rule = NO_RULE;
	*count = 1;
	for (size_t i = 0; i < build->image->rule_count; i++) {
		const struct prefix_list *list = list_of(build->rule[i], side);

		if (!list->count)
			rule_set_add(everywhere, i);
		for (size_t p = 0; p < list->count; p++)
			named[(*count)++] = (struct named){list->prefix[p], i};
	}
	qsort(named, *count, sizeof(*named), compare);
	return named;
}

/* The next level for `prefix`, with the rules of the narrowest that contains it. */
static size_t descend(struct nest *nest, const struct config_prefix *prefix,
		      const struct tg_rule_set *everywhere)
{
	size_t level;

	while (nest->depth && !prefix_contains(&nest->level[nest->depth - 1].prefix, prefix))
		nest->depth--;
	level = nest->depth++;
	nest->level[level].prefix = *prefix;
	nest->level[level].rules = level ? nest->level[level - 1].rules : *everywhere;
	return level;
}

static int compile_side(struct policy_build *build, uint16_t side, struct nest *nest)
{
	struct tg_rule_set everywhere = {0};
	size_t count = 0, next;
	struct named *named = gather(build, side, &count, &everywhere);
	int err = named ? 0 : -ENOMEM;

	nest->depth = 0;
	for (size_t i = 0; i < count && !err; i = next) {
		size_t level = descend(nest, &named[i].prefix, &everywhere);
		uint32_t *number = &nest->level[level].number;

		for (next = i; next < count && !compare(&named[i], &named[next]); next++)
			if (named[next].rule != NO_RULE)
				rule_set_add(&nest->level[level].rules, named[next].rule);
		err = compile_number(build, &nest->level[level].rules, number);
		/* One that has the same rules as what surrounds it says nothing new. */
		if (!err && (!level || *number != nest->level[level - 1].number))
			err = compile_add_prefix(build, side, &named[i].prefix, *number);
	}
	free(named);
	return err;
}

int compile_prefixes(struct policy_build *build)
{
	struct nest *nest = malloc(sizeof(*nest));
	int err = nest ? compile_side(build, TG_SIDE_CLIENT, nest) : -ENOMEM;

	if (!err)
		err = compile_side(build, TG_SIDE_SERVER, nest);
	free(nest);
	return err;
}
