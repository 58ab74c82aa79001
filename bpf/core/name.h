/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which file patterns a request's name matches: one walk of the policy's automaton (struct tg_cell) over the name.
 *
 * Names are compared in their normal form: `\` is `/`; a `/` at either end, repeated ones, and parts `.` vanish. The
 * normal form is never written down. The walk goes on over a `/` as soon as it comes, keeps the states before and
 * after it, and returns to one of them where a part turns out to be empty or `.`.
 */
#ifndef TIDEGATE_NAME_H
#define TIDEGATE_NAME_H

#include "core/own.h"
#include "core/store.h"

#define NAME_HAS_PARENT 0xffffffffU

/* What stands between two separators so far. */
enum name_part {
	NAME_PART_EMPTY = 0,
	NAME_PART_DOT = 1,
	NAME_PART_DOTS = 2, /* ".." */
	NAME_PART_OTHER = 3,
};

struct name_reader {
	struct core_scratch *scratch;
	const struct tg_policy *policy;
	u32 bank;
};

/* Where a byte of this class leads from a state that is no test: 0 if to no match. At most four look-ups. */
CORE u32 name_move(u32 bank, u32 state, u32 class)
{
	for (u32 i = 0; i < 2; i++) {
		const struct tg_cell *cell = automaton_cell(bank, state + class);

		if (cell && cell->owner == state)
			return cell->next;
		cell = automaton_cell(bank, state);
		if (!cell || !(cell->owner & TG_CELL_INFO))
			return 0;
		if (!(cell->owner & TG_CELL_FAIL))
			return cell->next;
		state = cell->next;
	}
	return 0;
}

/* The tests that come before the state is left. */
CORE u32 name_test(const struct name_walk *w, u32 bank, u32 state)
{
	for (u32 i = 0; i < TG_TESTS_MAX && (state & TG_STATE_TEST); i++) {
		u32 base = state & ~TG_STATE_TEST;
		const struct tg_cell *cell = automaton_cell(bank, base);

		if (cell && !own_holds(w, cell->owner))
			cell = automaton_cell(bank, base + 1);
		if (!cell)
			return 0;
		state = cell->next;
	}
	return state & TG_STATE_TEST ? 0 : state;
}

/* The rule set of a name that ends in this state. */
CORE u32 name_end(u32 bank, u32 state, u32 nameless_set)
{
	for (u32 i = 0; i < 2 && state; i++) {
		const struct tg_cell *cell = automaton_cell(bank, state + TG_CLASS_END);

		if (cell && cell->owner == state)
			return cell->next;
		cell = automaton_cell(bank, state);
		if (!cell || !(cell->owner & TG_CELL_INFO) || !(cell->owner & TG_CELL_FAIL))
			return nameless_set;
		state = cell->next;
	}
	return nameless_set;
}

/* A byte of the normal form. */
CORE void name_take(const struct name_reader *r, struct name_walk *w, u8 c)
{
	if (!w->state)
		return;
	if (r->policy->own_names)
		own_follow(w, c);
	w->state = name_move(r->bank, w->state, r->policy->class_of[c]);
	if (w->state & TG_STATE_TEST)
		w->state = name_test(w, r->bank, w->state);
}

/* The part at hand is empty or `.`: it was never there. */
CORE bool name_part_vanishes(const struct name_walk *w)
{
	return w->part == NAME_PART_EMPTY || w->part == NAME_PART_DOT;
}

/* A separator; non-zero ends the walk: the part was `..`. */
CORE long name_take_separator(const struct name_reader *r, struct name_walk *w)
{
	if (w->part == NAME_PART_DOTS)
		return 1;
	if (name_part_vanishes(w)) {
		w->state = w->after; /* no own text begins with a `.`, so nothing was followed */
	} else {
		w->before = w->state;
		name_take(r, w, '/');
		w->after = w->state;
	}
	w->part = NAME_PART_EMPTY;
	return 0;
}

static long name_read_byte(u32 i, void *context)
{
	const struct name_reader *r = context;
	struct name_walk *w = &r->scratch->name_walk;
	u32 at = i + sizeof(u16); /* behind the opcode */
	u8 c;

	if (at >= TG_REQUEST_MAX)
		return 1;
	c = r->scratch->text.bytes[at];
	if (c == '/' || c == '\\')
		return name_take_separator(r, w);
	w->part = c == '.' && w->part < NAME_PART_DOTS ? w->part + 1 : NAME_PART_OTHER;
	name_take(r, w, c);
	return 0;
}

/*
 * Walks the automaton in `bank` over the name in scratch->text (bytes from offset 2, name_len bytes), for the client
 * whose own texts own_prepare() has written, if the policy has own_names. The number in `rule_sets` of the rules that
 * match; policy->nameless_set without patterns; NAME_HAS_PARENT if a part of the name is `..`.
 */
CORE u32 name_walk(struct core_scratch *scratch, const struct tg_policy *policy, u32 bank)
{
	struct name_reader reader = {.scratch = scratch, .policy = policy, .bank = bank};
	struct name_walk *w = &scratch->name_walk;

	w->state = policy->start;
	w->before = policy->start;
	w->after = policy->start;
	w->part = NAME_PART_EMPTY;
	repeat(scratch->text.name_len, name_read_byte, &reader);
	if (w->part == NAME_PART_DOTS)
		return NAME_HAS_PARENT;
	return name_end(bank, name_part_vanishes(w) ? w->before : w->state, policy->nameless_set);
}

#endif
