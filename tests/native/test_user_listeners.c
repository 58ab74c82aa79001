// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/listeners.c user/address.c user/number.c user/netlink.c tests/native/said.c
// packages: libmnl
/*
 * User space: lines of /proc/net/udp and udp6, as kernels write them and otherwise.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "address.h"
#include "listeners.h"

static const char head[] =
	"   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt "
	"  uid  timeout inode ref pointer drops             \n";
static const char line_v4[] = " 1234: 0100470A:0045 00000000:0000 07 00000000:00000000 00:00000000 "
			      "00000000     0        0 17233 2 00000000a4b3c2d1 0\n";
static const char line_v6[] = " 77: B80D0120000000000000000001000000:0223 "
			      "00000000000000000000000000000000:0000 07 00000000:00000000 "
			      "00:00000000 00000000   101        0 99887766 2 0000000000000000 0\n";

static void expect(const char *line, bool ipv6, const char *address, unsigned int port,
		   uint64_t inode)
{
	struct listener listener;
	char text[ADDRESS_TEXT];

	assert_int_equal(listener_parse(line, ipv6, &listener), 1);
	assert_string_equal(address_format(&listener.address, text), address);
	assert_int_equal(listener.port, port);
	assert_int_equal(listener.inode, inode);
	assert_string_equal(listener.owner, "");
}

static void test_listening(void **state)
{
	(void)state;
	expect(line_v4, false, "10.71.0.1", 69, 17233);
	expect(line_v6, true, "2001:db8::1", 547, 99887766);
	/* Old kernels do not pad the columns; inodes are larger than 32 bits. */
	expect("0: 00000000:FFFF 00000000:0000 07 0:0 0:0 0 0 0 18446744073709551615 2 0 0", false,
	       "0.0.0.0", 65535, UINT64_MAX);
}

static void test_not_listening(void **state)
{
	struct listener listener;

	(void)state;
	/* Connected; bound to no port. */
	assert_int_equal(
		listener_parse(" 1: 0100007F:0045 0100007F:D431 01 00000000:00000000 00:00000000 "
			       "00000000 0 0 17233 2 0 0\n",
			       false, &listener),
		0);
	assert_int_equal(
		listener_parse(" 1: 00000000:0000 00000000:0000 07 00000000:00000000 00:00000000 "
			       "00000000 0 0 17233 2 0 0\n",
			       false, &listener),
		0);
}

static void test_other_lines(void **state)
{
	static const char *const lines[] = {
		head,
		"",
		"\n",
		": : : :",
		" 1: 0100007:0045 00000000:0000 07 0:0 0:0 0 0 0 1 2 0 0\n", /* 7 digits */
		" 1: G100007F:0045 00000000:0000 07 0:0 0:0 0 0 0 1 2 0 0\n",
		" 1: 0100007F 00000000:0000 07 0:0 0:0 0 0 0 1 2 0 0\n",
	};
	struct listener listener;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		assert_int_equal(listener_parse(lines[i], false, &listener), -EINVAL);
	/* Of the other family. */
	assert_int_equal(listener_parse(line_v4, true, &listener), -EINVAL);
	assert_int_equal(listener_parse(line_v6, false, &listener), -EINVAL);
}

/* Cut anywhere: no crash, and no listener before the inode is there. */
static void test_cut_lines(void **state)
{
	static const char *const lines[] = {line_v4, line_v6};

	(void)state;
	for (int ipv6 = 0; ipv6 < 2; ipv6++) {
		const char *inode = strstr(lines[ipv6], ipv6 ? "99887766" : "17233");
		char cut[512];

		for (size_t len = 0; len <= strlen(lines[ipv6]); len++) {
			struct listener listener;

			memcpy(cut, lines[ipv6], len);
			cut[len] = '\0';
			assert_int_equal(listener_parse(cut, ipv6, &listener),
					 len > (size_t)(inode - lines[ipv6]) ? 1 : -EINVAL);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listening),
		cmocka_unit_test(test_not_listening),
		cmocka_unit_test(test_other_lines),
		cmocka_unit_test(test_cut_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
