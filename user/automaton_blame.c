// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Patterns to blame are those whose nodes occur in most states. A node that is in nearly every state makes none of them
 * (the star with which all patterns begin), and a node that many patterns pass is no single one's fault. Where patterns
 * are so long together that there never were any nodes, the length counts alone.
 */
#include <stdlib.h>

#include "automaton_build.h"

/* By node. */
struct counts {
	uint32_t *states; /* that it is in */
	uint32_t *
		chained; /* that nodes of the chain before it are in; several of them may be in the same */
	uint32_t *passes; /* patterns that pass it */
};

static void count_states(const struct build *build, struct counts *counts)
{
	for (size_t i = 0; i < build->member_count; i++) {
		uint32_t node = build->member[i];
		uint32_t credit = build->node[node].credit;

		counts->states[node]++;
		if (credit != node)
			counts->chained[credit]++;
	}
}

static void count_patterns(struct build *build, size_t patterns, struct counts *counts)
{
	for (size_t i = 0; i < build->trie_count; i++)
		build->trie[i].occurs = 0;
	for (size_t i = 0; i < patterns; i++)
		build->trie[build->leaf[i]].occurs++;
	for (size_t i = build->trie_count; i-- > 1;)
		build->trie[build->trie[i].parent].occurs += build->trie[i].occurs;
	for (size_t i = 0; i < build->trie_count && build->node_count; i++)
		counts->passes[build->trie[i].node] += build->trie[i].occurs;
}

static double score(const struct build *build, uint32_t leaf, const struct counts *counts)
{
	double sum = 0;

	for (uint32_t at = leaf; at; at = build->trie[at].parent) {
		uint32_t node = build->trie[at].node;
		double states = counts->chained[node];

		if (counts->states[node] <= build->state_count / 10 * 9)
			states += counts->states[node];
		sum += build->node_count ? states / counts->passes[node] : 1;
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
	struct counts counts = {
		.states = calloc(build->node_count + 1, sizeof(uint32_t)),
		.chained = calloc(build->node_count + 1, sizeof(uint32_t)),
		.passes = calloc(build->node_count + 1, sizeof(uint32_t)),
	};

	blame->count = 0;
	if (counts.states && counts.chained && counts.passes) {
		count_states(build, &counts);
		count_patterns(build, patterns, &counts);
		for (size_t i = 0; i < patterns; i++)
			blame_one(blame, scores, i, score(build, build->leaf[i], &counts));
	}
	free(counts.states);
	free(counts.chained);
	free(counts.passes);
}
