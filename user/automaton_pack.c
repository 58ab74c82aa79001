// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A double array: the cells of a state lie at fixed distances from its base, and those of many states in each other's
 * gaps. Large states come first, as long as there are wide gaps.
 */
#include <errno.h>
#include <stdlib.h>

#include "automaton_build.h"

#define BLOCKS      (AUTOMATON_CELLS_MAX / 64)
#define OFFSETS_MAX 256

struct packer {
	struct build *build;
	uint64_t used[BLOCKS + OFFSETS_MAX / 64 + 1]; /* cells, a bit each */
	uint64_t based[BLOCKS];                       /* cells that are some state's base */
	uint32_t hint[OFFSETS_MAX +
		      1]; /* by the number of a state's cells: the block that had room last */
	size_t end;
	uint32_t *base; /* by state */
	struct tg_cell *cell;
};

/* Distances of a state's cells from its base, ascending. */
static size_t offsets_of(const struct build *build, uint32_t state, uint32_t *offset)
{
	const struct state *s = &build->state[state];
	size_t count = 0;

	if (s->test != STATE_NO_TEST || s->rest || s->fail)
		offset[count++] = 0;
	if (s->test != STATE_NO_TEST || s->accept)
		offset[count++] = TG_CLASS_END;
	for (size_t i = 0; i < s->moves; i++)
		offset[count++] = build->move[s->move + i].class;
	return count;
}

/* Which of the 64 bases of a block can't be taken. */
static uint64_t taken_bases(const struct packer *p, size_t block, const uint32_t *offset,
			    size_t count)
{
	uint64_t taken = p->based[block];

	for (size_t i = 0; i < count && ~taken; i++) {
		size_t at = 64 * block + offset[i], bit = at % 64;

		taken |= p->used[at / 64] >> bit;
		if (bit)
			taken |= p->used[at / 64 + 1] << (64 - bit);
	}
	return taken;
}

/* A place for the state's cells; false if there is none. */
static bool place(struct packer *p, uint32_t state)
{
	uint32_t offset[OFFSETS_MAX];
	size_t count = offsets_of(p->build, state, offset);

	for (size_t block = p->hint[count]; block < BLOCKS; block++) {
		uint64_t taken = taken_bases(p, block, offset, count);
		size_t base;

		if (!~taken)
			continue;
		base = 64 * block + __builtin_ctzll(~taken);
		if (base + (count ? offset[count - 1] : 0) >= p->build->cells_max)
			return false;
		p->hint[count] = block;
		p->base[state] = base;
		p->based[block] |= 1ULL << base % 64;
		for (size_t i = 0; i < count; i++) {
			size_t at = base + offset[i];

			p->used[at / 64] |= 1ULL << at % 64;
			p->end = at >= p->end ? at + 1 : p->end;
		}
		return true;
	}
	return false;
}

/* All states but number 0, those with most cells first. */
static bool place_all(struct packer *p)
{
	const struct build *build = p->build;
	size_t begin[OFFSETS_MAX + 2] = {};
	uint32_t offset[OFFSETS_MAX];
	uint32_t *order = calloc(build->state_count, sizeof(*order));
	bool fits = order != NULL;

	if (!order) {
		p->build->error = -ENOMEM;
		return false;
	}
	for (size_t i = 1; i < build->state_count; i++)
		begin[OFFSETS_MAX - offsets_of(build, i, offset) + 1]++;
	for (size_t i = 1; i <= OFFSETS_MAX + 1; i++)
		begin[i] += begin[i - 1];
	for (size_t i = 1; i < build->state_count; i++)
		order[begin[OFFSETS_MAX - offsets_of(build, i, offset)]++] = i;
	for (size_t i = 0; i + 1 < build->state_count && fits; i++)
		fits = place(p, order[i]);
	free(order);
	return fits;
}

/* How others name the state. */
static uint32_t name_of(const struct packer *p, uint32_t state)
{
	if (!state)
		return 0;
	return p->base[state] | (p->build->state[state].test == STATE_NO_TEST ? 0 : TG_STATE_TEST);
}

static void write_state(struct packer *p, uint32_t state, const uint32_t *set_number)
{
	const struct build *build = p->build;
	const struct state *s = &build->state[state];
	uint32_t base = p->base[state];
	struct tg_cell *cell = p->cell + base;

	if (s->test != STATE_NO_TEST) {
		cell[0] = (struct tg_cell){TG_CELL_INFO | s->test, name_of(p, s->rest)};
		cell[1] = (struct tg_cell){base, name_of(p, s->fail)};
		return;
	}
	if (s->fail)
		cell[0] = (struct tg_cell){TG_CELL_INFO | TG_CELL_FAIL, name_of(p, s->fail)};
	else if (s->rest)
		cell[0] = (struct tg_cell){TG_CELL_INFO, name_of(p, s->rest)};
	if (s->accept)
		cell[TG_CLASS_END] = (struct tg_cell){base, set_number[s->accept]};
	for (size_t i = 0; i < s->moves; i++) {
		const struct state_move *move = &build->move[s->move + i];

		cell[move->class] = (struct tg_cell){base, name_of(p, move->target)};
	}
}

static void pack(struct packer *p, const uint32_t *set_number, struct automaton *automaton)
{
	p->based[0] = 1; /* no state is number 0 */
	if (!place_all(p)) {
		p->build->error = p->build->error ? p->build->error : -E2BIG;
		return;
	}
	/* A base may lie behind the last cell, as that of a state without any. */
	automaton->cell = calloc(p->end + 1, sizeof(*automaton->cell));
	if (!automaton->cell) {
		p->build->error = -ENOMEM;
		return;
	}
	p->cell = automaton->cell;
	for (size_t i = 1; i < p->build->state_count; i++)
		write_state(p, i, set_number);
	automaton->cell_count = p->end ? p->end : 1;
	automaton->start = p->base[p->build->start];
}

void states_pack(struct build *build, const uint32_t *set_number, struct automaton *automaton)
{
	struct packer *p = calloc(1, sizeof(*p));

	if (p) {
		p->build = build;
		p->base = calloc(build->state_count, sizeof(*p->base));
	}
	if (p && p->base)
		pack(p, set_number, automaton);
	else
		build->error = -ENOMEM;
	if (p)
		free(p->base);
	free(p);
}
