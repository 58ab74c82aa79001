// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/flow_json.c user/report.c user/text.c user/json_read.c user/tftp_options.c user/address.c tests/native/said.c
/*
 * User space: what `tidegate flows -j` prints of a flow is read back as the same.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "address.h"
#include "flow_json.h"

static struct flow full(void)
{
	struct flow flow = {
		.vlan_outer = 7,
		.vlan_inner = 4094,
		.client_port_be = htons(50941),
		.server_port_be = htons(65535),
		.age_ms = 1234,
		.expires_ms = 56789,
		.state = "active",
		.operation = TG_WRITE,
		.mode = TG_NETASCII,
		.options = TG_OPT_BLKSIZE | TG_OPT_WINDOWSIZE | TG_OPT_TIMEOUT | TG_OPT_TSIZE |
			   TG_OPT_MULTICAST | TG_OPT_MSFTWINDOW | TG_OPT_UDPPORT,
		.timeout_s = 255,
		.blksize = 65464,
		.windowsize = 65535,
		.tsize = 1ULL << 40,
		.block = 65535,
		.acknowledged = 65534,
		.bytes = 1ULL << 39,
		.packets = 1ULL << 33,
		.repeats = 4000000000U,
		.file = "b\303\266ot/\033[2J\"x\\",
		.file_bytes = 13,
		.rule = "own configuration",
	};

	assert_int_equal(address_parse("192.0.2.10", &flow.client), 0);
	assert_int_equal(address_parse("2001:db8::20", &flow.server), 0);
	flow.file_bytes = (uint16_t)strlen(flow.file);
	return flow;
}

static void assert_round(const struct flow *flow, enum flow_kind kind)
{
	json_t *object = flow_json(flow, kind, "boot"), *again;
	char *text = json_dumps(object, JSON_COMPACT);
	struct flow back;
	const char *zone;

	again = json_loads(text, 0, NULL);
	assert_non_null(again);
	assert_int_equal(flow_from_json(again, kind, &back, &zone), 0);
	assert_string_equal(zone, "boot");
	if (flow->state)
		assert_string_equal(back.state, flow->state);
	back.state = flow->state; /* the same words at another place */
	assert_memory_equal(&back, flow, sizeof(back));
	json_decref(again);
	json_decref(object);
	free(text);
}

static void test_transfers(void **state)
{
	static const char *const states[] = {"offer", "active", "final",
					     "done",  "error",  "superseded"};
	struct flow flow = full();

	(void)state;
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		flow.state = states[i];
		assert_round(&flow, FLOW_TRANSFER);
		assert_round(&flow, FLOW_OFFER);
	}
	/* Each option by itself, and none. */
	for (int bit = 0; bit <= 8; bit++) {
		flow = full();
		flow.options = (uint8_t)(1 << bit & ~TG_OPT_ANY);
		flow.blksize = flow.options & TG_OPT_BLKSIZE ? 8 : 0;
		flow.windowsize = flow.options & TG_OPT_WINDOWSIZE ? 1 : 0;
		flow.timeout_s = flow.options & TG_OPT_TIMEOUT ? 1 : 0;
		flow.tsize = 0;
		flow.operation = TG_READ;
		flow.mode = TG_OCTET + bit % 3;
		flow.vlan_inner = 0;
		memset(flow.rule, 0, sizeof(flow.rule));
		assert_round(&flow, FLOW_TRANSFER);
	}
}

static void test_requests_and_udp(void **state)
{
	struct flow flow = full();

	(void)state;
	flow.state = FLOW_PENDING;
	flow.credit = 64;
	flow.server_port_be = 0;
	memset(&flow.server, 0, sizeof(flow.server));
	memset(flow.file, 'n', TG_NAME_MAX - 1);
	flow.file_bytes = 500; /* it was cut */
	assert_round(&flow, FLOW_REQUEST);
	memset(&flow, 0, sizeof(flow));
	address_parse("fd00::1", &flow.client);
	address_parse("fd00::2", &flow.server);
	flow.client_port_be = htons(123);
	flow.server_port_be = htons(40000);
	flow.age_ms = 1;
	flow.replied = true;
	assert_round(&flow, FLOW_UDP);
}

static void test_refused(void **state)
{
	static const char *const texts[] = {
		"[]",
		"{}",
		"{\"client\":{},\"server\":{}}",
		"{\"state\":\"asleep\",\"client\":{},\"server\":{}}",
		"{\"state\":\"active\",\"client\":{},\"server\":7}",
		"{\"state\":\"active\",\"client\":{\"address\":\"10.0.0\"},\"server\":{}}",
	};
	json_t *object;
	struct flow flow;
	const char *zone;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		object = json_loads(texts[i], 0, NULL);
		assert_non_null(object);
		assert_int_equal(flow_from_json(object, FLOW_TRANSFER, &flow, &zone), -EINVAL);
		json_decref(object);
	}
	/* What has no sense as a number is none; names of any length are cut. */
	object = json_loads("{\"state\":\"active\",\"client\":{},\"server\":{\"port\":\"x\"},"
			    "\"bytes\":-5,\"age_ms\":\"old\",\"file\":7,\"options\":[1]}",
			    0, NULL);
	json_object_set_new(object, "rule",
			    json_string("a rule that is longer than any rule can be"));
	assert_int_equal(flow_from_json(object, FLOW_TRANSFER, &flow, &zone), 0);
	assert_true(!flow.bytes && !flow.age_ms && !*flow.file && !flow.options && !*zone);
	assert_int_equal(strlen(flow.rule), TG_RULE_NAME - 1);
	json_decref(object);
	object = json_loads("{\"endpoints\":[{}]}", 0, NULL);
	assert_int_equal(flow_from_json(object, FLOW_UDP, &flow, &zone), -EINVAL);
	json_decref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transfers),
		cmocka_unit_test(test_requests_and_udp),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
