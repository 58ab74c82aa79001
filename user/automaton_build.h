/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stages of automaton_compile(), and what they hand on:
 *
 *   automaton_trie.c    patterns -> a tree of their items, equal beginnings shared
 *   automaton_nodes.c   -> nodes of a nondeterministic automaton, equal ends shared, too
 *   automaton_own.c     the nodes that a placeholder takes
 *   automaton_sets.c    the sets of bytes that patterns name, and the classes of bytes that none of them tells apart
 *   automaton_states.c  -> states: sets of nodes
 *   automaton_pack.c    -> cells
 *   automaton_blame.c   if it becomes too large: whose fault is it
 *
 * An error (a negative errno) is kept in build.error, and whoever loops looks there; what functions return then means
 * nothing, but is a valid number.
 */
#ifndef TIDEGATE_AUTOMATON_BUILD_H
#define TIDEGATE_AUTOMATON_BUILD_H

#include "automaton.h"
#include "byte_set.h"
#include "hash_index.h"
#include "pattern.h"

/* Nodes put into sets while states are built, for each cell that there may be; all of them take about a second. */
#define AUTOMATON_WORK 32

/* automaton_compile() with less room than AUTOMATON_CELLS_MAX. */
int automaton_compile_within(size_t cells_max, const struct automaton_pattern *pattern,
			     size_t count, const struct tg_rule_set *nameless,
			     struct rule_sets *sets, struct automaton *automaton,
			     struct automaton_blame *blame);

/* ---- sets of bytes ------------------------------------------------------------------------------------------- */

struct set_table {
	struct byte_set *set;     /* by number */
	struct byte_set *classes; /* the same sets, of classes; by set_table_classify() */
	bool *wide;               /* holds most classes */
	size_t count, room;
	struct hash_index index;
	uint8_t class_of[256];
};

/* ---- tree ---------------------------------------------------------------------------------------------------- */

/* How a node of the tree is reached from its parent. `value` is a set's number, or what is said. */
enum branch_kind {
	BRANCH_SET,
	BRANCH_STAR, /* value: enum node_loop */
	BRANCH_PARTS, /* value: NODE_STAYS; its only child is behind a `/`, and is also the parent itself */
	BRANCH_OWN,    /* value: enum tg_own_text */
	BRANCH_PREFIX, /* likewise */
	BRANCH_STAR_OWN, /* a star and an own text that must not reach back before the star: text * 4 + loop */
	BRANCH_STAR_PREFIX
};

struct trie_node {
	uint32_t parent;
	uint32_t first_child; /* 0: none; node 0 is the root */
	uint32_t next_sibling;
	uint32_t value;
	uint32_t accept; /* number in build.accepts: rules of the patterns that end here */
	uint32_t node;   /* what it becomes */
	uint32_t occurs; /* patterns that pass; counted for blame */
	uint8_t kind;    /* enum branch_kind */
};

/* ---- nodes --------------------------------------------------------------------------------------------------- */

enum node_loop {
	NODE_PASSES = 0,
	NODE_STAYS_IN_PART = 1, /* on every byte but `/` */
	NODE_STAYS = 2,         /* on every byte */
};

struct node_link {
	uint32_t label; /* of an edge: number of a byte set; of a test: TG_TEST() */
	uint32_t target;
};

#define NODE_SKIPS 4 /* a star of either kind, parts and what is behind them */

/* Node 0 is none. Links are in build.link. */
struct node {
	uint32_t edge, edges;
	uint32_t test, tests;
	uint32_t skip[NODE_SKIPS]; /* where one also is when one is here; 0: nowhere */
	uint32_t accept;           /* number in build.accepts */
	uint32_t
		credit; /* whose occurrences are counted here, too: the node itself, or what follows its chain */
	uint8_t loop; /* enum node_loop */
};

/* A node that is being put together. */
struct node_draft {
	struct node_link *edge, *test;
	size_t edges, edge_room, tests, test_room;
	uint32_t skip[NODE_SKIPS];
	uint32_t accept;
	uint32_t credit;
	uint8_t loop;
};

/* ---- states -------------------------------------------------------------------------------------------------- */

#define STATE_NO_TEST 0xffffffffU

/* State 0 is the one without nodes. */
struct state {
	uint32_t member, members; /* in build.member; sorted */
	uint32_t test;            /* STATE_NO_TEST, or TG_TEST() of what is asked here */
	uint32_t move, moves;     /* in build.move; by class, ascending */
	uint32_t rest;   /* where other bytes than those in `move` lead; of a test: the yes */
	uint32_t fail;   /* or which state knows (0: none); of a test: the no */
	uint32_t accept; /* number in build.accepts */
	bool expanded;
};

struct state_move {
	uint32_t class;
	uint32_t target;
};

struct build {
	int error;
	size_t cells_max;
	struct rule_sets accepts;
	struct set_table sets;
	struct trie_node *trie;
	size_t trie_count, trie_room;
	uint32_t *leaf; /* by pattern: where it ends in the tree */
	struct node *node;
	size_t node_count, node_room;
	struct node_link *link;
	size_t link_count, link_room;
	struct hash_index node_index;
	struct state *state;
	size_t state_count, state_room;
	uint32_t *member;
	size_t member_count, member_room;
	struct state_move *move;
	size_t move_count, move_room;
	struct hash_index state_index;
	uint32_t start; /* state */
	uint64_t work;
	size_t cells; /* that the states expanded so far will take at least */
	bool own_names;
};

/* Room for one more; the array may move. False, and build->error set, if memory is short. */
bool build_room(struct build *build, void *array, size_t *room, size_t count, size_t size);

/* ---- stages -------------------------------------------------------------------------------------------------- */

uint32_t set_table_number(struct build *build, const struct byte_set *set);
void set_table_classify(struct build *build);
void set_table_free(struct set_table *sets);

void trie_add(struct build *build, const struct pattern *pattern, size_t index, uint16_t rule);

/* Turns the tree into nodes; the root's is build->trie[0].node. */
void nodes_build(struct build *build);
void draft_edge(struct build *build, struct node_draft *draft, uint32_t set, uint32_t target);
void draft_test(struct build *build, struct node_draft *draft, uint32_t test, uint32_t target);
void draft_skip(struct node_draft *draft, uint32_t target);
/* The node that is like the draft, which is empty then. */
uint32_t draft_node(struct build *build, struct node_draft *draft);
void draft_free(struct node_draft *draft);

/* Adds to the draft what leads over an own text, or a prefix of one, to the node `target`. */
void own_draft(struct build *build, struct node_draft *draft, uint32_t text, bool prefix,
	       uint32_t target);
/* The same, with a star of kind `loop` before it. */
void own_draft_star(struct build *build, struct node_draft *draft, uint32_t text, bool prefix,
		    enum node_loop loop, uint32_t target);
/* May the text hold a byte of the set? */
bool own_may_hold(uint32_t text, const struct byte_set *set);

void states_build(struct build *build);

/* Fills automaton->cell, ->cell_count and ->start; `set_number` is by number in build->accepts. */
void states_pack(struct build *build, const uint32_t *set_number, struct automaton *automaton);

void build_blame(struct build *build, size_t patterns, struct automaton_blame *blame);

#endif
