// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Patterns to blame are those whose nodes occur in most states. A node that is in nearly every state makes none of them
 * (the star with which all patterns begin), and a node that many patterns pass is no single one's fault. Where patterns
 * are so long together that there never were any nodes, the length counts alone.
 */
#include <stdlib.h>

#include "automaton_build.h"

/* How many states each node is in. */
static void count_states(const struct build *build, uint32_t *states)
{
	for (size_t i = 0; i < build->member_count; i++) {
		uint32_t node = build->member[i];
		uint32_t credit = build->node[node].credit;

		states[node]++;
		if (credit != node)
			states[credit]++;
	}
}

/* How many patterns pass each node. */
static void count_patterns(struct build *build, size_t patterns, uint32_t *passes)
{
	for (size_t i = 0; i < build->trie_count; i++)
		build->trie[i].occurs = 0;
	for (size_t i = 0; i < patterns; i++)
		build->trie[build->leaf[i]].occurs++;
	for (size_t i = build->trie_count; i-- > 1;)
		build->trie[build->trie[i].parent].occurs += build->trie[i].occurs;
	for (size_t i = 0; i < build->trie_count && build->node_count; i++)
		passes[build->trie[i].node] += build->trie[i].occurs;
}

static double score(const struct build *build, uint32_t leaf, const uint32_t *states,
		    const uint32_t *passes)
{
	double sum = 0;

	for (uint32_t at = leaf; at; at = build->trie[at].parent) {
		uint32_t node = build->trie[at].node;

		if (!build->node_count)
			sum += 1;
		else if (states[node] <= build->state_count / 10 * 9)
			sum += (double)states[node] / passes[node];
	}
	return sum;
}

static void blame_one(struct automaton_blame *blame, double *scores, size_t pattern, double score)
{
	size_t at = blame->count;

	while (at > 0 && scores[at - 1] < score)
		at--;
	if (at == AUTOMATON_BLAME_MAX)
		return;
	if (blame->count < AUTOMATON_BLAME_MAX)
		blame->count++;
	for (size_t i = blame->count - 1; i > at; i--) {
		blame->pattern[i] = blame->pattern[i - 1];
		scores[i] = scores[i - 1];
	}
	blame->pattern[at] = pattern;
	scores[at] = score;
}

void build_blame(struct build *build, size_t patterns, struct automaton_blame *blame)
{
	double scores[AUTOMATON_BLAME_MAX];
	uint32_t *states = calloc(build->node_count + 1, sizeof(*states));
	uint32_t *passes = calloc(build->node_count + 1, sizeof(*passes));

	blame->count = 0;
	if (states && passes) {
		count_states(build, states);
		count_patterns(build, patterns, passes);
		for (size_t i = 0; i < patterns; i++)
			blame_one(blame, scores, i, score(build, build->leaf[i], states, passes));
	}
	free(states);
	free(passes);
}
