// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/records/record*.c user/prefixes.c user/json_read.c user/tftp_options.c user/address.c user/config_meaning.c user/reason_table.c user/report.c user/text.c tests/native/said.c
/*
 * User space: records as EVE JSON and as text.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <time.h>

#include "records/record_format.h"
#include "sample_record.h"

/* Compares as JSON, whatever the order. */
static void expect_json(const struct record *record, const char *wanted_text)
{
	json_t *got = record_json(record), *wanted = json_loads(wanted_text, 0, NULL);
	char *text = json_dumps(got, JSON_INDENT(1));

	assert_non_null(wanted);
	if (!json_equal(got, wanted))
		fail_msg("got %s", text);
	free(text);
	json_decref(got);
	json_decref(wanted);
}

#define HEAD                                                                                \
	"\"timestamp\": \"2026-11-27T13:01:07.123456+0000\", \"in_iface\": \"eth0\", "      \
	"\"src_ip\": \"192.0.2.10\", \"src_port\": 50941, \"dest_ip\": \"198.51.100.20\", " \
	"\"proto\": \"UDP\", "
#define FILE_IN_TFTP \
	"\"tftp\": {\"packet\": \"read\", \"file\": \"vmlinuz\", \"mode\": \"octet\"}, "
#define OWN                                                                                      \
	"\"number\": 7, \"zone\": \"lan0\", \"rule\": \"boot files\", \"operation\": \"read\", " \
	"\"mode\": \"octet\", \"file\": \"vmlinuz\", "                                           \
	"\"options_asked\": {\"blksize\": 1468, \"tsize\": 0}, "
#define AGREED                                                                             \
	"\"options_agreed\": {\"blksize\": 1400, \"tsize\": 3000000}, \"size_expected\": " \
	"3000000, "                                                                        \
	"\"blksize\": 1400, \"windowsize\": 1"

static void test_begin(void **state)
{
	struct record r = sample_record(RECORD_BEGIN);

	(void)state;
	expect_json(&r,
		    "{" HEAD "\"event_type\": \"tftp\", \"flow_id\": 4711, \"dest_port\": 49194, "
		    "\"app_proto\": \"tftp\", " FILE_IN_TFTP
		    "\"tidegate\": {\"record\": \"begin\", " OWN AGREED "}}");
}

static void test_end(void **state)
{
	struct record r = sample_record(RECORD_END);

	(void)state;
	expect_json(&r,
		    "{" HEAD "\"event_type\": \"flow\", \"flow_id\": 4711, \"dest_port\": 49194, "
		    "\"app_proto\": \"tftp\", \"flow\": {\"pkts_toserver\": 2144, "
		    "\"pkts_toclient\": 2145, \"bytes_toserver\": 0, \"bytes_toclient\": 3000000, "
		    "\"start\": \"2026-11-27T13:01:05.623456+0000\", "
		    "\"end\": \"2026-11-27T13:01:07.123456+0000\", \"age\": 1, "
		    "\"state\": \"closed\", \"alerted\": false}, "
		    "\"tidegate\": {\"record\": \"end\", " OWN AGREED
		    ", \"outcome\": \"complete\", \"failure\": false, \"bytes\": 3000000, "
		    "\"packets\": 4289, \"blocks\": 2143, \"retransmissions\": 2, "
		    "\"duration_ms\": 1500, \"bytes_per_s\": 2000000}}");
}

static void test_denied(void **state)
{
	struct record r = sample_record(RECORD_DENIED);

	(void)state;
	expect_json(&r,
		    "{" HEAD "\"event_type\": \"tftp\", \"dest_port\": 69, "
		    "\"app_proto\": \"tftp\", " FILE_IN_TFTP
		    "\"tidegate\": {\"record\": \"denied\", " OWN
		    "\"reason\": \"rule_denied\", \"verdict\": \"drop\", \"direction\": \"in\", "
		    "\"suppressed\": 3}}");
	*r.rule = '\0';
	r.event.flags = TG_EVENT_PASSED | TG_EVENT_EGRESS;
	r.event.reason = TG_NO_RULE;
	r.event.asked_options = 0;
	expect_json(&r, "{" HEAD "\"event_type\": \"tftp\", \"dest_port\": 69, "
			"\"app_proto\": \"tftp\", " FILE_IN_TFTP
			"\"tidegate\": {\"record\": \"denied\", \"number\": 7, \"zone\": \"lan0\", "
			"\"rule\": null, \"operation\": \"read\", \"mode\": \"octet\", "
			"\"file\": \"vmlinuz\", \"options_asked\": {}, \"reason\": \"no_rule\", "
			"\"verdict\": \"pass\", \"direction\": \"out\", \"suppressed\": 3}}");
}

static void test_drop(void **state)
{
	struct record r = sample_record(RECORD_DROP);

	(void)state;
	r.event.opcode = 4;
	r.event.block = 17;
	r.event.reason = TG_UNSOLICITED;
	r.event.vlan_outer = 100;
	r.event.vlan_inner = 7;
	expect_json(&r,
		    "{" HEAD "\"event_type\": \"drop\", \"dest_port\": 49194, "
		    "\"vlan\": [100, 7], \"drop\": {\"len\": 60}, "
		    "\"tidegate\": {\"record\": \"drop\", \"number\": 7, \"zone\": \"lan0\", "
		    "\"reason\": \"unsolicited\", \"verdict\": \"drop\", \"direction\": \"in\", "
		    "\"suppressed\": 3, \"opcode\": 4, \"block\": 17}}");
}

static void test_incident(void **state)
{
	struct record r = {.number = 7,
			   .kind = RECORD_INCIDENT,
			   .time_ns = SAMPLE_TIME_NS,
			   .incident = INCIDENT_RECORDS_LOST,
			   .count = 12,
			   .detail = "the ring was full"};

	(void)state;
	expect_json(&r, "{\"timestamp\": \"2026-11-27T13:01:07.123456+0000\", "
			"\"event_type\": \"tidegate\", \"tidegate\": {\"record\": \"incident\", "
			"\"number\": 7, \"incident\": \"records-lost\", \"count\": 12, "
			"\"detail\": \"the ring was full\"}}");
	r.incident = INCIDENT_POLICY_CHANGED;
	r.event.bytes = 3;
	*r.detail = '\0';
	strcpy(r.interface, "tap1");
	expect_json(&r, "{\"timestamp\": \"2026-11-27T13:01:07.123456+0000\", "
			"\"in_iface\": \"tap1\", \"event_type\": \"tidegate\", "
			"\"tidegate\": {\"record\": \"incident\", \"number\": 7, "
			"\"incident\": \"policy-changed\", \"generation\": 3}}");
}

static json_t *end_with(enum record_outcome outcome, const char *object)
{
	struct record r = sample_record(RECORD_END);
	json_t *whole, *part;

	r.outcome = outcome;
	r.event.error_code = 1;
	strcpy(r.event.error_text, "File not found");
	whole = record_json(&r);
	part = json_incref(json_object_get(whole, object));
	json_decref(whole);
	return part;
}

static const char *word(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static void test_errors(void **state)
{
	static const struct {
		enum record_outcome outcome;
		const char *by;
		bool failure;
	} cases[] = {{OUTCOME_CLIENT_ERROR, "client", true},
		     {OUTCOME_SERVER_ERROR, "server", true},
		     {OUTCOME_PROBE, "client", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *own = end_with(cases[i].outcome, "tidegate");
		const json_t *error = json_object_get(own, "error");

		assert_string_equal(word(error, "by"), cases[i].by);
		assert_string_equal(word(error, "text"), "File not found");
		assert_int_equal(json_integer_value(json_object_get(error, "code")), 1);
		assert_int_equal(json_is_true(json_object_get(own, "failure")), cases[i].failure);
		json_decref(own);
	}
}

static void test_flow_states(void **state)
{
	static const struct {
		enum record_outcome outcome;
		const char *state;
		const char *reason;
	} cases[] = {{OUTCOME_SERVER_ERROR, "closed", ""},
		     {OUTCOME_SUPERSEDED, "closed", ""},
		     {OUTCOME_IDLE, "established", "timeout"},
		     {OUTCOME_UNANSWERED, "new", "timeout"},
		     {OUTCOME_UNACKNOWLEDGED, "new", "timeout"},
		     {OUTCOME_EVICTED, "established", "forced"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *flow = end_with(cases[i].outcome, "flow");

		assert_string_equal(word(flow, "state"), cases[i].state);
		assert_string_equal(word(flow, "reason"), cases[i].reason);
		json_decref(flow);
	}
}

/* A request to everybody that nobody answered has no server. */
static void test_unanswered(void **state)
{
	struct record r = sample_record(RECORD_END);
	json_t *object;

	(void)state;
	r.outcome = OUTCOME_UNANSWERED;
	memset(&r.event.server, 0, sizeof(r.event.server));
	r.event.server_port_be = 0;
	r.event.flags = TG_EVENT_ANY_SERVER | TG_EVENT_MAC;
	memcpy(r.event.mac, "\x52\x54\x00\x12\x34\x56", 6);
	object = record_json(&r);
	assert_null(json_object_get(object, "dest_ip"));
	assert_null(json_object_get(object, "dest_port"));
	assert_true(
		json_is_true(json_object_get(json_object_get(object, "tidegate"), "broadcast")));
	assert_string_equal(word(json_object_get(object, "ether"), "src_mac"), "52:54:00:12:34:56");
	json_decref(object);
}

/* A write says its own size, and its DATA go to the server. */
static void test_write(void **state)
{
	struct record r = sample_record(RECORD_END);
	json_t *object, *flow;

	(void)state;
	r.event.operation = TG_WRITE;
	r.event.asked_options |= TG_OPT_MULTICAST | TG_OPT_TIMEOUT | TG_OPT_WINDOWSIZE;
	r.event.asked_timeout_s = 5;
	r.event.asked_windowsize = 16;
	object = record_json(&r);
	flow = json_object_get(object, "flow");
	assert_int_equal(json_integer_value(json_object_get(flow, "pkts_toserver")), 2145);
	assert_int_equal(json_integer_value(json_object_get(flow, "bytes_toserver")), 3000000);
	assert_int_equal(json_integer_value(json_object_get(flow, "bytes_toclient")), 0);
	{
		json_t *wanted =
			json_pack("{s:i, s:i, s:i, s:i, s:b}", "blksize", 1468, "windowsize", 16,
				  "timeout", 5, "tsize", 3000000, "multicast", 1);

		assert_true(json_equal(
			json_object_get(json_object_get(object, "tidegate"), "options_asked"),
			wanted));
		json_decref(wanted);
	}
	json_decref(object);
}

static void fill(char *text, size_t size, char with)
{
	memset(text, with, size - 1);
	text[size - 1] = '\0';
}

/* Bytes that are no UTF-8, controls, quotes: one line in each format, that can be read again. */
static void test_foreign_bytes(void **state)
{
	struct record r = sample_record(RECORD_END);
	char line[RECORD_LINE];
	json_t *read;
	size_t length;
	char *eve;

	(void)state;
	r.outcome = OUTCOME_CLIENT_ERROR;
	strcpy(r.event.name, "a\xff\"b\n\xc3\xa4\\");
	strcpy(r.event.error_text, "x\x01");
	eve = record_eve_line(&r);
	assert_int_equal(strcspn(eve, "\n"), strlen(eve) - 1);
	read = json_loads(eve, 0, NULL);
	assert_non_null(read);
	assert_string_equal(word(json_object_get(read, "tidegate"), "file"),
			    "a\\xff\"b\n\xc3\xa4\\");
	json_decref(read);
	free(eve);
	length = record_text_line(&r, line);
	assert_int_equal(length, strlen(line));
	assert_int_equal(strcspn(line, "\n"), strlen(line) - 1);
	assert_non_null(strstr(line, " file=\"a\\xff\\x22b\\x0a\xc3\xa4\\\" "));
	assert_non_null(strstr(line, " text=\"x\\x01\" "));
}

/* The longest line that can come about is whole. */
static void test_longest(void **state)
{
	struct record r = sample_record(RECORD_END);
	char line[RECORD_LINE];
	struct tg_event *e = &r.event;

	(void)state;
	memset(e, 0xff, sizeof(*e));
	e->operation = TG_READ;
	e->mode = TG_NETASCII;
	e->reason = 0;
	r.outcome = OUTCOME_SERVER_ERROR;
	r.time_ns = UINT64_MAX;
	r.began_ns = 0;
	fill(e->name, sizeof(e->name), '"');
	fill(e->error_text, TG_ERROR_TEXT + 1, '\xff');
	fill(r.zone, sizeof(r.zone), 'z');
	fill(r.interface, sizeof(r.interface), '\xff');
	fill(r.rule, sizeof(r.rule), '"');
	assert_in_range(record_text_line(&r, line), 1000, RECORD_LINE - 100);
	assert_non_null(strstr(line, " duration="));
	r.kind = RECORD_INCIDENT;
	fill(r.detail, sizeof(r.detail), '\x02');
	assert_in_range(record_text_line(&r, line), 500, RECORD_LINE - 100);
}

static void expect_line(const struct record *record, const char *wanted)
{
	char line[RECORD_LINE];
	size_t length = record_text_line(record, line);

	assert_int_equal(length, strlen(line));
	assert_string_equal(line, wanted);
}

static void test_text(void **state)
{
	struct record r = sample_record(RECORD_BEGIN);

	(void)state;
	expect_line(&r, "2026-11-27T13:01:07.123456Z [begin] read src=192.0.2.10 dst=198.51.100.20 "
			"sport=50941 dport=49194 zone=lan0 interface=\"eth0\" file=\"vmlinuz\" "
			"mode=octet asked=blksize:1468,tsize agreed=blksize:1400,tsize:3000000 "
			"rule=\"boot files\"\n");
	r = sample_record(RECORD_END);
	expect_line(
		&r,
		"2026-11-27T13:01:07.123456Z [end] read complete src=192.0.2.10 "
		"dst=198.51.100.20 sport=50941 dport=49194 zone=lan0 interface=\"eth0\" "
		"file=\"vmlinuz\" mode=octet asked=blksize:1468,tsize "
		"agreed=blksize:1400,tsize:3000000 rule=\"boot files\" bytes=3000000 packets=4289 "
		"blocks=2143 retransmissions=2 duration=1.500 rate=2000000\n");
	r = sample_record(RECORD_DENIED);
	r.event.vlan_outer = 100;
	r.event.flags = TG_EVENT_PASSED;
	expect_line(&r, "2026-11-27T13:01:07.123456Z [denied] read reason=rule_denied passed "
			"suppressed=3 src=192.0.2.10 dst=198.51.100.20 sport=50941 dport=69 "
			"zone=lan0 interface=\"eth0\" vlan=100 file=\"vmlinuz\" mode=octet "
			"asked=blksize:1468,tsize rule=\"boot files\"\n");
	r = sample_record(RECORD_DROP);
	r.event.operation = 0;
	r.event.server_port_be = 0;
	expect_line(&r, "2026-11-27T13:01:07.123456Z [drop] reason=rule_denied suppressed=3 "
			"src=192.0.2.10 dst=198.51.100.20 sport=50941 dport=* zone=lan0 "
			"interface=\"eth0\" opcode=0 block=0 len=60\n");
	r = (struct record){.kind = RECORD_INCIDENT,
			    .time_ns = SAMPLE_TIME_NS,
			    .incident = INCIDENT_INTERFACE_GUARDED,
			    .interface = "tap0",
			    .zone = "boot"};
	expect_line(&r, "2026-11-27T13:01:07.123456Z [incident] interface-guarded zone=boot "
			"interface=\"tap0\"\n");
}

static double cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1e6;
}

/*
 * A line of EVE costs 6 to 9 times a line of text, 20 us or less where this was written; so 20,000 ends in a second take
 * less than half a CPU. A ratio, as machines differ.
 */
static void test_cost(void **state)
{
	struct record r = sample_record(RECORD_END);
	char *line = record_eve_line(&r), copy[4096];
	double eve, plain;

	(void)state;
	eve = cpu_ms();
	for (int i = 0; i < 5000; i++) {
		free(line);
		r.number++;
		line = record_eve_line(&r);
	}
	eve = cpu_ms() - eve;
	plain = cpu_ms();
	for (int i = 0; i < 5000; i++) {
		struct record again = r;

		record_text_line(&again, copy);
	}
	plain = cpu_ms() - plain;
	if (eve > 25 * plain)
		fail_msg("an EVE line costs %.1f us, a line of text %.1f us", eve / 5, plain / 5);
	print_message("# an EVE line of %zu bytes costs %.1f us, a line of text %.1f us\n",
		      strlen(line), eve / 5, plain / 5);
	free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_begin),       cmocka_unit_test(test_end),
		cmocka_unit_test(test_denied),      cmocka_unit_test(test_drop),
		cmocka_unit_test(test_incident),    cmocka_unit_test(test_errors),
		cmocka_unit_test(test_flow_states), cmocka_unit_test(test_unanswered),
		cmocka_unit_test(test_write),       cmocka_unit_test(test_foreign_bytes),
		cmocka_unit_test(test_longest),     cmocka_unit_test(test_text),
		cmocka_unit_test(test_cost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
