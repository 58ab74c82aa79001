// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/glob.c
/*
 * User space: patterns of interface names that have a name in common, against every name that there is.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <linux/types.h>

#include "glob.h"

#define LETTERS     "a.0"
#define NAME_LEN    5 /* of the names that are tried */
#define PATTERN_LEN 3 /* two patterns of 3 without a common name of 5 have none */
#define NAMES       400
#define PATTERNS    400

static char names[NAMES][TG_IFNAME], patterns[PATTERNS][TG_IFNAME];
static size_t name_count, pattern_count;

/* All words of up to `max` of the letters, shortest first. */
static size_t words(const char *letters, size_t max, char (*words)[TG_IFNAME], size_t room)
{
	size_t count = 1, begin = 0;

	words[0][0] = '\0';
	for (size_t len = 1; len <= max; len++) {
		size_t end = count;

		for (; begin < end; begin++) {
			for (const char *l = letters; *l; l++) {
				assert_true(count < room);
				memcpy(words[count], words[begin], len);
				words[count][len - 1] = *l;
				words[count++][len] = '\0';
			}
		}
	}
	return count;
}

static bool fits(const char *pattern, const char *name)
{
	return *name && strcmp(name, ".") && strcmp(name, "..") &&
	       !fnmatch(pattern, name, FNM_NOESCAPE);
}

static const char *first_common(const char *a, const char *b)
{
	for (size_t i = 0; i < name_count; i++)
		if (fits(a, names[i]) && fits(b, names[i]))
			return names[i];
	return NULL;
}

static void test_all_short(void **state)
{
	(void)state;
	name_count = words(LETTERS, NAME_LEN, names, NAMES);
	pattern_count = words(LETTERS "*?", PATTERN_LEN, patterns, PATTERNS);
	for (size_t i = 0; i < pattern_count; i++) {
		for (size_t j = 0; j < pattern_count; j++) {
			const char *a = patterns[i], *b = patterns[j];
			const char *common = first_common(a, b);
			char example[TG_IFNAME] = "";

			if (globs_meet(a, b, example) != !!common)
				fail_msg("'%s' and '%s': %s", a, b, common ? common : "nothing");
			if (common && (!fits(a, example) || !fits(b, example) ||
				       strlen(example) != strlen(common)))
				fail_msg("'%s' and '%s': not %s", a, b, example);
		}
	}
}

/* Names have 15 bytes at most. */
static void test_long(void **state)
{
	char example[TG_IFNAME];

	(void)state;
	assert_true(globs_meet("abcdefg*", "*hijklmno", example));
	assert_string_equal(example, "abcdefghijklmno");
	assert_false(globs_meet("abcdefgh*", "*ijklmnop", example));
	assert_true(globs_meet("abcdefgh*", "*hijklmno", example));
	assert_string_equal(example, "abcdefghijklmno");
	assert_true(globs_meet("***************", "???????????????", example));
	assert_string_equal(example, "000000000000000");
	assert_false(globs_meet("abcdefghijklmno", "?bcdefghijklmnp", example));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_short),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
