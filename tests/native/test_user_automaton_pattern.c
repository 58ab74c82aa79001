// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/automaton.c user/automaton_*.c user/hash_index.c user/pattern.c user/rule_sets.c user/complaint.c user/suggest.c
/*
 * What is no file pattern, and how that is explained.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stddef.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "automaton.h"
#include "pattern.h"

static void refused(const char *text, const char *what, const char *hint)
{
	struct complaint why;

	memset(&why, 0x5a, sizeof(why));
	if (pattern_check(text, &why) != -EINVAL)
		fail_msg("`%s` is accepted", text);
	if (!strstr(why.what, what))
		fail_msg("`%s`: %s", text, why.what);
	if (hint ? !strstr(why.hint, hint) : *why.hint)
		fail_msg("`%s`: %s", text, why.hint);
}

static void test_refusals(void **state)
{
	(void)state;
	refused("", "empty", NULL);
	refused("/", "empty", NULL);
	refused("ab\\", "byte 3: nothing follows", NULL);
	refused("a[bc", "byte 2: the class [… has no end", NULL);
	refused("a[", "byte 2: the class", NULL);
	refused("a[b-", "has no end", NULL);
	refused("a[b\\", "has no end", NULL);
	refused("a[b-\\", "has no end", NULL);
	refused("a[\\]", "has no end", NULL);
	refused("x[]", "byte 2: an empty class", "\\]");
	refused("x[!]", "an empty class", "\\]");
	refused("x[a-cz-y]", "byte 6: a range ends before it begins", NULL);
	refused("[/]", "can never match", "a / or a backslash");
	refused("[\\\\]", "can never match", "a / or a backslash");
	refused("[!\x01-\xff]", "can never match", "a / or a backslash");
	refused("a\\\\b", "byte 2: a backslash can never match", "/ in its place");
	refused("a/../b", "\"..\" can never match", "always refused");
	refused("..", "\"..\" can never match", "always refused");
	refused("a/\\..", "\"..\" can never match", "always refused");
	refused("a/./b", "\".\" can never match", "without such parts");
	refused("./a", "\".\" can never match", "without such parts");
	refused("a//b", "side by side", "one /");
	refused("//a", "side by side", "one /");
	refused("a/", "ends with /", "/**");
	refused("a/**/", "ends with /", "/**");
	refused("**/", "ends with /", "/**");
	refused("**//a", "side by side", "one /");
	refused("a/**//b", "side by side", "one /");
	refused("a//**/b", "side by side", "one /");
	refused("a/**/../b", "\"..\" can never match", "always refused");
	refused("**/.", "\".\" can never match", "without such parts");
}

static void test_placeholders(void **state)
{
	(void)state;
	refused("50%", "byte 3: there is no such placeholder", "There are %{mac}, %{mac-dashes}, ");
	refused("a%mac", "byte 2: there is no such placeholder", "%{ip-hex-prefix}; %% is");
	refused("%{mac", "byte 1: the placeholder %{… has no end", NULL);
	refused("%{", "has no end", NULL);
	refused("%{}", "no such placeholder", "There are");
	refused("%{amc}", "no such placeholder", "Did you mean %{mac}?");
	refused("%{mac-colon}", "no such placeholder", "Did you mean %{mac-colons}?");
	refused("%{MAC-DASHES}", "no such placeholder", "There are");
	refused("%{aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}", "no such", "There are");
}

static void test_hints_are_whole(void **state)
{
	struct complaint why;

	(void)state;
	assert_int_equal(pattern_check("%{ip-hex-prefi}", &why), -EINVAL);
	assert_non_null(strstr(why.hint, "percent sign."));
}

static void test_lengths(void **state)
{
	char text[PATTERN_MAX + 2];
	struct complaint why;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[PATTERN_MAX] = '\0';
	assert_int_equal(pattern_check(text, &why), 0);
	text[PATTERN_MAX] = 'a';
	text[PATTERN_MAX + 1] = '\0';
	refused(text, "1025 bytes: at most 1024", NULL);
}

/* The kinds of the pattern's items, a letter for each. */
static void assert_items(const char *text, const char *kinds)
{
	static struct pattern pattern;
	struct complaint why;

	assert_int_equal(pattern_parse(text, false, &pattern, &why), 0);
	if (pattern.count != strlen(kinds))
		fail_msg("`%s`: %zu items", text, pattern.count);
	for (size_t i = 0; i < pattern.count; i++)
		assert_int_equal(".*DPop"[pattern.item[i].kind], kinds[i]);
}

static void test_stars_are_joined(void **state)
{
	(void)state;
	assert_items("a***b*", ".D.*");
	assert_items("**/a/**/b", "P..P.");
	assert_items("/**/a", "P.");
	assert_items("**/**/***/a", "P.");
	assert_items("a/**/**b", "..D.");
	assert_items("**/**/**", "D");
	assert_items("**/*a", "P*.");
	assert_items("a**/b", ".D..");
	assert_items("**\\/a", "P.");
	assert_items("**\\a", "D.");
	assert_items("%{mac}**/a", "oD..");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals),         cmocka_unit_test(test_placeholders),
		cmocka_unit_test(test_hints_are_whole),  cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_stars_are_joined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
