// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/automaton.c user/automaton_*.c user/hash_index.c user/pattern.c user/rule_sets.c user/complaint.c user/suggest.c tests/native/plain_pattern.c
/*
 * The automaton against the plain matcher, on patterns and names by chance. Over few letters, so that they often match.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "names.h"

#define RULES     6 /* patterns of one automaton, a rule each; the last shares another's */
#define AUTOMATA  700
#define NAMES     50
#define TEXT_ROOM 256
#define PIECES    18        /* that patterns are made of */
#define CELLS_MAX (1 << 17) /* so that what is too large takes no time */

static uint64_t seed;

static uint32_t chance(uint32_t below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 33) % below;
}

static void append(char *text, const char *more)
{
	strncat(text, more, TEXT_ROOM - strlen(text) - 1);
}

/* A piece of a pattern. `own`: with placeholders, and fewer letters that their texts may hold, too. */
static const char *piece(bool own)
{
	static const char *const pieces[2][PIECES] = {
		{"a", "b", "a", "b", "/", "*", "**", "?", "[ab]", "[!a]", "A", ".", "c", "*", "0",
		 "[0-9]", "**/", "/**/"},
		{"x", "y", "x", "y", "/", "*", "**", "?", "[xy]", "[!x]", "X", ".", "c", "*", "y",
		 "[0-9]", "**/", "/**/"},
	};
	static const char *const owns[] = {"%{mac}",
					   "%{ip-hex-prefix}",
					   "%{ip}",
					   "%{ip-hex}",
					   "%{mac-dashes}",
					   "%{mac-colons}",
					   "0",
					   "1",
					   ":",
					   "-"};

	if (own && !chance(4))
		return owns[chance(sizeof(owns) / sizeof(*owns))];
	return pieces[own][chance(PIECES)];
}

static void random_pattern(char *text, bool own)
{
	struct complaint why;

	do {
		*text = '\0';
		for (uint32_t i = 1 + chance(7); i > 0; i--)
			append(text, piece(own));
	} while (pattern_check(text, &why));
}

static struct plain_client random_client(void)
{
	struct plain_client c = {.has_mac = chance(8), .family = chance(2) ? AF_INET : AF_INET6};

	/* Repeated digits, so that texts overlap themselves. */
	for (size_t i = 0; i < sizeof(c.mac); i++)
		c.mac[i] = chance(3) ? 0 : chance(3);
	for (size_t i = 0; i < sizeof(c.address); i++)
		c.address[i] = chance(3) ? 0 : chance(2) ? 0x10 : chance(256);
	c.address[0] |= 0x20; /* and not ::ffff:a.b.c.d */
	return c;
}

/* The client's texts and fragments of them, as names have them. */
static void append_own(char *text, const struct plain_client *c)
{
	char own[64] = "", part[64];
	size_t begin, len;

	switch (chance(3)) {
	case 0:
		inet_ntop(c->family, c->address, own, sizeof(own));
		break;
	case 1:
		for (size_t i = 0; i < (c->family == AF_INET ? 4 : 16); i++)
			sprintf(own + strlen(own), chance(2) ? "%02x" : "%02X", c->address[i]);
		break;
	default:
		for (size_t i = 0, kind = chance(3); i < 6; i++)
			sprintf(own + strlen(own), "%s%02x",
				!i || !kind ? ""
				: kind == 1 ? "-"
					    : ":",
				c->mac[i]);
	}
	begin = chance(4) ? 0 : chance(strlen(own));
	len = chance(4) ? strlen(own) - begin : chance(strlen(own) - begin + 1);
	memcpy(part, own + begin, len);
	part[len] = '\0';
	append(text, part);
}

static void random_name(char *text, const struct plain_client *client)
{
	static const char *const pieces[] = {"a", "b",  "a",  "b", "/", "a", "B", "A",
					     ".", "..", "\\", "c", "0", "1", "x", "y"};

	*text = '\0';
	for (uint32_t i = chance(9); i > 0; i--) {
		if (client && !chance(3))
			append_own(text, client);
		else
			append(text, chance(60) ? pieces[chance(16)] : "/./");
	}
}

/* A name that the pattern may match: a bit of everything that it may stand for. */
static void name_for(char *text, const char *pattern, const struct plain_client *client)
{
	*text = '\0';
	for (const char *p = pattern; *p; p++) {
		char byte[2] = {*p};

		if (!strncmp(p, "**/", 3) && chance(2)) {
			p += 2;
		} else if (*p == '*') {
			for (uint32_t i = chance(3); i > 0; i--)
				append(text, chance(8) ? "x" : "/y");
		} else if (*p == '%') {
			append_own(text, client);
			p = strchr(p, '}');
		} else if (*p == '[') {
			append(text, chance(3) ? "y" : chance(2) ? "b" : "1");
			p = strchr(p, ']');
		} else {
			append(text, *p == '?' ? "a" : byte);
		}
	}
}

struct tally {
	unsigned long matched, missed, parents;
};

static size_t rule_of(size_t pattern)
{
	return pattern + 1 == RULES ? rule_of(1) : pattern * 80;
}

static void compare(struct names *names, const struct automaton_pattern *pattern,
		    const struct plain_client *client, const char *name, struct tally *tally)
{
	char normal[PLAIN_NAME_MAX];
	bool parent = !plain_normal(name, strlen(name), normal);
	uint32_t got = names_walk(names, client, name, strlen(name));
	struct tg_rule_set expected = {};

	if (parent != (got == NAME_HAS_PARENT))
		fail_msg("`%s`: parent", name);
	if (parent) {
		tally->parents++;
		return;
	}
	rule_set_add(&expected, 7); /* nameless */
	for (size_t i = 0; i < RULES; i++) {
		bool matches = plain_match(pattern[i].text, pattern[i].any_case, normal, client);

		if (matches)
			rule_set_add(&expected, pattern[i].rule);
		tally->matched += matches;
		tally->missed += !matches;
	}
	for (size_t i = 0; i < RULES; i++)
		if (rule_set_has(&expected, pattern[i].rule) !=
		    rule_set_has(&names->sets.set[got], pattern[i].rule))
			fail_msg("`%s` and `%s`%s: %d expected", pattern[i].text, name,
				 pattern[i].any_case ? ", any case" : "",
				 rule_set_has(&expected, pattern[i].rule));
	assert_memory_equal(&expected, &names->sets.set[got], sizeof(expected));
}

/* Names that a long way of look-ups leads over would be an attack. */
static void check_steps(size_t len, bool own)
{
	size_t bound = (len + 1) * (own ? 4 + 2 * TG_TESTS_MAX : 4);

	if (store_automata[NAMES_BANK].looked_up > bound)
		fail_msg("%zu look-ups for %zu bytes", store_automata[NAMES_BANK].looked_up, len);
}

static void property(bool own)
{
	static char text[RULES][TEXT_ROOM];
	struct automaton_pattern pattern[RULES];
	struct tally tally = {};
	unsigned long refused = 0;

	for (int round = 0; round < AUTOMATA; round++) {
		struct tg_rule_set nameless = {};
		struct names names;
		int error;

		rule_set_add(&nameless, 7);
		for (size_t i = 0; i < RULES; i++) {
			random_pattern(text[i], own && i < 1);
			pattern[i] = (struct automaton_pattern){text[i], !chance(3), rule_of(i)};
		}
		error = names_compile_within(CELLS_MAX, &names, pattern, RULES, &nameless);
		if (error) {
			assert_int_equal(error, -E2BIG);
			assert_true(names.blame.count > 0);
			refused++;
			names_free(&names);
			continue;
		}
		for (int n = 0; n < NAMES; n++) {
			struct plain_client client = random_client();
			char name[TEXT_ROOM];

			if (chance(2))
				name_for(name, text[chance(RULES)], &client);
			else
				random_name(name, own ? &client : NULL);
			compare(&names, pattern, &client, name, &tally);
			check_steps(strlen(name), names.policy.own_names);
		}
		names_free(&names);
	}
	print_message(
		"%lu pairs match, %lu do not, %lu names with a parent, %lu automata too large\n",
		tally.matched, tally.missed, tally.parents, refused);
	assert_true(tally.matched + tally.missed > 200000);
	assert_true(tally.matched > 20000);
	assert_true(refused < AUTOMATA / 10);
}

static void test_like_the_plain_matcher(void **state)
{
	(void)state;
	seed = 1;
	property(false);
}

static void test_like_the_plain_matcher_with_own_texts(void **state)
{
	(void)state;
	seed = 2;
	property(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_like_the_plain_matcher),
		cmocka_unit_test(test_like_the_plain_matcher_with_own_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
