// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/daemon/hub_request.c user/records/record.c user/records/record_filter.c user/prefixes.c user/address.c user/complaint.c user/config_prefix.c user/number.c
/*
 * User space: what a reader asks for at the daemon's socket.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/hub_request.h"

static struct hub_request parse(const char *line)
{
	struct hub_request request;
	struct complaint why;

	assert_int_equal(hub_request_parse(line, strlen(line), &request, &why), 0);
	return request;
}

static void test_nothing(void **state)
{
	struct hub_request request = parse("{}");

	(void)state;
	assert_false(request.records || request.flows.asked || request.stats.asked);
	hub_request_free(&request);
	request = parse("{\"flows\":0,\"stats\":100,\"something\":[]}");
	assert_true(request.flows.asked && !request.flows.every_ms);
	assert_true(request.stats.asked && request.stats.every_ms == 100);
	hub_request_free(&request);
}

static void test_filter(void **state)
{
	struct hub_request request = parse(
		"{\"records\":{\"kinds\":[\"end\",\"denied\"],\"outcomes\":[\"server-error\"],"
		"\"clients\":[\"192.0.2.0/24\",\"2001:db8::1\"],\"zones\":[\"boot\"],"
		"\"files\":[\"*.cfg\"],\"backlog\":12}}");
	const struct record_filter *filter = &request.filter;

	(void)state;
	assert_true(request.records);
	assert_int_equal(request.backlog, 12);
	assert_int_equal(filter->kinds, 1 << RECORD_END | 1 << RECORD_DENIED);
	assert_int_equal(filter->outcomes, 1 << OUTCOME_SERVER_ERROR);
	assert_int_equal(filter->clients.count, 2);
	assert_int_equal(filter->clients.prefix[0].bits, 120);
	assert_string_equal(filter->zone[0], "boot");
	assert_string_equal(filter->file[0], "*.cfg");
	hub_request_free(&request);
}

static void test_refused(void **state)
{
	static const char *const lines[] = {
		"",
		"hello",
		"[]",
		"{\"records\":1}",
		"{\"records\":{\"kinds\":\"end\"}}",
		"{\"records\":{\"kinds\":[\"ends\"]}}",
		"{\"records\":{\"kinds\":[\"\"]}}",
		"{\"records\":{\"outcomes\":[\"none\"]}}",
		"{\"records\":{\"clients\":[\"192.0.2.0/33\"]}}",
		"{\"records\":{\"clients\":[7]}}",
		"{\"records\":{\"files\":[null]}}",
		"{\"records\":{\"backlog\":-1}}",
		"{\"records\":{\"backlog\":\"all\"}}",
		"{\"flows\":99}",
		"{\"flows\":3600001}",
		"{\"flows\":1.5}",
		"{\"stats\":true}",
		"{\"flows\":0,\"flows\":100}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct hub_request request;
		struct complaint why = {0};

		if (!hub_request_parse(lines[i], strlen(lines[i]), &request, &why) || !*why.what)
			fail_msg("taken: %s", lines[i]);
		hub_request_free(&request);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
