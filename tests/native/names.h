/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * File patterns compiled and walked, for tests: what a name gives against some patterns.
 */
#ifndef TIDEGATE_TESTS_NAMES_H
#define TIDEGATE_TESTS_NAMES_H

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"
#include "core/name.h"
#include "automaton_build.h"
#include "plain_pattern.h"

#define NAMES_BANK 1

struct names {
	struct rule_sets sets;
	struct automaton automaton;
	struct automaton_blame blame;
	struct tg_policy policy;
};

/* Compiles; 0 or a negative errno. Names are walked in the last automaton that was compiled. */
static inline int names_compile_within(size_t cells_max, struct names *names,
				       const struct automaton_pattern *pattern, size_t count,
				       const struct tg_rule_set *nameless)
{
	int error;

	memset(names, 0, sizeof(*names));
	names->policy.nameless_set = rule_sets_number(&names->sets, nameless);
	error = automaton_compile_within(cells_max, pattern, count, nameless, &names->sets,
					 &names->automaton, &names->blame);
	names->policy.start = names->automaton.start;
	names->policy.own_names = names->automaton.own_names;
	memcpy(names->policy.class_of, names->automaton.class_of, sizeof(names->policy.class_of));
	store_automata[NAMES_BANK] = (struct store_automaton){.cell = names->automaton.cell,
							      .count = names->automaton.cell_count};
	return error;
}

static inline int names_compile(struct names *names, const struct automaton_pattern *pattern,
				size_t count, const struct tg_rule_set *nameless)
{
	return names_compile_within(AUTOMATON_CELLS_MAX, names, pattern, count, nameless);
}

static inline void names_free(struct names *names)
{
	automaton_free(&names->automaton);
	rule_sets_free(&names->sets);
}

static inline struct packet names_packet(const struct plain_client *client)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct packet p = {.ipv6 = client->family == AF_INET6, .has_mac = client->has_mac};

	memcpy(p.source_mac, client->mac, sizeof(p.source_mac));
	if (p.ipv6) {
		memcpy(p.source.bytes, client->address, 16);
	} else {
		memcpy(p.source.bytes, mapped, 12);
		memcpy(p.source.bytes + 12, client->address, 4);
	}
	return p;
}

/* The number of the rule set of `len` bytes of name, or NAME_HAS_PARENT. */
static inline uint32_t names_walk(struct names *names, const struct plain_client *client,
				  const char *name, size_t len)
{
	struct core_scratch *scratch = scratch_find();
	struct packet p = names_packet(client);

	/* What was there before does not count. */
	memset(&scratch->name_walk, 0xa5, sizeof(scratch->name_walk));
	memset(scratch->text.bytes, 0x5a, sizeof(scratch->text.bytes));
	memcpy(scratch->text.bytes + 2, name, len);
	scratch->text.name_len = len;
	store_automata[NAMES_BANK].looked_up = 0;
	if (names->policy.own_names)
		own_prepare(&p);
	return name_walk(scratch, &names->policy, NAMES_BANK);
}

#endif
