// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The walker knows which of the client's own texts the bytes that it has just read may be (core/own.h). So a place
 * behind a placeholder is reached by a test at the text's end; until then, a chain of nodes counts the bytes since its
 * beginning. Behind a star the text may begin anywhere, and the test alone is enough.
 */
#include "automaton_build.h"

static const struct {
	uint8_t length[2]; /* the shortest and the longest */
	bool only[2];      /* no other lengths */
	char separator;    /* at every third place; 0: none */
	const char *bytes; /* that may stand there, in lower case; without the separator */
} texts[TG_OWN_TEXTS] = {
	[TG_OWN_MAC] = {{12, 12}, {true}, 0, "0123456789abcdef"},
	[TG_OWN_DASHES] = {{17, 17}, {true}, '-', "0123456789abcdef"},
	[TG_OWN_COLONS] = {{17, 17}, {true}, ':', "0123456789abcdef"},
	[TG_OWN_HEX] = {{8, 32}, {true}, 0, "0123456789abcdef"},
	[TG_OWN_IP] = {{2, 39}, {false}, 0, "0123456789abcdef.:"},
};

static bool has_length(uint32_t text, uint32_t length)
{
	if (length == texts[text].length[0] || length == texts[text].length[1])
		return true;
	return !texts[text].only[0] && length > texts[text].length[0] &&
	       length < texts[text].length[1];
}

/* What may stand at this place of the text. */
static struct byte_set bytes_at(uint32_t text, uint32_t at)
{
	struct byte_set set = {};

	if (texts[text].separator && at % 3 == 2) {
		byte_set_add(&set, texts[text].separator);
		return set;
	}
	for (const char *c = texts[text].bytes; *c; c++) {
		byte_set_add(&set, *c);
		if (*c >= 'a' && *c <= 'f')
			byte_set_add(&set, *c - 'a' + 'A');
	}
	return set;
}

bool own_may_hold(uint32_t text, const struct byte_set *set)
{
	for (uint32_t at = 0; at < 3; at++) {
		struct byte_set bytes = bytes_at(text, at);

		for (int i = 0; i < 4; i++)
			if (bytes.word[i] & set->word[i])
				return true;
	}
	return false;
}

static void edge_to(struct build *build, struct node_draft *draft, const struct byte_set *set,
		    uint32_t target)
{
	if (target)
		draft_edge(build, draft, set_table_number(build, set), target);
}

/* The node behind `at` bytes of the text, and `next` of those behind one more. */
static uint32_t own_place(struct build *build, uint32_t text, uint32_t at, uint32_t target,
			  uint32_t next)
{
	struct byte_set set = bytes_at(text, at);
	struct node_draft draft = {.credit = target};
	uint32_t node;

	edge_to(build, &draft, &set, next);
	if (has_length(text, at))
		draft_test(build, &draft, TG_TEST(text, TG_TEST_WHOLE, at), target);
	node = draft_node(build, &draft);
	draft_free(&draft);
	return node;
}

/* The same for a prefix: after the test nothing goes on if it failed. */
static uint32_t own_prefix_place(struct build *build, uint32_t text, uint32_t at, uint32_t target,
				 uint32_t next)
{
	struct byte_set set = bytes_at(text, at);
	struct node_draft draft = {.credit = target};
	uint32_t passed, node;

	edge_to(build, &draft, &set, next);
	draft_skip(&draft, target);
	passed = draft_node(build, &draft);
	draft.credit = target;
	draft_test(build, &draft, TG_TEST(text, TG_TEST_PREFIX, at), passed);
	node = draft_node(build, &draft);
	draft_free(&draft);
	return node;
}

/* How far the test of a place behind a star looks back, where nothing limits it. */
#define OWN_FAR 63

static uint32_t star_test(uint32_t text, bool prefix, uint32_t k)
{
	return TG_TEST(text, prefix ? TG_TEST_PREFIXES : TG_TEST_WITHIN, k);
}

void own_draft(struct build *build, struct node_draft *draft, uint32_t text, bool prefix,
	       uint32_t target)
{
	struct byte_set set = bytes_at(text, 0);
	uint32_t next = 0;

	if (draft->loop) {
		draft_test(build, draft, star_test(text, prefix, OWN_FAR), target);
		return;
	}
	for (uint32_t at = texts[text].length[1]; at > 0 && !build->error; at--)
		next = prefix ? own_prefix_place(build, text, at, target, next)
			      : own_place(build, text, at, target, next);
	edge_to(build, draft, &set, next);
}

struct star {
	uint32_t text;
	bool prefix;
	enum node_loop loop;
	struct byte_set set; /* what it passes */
	uint32_t target;
};

/* The node `at` bytes behind the star's beginning, and `next` of those behind one more; the last one (0) stays. */
static uint32_t star_place(struct build *build, const struct star *star, uint32_t at, uint32_t next)
{
	uint32_t k = next ? at : OWN_FAR;
	struct node_draft draft = {.credit = star->target};
	uint32_t node;

	if (next)
		edge_to(build, &draft, &star->set, next);
	else
		draft.loop = star->loop;
	if (star->prefix || at >= texts[star->text].length[0])
		draft_test(build, &draft, star_test(star->text, star->prefix, k), star->target);
	node = draft_node(build, &draft);
	draft_free(&draft);
	return node;
}

void own_draft_star(struct build *build, struct node_draft *draft, uint32_t text, bool prefix,
		    enum node_loop loop, uint32_t target)
{
	struct star star = {text, prefix, loop, byte_set_any(), target};
	uint32_t next = 0;

	if (loop == NODE_STAYS)
		byte_set_add(&star.set, '/');
	for (uint32_t at = texts[text].length[1]; at > 0 && !build->error; at--)
		next = star_place(build, &star, at, next);
	edge_to(build, draft, &star.set, next);
}
