// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "automaton_build.h"

static void add_link(struct build *build, struct node_link **link, size_t *count, size_t *room,
		     uint32_t label, uint32_t target)
{
	if (build_room(build, link, room, *count, sizeof(**link)))
		(*link)[(*count)++] = (struct node_link){label, target};
}

void draft_edge(struct build *build, struct node_draft *draft, uint32_t set, uint32_t target)
{
	add_link(build, &draft->edge, &draft->edges, &draft->edge_room, set, target);
}

void draft_test(struct build *build, struct node_draft *draft, uint32_t test, uint32_t target)
{
	add_link(build, &draft->test, &draft->tests, &draft->test_room, test, target);
}

void draft_skip(struct node_draft *draft, uint32_t target)
{
	size_t at = 0;

	while (draft->skip[at])
		at++;
	draft->skip[at] = target;
}

static void draft_clear(struct node_draft *draft)
{
	struct node_draft empty = {
		.edge = draft->edge,
		.edge_room = draft->edge_room,
		.test = draft->test,
		.test_room = draft->test_room,
	};

	*draft = empty;
}

void draft_free(struct node_draft *draft)
{
	free(draft->edge);
	free(draft->test);
}

static int compare_links(const void *left, const void *right)
{
	const struct node_link *a = left, *b = right;

	if (a->label != b->label)
		return a->label < b->label ? -1 : 1;
	return (a->target > b->target) - (a->target < b->target);
}

/* Those that lead nowhere come last. */
static int compare_skips(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a < b) - (a > b);
}

static uint32_t hash_draft(const struct node_draft *draft)
{
	uint64_t hash = hash_word(draft->accept, draft->loop);

	for (int i = 0; i < NODE_SKIPS; i++)
		hash = hash_word(hash, draft->skip[i]);
	for (size_t i = 0; i < draft->edges; i++)
		hash = hash_word(hash,
				 (uint64_t)draft->edge[i].label << 32 | draft->edge[i].target);
	for (size_t i = 0; i < draft->tests; i++)
		hash = hash_word(hash,
				 (uint64_t)draft->test[i].label << 32 | draft->test[i].target);
	return hash_end(hash);
}

struct wanted {
	const struct build *build;
	const struct node_draft *draft;
};

static bool same_links(const struct build *build, uint32_t first, const struct node_link *link,
		       size_t count)
{
	return !count || !memcmp(&build->link[first], link, count * sizeof(*link));
}

static bool same_node(const void *context, uint32_t number)
{
	const struct wanted *wanted = context;
	const struct node_draft *draft = wanted->draft;
	const struct node *node = &wanted->build->node[number];

	return node->loop == draft->loop && node->accept == draft->accept &&
	       node->edges == draft->edges && node->tests == draft->tests &&
	       !memcmp(node->skip, draft->skip, sizeof(node->skip)) &&
	       same_links(wanted->build, node->edge, draft->edge, draft->edges) &&
	       same_links(wanted->build, node->test, draft->test, draft->tests);
}

/* Copies links into the build's; where they begin. */
static uint32_t keep_links(struct build *build, const struct node_link *link, size_t count)
{
	size_t begin = build->link_count;

	for (size_t i = 0; i < count; i++) {
		if (!build_room(build, &build->link, &build->link_room, build->link_count,
				sizeof(*link)))
			return 0;
		build->link[build->link_count++] = link[i];
	}
	return begin;
}

static uint32_t new_node(struct build *build, const struct node_draft *draft, uint32_t hash)
{
	struct node node = {
		.edges = draft->edges,
		.tests = draft->tests,
		.accept = draft->accept,
		.credit = draft->credit ? draft->credit : build->node_count,
		.loop = draft->loop,
	};

	memcpy(node.skip, draft->skip, sizeof(node.skip));
	node.edge = keep_links(build, draft->edge, draft->edges);
	node.test = keep_links(build, draft->test, draft->tests);
	if (build->error ||
	    !build_room(build, &build->node, &build->node_room, build->node_count, sizeof(node)))
		return 0;
	if (hash_index_add(&build->node_index, hash, build->node_count)) {
		build->error = -ENOMEM;
		return 0;
	}
	build->node[build->node_count] = node;
	return build->node_count++;
}

uint32_t draft_node(struct build *build, struct node_draft *draft)
{
	struct wanted wanted = {build, draft};
	uint32_t hash, number;

	qsort(draft->skip, NODE_SKIPS, sizeof(*draft->skip), compare_skips);
	if (draft->edges > 1)
		qsort(draft->edge, draft->edges, sizeof(*draft->edge), compare_links);
	if (draft->tests > 1)
		qsort(draft->test, draft->tests, sizeof(*draft->test), compare_links);
	hash = hash_draft(draft);
	number = hash_index_find(&build->node_index, hash, same_node, &wanted);
	if (number == HASH_INDEX_NONE)
		number = new_node(build, draft, hash);
	draft_clear(draft);
	return number;
}

/* What one child contributes to its parent's draft. */
static void draft_child(struct build *build, struct node_draft *draft,
			const struct trie_node *child)
{
	bool prefix = child->kind == BRANCH_PREFIX || child->kind == BRANCH_STAR_PREFIX;

	switch ((enum branch_kind)child->kind) {
	case BRANCH_SET:
		draft_edge(build, draft, child->value, child->node);
		break;
	case BRANCH_STAR:
		draft_skip(draft, child->node);
		break;
	case BRANCH_PARTS:
		draft_skip(draft, child->node);
		draft_skip(draft, build->trie[child->first_child].node);
		break;
	case BRANCH_OWN:
	case BRANCH_PREFIX:
		own_draft(build, draft, child->value, prefix, child->node);
		break;
	case BRANCH_STAR_OWN:
	case BRANCH_STAR_PREFIX:
		own_draft_star(build, draft, child->value / 4, prefix, child->value % 4,
			       child->node);
		break;
	}
}

/* Children come behind their parents, so the end of the tree comes first. */
void nodes_build(struct build *build)
{
	struct node_draft draft = {};

	if (!build_room(build, &build->node, &build->node_room, 0, sizeof(*build->node)))
		return;
	build->node[build->node_count++] = (struct node){};
	for (size_t i = build->trie_count; i-- > 0 && !build->error;) {
		struct trie_node *at = &build->trie[i];

		draft.accept = at->accept;
		if (i && (at->kind == BRANCH_STAR || at->kind == BRANCH_PARTS))
			draft.loop = at->value;
		for (uint32_t child = at->first_child; child;
		     child = build->trie[child].next_sibling)
			draft_child(build, &draft, &build->trie[child]);
		at->node = draft_node(build, &draft);
	}
	draft_free(&draft);
}
