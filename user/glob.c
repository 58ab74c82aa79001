// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Both patterns are read at once, from the left; a breadth-first search through the pairs of places in them finds
 * the shortest common name.
 */
#include <linux/types.h>

#include "glob.h"

#include <stdint.h>
#include <string.h>

/* No interface is called "", "." or "..", so a name is told apart from them while it grows. */
enum kind { EMPTY, DOT, DOTS, NAME, KINDS };

#define NODES (TG_IFNAME * TG_IFNAME * KINDS)
#define ANY   '0'

struct search {
	const char *pattern[2];
	struct node {
		int16_t parent; /* -1: the start */
		char added;     /* to the parent's name; 0: the start's */
		uint8_t length; /* of the name */
		bool seen;
	} node[NODES];
	int16_t queue[NODES];
	int16_t queued;
};

static int16_t number_of(int a, int b, enum kind kind)
{
	return (int16_t)((a * TG_IFNAME + b) * KINDS + kind);
}

/* A star may also stand for nothing, so what is behind it is reached with it. */
static void reach(struct search *s, int a, int b, enum kind kind, const struct node *how)
{
	int16_t number = number_of(a, b, kind);

	if (s->node[number].seen)
		return;
	s->node[number] = *how;
	s->queue[s->queued++] = number;
	if (s->pattern[0][a] == '*')
		reach(s, a + 1, b, kind, how);
	if (s->pattern[1][b] == '*')
		reach(s, a, b + 1, kind, how);
}

static bool is_wild(char c)
{
	return c == '*' || c == '?';
}

static void go_on(struct search *s, int16_t number)
{
	int a = number / KINDS / TG_IFNAME, b = number / KINDS % TG_IFNAME;
	char one = s->pattern[0][a], other = s->pattern[1][b];
	struct node how = {.parent = number, .length = s->node[number].length + 1, .seen = true};
	enum kind kind = number % KINDS;

	if (!one || !other || how.length >= TG_IFNAME)
		return;
	if (!is_wild(one) && !is_wild(other) && one != other)
		return;
	how.added = !is_wild(one) ? one : !is_wild(other) ? other : ANY;
	kind = how.added == '.' && kind <= DOT ? kind + 1 : NAME;
	reach(s, one == '*' ? a : a + 1, other == '*' ? b : b + 1, kind, &how);
}

bool glob_is_pattern(const char *text)
{
	return strpbrk(text, "*?");
}

bool globs_meet(const char *a, const char *b, char example[TG_IFNAME])
{
	const struct node start = {.parent = -1, .seen = true};
	struct search s = {.pattern = {a, b}};
	int16_t end = number_of((int)strlen(a), (int)strlen(b), NAME);

	reach(&s, 0, 0, EMPTY, &start);
	for (int16_t i = 0; i < s.queued && !s.node[end].seen; i++)
		go_on(&s, s.queue[i]);
	if (!s.node[end].seen)
		return false;
	example[s.node[end].length] = '\0';
	for (int16_t n = end; s.node[n].added; n = s.node[n].parent)
		example[s.node[n].length - 1] = s.node[n].added;
	return true;
}
