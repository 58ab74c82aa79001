/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All file patterns of a policy as one automaton that core/name.h walks once over a file name.
 */
#ifndef TIDEGATE_AUTOMATON_H
#define TIDEGATE_AUTOMATON_H

#include "complaint.h"
#include "rule_sets.h"

#define AUTOMATON_CELLS_MAX (1 << 20) /* 8 MiB in the kernel */
#define AUTOMATON_SETS_MAX  (1 << 16) /* rule sets, likewise */

struct automaton_pattern {
	const char *text; /* borrowed; pattern_check() has accepted it */
	bool any_case;
	uint16_t rule; /* number of the rule that it belongs to */
};

struct automaton {
	struct tg_cell *cell; /* owned */
	size_t cell_count;
	uint32_t start;        /* 0: no patterns */
	bool own_names;        /* a pattern holds %{…} */
	uint8_t class_of[256]; /* tg_policy.class_of */
};

#define AUTOMATON_BLAME_MAX 3

/* What makes an automaton too large: indices into the patterns, the worst first. */
struct automaton_blame {
	size_t pattern[AUTOMATON_BLAME_MAX];
	size_t count;
};

/* Is this a pattern (tidegate.conf(5))? 0, or -EINVAL with `*why` filled. Silent. */
int pattern_check(const char *text, struct complaint *why);

/*
 * Compiles the patterns. What a name leads to is a number in `sets`: the rules of all patterns that match it, and
 * `nameless`, the rules without patterns, too. Returns 0, -ENOMEM, or -E2BIG with `*blame` filled; after a failure
 * there is nothing to free.
 */
int automaton_compile(const struct automaton_pattern *pattern, size_t count,
		      const struct tg_rule_set *nameless, struct rule_sets *sets,
		      struct automaton *automaton, struct automaton_blame *blame);
void automaton_free(struct automaton *automaton);

#endif
