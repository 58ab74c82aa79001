// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "automaton_build.h"

bool build_room(struct build *build, void *array, size_t *room, size_t count, size_t size)
{
	size_t more = *room ? 2 * *room : 64;
	void *moved;

	if (count < *room)
		return true;
	moved = reallocarray(*(void **)array, more, size);
	if (!moved) {
		build->error = -ENOMEM;
		return false;
	}
	*(void **)array = moved;
	*room = more;
	return true;
}

static void build_free(struct build *build)
{
	rule_sets_free(&build->accepts);
	set_table_free(&build->sets);
	free(build->trie);
	free(build->leaf);
	free(build->node);
	free(build->link);
	hash_index_free(&build->node_index);
	free(build->state);
	free(build->member);
	free(build->move);
	hash_index_free(&build->state_index);
}

static void add_patterns(struct build *build, const struct automaton_pattern *pattern, size_t count)
{
	struct pattern *parsed = malloc(sizeof(*parsed));
	struct complaint why;

	build->leaf = calloc(count, sizeof(*build->leaf));
	if (!build->leaf || !parsed)
		build->error = -ENOMEM;
	for (size_t i = 0; i < count && !build->error; i++) {
		build->error = pattern_parse(pattern[i].text, pattern[i].any_case, parsed, &why);
		if (!build->error)
			trie_add(build, parsed, i, pattern[i].rule);
	}
	free(parsed);
}

/* The numbers in `sets` of the accepting sets, each with the rules that have no patterns. */
static void number_sets(struct build *build, const struct tg_rule_set *nameless,
			struct rule_sets *sets, uint32_t *number)
{
	for (size_t i = 0; i < build->accepts.count && !build->error; i++) {
		struct tg_rule_set rules = build->accepts.set[i];
		int64_t result;

		rule_set_join(&rules, nameless);
		result = rule_sets_number(sets, &rules);
		if (result < 0)
			build->error = result;
		else
			number[i] = result;
	}
}

static void finish(struct build *build, const struct tg_rule_set *nameless, struct rule_sets *sets,
		   struct automaton *automaton)
{
	uint32_t *number = calloc(build->accepts.count, sizeof(*number));

	if (!number)
		build->error = -ENOMEM;
	if (!build->error)
		number_sets(build, nameless, sets, number);
	if (!build->error)
		states_pack(build, number, automaton);
	free(number);
	automaton->own_names = build->own_names;
	memcpy(automaton->class_of, build->sets.class_of, sizeof(automaton->class_of));
}

int automaton_compile_within(size_t cells_max, const struct automaton_pattern *pattern,
			     size_t count, const struct tg_rule_set *nameless,
			     struct rule_sets *sets, struct automaton *automaton,
			     struct automaton_blame *blame)
{
	struct build build = {.cells_max = cells_max};
	int error;

	memset(automaton, 0, sizeof(*automaton));
	blame->count = 0;
	if (!count)
		return 0;
	add_patterns(&build, pattern, count);
	if (!build.error)
		nodes_build(&build);
	if (!build.error)
		set_table_classify(&build);
	if (!build.error)
		states_build(&build);
	if (!build.error)
		finish(&build, nameless, sets, automaton);
	if (build.error == -E2BIG)
		build_blame(&build, count, blame);
	error = build.error;
	if (error)
		automaton_free(automaton);
	build_free(&build);
	return error;
}

int automaton_compile(const struct automaton_pattern *pattern, size_t count,
		      const struct tg_rule_set *nameless, struct rule_sets *sets,
		      struct automaton *automaton, struct automaton_blame *blame)
{
	return automaton_compile_within(AUTOMATON_CELLS_MAX, pattern, count, nameless, sets,
					automaton, blame);
}

void automaton_free(struct automaton *automaton)
{
	free(automaton->cell);
	memset(automaton, 0, sizeof(*automaton));
}
