/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "Did you mean": the known word that is nearest to a mistyped one.
 */
#ifndef TIDEGATE_SUGGEST_H
#define TIDEGATE_SUGGEST_H

#include <stddef.h>

/* Words are offered one by one; the nearest so far is kept. Start with suggestion_for(). */
struct suggestion {
	const char *word;    /* as typed */
	const char *nearest; /* NULL while no candidate is near enough */
	size_t distance;     /* of `nearest`; at first the largest that still counts, plus one */
};

struct suggestion suggestion_for(const char *word);
void suggestion_offer(struct suggestion *s, const char *candidate);

/*
 * Edits (insert, delete, replace, swap of neighbours) between two words; words over 63 bytes are
 * infinitely far.
 */
size_t word_distance(const char *a, const char *b);

#endif
