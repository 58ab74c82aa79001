// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "automaton_build.h"

/* The child of `parent` that is reached this way; a new one if there is none. */
static uint32_t child_of(struct build *build, uint32_t parent, enum branch_kind kind,
			 uint32_t value)
{
	struct trie_node *node;
	uint32_t child;

	for (child = build->trie[parent].first_child; child; child = node->next_sibling) {
		node = &build->trie[child];
		if (node->kind == kind && node->value == value)
			return child;
	}
	/* Of so many hardly anything could be packed. */
	if (build->trie_count > build->cells_max + build->cells_max / 2)
		build->error = -E2BIG;
	if (build->error ||
	    !build_room(build, &build->trie, &build->trie_room, build->trie_count, sizeof(*node)))
		return 0;
	child = build->trie_count++;
	build->trie[child] = (struct trie_node){
		.parent = parent,
		.next_sibling = build->trie[parent].first_child,
		.value = value,
		.kind = kind,
	};
	build->trie[parent].first_child = child;
	return child;
}

static bool is_star(const struct pattern_item *item)
{
	return item->kind == PATTERN_STAR || item->kind == PATTERN_DSTAR;
}

static bool is_own(const struct pattern_item *item)
{
	return item->kind == PATTERN_OWN || item->kind == PATTERN_PREFIX;
}

static enum node_loop loop_of(const struct pattern_item *item)
{
	return item->kind == PATTERN_STAR ? NODE_STAYS_IN_PART : NODE_STAYS;
}

/*
 * A star and then an own text: does it take care that the text lies behind the star's beginning? Not at the beginning of
 * the pattern or of a part, nor behind another byte that the text does not hold.
 */
static bool needs_care(const struct pattern *pattern, size_t star)
{
	const struct pattern_item *before = &pattern->item[star ? star - 1 : 0];

	if (!star || before->kind == PATTERN_PARTS)
		return false;
	return before->kind != PATTERN_SET ||
	       own_may_hold(pattern->item[star + 1].text, &before->set);
}

static uint32_t add_star_own(struct build *build, uint32_t at, const struct pattern_item *item)
{
	bool prefix = item[1].kind == PATTERN_PREFIX;

	return child_of(build, at, prefix ? BRANCH_STAR_PREFIX : BRANCH_STAR_OWN,
			item[1].text * 4U + loop_of(&item[0]));
}

/* What follows goes on behind the `/`: there, or where the parts would begin. */
static uint32_t add_parts(struct build *build, uint32_t at)
{
	struct byte_set slash = {};

	byte_set_add(&slash, '/');
	at = child_of(build, at, BRANCH_PARTS, NODE_STAYS);
	return build->error ? 0 : child_of(build, at, BRANCH_SET, set_table_number(build, &slash));
}

static uint32_t add_item(struct build *build, uint32_t at, const struct pattern_item *item)
{
	if (is_star(item))
		return child_of(build, at, BRANCH_STAR, loop_of(item));
	if (item->kind == PATTERN_PARTS)
		return add_parts(build, at);
	if (!is_own(item))
		return child_of(build, at, BRANCH_SET, set_table_number(build, &item->set));
	return child_of(build, at, item->kind == PATTERN_OWN ? BRANCH_OWN : BRANCH_PREFIX,
			item->text);
}

static void add_rule(struct build *build, uint32_t leaf, uint16_t rule)
{
	struct tg_rule_set rules = {};
	int64_t number;

	if (build->trie[leaf].accept)
		rules = build->accepts.set[build->trie[leaf].accept];
	rule_set_add(&rules, rule);
	number = rule_sets_number(&build->accepts, &rules);
	if (number < 0)
		build->error = number;
	else
		build->trie[leaf].accept = number;
}

void trie_add(struct build *build, const struct pattern *pattern, size_t index, uint16_t rule)
{
	uint32_t at = 0, next;

	if (!build->trie_count) {
		if (!build_room(build, &build->trie, &build->trie_room, 0, sizeof(*build->trie)))
			return;
		build->trie[build->trie_count++] = (struct trie_node){};
	}
	for (size_t i = 0; i < pattern->count && !build->error; i++) {
		const struct pattern_item *item = &pattern->item[i];

		build->own_names |= is_own(item);
		if (is_star(item) && i + 1 < pattern->count && is_own(&item[1]) &&
		    needs_care(pattern, i)) {
			next = add_star_own(build, at, item);
			build->own_names = true;
			i++;
		} else {
			next = add_item(build, at, item);
		}
		at = next ? next : at;
	}
	build->leaf[index] = at;
	if (!build->error)
		add_rule(build, at, rule);
}
