// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy_names.h"

#include <stdlib.h>

/* The automaton (struct tg_cell) is walked over every byte at once. */
struct walk {
	const struct policy_image *image;
	uint32_t classes; /* numbers of classes are below */
	bool *seen;       /* by the cell at which a state begins */
	uint32_t *ahead;  /* states whose successors are still to be seen */
	size_t ahead_count;
	bool *leads; /* the result */
};

static const struct tg_cell *cell_at(const struct walk *walk, uint32_t index)
{
	static const struct tg_cell none;

	return index < walk->image->automaton.cell_count ? &walk->image->automaton.cell[index]
							 : &none;
}

static void lead_to(struct walk *walk, uint32_t set)
{
	if (set < walk->image->sets.count)
		walk->leads[set] = true;
}

static void reach(struct walk *walk, uint32_t state)
{
	uint32_t base = state & ~TG_STATE_TEST;

	if (!state) /* no pattern can match any more */
		lead_to(walk, walk->image->policy.nameless_set);
	if (!state || base >= walk->image->automaton.cell_count || walk->seen[base])
		return;
	walk->seen[base] = true;
	walk->ahead[walk->ahead_count++] = state;
}

/* The state to ask where `state` has no cell of its own; 0: there is none. */
static uint32_t fallback(const struct walk *walk, uint32_t state)
{
	const struct tg_cell *info = cell_at(walk, state);

	return info->owner & TG_CELL_INFO && info->owner & TG_CELL_FAIL ? info->next : 0;
}

/* The cell of that class, of the state or of its fallback, or NULL. */
static const struct tg_cell *own_cell(const struct walk *walk, uint32_t state, uint32_t class)
{
	for (; state; state = fallback(walk, state)) {
		const struct tg_cell *cell = cell_at(walk, state + class);

		if (cell->owner == state)
			return cell;
	}
	return NULL;
}

/* Where bytes lead that have no cell. */
static uint32_t other_bytes(const struct walk *walk, uint32_t state)
{
	uint32_t further = fallback(walk, state);
	const struct tg_cell *info = cell_at(walk, further ? further : state);

	return info->owner & TG_CELL_INFO ? info->next : 0;
}

static void follow(struct walk *walk, uint32_t state)
{
	const struct tg_cell *end;

	if (state & TG_STATE_TEST) {
		reach(walk, cell_at(walk, state & ~TG_STATE_TEST)->next);
		reach(walk, cell_at(walk, (state & ~TG_STATE_TEST) + 1)->next);
		return;
	}
	end = own_cell(walk, state, TG_CLASS_END);
	lead_to(walk, end ? end->next : walk->image->policy.nameless_set);
	for (uint32_t class = TG_CLASS_FIRST; class < walk->classes; class ++) {
		const struct tg_cell *cell = own_cell(walk, state, class);

		reach(walk, cell ? cell->next : other_bytes(walk, state));
	}
}

bool *policy_name_sets(const struct policy_image *image)
{
	size_t cells = image->automaton.cell_count + 1;
	struct walk walk = {.image = image, .classes = TG_CLASS_FIRST};

	walk.seen = calloc(cells, sizeof(*walk.seen));
	walk.ahead = calloc(cells, sizeof(*walk.ahead));
	walk.leads = calloc(image->sets.count + 1, sizeof(*walk.leads));
	if (walk.seen && walk.ahead && walk.leads) {
		for (size_t i = 0; i < sizeof(image->automaton.class_of); i++)
			if (image->automaton.class_of[i] >= walk.classes)
				walk.classes = image->automaton.class_of[i] + 1U;
		reach(&walk, image->automaton.start);
		while (walk.ahead_count)
			follow(&walk, walk.ahead[--walk.ahead_count]);
	} else {
		free(walk.leads);
		walk.leads = NULL;
	}
	free(walk.seen);
	free(walk.ahead);
	return walk.leads;
}
