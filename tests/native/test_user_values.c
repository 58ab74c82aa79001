// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/number.c user/address.c user/suggest.c user/text.c user/tick.c
/*
 * User space: numbers, addresses, near misses, foreign bytes, ticks.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "address.h"
#include "number.h"
#include "suggest.h"
#include "text.h"
#include "tick.h"

static void test_numbers(void **state)
{
	static const struct {
		const char *text;
		uint64_t min, max;
		int result;
		uint64_t value;
	} cases[] = {
		{"0", 0, 9, 0, 0},
		{"9", 0, 9, 0, 9},
		{"007", 0, 9, 0, 7},
		{"10", 0, 9, -ERANGE, 0},
		{"1", 2, 9, -ERANGE, 0},
		{"18446744073709551615", 0, UINT64_MAX, 0, UINT64_MAX},
		{"18446744073709551616", 0, UINT64_MAX, -ERANGE, 0},
		{"184467440737095516150", 0, UINT64_MAX, -ERANGE, 0},
		{"99999999999999999999999999", 0, UINT64_MAX, -ERANGE, 0},
		{"99999999999999999999999999x", 0, UINT64_MAX, -EINVAL, 0},
		{"", 0, 9, -EINVAL, 0},
		{" 1", 0, 9, -EINVAL, 0},
		{"1 ", 0, 9, -EINVAL, 0},
		{"+1", 0, 9, -EINVAL, 0},
		{"-1", 0, UINT64_MAX, -EINVAL, 0},
		{"0x1", 0, 9, -EINVAL, 0},
		{"80abc", 0, 99, -EINVAL, 0},
		{"1e3", 0, 9999, -EINVAL, 0},
		{"1.0", 0, 9, -EINVAL, 0},
		{"\xd9\xa1", 0, 9, -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t value = 4711;

		assert_int_equal(number_parse(cases[i].text, cases[i].min, cases[i].max, &value),
				 cases[i].result);
		assert_int_equal(value, cases[i].result ? 4711 : cases[i].value);
	}
}

static void test_addresses(void **state)
{
	static const char *const good[] = {"0.0.0.0", "10.71.1.2",       "255.255.255.255",
					   "::",      "fe80::1",         "2001:db8::5",
					   "::1",     "64:ff9b::1.2.3.4"};
	static const char *const bad[] = {"",           "10.0.0",  "10.0.0.256", "10.0.0.1 ",
					  "1.2.3.4.5",  "fe80::g", ":::",        "eth0",
					  "fe80::1%lo", "[::1]",   "10.0.0.1/24"};
	char text[ADDRESS_TEXT];
	struct tg_addr address;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_int_equal(address_parse(good[i], &address), 0);
		if (strchr(good[i], ':') && strchr(good[i], '.'))
			continue; /* written in another way */
		assert_string_equal(address_format(&address, text), good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		memset(&address, 0x5a, sizeof(address));
		assert_int_equal(address_parse(bad[i], &address), -EINVAL);
		assert_int_equal(address.bytes[0], 0x5a);
	}
	/* RFC 4291 2.5.5.2 */
	assert_int_equal(address_parse("1.2.3.4", &address), 0);
	assert_memory_equal(address.bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff\1\2\3\4", 16);
	assert_int_equal(address_parse("::ffff:1.2.3.4", &address), 0);
	assert_string_equal(address_format(&address, text), "1.2.3.4");
}

static void test_kinds_of_addresses(void **state)
{
	static const struct {
		const char *text;
		bool wildcard, loopback, group;
	} cases[] = {
		{"0.0.0.0", true, false, false},
		{"::", true, false, false},
		{"127.0.0.1", false, true, false},
		{"127.255.0.1", false, true, false},
		{"::1", false, true, false},
		{"128.0.0.1", false, false, false},
		{"224.0.0.251", false, false, true},
		{"239.255.255.250", false, false, true},
		{"255.255.255.255", false, false, true},
		{"240.0.0.1", false, false, false},
		{"ff02::1", false, false, true},
		{"fe80::1", false, false, false},
		{"10.0.0.255", false, false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct tg_addr address;

		assert_int_equal(address_parse(cases[i].text, &address), 0);
		assert_int_equal(address_is_wildcard(&address), cases[i].wildcard);
		assert_int_equal(address_is_loopback(&address), cases[i].loopback);
		assert_int_equal(address_is_group(&address), cases[i].group);
		assert_int_equal(address_is_zero(&address), !strcmp(cases[i].text, "::"));
	}
}

static void test_endpoints(void **state)
{
	struct sockaddr_in6 socket = {.sin6_family = AF_INET6,
				      .sin6_addr = {{{0xfe, 0x80, [15] = 9}}}};
	struct sockaddr unix_socket = {.sa_family = AF_UNIX};
	struct tg_addr address, any = {{0}};
	char text[ENDPOINT_TEXT];

	(void)state;
	assert_int_equal(address_parse("192.0.2.1", &address), 0);
	assert_string_equal(endpoint_format(&address, htons(69), text), "192.0.2.1:69");
	assert_string_equal(endpoint_format(&address, 0, text), "192.0.2.1:*");
	assert_string_equal(endpoint_format(&any, htons(69), text), "*:69");
	assert_true(address_from_socket((struct sockaddr *)&socket, &address));
	assert_string_equal(endpoint_format(&address, htons(65535), text), "[fe80::9]:65535");
	assert_false(address_from_socket(&unix_socket, &address));
	assert_int_equal(address_parse("2001:db8:1111:2222:3333:4444:5555:6666", &address), 0);
	assert_string_equal(endpoint_format(&address, htons(65535), text),
			    "[2001:db8:1111:2222:3333:4444:5555:6666]:65535");
}

static const char *nearest(const char *word)
{
	static const char *const known[] = {"hook",        "zone", "monitor",
					    "unsolicited", "data", "oack"};
	struct suggestion near = suggestion_for(word);

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		suggestion_offer(&near, known[i]);
	return near.nearest;
}

static void test_suggestions(void **state)
{
	char long_word[301];

	(void)state;
	assert_string_equal(nearest("hok"), "hook");
	assert_string_equal(nearest("ohok"), "hook");
	assert_string_equal(nearest("zones"), "zone");
	assert_string_equal(nearest("moniter"), "monitor");
	assert_string_equal(nearest("unsol"), "unsolicited"); /* cut short */
	assert_null(nearest("completely-different"));
	assert_null(nearest("xyzw"));
	memset(long_word, 'n', 300);
	long_word[300] = '\0';
	assert_null(nearest(long_word));
	assert_int_equal(word_distance("", ""), 0);
	assert_int_equal(word_distance("abc", ""), 3);
	assert_int_equal(word_distance("kitten", "sitting"), 3);
	assert_int_equal(word_distance("ab", "ba"), 1);
}

static void test_foreign_bytes(void **state)
{
	static const struct {
		const char *in, *terminal, *json;
	} cases[] = {
		{"pxelinux.0", "pxelinux.0", "pxelinux.0"},
		{"boot\\x64\\a b", "boot\\x64\\a b", "boot\\x64\\a b"},
		{"grün/日本/🚢", "grün/日本/🚢", "grün/日本/🚢"},
		{"\x1b[31m\n\t\x7f", "\\x1b[31m\\x0a\\x09\\x7f", "\x1b[31m\n\t\x7f"},
		{"\xc2\x9b"
		 "1m",
		 "\\xc2\\x9b1m",
		 "\xc2\x9b"
		 "1m"}, /* a control character of two bytes */
		{"\xff\xfe", "\\xff\\xfe", "\\xff\\xfe"},
		{"a\xc3", "a\\xc3", "a\\xc3"},                          /* ends too early */
		{"\xc0\xaf", "\\xc0\\xaf", "\\xc0\\xaf"},               /* longer than need be */
		{"\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80"}, /* half of a pair */
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80",
		 "\\xf4\\x90\\x80\\x80"}, /* beyond Unicode */
		{"\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80", "\\xf8\\x88\\x80\\x80\\x80"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *out = malloc(TEXT_SAFE(strlen(cases[i].in)));

		assert_string_equal(text_safe(cases[i].in, false, out), cases[i].terminal);
		assert_string_equal(text_safe(cases[i].in, true, out), cases[i].json);
		free(out);
	}
	assert_int_equal(text_width(""), 0);
	assert_int_equal(text_width("grün…"), 5);
}

static void test_ticks(void **state)
{
	(void)state;
	assert_int_equal(tick_hz(10000000), 100);
	assert_int_equal(tick_hz(4000000), 250);
	assert_int_equal(tick_hz(3333333), 300);
	assert_int_equal(tick_hz(3333334), 300);
	assert_int_equal(tick_hz(1000000), 1000);
	assert_true(tick_ns() >= 1000000 && tick_ns() <= 10000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_kinds_of_addresses),
		cmocka_unit_test(test_endpoints),
		cmocka_unit_test(test_suggestions),
		cmocka_unit_test(test_foreign_bytes),
		cmocka_unit_test(test_ticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
