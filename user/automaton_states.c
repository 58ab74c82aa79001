// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Subset construction. A state's set has a persistent part, the nodes that stay (stars), and a rest. As long as the rest
 * is particular about bytes, the state keeps only where those lead, and leaves all others to the state of the
 * persistent part alone: so what comes after a star costs nothing for each state on its way.
 */
#include <errno.h>
#include <stdlib.h>

#include "automaton_build.h"

/* A set of nodes that is being put together. */
struct gather {
	uint32_t *member;
	size_t count;
	uint32_t *mark; /* by node: the round in which it came in */
	uint32_t round;
};

/* Targets by class. */
struct hits {
	uint32_t head[256]; /* index of a link + 1; valid where `classes` says so */
	struct byte_set classes;
	struct node_link *link; /* label: the next one's index + 1 */
	size_t count, room;
	struct node_link *wide; /* edges whose set holds most classes */
	size_t wide_count, wide_room;
};

struct builder {
	struct build *build;
	struct gather gather;
	struct hits hits;
};

/* ---- sets ---------------------------------------------------------------------------------------------------- */

static void gather_begin(struct builder *b)
{
	b->gather.count = 0;
	b->gather.round++;
}

static void gather_one(struct builder *b, uint32_t node)
{
	struct gather *g = &b->gather;

	if (!node || g->mark[node] == g->round)
		return;
	g->mark[node] = g->round;
	g->member[g->count++] = node;
	b->build->work++;
}

/* With all nodes where one also is then. Skips lead towards smaller numbers, and not far. */
static void gather_closed(struct builder *b, uint32_t node)
{
	size_t at = b->gather.count;

	gather_one(b, node);
	for (; at < b->gather.count; at++)
		for (int i = 0; i < NODE_SKIPS; i++) {
			uint32_t skip = b->build->node[b->gather.member[at]].skip[i];

			if (!skip)
				break;
			gather_one(b, skip);
		}
}

static void gather_state(struct builder *b, uint32_t state)
{
	const struct build *build = b->build;
	const struct state *s = &build->state[state];

	for (size_t i = 0; i < s->members; i++)
		gather_one(b, build->member[s->member + i]);
}

static int compare_numbers(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

static void sort(uint32_t *member, size_t count)
{
	if (count > 16) {
		qsort(member, count, sizeof(*member), compare_numbers);
		return;
	}
	for (size_t i = 1; i < count; i++) {
		uint32_t moved = member[i];
		size_t at = i;

		for (; at > 0 && member[at - 1] > moved; at--)
			member[at] = member[at - 1];
		member[at] = moved;
	}
}

struct wanted {
	const struct build *build;
	const struct gather *gather;
	uint32_t test;
};

static bool same_state(const void *context, uint32_t number)
{
	const struct wanted *wanted = context;
	const struct state *s = &wanted->build->state[number];

	return s->test == wanted->test && s->members == wanted->gather->count &&
	       !memcmp(wanted->build->member + s->member, wanted->gather->member,
		       s->members * sizeof(uint32_t));
}

static uint32_t new_state(struct build *build, const struct gather *g, uint32_t test, uint32_t hash)
{
	struct state state = {.member = build->member_count, .members = g->count, .test = test};

	for (size_t i = 0; i < g->count; i++) {
		if (!build_room(build, &build->member, &build->member_room, build->member_count,
				sizeof(*build->member)))
			return 0;
		build->member[build->member_count++] = g->member[i];
	}
	if (!build_room(build, &build->state, &build->state_room, build->state_count,
			sizeof(state)))
		return 0;
	if (hash_index_add(&build->state_index, hash, build->state_count)) {
		build->error = -ENOMEM;
		return 0;
	}
	build->state[build->state_count] = state;
	return build->state_count++;
}

static uint32_t gathered_state(struct builder *b, uint32_t test)
{
	struct wanted wanted = {b->build, &b->gather, test};
	uint64_t hash = test;
	uint32_t number;

	if (!b->gather.count)
		return 0;
	sort(b->gather.member, b->gather.count);
	for (size_t i = 0; i < b->gather.count; i++)
		hash = hash_word(hash, b->gather.member[i]);
	number = hash_index_find(&b->build->state_index, hash_end(hash), same_state, &wanted);
	if (number == HASH_INDEX_NONE)
		number = new_state(b->build, &b->gather, test, hash_end(hash));
	return number;
}

/* The tests of the gathered nodes behind `done`, and the first of them; too many are an error. */
static uint32_t next_test(struct builder *b, uint32_t done)
{
	uint32_t seen[TG_TESTS_MAX], first = STATE_NO_TEST;
	const struct build *build = b->build;
	size_t count = 0;

	for (size_t i = 0; i < b->gather.count; i++) {
		const struct node *node = &build->node[b->gather.member[i]];

		for (size_t t = 0; t < node->tests; t++) {
			uint32_t test = build->link[node->test + t].label;
			size_t at = 0;

			while (at < count && seen[at] != test)
				at++;
			if (test <= done || at < count)
				continue;
			if (count == TG_TESTS_MAX) {
				b->build->error = -E2BIG;
				return first;
			}
			seen[count++] = test;
			first = test < first ? test : first;
		}
	}
	return first;
}

/* Leaves only nodes from which something follows when no test is asked any more. */
static void gather_settle(struct builder *b)
{
	struct gather *g = &b->gather;
	size_t kept = 0;

	for (size_t i = 0; i < g->count; i++) {
		const struct node *node = &b->build->node[g->member[i]];

		if (node->edges || node->loop || node->accept)
			g->member[kept++] = g->member[i];
	}
	g->count = kept;
}

/* The state of what was gathered, after the tests up to `done`. */
static uint32_t gather_end(struct builder *b, uint32_t done)
{
	uint32_t test = next_test(b, done);

	if (test == STATE_NO_TEST)
		gather_settle(b);
	return gathered_state(b, test);
}

/* ---- what follows a state ------------------------------------------------------------------------------------ */

static void hit(struct builder *b, uint32_t class, uint32_t target)
{
	struct hits *h = &b->hits;
	uint32_t next = byte_set_has(&h->classes, class) ? h->head[class] : 0;

	if (!build_room(b->build, &h->link, &h->room, h->count, sizeof(*h->link)))
		return;
	h->link[h->count++] = (struct node_link){next, target};
	h->head[class] = h->count;
	byte_set_add(&h->classes, class);
}

/* The node's edges, by class; those that take most classes apart. */
static void hit_edges(struct builder *b, const struct node *node)
{
	struct build *build = b->build;
	struct hits *h = &b->hits;

	for (size_t i = 0; i < node->edges; i++) {
		struct node_link edge = build->link[node->edge + i];
		struct byte_set classes = build->sets.classes[edge.label];

		if (build->sets.wide[edge.label]) {
			if (build_room(build, &h->wide, &h->wide_room, h->wide_count,
				       sizeof(*h->wide)))
				h->wide[h->wide_count++] = edge;
			continue;
		}
		for (int w = 0; w < 4; w++)
			for (; classes.word[w]; classes.word[w] &= classes.word[w] - 1)
				hit(b, 64 * w + __builtin_ctzll(classes.word[w]), edge.target);
	}
}

static void hits_begin(struct builder *b)
{
	b->hits.count = 0;
	b->hits.wide_count = 0;
	memset(&b->hits.classes, 0, sizeof(b->hits.classes));
}

static void gather_hits(struct builder *b, uint32_t class)
{
	const struct hits *h = &b->hits;

	if (!byte_set_has(&h->classes, class))
		return;
	for (uint32_t i = h->head[class]; i; i = h->link[i - 1].label)
		gather_closed(b, h->link[i - 1].target);
}

/* What the wide edges lead to on this class; 0: on one that no set has by itself. */
static void gather_wide(struct builder *b, uint32_t class)
{
	const struct hits *h = &b->hits;

	for (size_t i = 0; i < h->wide_count; i++)
		if (!class || byte_set_has(&b->build->sets.classes[h->wide[i].label], class))
			gather_closed(b, h->wide[i].target);
}

/* The nodes of the state that stay, on a byte that is a `/` or not. */
static void gather_staying(struct builder *b, uint32_t state, bool slash)
{
	const struct build *build = b->build;
	const struct state *s = &build->state[state];

	for (size_t i = 0; i < s->members; i++) {
		uint32_t node = build->member[s->member + i];

		if (build->node[node].loop > (slash ? NODE_STAYS_IN_PART : NODE_PASSES))
			gather_closed(b, node);
	}
}

static void add_move(struct builder *b, uint32_t state, uint32_t class, uint32_t target)
{
	struct build *build = b->build;

	if (!build_room(build, &build->move, &build->move_room, build->move_count,
			sizeof(*build->move)))
		return;
	build->move[build->move_count++] = (struct state_move){class, target};
	build->state[state].moves++;
}

static uint32_t slash_class(const struct build *build)
{
	return build->sets.class_of['/'];
}

/* Classes on which something else may follow than on the rest. */
static struct byte_set special_classes(struct builder *b, bool stays)
{
	const struct set_table *sets = &b->build->sets;
	struct byte_set special = b->hits.classes, any = {};

	if (stays || b->hits.wide_count)
		byte_set_add(&special, slash_class(b->build));
	for (unsigned int byte = 0; byte < 256; byte++)
		byte_set_add(&any, sets->class_of[byte]);
	for (size_t i = 0; i < b->hits.wide_count; i++)
		for (int w = 0; w < 4; w++)
			special.word[w] |=
				any.word[w] & ~sets->classes[b->hits.wide[i].label].word[w];
	return special;
}

/* A state that knows by itself where each byte leads: `rest`, but for some classes. `stays`: it has a persistent part. */
static void expand_whole(struct builder *b, uint32_t state, bool stays)
{
	struct build *build = b->build;
	struct byte_set special = special_classes(b, stays);
	uint32_t rest = 0, target;

	if (stays || b->hits.wide_count) {
		gather_begin(b);
		gather_staying(b, state, false);
		gather_wide(b, 0);
		rest = gather_end(b, 0);
		build->state[state].rest = rest;
	}
	for (int w = 0; w < 4; w++) {
		for (; special.word[w]; special.word[w] &= special.word[w] - 1) {
			uint32_t class = 64 * w + __builtin_ctzll(special.word[w]);

			gather_begin(b);
			if (stays)
				gather_staying(b, state, class == slash_class(build));
			gather_hits(b, class);
			gather_wide(b, class);
			target = gather_end(b, 0);
			if (target != rest)
				add_move(b, state, class, target);
		}
	}
}

/* Where the expanded state leads on this class, failing aside. */
static uint32_t state_move(const struct build *build, uint32_t state, uint32_t class)
{
	const struct state *s = &build->state[state];
	size_t low = s->move, high = s->move + s->moves;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (build->move[middle].class < class)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < s->move + s->moves && build->move[low].class == class)
		return build->move[low].target;
	return s->rest;
}

/* A state that leaves to `fail` what its own nodes do not care about. */
static void expand_failing(struct builder *b, uint32_t state, uint32_t fail)
{
	struct build *build = b->build;
	struct byte_set classes = b->hits.classes;

	build->state[state].fail = fail;
	for (int w = 0; w < 4; w++) {
		for (; classes.word[w]; classes.word[w] &= classes.word[w] - 1) {
			uint32_t class = 64 * w + __builtin_ctzll(classes.word[w]);
			uint32_t otherwise = state_move(build, fail, class), target;

			gather_begin(b);
			gather_state(b, otherwise);
			gather_hits(b, class);
			target = gather_end(b, 0);
			if (target != otherwise)
				add_move(b, state, class, target);
		}
	}
}

/* The number in build.accepts of the rules of all nodes of a state. */
static uint32_t state_accept(struct build *build, const struct state *s)
{
	struct tg_rule_set rules = {}, more;
	uint32_t accept = 0;
	int64_t number;

	for (size_t i = 0; i < s->members; i++) {
		uint32_t other = build->node[build->member[s->member + i]].accept;

		if (!other || other == accept)
			continue;
		more = build->accepts.set[other];
		rule_set_join(&rules, &more);
		if (!accept) {
			accept = other;
			continue;
		}
		number = rule_sets_number(&build->accepts, &rules);
		if (number < 0)
			build->error = number;
		else
			accept = number;
	}
	return accept;
}

static void expand_test(struct builder *b, uint32_t state)
{
	struct build *build = b->build;
	uint32_t test = build->state[state].test, yes, no;
	struct state s = build->state[state];

	gather_begin(b);
	gather_state(b, state);
	no = gather_end(b, test);
	gather_begin(b);
	gather_state(b, state);
	for (size_t i = 0; i < s.members; i++) {
		const struct node *node = &build->node[build->member[s.member + i]];

		for (size_t t = 0; t < node->tests; t++)
			if (build->link[node->test + t].label == test)
				gather_closed(b, build->link[node->test + t].target);
	}
	yes = gather_end(b, test);
	build->state[state].rest = yes;
	build->state[state].fail = no;
	build->cells += 2;
}

/* The state of the members that stay; `state` itself if that is all of them, 0 if none. */
static uint32_t persistent_part(struct builder *b, uint32_t state)
{
	gather_begin(b);
	gather_staying(b, state, false);
	gather_settle(b);
	return gathered_state(b, STATE_NO_TEST);
}

static void expand(struct builder *b, uint32_t state);

/* Takes the edges of those nodes that stay, or of the others. */
static void hit_nodes(struct builder *b, uint32_t state, bool staying)
{
	const struct build *build = b->build;
	const struct state *s = &build->state[state];

	for (size_t i = 0; i < s->members; i++) {
		const struct node *node = &build->node[build->member[s->member + i]];

		if ((node->loop != NODE_PASSES) == staying)
			hit_edges(b, node);
	}
}

/* The persistent part has no part of its own, so this goes no deeper than once. */
static void expand_moves(struct builder *b, uint32_t state)
{
	struct build *build = b->build;
	uint32_t part = 0;

	for (size_t i = 0; i < build->state[state].members && !part; i++)
		if (build->node[build->member[build->state[state].member + i]].loop)
			part = persistent_part(b, state);
	if (part && !build->state[part].expanded)
		expand(b, part);
	hits_begin(b);
	hit_nodes(b, state, false);
	build->state[state].move = build->move_count;
	if (part && part != state && !b->hits.wide_count) {
		expand_failing(b, state, part);
	} else {
		hit_nodes(b, state, true);
		expand_whole(b, state, part != 0);
	}
	build->state[state].accept = state_accept(build, &build->state[state]);
	build->cells += build->state[state].moves + (build->state[state].accept != 0) +
			(build->state[state].rest || build->state[state].fail);
}

static void expand(struct builder *b, uint32_t state)
{
	b->build->state[state].expanded = true;
	if (b->build->state[state].test == STATE_NO_TEST)
		expand_moves(b, state);
	else
		expand_test(b, state);
}

static void expand_all(struct builder *b)
{
	struct build *build = b->build;

	for (size_t i = 1; i < build->state_count && !build->error; i++) {
		if (!build->state[i].expanded)
			expand(b, i);
		if (build->cells + build->state_count - i > build->cells_max ||
		    build->work > AUTOMATON_WORK * (uint64_t)build->cells_max ||
		    build->accepts.count > AUTOMATON_SETS_MAX)
			build->error = build->error ? build->error : -E2BIG;
	}
}

void states_build(struct build *build)
{
	struct builder b = {.build = build};

	b.gather.member = calloc(build->node_count, sizeof(*b.gather.member));
	b.gather.mark = calloc(build->node_count, sizeof(*b.gather.mark));
	if (!b.gather.member || !b.gather.mark)
		build->error = -ENOMEM;
	if (!build->error &&
	    build_room(build, &build->state, &build->state_room, 0, sizeof(*build->state))) {
		build->state[build->state_count++] =
			(struct state){.test = STATE_NO_TEST, .expanded = true};
		gather_begin(&b);
		gather_closed(&b, build->trie[0].node);
		/* No own text is empty: the tests would fail here. */
		build->start = gather_end(&b, STATE_NO_TEST);
		expand_all(&b);
	}
	free(b.gather.member);
	free(b.gather.mark);
	free(b.hits.link);
	free(b.hits.wide);
}
