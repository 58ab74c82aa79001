// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/automaton.c user/automaton_*.c user/hash_index.c user/pattern.c user/rule_sets.c user/complaint.c user/suggest.c tests/native/plain_pattern.c
/*
 * File patterns and names: each element of the language, the normal form of names, the client's own texts.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "names.h"

static const struct plain_client v4 = {
	{0x52, 0x54, 0x00, 0x12, 0xab, 0xcd}, true, AF_INET, {192, 168, 1, 1}};
static const struct plain_client v6 = {{0x52, 0x54, 0x00, 0x12, 0xab, 0xcd},
				       true,
				       AF_INET6,
				       {0x20, 0x01, 0x0d, 0xb8, [15] = 0x1f}};

/* 1: matches; 0: does not; 2: has a part "..". */
static int matches_for(const struct plain_client *client, const char *pattern, bool any_case,
		       const char *name)
{
	const struct automaton_pattern only = {pattern, any_case, 5};
	const struct tg_rule_set nameless = {};
	struct complaint why;
	struct names names;
	uint32_t set;
	int result;

	assert_int_equal(pattern_check(pattern, &why), 0);
	assert_int_equal(names_compile(&names, &only, 1, &nameless), 0);
	set = names_walk(&names, client, name, strlen(name));
	result = set == NAME_HAS_PARENT ? 2 : rule_set_has(&names.sets.set[set], 5);
	names_free(&names);
	return result;
}

#define YES(pattern, name)          assert_int_equal(matches_for(&v4, pattern, false, name), 1)
#define NO(pattern, name)           assert_int_equal(matches_for(&v4, pattern, false, name), 0)
#define YES_ANY(pattern, name)      assert_int_equal(matches_for(&v4, pattern, true, name), 1)
#define NO_ANY(pattern, name)       assert_int_equal(matches_for(&v4, pattern, true, name), 0)
#define YES_FOR(who, pattern, name) assert_int_equal(matches_for(who, pattern, false, name), 1)
#define NO_FOR(who, pattern, name)  assert_int_equal(matches_for(who, pattern, false, name), 0)

static void test_literals(void **state)
{
	(void)state;
	YES("pxelinux.0", "pxelinux.0");
	NO("pxelinux.0", "pxelinux.00");
	NO("pxelinux.0", "pxelinux.");
	NO("pxelinux.0", "PXELINUX.0");
	NO("pxelinux.0", "pxelinuxx0");
	YES("/boot/x", "boot/x");
	YES("/boot/x", "/boot/x");
	YES("a\\*b\\[\\\?c", "a*b[?c");
	NO("a\\*b", "axb");
	YES("100%%", "100%");
	YES("a]b-!^{}", "a]b-!^{}");
	YES("\xc3\xa4", "\xc3\xa4");
}

static void test_stars(void **state)
{
	(void)state;
	YES("*", "abc");
	YES("*", "");
	NO("*", "a/b");
	YES("**", "a/b");
	YES("**", "");
	YES("***", "a/b/c");
	YES("a*c", "ac");
	YES("a*c", "abcbc");
	NO("a*c", "ab/c");
	YES("a**c", "ab/c");
	YES("boot/*", "boot/x");
	NO("boot/*", "boot/x/y");
	NO("boot/*", "boot");
	YES("boot/**", "boot/x/y");
	YES("*.cfg", ".cfg");
	YES("*/*.cfg", "a/b.cfg");
	NO("*/*.cfg", "a/b/c.cfg");
	YES("*a*b*c*", "xxaxxbxxcxx");
	NO("*a*b*c*", "xxaxxcxxbxx");
}

/* Whole parts, also none, where stars and a / begin a part. */
static void test_parts(void **state)
{
	(void)state;
	YES("**/x", "a/b/x");
	YES("**/x", "a/x");
	YES("**/x", "x");
	NO("**/x", "ax");
	NO("**/x", "a/bx");
	NO("**/x", "x/a");
	NO("**/x", "");
	YES("/**/x", "x");
	YES("***/x", "x");
	YES("**\\/x", "x");
	YES("a/**/b", "a/b");
	YES("a/**/b", "a/b/b");
	YES("a/**/b", "a/c/d/b");
	NO("a/**/b", "a/cb");
	NO("a/**/b", "ab");
	NO("a/**/b", "b");
	YES("a\\/**/b", "a/b");
	YES("a/**/**/b", "a/b");
	YES("**/a/**/b", "a/b");
	YES("**/a/**/b", "c/a/d/e/b");
	NO("**/a/**/b", "c/ab");
	YES("**/**", "x");
	YES("**/**", "");
	YES("**/*", "a/b");
	YES("**/*", "b");
	NO("**/?*", "");
	YES("**/?", "a/./x/.");
	YES("**/x", "\\.\\x");
	YES("**/a*", "b/ac");
	NO("**/a*", "ba");
	/* One part at least. */
	NO("*/**/x", "x");
	YES("*/**/x", "a/x");
	/* Not at the beginning of a part, they are no more than stars. */
	NO("a**/b", "ab");
	YES("a**/b", "acd/e/b");
	NO("?**/b", "b");
	/* Beside other ways on from the same place. */
	YES("boot/**", "boot/x");
	NO("boot/**", "boot");
	YES("**/%{mac}/**/x", "52540012abcd/x");
	YES("**/%{mac}", "0/52540012abcd");
	NO("**/%{mac}", "052540012abcd");
	YES("**/*%{mac}", "052540012abcd");
	NO("**/*%{mac}", "52540/012abcd");
	YES_ANY("**/Boot", "BOOT");
}

/* Patterns that go on in every way from the same places. */
static void test_parts_beside_stars(void **state)
{
	static const struct automaton_pattern all[] = {
		{"a/**/b", false, 0}, {"a/**b", false, 1},  {"a/*b", false, 2},
		{"a/b", false, 3},    {"a/**/c", false, 4}, {"**/b", false, 5},
	};
	static const struct {
		const char *name;
		unsigned int rules; /* a bit for each */
	} cases[] = {{"a/b", 0x2f}, {"a/bb", 0x06}, {"a/b/b", 0x23}, {"a/x/xb", 0x02},
		     {"a/c", 0x10}, {"b", 0x20},    {"a/x/c", 0x10}, {"x/a/b", 0x20}};
	const struct tg_rule_set nameless = {};
	struct names names;

	(void)state;
	assert_int_equal(names_compile(&names, all, sizeof(all) / sizeof(*all), &nameless), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint32_t set = names_walk(&names, &v4, cases[i].name, strlen(cases[i].name));

		for (int rule = 0; rule < 6; rule++)
			if (rule_set_has(&names.sets.set[set], rule) !=
			    (cases[i].rules >> rule & 1))
				fail_msg("`%s` and `%s`", cases[i].name, all[rule].text);
	}
	names_free(&names);
}

static void test_single_bytes(void **state)
{
	(void)state;
	YES("a?c", "abc");
	NO("a?c", "ac");
	NO("a?c", "a/c");
	YES("??", "\xff\x01");
	YES("[abc]", "b");
	NO("[abc]", "d");
	YES("[a-c_]x", "_x");
	YES("[a-c_]x", "bx");
	NO("[a-c_]x", "-x");
	YES("[a-]", "-");
	YES("[-a]", "-");
	YES("[!a-c]", "d");
	YES("[^a-c]", "d");
	NO("[!a-c]", "b");
	NO("[!a]", "/");
	NO("x[!a]y", "x/y");
	NO("x[+-9]y", "x/y");
	YES("x[+-9]y", "x.y");
	YES("[\\]]", "]");
	YES("[\\!]", "!");
	YES("[\\--a]", "Z");
	YES("[a!]", "!");
}

static void test_any_case(void **state)
{
	(void)state;
	YES_ANY("BootMgr.EXE", "bootmgr.exe");
	YES_ANY("bootmgr.exe", "BOOTMGR.EXE");
	NO_ANY("a@", "a`");
	NO_ANY("a\\[", "a{");
	YES_ANY("[a-c]", "B");
	NO_ANY("[!a-c]", "B");
	YES_ANY("[!a-c]", "D");
	NO_ANY("\xc3\xa4", "\xc3\x84");
}

static void test_normal_form(void **state)
{
	(void)state;
	YES("boot/x", "\\boot\\./x");
	YES("boot/x", "//boot///x");
	YES("boot/x", "./boot/././x");
	YES("boot/x", "boot/x/");
	YES("boot/x", "boot/x/.");
	YES("boot/x", "boot/x\\\\");
	YES("boot/x", "/./boot/x");
	YES("boot/.x", "boot/.x");
	YES("boot/x.", "boot/x.");
	YES("boot/...", "boot/...");
	YES("*", ".");
	YES("*", "/");
	YES("*", "./.");
	NO("?*", "/./");
	YES("*/*", "a/./b");
	NO("*/*", "a/.");
	YES("a/?", "a/./x");
	NO("a*z", "a/z");
}

static void test_parents(void **state)
{
	static const char *const bad[] = {"..",      "../x",   "x/..",           "x/../y",
					  "\\..\\x", "a\\..",  "./..",           "//..//",
					  "../",     "x/./..", "a/b/c/../../..", "x/.././y"};
	static const char *const good[] = {"...",   "..x", "x..",   "a/..x",
					   "x../y", ". .", ".../x", "a..b"};
	const struct tg_rule_set nameless = {};
	struct names names;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(matches_for(&v4, "**", false, bad[i]), 2);
		/* The automaton died long before. */
		assert_int_equal(matches_for(&v4, "Z", false, bad[i]), 2);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		YES("**", good[i]);
	assert_int_equal(names_compile(&names, NULL, 0, &nameless), 0);
	assert_int_equal(names.policy.start, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_true(names_walk(&names, &v4, bad[i], strlen(bad[i])) == NAME_HAS_PARENT);
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_int_equal(names_walk(&names, &v4, good[i], strlen(good[i])),
				 names.policy.nameless_set);
	names_free(&names);
}

static void test_own_mac(void **state)
{
	struct plain_client unknown = v4;

	(void)state;
	YES("SEP%{mac}.cnf", "SEP52540012abcd.cnf");
	YES("SEP%{mac}.cnf", "SEP52540012ABCD.cnf");
	NO("SEP%{mac}.cnf", "SEP52540012abce.cnf");
	NO("SEP%{mac}.cnf", "SEP52540012abc.cnf");
	NO("SEP%{mac}.cnf", "SEP052540012abcd.cnf");
	NO("SEP%{mac}.cnf", "SEP.cnf");
	YES("cfg/01-%{mac-dashes}", "cfg/01-52-54-00-12-AB-cd");
	NO("cfg/01-%{mac-dashes}", "cfg/01-52:54:00:12:ab:cd");
	YES("%{mac-colons}/?", "52:54:00:12:ab:cd/x");
	NO("%{mac-colons}/?", "52-54-00-12-ab-cd/x");
	YES("*%{mac}*", "52540012abcd");
	YES("*%{mac}*", "5252540012abcdcd");
	NO("*%{mac}*", "urutpp12abcd");
	NO("*%{mac}*", "\x15\x12\x15\x14\x10\x10\x11\x12\x01\x02\x03\x04");
	NO("*%{mac}*", "52540/012abcd");
	YES("**/%{mac}/?", "a/b/52540012abcd/c");
	YES("%{mac}%{mac}", "52540012abcd52540012abcd");
	NO("%{mac}%{mac}", "52540012abcd");
	unknown.has_mac = false;
	NO_FOR(&unknown, "SEP%{mac}.cnf", "SEP52540012abcd.cnf");
	NO_FOR(&unknown, "SEP%{mac}.cnf", "SEP.cnf");
	NO_FOR(&unknown, "*%{mac}*", "");
	NO_FOR(&unknown, "*%{mac-dashes}*", "52-54-00-12-ab-cd");
}

static void test_own_address(void **state)
{
	(void)state;
	YES("%{ip}/x", "192.168.1.1/x");
	NO("%{ip}/x", "192.168.1.11/x");
	NO("%{ip}/x", "192.168.1./x");
	YES("%{ip}1", "192.168.1.11");
	YES("%{ip-hex}", "C0A80101");
	YES("%{ip-hex}", "c0a80101");
	NO("%{ip-hex}", "c0a8010");
	NO("%{ip-hex}", "c0a801011");
	YES_FOR(&v6, "%{ip}/x", "2001:db8::1f/x");
	YES_FOR(&v6, "%{ip}/x", "2001:DB8::1F/x");
	NO_FOR(&v6, "%{ip}/x", "2001:db8:0:0:0:0:0:1f/x");
	YES_FOR(&v6, "*-%{ip-hex}", "x-20010db800000000000000000000001f");
	NO_FOR(&v6, "*-%{ip-hex}", "x-20010db800000000000000000000001");
	YES_FOR(&v6, "%{mac}", "52540012abcd");
}

static void test_own_prefix(void **state)
{
	static const char *const all[] = {"C",     "C0",     "C0A",     "C0A8",
					  "C0A80", "C0A801", "C0A8010", "c0a80101"};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		char name[64];

		snprintf(name, sizeof(name), "pxelinux.cfg/%s", all[i]);
		YES("pxelinux.cfg/%{ip-hex-prefix}", name);
		snprintf(name, sizeof(name), "pxelinux.cfg/%sx", all[i]);
		NO("pxelinux.cfg/%{ip-hex-prefix}", name);
		YES("*/%{ip-hex-prefix}x", name);
		YES("**%{ip-hex-prefix}x", name);
	}
	NO("pxelinux.cfg/%{ip-hex-prefix}", "pxelinux.cfg/");
	NO("pxelinux.cfg/%{ip-hex-prefix}", "pxelinux.cfg/0");
	NO("pxelinux.cfg/%{ip-hex-prefix}", "pxelinux.cfg/C0A9");
	NO("pxelinux.cfg/%{ip-hex-prefix}", "pxelinux.cfg/C0A801011");
	YES_FOR(&v6, "%{ip-hex-prefix}.cfg", "20010db80000000000000000.cfg");
}

/* What stands before a star does not belong to the text behind it. */
static void test_own_behind_a_star(void **state)
{
	const struct plain_client ones = {.family = AF_INET, .address = {11, 1, 1, 1}};
	struct plain_client zeros = v4;

	(void)state;
	memset(zeros.mac, 0, sizeof(zeros.mac));
	NO_FOR(&zeros, "0*%{mac}", "000000000000");
	YES_FOR(&zeros, "0*%{mac}", "0000000000000");
	NO_FOR(&zeros, "?**%{mac}", "000000000000");
	YES_FOR(&zeros, "?**%{mac}", "0/000000000000");
	NO_FOR(&zeros, "%{mac}*%{mac}", "00000000000000000000000");
	YES_FOR(&zeros, "%{mac}*%{mac}", "000000000000000000000000");
	YES_FOR(&zeros, "%{mac}*%{mac}", "000000000000x000000000000");
	NO("C*%{ip-hex-prefix}", "C");
	YES("C*%{ip-hex-prefix}", "CC");
	YES("1*%{ip}", "1192.168.1.1");
	NO("1*%{ip}", "192.168.1.1");
	NO("C*%{ip-hex-prefix}x", "C0x");
	NO("C%{ip-hex-prefix}", "C0");
	NO_FOR(&ones, "1%{ip}", "11.1.1.1");
	YES_FOR(&ones, "1%{ip}", "111.1.1.1");
}

static void test_longest_name(void **state)
{
	static char name[TG_REQUEST_MAX - 2 + 1];

	(void)state;
	memset(name, 'a', TG_REQUEST_MAX - 2);
	YES("a*a", name);
	NO("a*b", name);
	name[sizeof(name) - 4] = '/';
	name[sizeof(name) - 3] = '.';
	name[sizeof(name) - 2] = '.';
	assert_int_equal(matches_for(&v4, "**", false, name), 2);
	name[sizeof(name) - 2] = 'b';
	YES("a*/.b", name);
}

/* What own_prepare() wrote, against other writers' text. */
static void check_text(const struct name_walk *w, unsigned int word, unsigned int at, size_t len,
		       const char *expected)
{
	assert_int_equal(len, strlen(expected));
	for (size_t i = 0; i < len; i++)
		for (unsigned int symbol = 0; symbol < OWN_SYMBOLS; symbol++)
			if ((w->places[symbol][word] >> (at + i) & 1) !=
			    (symbol == (expected[i] & 31)))
				fail_msg("%s: byte %zu", expected, i);
}

static void check_texts(const struct plain_client *client)
{
	const struct name_walk *w = &scratch_find()->name_walk;
	struct packet p = names_packet(client);
	size_t bytes = client->family == AF_INET ? 4 : 16;
	char expected[64];

	memset(&scratch_find()->name_walk, 0xa5, sizeof(*w));
	own_prepare(&p);
	inet_ntop(client->family, client->address, expected, sizeof(expected));
	check_text(w, OWN_WORD_IP, 0, w->own_len[TG_OWN_IP], expected);
	for (size_t i = 0; i < bytes; i++)
		snprintf(expected + 2 * i, 3, "%02x", client->address[i]);
	check_text(w, OWN_WORD_HEX, 0, w->own_len[TG_OWN_HEX], expected);
	snprintf(expected, sizeof(expected), "%02x-%02x-%02x-%02x-%02x-%02x", client->mac[0],
		 client->mac[1], client->mac[2], client->mac[3], client->mac[4], client->mac[5]);
	check_text(w, OWN_WORD_MAC, OWN_DASHES_AT, w->own_len[TG_OWN_DASHES], expected);
}

/* Many zero groups and short ones; none with an IPv4 address in it. */
static void random_client(struct plain_client *client, int round, uint64_t *seed)
{
	uint32_t zeros;

	for (size_t i = 0; i < 16; i++) {
		*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
		client->address[i] = *seed >> 33;
		client->mac[i % 6] = *seed >> 40;
	}
	zeros = *seed >> 33;
	for (size_t i = 0; i < 8; i++) {
		if (zeros >> i & 1)
			client->address[2 * i] = 0;
		if (zeros >> (8 + i) & zeros >> i & 1)
			client->address[2 * i + 1] = 0;
		if (zeros >> (16 + i) & 1)
			client->address[2 * i] &= 15;
	}
	client->family = round % 7 ? AF_INET6 : AF_INET;
	if (client->family == AF_INET6 && !memcmp(client->address, (char[10]){}, 10))
		client->address[9] = 1;
}

static void test_own_texts_like_others(void **state)
{
	struct plain_client client = {.has_mac = true};
	size_t shortened = 0;
	uint64_t seed = 3;

	(void)state;
	for (int round = 0; round < 100000; round++) {
		random_client(&client, round, &seed);
		check_texts(&client);
		shortened += scratch_find()->name_walk.run < scratch_find()->name_walk.run_end;
	}
	assert_true(shortened > 20000);
	client.family = AF_INET6;
	memset(client.address, 0, sizeof(client.address));
	check_texts(&client);
	client.address[15] = 1;
	check_texts(&client);
	memset(client.address, 0xff, sizeof(client.address));
	check_texts(&client);
	client.address[14] = client.address[15] = 0;
	check_texts(&client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_literals),
		cmocka_unit_test(test_stars),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_parts_beside_stars),
		cmocka_unit_test(test_single_bytes),
		cmocka_unit_test(test_any_case),
		cmocka_unit_test(test_normal_form),
		cmocka_unit_test(test_parents),
		cmocka_unit_test(test_own_mac),
		cmocka_unit_test(test_own_address),
		cmocka_unit_test(test_own_prefix),
		cmocka_unit_test(test_own_behind_a_star),
		cmocka_unit_test(test_own_texts_like_others),
		cmocka_unit_test(test_longest_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
