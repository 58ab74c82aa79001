// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/views/flows_document.c user/flow_json.c user/flow_table.c user/report.c user/text.c user/json_read.c user/tftp_options.c user/address.c tests/native/said.c
/*
 * Views: the daemon's document of flows, read flow by flow.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "views/flows_document.h"

#define ENDS "\"client\":{\"address\":\"10.0.0.1\",\"port\":1},\"server\":{}"
#define FLOW(zone, file) \
	"{\"zone\":\"" zone "\",\"state\":\"active\"," ENDS ",\"file\":\"" file "\"}"

static struct flow_list lists[FLOW_KINDS];
static struct flow_zones zones;

static int read_text(const char *text)
{
	/* On the heap, so that a byte too much is seen. */
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);
	int err;

	assert_non_null(copy);
	for (size_t i = 0; i < len; i++)
		copy[i] = text[i];
	err = flows_document_read(copy, len, lists, &zones);
	free(copy);
	return err;
}

static void test_lists(void **state)
{
	(void)state;
	assert_int_equal(
		read_text(
			"{\"metainfo\":{\"schema\":1,\"x\":[{},\"]}\"]},\"requests\":[],"
			"\"news\":[1,2],\"transfers\":[" FLOW("a", "one]}") "," FLOW(
				"b",
				"\\\"two\\\\") ",{\"no\":\"flow\"},7," FLOW("a",
									    "3") "],\"udp_flows\":["
										 "{\"endpoints\":[{"
										 "},{}]}]}"),
		0);
	assert_int_equal(lists[FLOW_REQUEST].count, 0);
	assert_int_equal(lists[FLOW_TRANSFER].count, 3);
	assert_int_equal(lists[FLOW_UDP].count, 1);
	assert_string_equal(lists[FLOW_TRANSFER].flow[0].file, "one]}");
	assert_string_equal(lists[FLOW_TRANSFER].flow[1].file, "\"two\\");
	assert_string_equal(lists[FLOW_TRANSFER].flow[2].file, "3");
	assert_string_equal(zones.name[lists[FLOW_TRANSFER].flow[1].zone], "b");
	assert_int_equal(lists[FLOW_TRANSFER].flow[0].zone, lists[FLOW_TRANSFER].flow[2].zone);
	assert_int_equal(zones.count, 3); /* the exchange's has no name */
	flows_document_free(lists);
	assert_null(lists[FLOW_TRANSFER].flow);
	assert_int_equal(
		read_text(" { \"offers\" : [ " FLOW("a", "x") " , " FLOW("a", "y") " ] } "), 0);
	assert_int_equal(lists[FLOW_OFFER].count, 2);
	flows_document_free(lists);
}

static void test_refused(void **state)
{
	static const char whole[] =
		"{\"a\":1,\"offers\":[" FLOW("a", "x") "," FLOW("a", "y") "],\"b\":{}}";
	static const char *const texts[] = {"",
					    "[]",
					    "{",
					    "{}",
					    "{1}",
					    "{\"offers\"}",
					    "{\"offers\":{}}",
					    "{\"offers\":[}",
					    "7",
					    "{\"offers\":[,]}",
					    "{\"a\":}",
					    "{\"a\":1,}"};
	char part[sizeof(whole)];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(read_text(texts[i]), -EPROTO);
	assert_int_equal(read_text(whole), 0);
	flows_document_free(lists);
	for (size_t len = 0; len + 1 < sizeof(whole); len++) {
		memcpy(part, whole, len);
		part[len] = '\0';
		assert_int_equal(read_text(part), -EPROTO);
	}
}

static void test_many(void **state)
{
	enum { MANY = 3000 };
	char *text = malloc(MANY * 128), *at = text;

	(void)state;
	assert_non_null(text);
	at += sprintf(at, "{\"transfers\":[");
	for (int i = 0; i < MANY; i++)
		at += sprintf(at, "%s{\"zone\":\"z%d\",\"state\":\"done\"," ENDS "}", i ? "," : "",
			      i % 7);
	sprintf(at, "]}");
	assert_int_equal(read_text(text), 0);
	assert_int_equal(lists[FLOW_TRANSFER].count, MANY);
	assert_int_equal(zones.count, 7);
	assert_string_equal(zones.name[lists[FLOW_TRANSFER].flow[MANY - 1].zone], "z3");
	flows_document_free(lists);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
