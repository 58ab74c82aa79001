// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/automaton.c user/automaton_*.c user/hash_index.c user/pattern.c user/rule_sets.c user/complaint.c user/suggest.c tests/native/plain_pattern.c
// libfuzzer: -max_len=256 -dict=tests/fuzz/pattern.dict
/*
 * File patterns and names: whatever is accepted as a pattern, alone and together, says the same of a name as the plain
 * matcher; what is refused is explained; the way over a name is short; what does not fit is blamed on somebody.
 *
 * Input: letter cases (a bit for each pattern), the client (family, then six bytes that its addresses repeat); lines: the
 * name, and up to four patterns.
 */
#include <stdio.h>

#include "names.h"
#include "must.h"

#define PATTERNS  4
#define CELLS_MAX (1 << 14) /* so that what is too large takes no time */
#define HEAD      8
#define NAMELESS  1000
#define OF(i)     ((i)*300)

static struct plain_client client_of(const uint8_t *bytes)
{
	struct plain_client client = {.family = bytes[0] & 1 ? AF_INET6 : AF_INET,
				      .has_mac = !(bytes[0] & 2)};

	memcpy(client.mac, bytes + 1, 6);
	for (size_t i = 0; i < 16; i++)
		client.address[i] = bytes[0] & 4 && i > 3 && i < 12 ? 0 : bytes[1 + i % 6];
	if (!memcmp(client.address, (uint8_t[10]){}, 10)) /* ::a.b.c.d, ::ffff:a.b.c.d */
		client.address[0] = 0x20;
	return client;
}

/* Splits at line feeds; NUL ends a line, too, as far as strings go. */
static size_t lines_of(char *text, char **line, size_t max)
{
	size_t count = 0;

	while (text && count < max)
		line[count++] = strsep(&text, "\n");
	return count;
}

static void check_name(struct names *names, const struct automaton_pattern *pattern, size_t count,
		       const struct plain_client *client, const char *name)
{
	char normal[PLAIN_NAME_MAX];
	bool parent = !plain_normal(name, strlen(name), normal);
	uint32_t number = names_walk(names, client, name, strlen(name));
	struct tg_rule_set expected = {};

	must(parent == (number == NAME_HAS_PARENT), "names with a part ..");
	must(store_automata[NAMES_BANK].looked_up <= (strlen(name) + 1) * (4 + 2 * TG_TESTS_MAX),
	     "few look-ups for each byte");
	if (parent)
		return;
	must(number < names->sets.count, "a set");
	rule_set_add(&expected, NAMELESS);
	for (size_t i = 0; i < count; i++)
		if (plain_match(pattern[i].text, pattern[i].any_case, normal, client))
			rule_set_add(&expected, pattern[i].rule);
	must(!memcmp(&expected, &names->sets.set[number], sizeof(expected)), "what matches");
}

/* Every cell leads to a state that exists. */
static void check_cells(const struct names *names)
{
	const struct automaton *a = &names->automaton;

	must(a->cell_count <= CELLS_MAX, "not too many cells");
	for (size_t i = 0; i < a->cell_count; i++) {
		const struct tg_cell *cell = &a->cell[i];
		bool end = !(cell->owner & TG_CELL_INFO) && i - cell->owner == TG_CLASS_END;

		if (cell->owner && !end)
			must((cell->next & ~TG_STATE_TEST) <= a->cell_count, "a state");
	}
}

static void check(const struct automaton_pattern *pattern, size_t count,
		  const struct plain_client *client, const char *name)
{
	struct tg_rule_set nameless = {};
	struct names names;
	int error;

	rule_set_add(&nameless, NAMELESS);
	error = names_compile_within(CELLS_MAX, &names, pattern, count, &nameless);
	must(!error || error == -E2BIG, "an error");
	if (error) {
		must(names.blame.count && !names.automaton.cell, "somebody to blame");
		for (size_t i = 0; i < names.blame.count; i++)
			must(names.blame.pattern[i] < count, "a pattern to blame");
	} else {
		check_cells(&names);
		check_name(&names, pattern, count, client, name);
	}
	names_free(&names);
}

/* The patterns alone, and together. */
static void check_all(char **line, size_t lines, uint8_t cases, const struct plain_client *client)
{
	struct automaton_pattern pattern[PATTERNS];
	struct complaint why;
	size_t count = 0;

	for (size_t i = 1; i < lines; i++) {
		why.what[0] = '\0';
		if (pattern_check(line[i], &why)) {
			must(*why.what, "a refusal is explained");
			continue;
		}
		pattern[count] = (struct automaton_pattern){line[i], cases >> i & 1, OF(count)};
		check(&pattern[count], 1, client, line[0]);
		count++;
	}
	check(pattern, count, client, line[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *copy, *line[1 + PATTERNS];
	struct plain_client client;

	if (len < HEAD)
		return 0;
	client = client_of(bytes + 1);
	copy = strndup((const char *)bytes + HEAD, len - HEAD);
	check_all(line, lines_of(copy, line, 1 + PATTERNS), bytes[0], &client);
	free(copy);
	return 0;
}
