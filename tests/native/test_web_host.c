// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/web/host.c user/address.c
/*
 * Which Host headers, and which pages of others, the web server answers.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "web/host.h"

static void test_host(void **state)
{
	static const char *const ours[] = {
		"127.0.0.1",  "127.0.0.1:9469",  "10.1.2.3:80",       "[::1]",
		"[::1]:9469", "[2001:db8::1]:1", "localhost",         "LocalHost:9469",
		"gate",       "GATE:9469",       "[::ffff:10.0.0.1]", "localhost:",
	};
	static const char *const others[] = {
		"",
		":9469",
		"evil.example",
		"evil.example:9469",
		"localhost.evil.example",
		"127.0.0.1.evil.example",
		"gate.evil.example",
		"gates",
		"::1", /* RFC 3986 wants brackets */
		"[127.0.0.1]",
		"[localhost]",
		"[::1",
		"[::1]x",
		"127.0.0.1:94x",
		"127.0.0.1:9469:1",
		"2130706433", /* browsers take this for an address, and send it as one */
		"127.1",
	};
	char longest[300];

	(void)state;
	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		if (!host_is_ours(ours[i], "gate"))
			fail_msg("refused: %s", ours[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (host_is_ours(others[i], "gate"))
			fail_msg("taken: %s", others[i]);
	assert_false(host_is_ours(NULL, "gate"));
	assert_false(host_is_ours("", ""));
	memset(longest, '1', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_false(host_is_ours(longest, "gate"));
}

static void test_fetch(void **state)
{
	(void)state;
	assert_true(fetch_is_allowed(NULL, NULL, false)); /* Prometheus, curl */
	assert_true(fetch_is_allowed("none", "navigate", false));
	assert_true(fetch_is_allowed("same-origin", "cors", false));
	assert_false(fetch_is_allowed("cross-site", "cors", false));
	assert_false(fetch_is_allowed("same-site", "no-cors", false));
	assert_false(fetch_is_allowed("cross-site", "navigate", false));
	assert_true(fetch_is_allowed("cross-site", "navigate", true)); /* a link in a dashboard */
	assert_false(fetch_is_allowed("cross-site", "no-cors", true));
	assert_false(fetch_is_allowed("cross-site", NULL, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_fetch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
