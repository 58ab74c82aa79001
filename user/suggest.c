// SPDX-License-Identifier: GPL-2.0-or-later
#include "suggest.h"

#include <stdint.h>
#include <string.h>

#define WORD_MAX 64

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Optimal string alignment, row by row; three rows suffice. */
size_t word_distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX], *before = rows[0], *last = rows[1], *row = rows[2], *spare;
	size_t len_a = strlen(a), len_b = strlen(b);

	if (len_a >= WORD_MAX || len_b >= WORD_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= len_b; j++)
		last[j] = j;
	for (size_t i = 1; i <= len_a; i++) {
		row[0] = i;
		for (size_t j = 1; j <= len_b; j++) {
			size_t best = smaller(last[j], row[j - 1]) + 1;

			best = smaller(best, last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = smaller(best, before[j - 2] + 1);
			row[j] = best;
		}
		spare = before;
		before = last;
		last = row;
		row = spare;
	}
	return last[len_b];
}

struct suggestion suggestion_for(const char *word)
{
	return (struct suggestion){.word = word, .distance = strlen(word) / 3 + 2};
}

void suggestion_offer(struct suggestion *s, const char *candidate)
{
	size_t distance = word_distance(s->word, candidate);

	/* A word that was only cut short is near, whatever is missing. */
	if (strlen(s->word) >= 3 && !strncmp(s->word, candidate, strlen(s->word)))
		distance = smaller(distance, 1);
	if (distance < s->distance) {
		s->distance = distance;
		s->nearest = candidate;
	}
}
