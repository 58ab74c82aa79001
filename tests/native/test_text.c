// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reader of requests and option acknowledgements: every field that it fills. Tracker specification 6, 7.5.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "store.h"
#include "core/tftp.h"

static struct tftp_text text;

static void load(const void *bytes, size_t len)
{
	memset(&text, 0xcc, sizeof(text));
	memcpy(text.bytes, bytes, len);
	text.len = len;
}

#define REQUEST(literal) (load(literal, sizeof(literal) - 1), tftp_read_request(&text, 1))
#define OACK(literal)    (load("\0\6" literal, sizeof("\0\6" literal) - 1), tftp_read_oack(&text))

static void test_plain_request(void **state)
{
	(void)state;
	assert_int_equal(REQUEST("\0\1pxelinux.0\0octet\0"), TG_REQUEST);
	assert_int_equal(text.name_len, 10);
	assert_int_equal(text.mode, TG_OCTET);
	assert_int_equal(text.options, 0);
	assert_int_equal(text.malformed, 0);
	assert_int_equal(text.blksize, 0);
	assert_int_equal(text.windowsize, 0);
	assert_int_equal(text.timeout, 0);
	assert_int_equal(text.tsize, 0);
}

static void test_modes(void **state)
{
	(void)state;
	assert_int_equal(REQUEST("\0\1f\0NetAscii\0"), TG_REQUEST);
	assert_int_equal(text.mode, TG_NETASCII);
	assert_int_equal(REQUEST("\0\2f\0binary\0"), TG_REQUEST);
	assert_int_equal(text.mode, TG_BINARY);
	assert_int_equal(REQUEST("\0\1user\0MAIL\0"), TG_REQUEST_MAIL);
	/* The last bytes alone would fit. */
	assert_int_equal(REQUEST("\0\1f\0an-octet\0"), TG_REQUEST_MODE);
	assert_int_equal(REQUEST("\0\1f\0aaaaaaaaaaaaaaaaaaaaoctet\0"), TG_REQUEST_MODE);
	assert_int_equal(REQUEST("\0\1f\0oct\345t\0"), TG_REQUEST_MODE);
	/* '@' and '`' differ in the bit that makes letters small, but are no letters. */
	assert_int_equal(REQUEST("\0\1f\0o\003tet\0"), TG_REQUEST_MODE);
}

static void test_all_options(void **state)
{
	(void)state;
	assert_int_equal(REQUEST("\0\1f\0octet\0blksize\0"
				 "1432\0windowsize\0"
				 "16\0timeout\0"
				 "7\0tsize\0"
				 "4294967297\0multicast\0\0msftwindow\0"
				 "31416\0udpport\0"
				 "0\0x\0y\0"),
			 TG_REQUEST);
	assert_int_equal(text.options, TG_OPT_ANY | TG_OPT_BLKSIZE | TG_OPT_WINDOWSIZE |
					       TG_OPT_TIMEOUT | TG_OPT_TSIZE | TG_OPT_MULTICAST |
					       TG_OPT_MSFTWINDOW | TG_OPT_UDPPORT);
	assert_int_equal(text.malformed, 0);
	assert_int_equal(text.blksize, 1432);
	assert_int_equal(text.windowsize, 16);
	assert_int_equal(text.timeout, 7);
	assert_true(text.tsize == 4294967297ULL);
}

static void test_option_names_are_exact(void **state)
{
	(void)state;
	REQUEST("\0\1f\0octet\0blksiz\0"
		"1\0blksizes\0"
		"2\0xblksize\0"
		"3\0windowsiz\0"
		"4\0xxwindowsize\0"
		"5\0");
	assert_int_equal(text.options, TG_OPT_ANY);
	REQUEST("\0\1f\0octet\0aaaaaaaaaaaaaaaaaaaablksize\0"
		"8\0");
	assert_int_equal(text.options, TG_OPT_ANY);
	REQUEST("\0\1f\0octet\0WindowSize\0"
		"4\0BLKSIZE2\0"
		"99\0");
	assert_int_equal(text.options, TG_OPT_ANY | TG_OPT_WINDOWSIZE | TG_OPT_BLKSIZE);
	assert_int_equal(text.blksize, 99);
	/* Only letters have two cases. */
	REQUEST("\0\1f\0octet\0blksize\022\0"
		"99\0");
	assert_int_equal(text.options, TG_OPT_ANY);
}

static void test_first_occurrence_counts(void **state)
{
	(void)state;
	REQUEST("\0\1f\0octet\0blksize\0"
		"100\0blksize\0"
		"200\0blksize2\0"
		"300\0");
	assert_int_equal(text.blksize, 100);
	REQUEST("\0\1f\0octet\0blksize\0x\0blksize\0"
		"200\0");
	assert_int_equal(text.blksize, 0);
	assert_int_equal(text.malformed, TG_OPT_BLKSIZE);
}

static void test_numbers(void **state)
{
	(void)state;
	OACK("blksize\0"
	     "0512\0");
	assert_int_equal(text.blksize, 512);
	assert_int_equal(text.malformed, 0);
	OACK("blksize\0"
	     "512\0windowsize\0"
	     "4294967295\0");
	assert_int_equal(text.windowsize, 0xffffffff);
	/* Never back to something small. */
	OACK("blksize\0"
	     "4294967808\0");
	assert_true(text.blksize > 65535);
	OACK("blksize\0"
	     "18446744073709552128\0");
	assert_true(text.blksize > 65535 || text.malformed == TG_OPT_BLKSIZE);
	OACK("blksize\0"
	     "340282366920938463463374607431768211968\0");
	assert_true(text.blksize > 65535 || text.malformed == TG_OPT_BLKSIZE);
	OACK("timeout\0-1\0");
	assert_int_equal(text.malformed, TG_OPT_TIMEOUT);
	OACK("tsize\0\0");
	assert_int_equal(text.malformed, TG_OPT_TSIZE);
}

static void test_utimeout_is_rounded_up(void **state)
{
	(void)state;
	OACK("utimeout\0"
	     "1000000\0");
	assert_int_equal(text.timeout, 1);
	OACK("utimeout\0"
	     "1000001\0");
	assert_int_equal(text.timeout, 2);
	OACK("utimeout\0"
	     "10000\0");
	assert_int_equal(text.timeout, 1);
	OACK("utimeout\0"
	     "0\0");
	assert_int_equal(text.timeout, 0);
}

static void test_reading_stops_at_garbage(void **state)
{
	(void)state;
	OACK("blksize\0"
	     "512\0\0windowsize\0"
	     "4\0");
	assert_int_equal(text.options, TG_OPT_ANY | TG_OPT_BLKSIZE);
	OACK("blksize\0"
	     "512\0windowsize\0"
	     "4");
	assert_int_equal(text.options, TG_OPT_ANY | TG_OPT_BLKSIZE);
	OACK("blksize\0"
	     "512\0windowsize");
	assert_int_equal(text.options, TG_OPT_ANY | TG_OPT_BLKSIZE);
	OACK("");
	assert_int_equal(text.options, 0);
}

static void test_hash_is_of_the_whole_request(void **state)
{
	u64 first, again;

	(void)state;
	REQUEST("\0\1name\0octet\0blksize\0"
		"512\0");
	first = text.hash;
	REQUEST("\0\1name\0octet\0blksize\0"
		"512\0");
	assert_true(text.hash == first);
	REQUEST("\0\2name\0octet\0blksize\0"
		"512\0");
	assert_true(text.hash != first);
	REQUEST("\0\1Name\0octet\0blksize\0"
		"512\0");
	assert_true(text.hash != first);
	REQUEST("\0\1name\0octet\0blksize\0"
		"513\0");
	assert_true(text.hash != first);
	REQUEST("\0\1name\0octet\0blksize\0"
		"512\0\0");
	assert_true(text.hash != first);
	load("\0\1name\0octet\0blksize\0"
	     "512\0",
	     25);
	tftp_read_request(&text, 2);
	again = text.hash;
	assert_true(again != first);
}

static void test_longest_text(void **state)
{
	static const char opcode[] = {0, 1};
	static const char tail[] = {0, 'o', 'c', 't', 'e', 't', 0};
	static char bytes[TG_REQUEST_MAX];

	(void)state;
	memset(bytes, 'n', sizeof(bytes));
	memcpy(bytes, opcode, sizeof(opcode));
	memcpy(bytes + sizeof(bytes) - sizeof(tail), tail, sizeof(tail));
	load(bytes, sizeof(bytes));
	assert_int_equal(tftp_read_request(&text, 1), TG_REQUEST);
	assert_int_equal(text.name_len, TG_REQUEST_MAX - 9);
	memset(bytes + 2, 'n', sizeof(bytes) - 2);
	load(bytes, sizeof(bytes));
	assert_int_equal(tftp_read_request(&text, 1), TG_REQUEST_NAME);
}

static void test_multicast_value(void **state)
{
	(void)state;
	OACK("multicast\0"
	     "239.1.2.3,1758,1\0");
	assert_true(text.group_v4_be == __builtin_bswap32(0xef010203));
	assert_int_equal(text.group_port_be, be16(1758));
	OACK("multicast\0,,0\0");
	assert_int_equal(text.group_v4_be, 0);
	OACK("multicast\0"
	     "10.1.2.3,1758,1\0");
	assert_int_equal(text.group_v4_be, 0);
	OACK("multicast\0"
	     "239.1.2,1758,1\0");
	assert_int_equal(text.group_v4_be, 0);
	OACK("multicast\0"
	     "239.1.2.3,1758,1,5\0");
	assert_int_equal(text.group_v4_be, 0);
	OACK("multicast\0"
	     "239.1.2.3\0");
	assert_int_equal(text.group_v4_be, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_request),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_all_options),
		cmocka_unit_test(test_option_names_are_exact),
		cmocka_unit_test(test_first_occurrence_counts),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_utimeout_is_rounded_up),
		cmocka_unit_test(test_reading_stops_at_garbage),
		cmocka_unit_test(test_hash_is_of_the_whole_request),
		cmocka_unit_test(test_longest_text),
		cmocka_unit_test(test_multicast_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
