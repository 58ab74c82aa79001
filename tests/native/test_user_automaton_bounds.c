// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/automaton.c user/automaton_*.c user/hash_index.c user/pattern.c user/rule_sets.c user/complaint.c user/suggest.c
/*
 * Sizes and steps of automata with many patterns; those that would be too large, and whom that is blamed on. Rule sets.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "names.h"

#define MANY 10000

static char text[MANY][64];
static struct automaton_pattern pattern[MANY];
static const struct tg_rule_set nameless;
static const struct plain_client client = {
	{0x52, 0x54, 0x00, 0x12, 0xab, 0xcd}, true, AF_INET, {192, 168, 1, 1}};

/* Patterns with their number in the place of `%d`, each of one of so many rules. */
static int compile(struct names *names, const char *format, size_t count, size_t rules)
{
	const char *number = strstr(format, "%d");

	for (size_t i = 0; i < count; i++) {
		snprintf(text[i], sizeof(text[i]), "%.*s%zu%s", (int)(number - format), format, i,
			 number + 2);
		pattern[i] = (struct automaton_pattern){text[i], false, i % rules};
	}
	return names_compile(names, pattern, count, &nameless);
}

/* The only rule of the name; -1: none. */
static int rule_of(struct names *names, const char *name)
{
	uint32_t number = names_walk(names, &client, name, strlen(name));
	int rule = -1;

	assert_true(number < names->sets.count);
	for (int i = 0; i < TG_RULES_MAX; i++) {
		if (!rule_set_has(&names->sets.set[number], i))
			continue;
		assert_int_equal(rule, -1);
		rule = i;
	}
	return rule;
}

static void test_many(void **state)
{
	static const struct {
		const char *format, *match, *miss;
		size_t cells;
	} cases[] = {
		{"firmware/model-%d/image-*.bin", "firmware/model-4567/image-.bin",
		 "firmware/model-14567/image-.bin", 40000},
		{"**/name-%d.cfg", "name-4567.cfg", "xname-4567.cfg", 35000},
		{"a%d/**/*.cfg", "a4567/.cfg", "a4567.cfg", 30000},
		{"**/*%{mac}-%d", "x/x52540012abcd-4567", "x52540012/abcd-4567", 50000},
		{"*.ext%d", "some.ext.ext4567", "some.ext45678", 20000},
		{"SEP%{mac}-%d.cnf.xml", "SEP52540012abcd-4567.cnf.xml",
		 "SEP52540012abcc-4567.cnf.xml", 30000},
		{"%d/%{ip}/*", "4567/192.168.1.1/x", "4567/192.168.1.10/x", 400000},
		{"firmware/vendor/series/release/stable/image-of-model-%d.bin",
		 "firmware/vendor/series/release/stable/image-of-model-4567.bin",
		 "firmware/vendor/series/release/stable/image-of-model-45678.bin", 30000},
	};
	struct names names;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(compile(&names, cases[i].format, MANY, 1000), 0);
		print_message("%s: %zu cells\n", cases[i].format, names.automaton.cell_count);
		assert_true(names.automaton.cell_count < cases[i].cells);
		assert_int_equal(rule_of(&names, cases[i].match), 567);
		assert_int_equal(rule_of(&names, cases[i].miss), -1);
		names_free(&names);
	}
}

/* What begins differently but has the same rule needs no room of its own. */
static void test_one_rule(void **state)
{
	static const char *const formats[] = {"firmware/model-%d/image-*.bin", "*name-%d*.cfg",
					      "**/dir%d/?*.bin", "%d/%{ip}/*"};
	struct names names;

	(void)state;
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		assert_int_equal(compile(&names, formats[i], MANY, 1), 0);
		assert_true(names.automaton.cell_count < 1000);
		names_free(&names);
	}
}

/* Random text has next to nothing in common. */
static void test_literals(void **state)
{
	uint64_t seed = 1;
	struct names names;

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		for (size_t at = 0; at < 60; at++) {
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			text[i][at] = 'a' + (seed >> 33) % 26;
		}
		text[i][60] = '\0';
		pattern[i] = (struct automaton_pattern){text[i], false, i % 1000};
	}
	assert_int_equal(names_compile(&names, pattern, MANY, &nameless), 0);
	print_message("literals: %zu cells\n", names.automaton.cell_count);
	assert_true(names.automaton.cell_count <= AUTOMATON_CELLS_MAX);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(rule_of(&names, text[i]), i % 1000);
	/* A look-up for each byte, and one for the end. */
	assert_int_equal(store_automata[NAMES_BANK].looked_up, 61);
	names_free(&names);
}

static void test_steps_do_not_depend_on_patterns(void **state)
{
	static char name[500];
	struct names names;

	(void)state;
	for (size_t at = 0; at + 1 < sizeof(name); at++)
		name[at] = ".ext1.e/"[at % 8];
	for (size_t count = 10; count <= MANY; count *= 10) {
		assert_int_equal(compile(&names, "**.ext%d", count, 1000), 0);
		assert_int_equal(rule_of(&names, name), -1);
		print_message("%zu patterns: %zu look-ups\n", count,
			      store_automata[NAMES_BANK].looked_up);
		assert_true(store_automata[NAMES_BANK].looked_up <= 4 * sizeof(name));
		names_free(&names);
	}
}

/* Each of many may leave out what it stands for, but none is written twice for that. */
static void test_many_parts_in_one(void **state)
{
	static char long_one[PATTERN_MAX + 1], name[PATTERN_MAX + 1];
	const struct automaton_pattern only = {long_one, false, 9};
	size_t length = 0, end = 0;
	struct names names;

	(void)state;
	for (int i = 0; i < PATTERN_MAX / 5; i++) {
		length += snprintf(long_one + length, sizeof(long_one) - length, "/**/%c",
				   'a' + i % 7);
		end += snprintf(name + end, sizeof(name) - end, "/%c", 'a' + i % 7);
	}
	assert_int_equal(names_compile(&names, &only, 1, &nameless), 0);
	print_message("%d times **/: %zu cells\n", PATTERN_MAX / 5, names.automaton.cell_count);
	assert_true(names.automaton.cell_count < 10 * length);
	assert_int_equal(rule_of(&names, name), 9);
	name[end - 1] = 'z';
	assert_int_equal(rule_of(&names, name), -1);
	snprintf(name + end, sizeof(name) - end, "/y/%c", long_one[length - 1]);
	assert_int_equal(rule_of(&names, name), 9);
	names_free(&names);
}

/* A text behind parts and a star begins nowhere in particular, so that nothing is counted in all states. */
static void test_own_text_behind_parts(void **state)
{
	struct names names;

	(void)state;
	compile(&names, "**/name-%d.cfg", MANY, 1000);
	names_free(&names);
	pattern[17].text = "**/*%{ip-hex}.cfg";
	assert_int_equal(names_compile(&names, pattern, MANY, &nameless), 0);
	print_message("with an own text: %zu cells\n", names.automaton.cell_count);
	assert_true(names.automaton.cell_count < 150000);
	assert_int_equal(rule_of(&names, "a/xC0a80101.cfg"), 17);
	assert_int_equal(rule_of(&names, "a/xC0a80102.cfg"), -1);
	names_free(&names);
}

static void assert_too_large(struct names *names, int error)
{
	assert_int_equal(error, -E2BIG);
	assert_null(names->automaton.cell);
	assert_int_equal(names->automaton.start, 0);
	assert_in_range(names->blame.count, 1, AUTOMATON_BLAME_MAX);
}

static void test_too_large_is_blamed(void **state)
{
	struct names names;

	(void)state;
	/* Each by itself is innocent, but one whose star is in every state is so above all. */
	assert_too_large(&names, compile(&names, "*name-%d*.cfg", MANY, 1000));
	names_free(&names);
	pattern[3].text = "**z";
	assert_too_large(&names, names_compile(&names, pattern, MANY, &nameless));
	for (size_t i = 0; i < names.blame.count; i++)
		assert_int_not_equal(names.blame.pattern[i], 3);
	names_free(&names);
	/* A few guilty ones among many. */
	compile(&names, "*.ext%d", MANY, 1000);
	names_free(&names);
	pattern[17].text = "*a????????????????????x";
	pattern[4711].text = "*b????????????????????y";
	assert_too_large(&names, names_compile(&names, pattern, MANY, &nameless));
	assert_true(names.blame.count >= 2);
	assert_int_equal(names.blame.pattern[0] + names.blame.pattern[1], 17 + 4711);
	assert_true(names.blame.pattern[0] == 17 || names.blame.pattern[1] == 17);
	names_free(&names);
	/* The beginning of which is everybody's. */
	compile(&names, "*a.ext%d", MANY, 1000);
	names_free(&names);
	pattern[17].text = "*a%{ip-hex}.cfg";
	pattern[4711].text = "*ab????z";
	assert_too_large(&names, names_compile(&names, pattern, MANY, &nameless));
	assert_int_equal(names.blame.pattern[0], 17);
	names_free(&names);
	/* Without it, all is well. */
	pattern[17].text = "*-%{ip-hex}.cfg";
	assert_int_equal(names_compile(&names, pattern, MANY, &nameless), 0);
	assert_int_equal(rule_of(&names, "x-c0a80101.cfg"), 17);
	names_free(&names);
}

/* Likewise with parts: the ones that are in every state, and the guilty one. */
static void test_parts_are_blamed(void **state)
{
	struct names names;

	(void)state;
	compile(&names, "*name-%d*.cfg", MANY, 1000);
	names_free(&names);
	pattern[3].text = "**/z";
	assert_too_large(&names, names_compile(&names, pattern, MANY, &nameless));
	for (size_t i = 0; i < names.blame.count; i++)
		assert_int_not_equal(names.blame.pattern[i], 3);
	names_free(&names);
	compile(&names, "**/name-%d.cfg", MANY, 1000);
	names_free(&names);
	pattern[17].text = "**/*a????????????????????x";
	assert_too_large(&names, names_compile(&names, pattern, MANY, &nameless));
	assert_int_equal(names.blame.pattern[0], 17);
	names_free(&names);
	/* The parts themselves: in a state or not, as others are. */
	for (int i = 0; i < 20; i++) {
		snprintf(text[100 + i], sizeof(text[i]), "**/%c/**/x%d", 'a' + i, i);
		pattern[100 + i].text = text[100 + i];
	}
	pattern[17].text = text[17];
	assert_too_large(&names, names_compile(&names, pattern, MANY, &nameless));
	for (size_t i = 0; i < names.blame.count; i++)
		assert_in_range(names.blame.pattern[i], 100, 119);
	names_free(&names);
}

/* So long that there is no tree. */
static void test_too_long_is_blamed(void **state)
{
	static char longs[MANY][300];
	uint64_t seed = 2;
	struct names names;

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		for (size_t at = 0; at < (i == 5 ? 299 : 200); at++) {
			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			longs[i][at] = 'a' + (seed >> 33) % 26;
		}
		pattern[i] = (struct automaton_pattern){longs[i], false, 0};
	}
	assert_too_large(&names, names_compile(&names, pattern, MANY, &nameless));
	assert_int_equal(names.blame.pattern[0], 5);
	names_free(&names);
}

/* As many different tests in a row as the walker makes, and one more. */
static void test_chain_of_tests(void **state)
{
	struct automaton_pattern many[] = {
		{"%{mac}*", false, 1},
		{"*%{mac}", false, 2},
		{"*%{mac-dashes}", false, 3},
		{"*%{mac-colons}", false, 4},
		{"*%{ip}", false, 5},
		{"*%{ip-hex}", false, 6},
		{"*%{ip-hex-prefix}", false, 7},
		{"%{ip-hex-prefix}", false, 8},
		{"%{ip}", false, 9},
	};
	const struct plain_client v6 = {{0x52, 0x54, 0x00, 0x12, 0xab, 0xcd},
					true,
					AF_INET6,
					{0x52, 0x54, 0x00, 0x12, 0xab, 0xcd}};
	struct names names;
	uint32_t set;

	(void)state;
	assert_too_large(&names, names_compile(&names, many, 9, &nameless));
	names_free(&names);
	assert_int_equal(names_compile(&names, many, 8, &nameless), 0);
	/* The last byte takes all eight; four say yes. */
	set = names_walk(&names, &v6, "52540012abcd", 12);
	for (int rule = 1; rule <= 8; rule++)
		assert_int_equal(rule_set_has(&names.sets.set[set], rule), rule <= 2 || rule >= 7);
	assert_int_equal(rule_of(&names, "x52-54-00-12-ab-cd"), 3);
	assert_int_equal(rule_of(&names, "x192.168.1.1"), 5);
	names_free(&names);
}

/* Every byte that a name may hold, each told apart from all others. */
static void test_all_classes(void **state)
{
	char byte[256][3] = {};
	size_t count = 0;
	struct names names;

	(void)state;
	for (int c = 1; c < 256; c++) {
		if (c == '/' || c == '\\')
			continue;
		byte[count][0] = '\\';
		byte[count][1] = c;
		if (c != '.')
			pattern[count] = (struct automaton_pattern){byte[count], false, c};
		else
			pattern[count] = (struct automaton_pattern){"[.]?", false, c};
		count++;
	}
	/* And behind the q one byte matters, and something is said of all others. */
	pattern[count++] = (struct automaton_pattern){"*zz", false, 0};
	pattern[count++] = (struct automaton_pattern){"*q\xff", false, 0};
	assert_int_equal(names_compile(&names, pattern, count, &nameless), 0);
	for (size_t i = 0; i + 2 < count; i++) {
		char name[2] = {pattern[i].rule};

		if (*name != '.')
			assert_int_equal(rule_of(&names, name), pattern[i].rule);
	}
	assert_int_equal(rule_of(&names, ".x"), '.');
	assert_int_equal(rule_of(&names, "qazz"), 0);
	names_free(&names);
}

static void test_rule_sets(void **state)
{
	struct rule_sets sets = {};
	struct tg_rule_set set = {};

	(void)state;
	assert_null(sets.set);
	assert_int_equal(rule_sets_number(&sets, &set), 0);
	for (size_t i = 0; i < TG_RULES_MAX; i++) {
		rule_set_add(&set, i);
		assert_int_equal(rule_sets_number(&sets, &set), i + 1);
	}
	memset(&set, 0, sizeof(set));
	assert_int_equal(rule_sets_number(&sets, &set), 0);
	for (size_t i = 0; i < TG_RULES_MAX; i++) {
		assert_false(rule_set_has(&set, i));
		rule_set_add(&set, i);
		assert_true(rule_set_has(&set, i));
		assert_int_equal(rule_sets_number(&sets, &set), i + 1);
	}
	assert_int_equal(sets.count, TG_RULES_MAX + 1);
	rule_sets_free(&sets);
	assert_null(sets.set);
	/* The first set need not be the empty one. */
	assert_int_equal(rule_sets_number(&sets, &set), 1);
	rule_sets_free(&sets);
}

static void test_nameless_rules_are_always_there(void **state)
{
	struct automaton_pattern only = {"a*", false, 3};
	struct tg_rule_set always = {};
	struct names names;
	uint32_t set;

	(void)state;
	rule_set_add(&always, 900);
	assert_int_equal(names_compile(&names, &only, 1, &always), 0);
	set = names_walk(&names, &client, "b", 1);
	assert_int_equal(set, names.policy.nameless_set);
	assert_true(rule_set_has(&names.sets.set[set], 900));
	assert_false(rule_set_has(&names.sets.set[set], 3));
	set = names_walk(&names, &client, "ab", 2);
	assert_true(rule_set_has(&names.sets.set[set], 900));
	assert_true(rule_set_has(&names.sets.set[set], 3));
	names_free(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_one_rule),
		cmocka_unit_test(test_literals),
		cmocka_unit_test(test_steps_do_not_depend_on_patterns),
		cmocka_unit_test(test_many_parts_in_one),
		cmocka_unit_test(test_own_text_behind_parts),
		cmocka_unit_test(test_too_large_is_blamed),
		cmocka_unit_test(test_too_long_is_blamed),
		cmocka_unit_test(test_parts_are_blamed),
		cmocka_unit_test(test_chain_of_tests),
		cmocka_unit_test(test_all_classes),
		cmocka_unit_test(test_rule_sets),
		cmocka_unit_test(test_nameless_rules_are_always_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
