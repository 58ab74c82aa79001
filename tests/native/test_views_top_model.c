// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/views/top_model.c user/views/top_row.c user/views/top_denials.c user/flow_json.c user/flow_table.c user/hash_index.c user/records/record.c user/report.c user/text.c user/json_read.c user/tftp_options.c user/address.c tests/native/said.c
/*
 * Views: what `tidegate top` makes of looks at the flows and of records.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core_native.h"
#include "core/state.h"
#include "flow_json.h"
#include "sample_record.h"
#include "views/top_model.h"

#define START_MS 1000000

static struct top_model *model;
static uint64_t now;
static struct flow_zones zones = {.name = {"", "lan0", "wan0"}, .count = 3};
static struct top_order order;

static int begin(void **state)
{
	(void)state;
	model = top_model_new();
	now = START_MS;
	order = (struct top_order){.column = TOP_RATE};
	return !model;
}

static int end(void **state)
{
	(void)state;
	top_model_free(model);
	return 0;
}

/* The transfer that sample_record() tells of. */
static struct flow sample_flow(uint64_t bytes, uint64_t age_ms)
{
	struct flow flow = {
		.zone = 1,
		.client_port_be = htons(50941),
		.server_port_be = htons(49194),
		.state = flow_state_name(STATE_ACTIVE),
		.operation = TG_READ,
		.mode = TG_OCTET,
		.options = TG_OPT_TSIZE,
		.tsize = 3000000,
		.bytes = bytes,
		.repeats = 5,
		.age_ms = age_ms,
		.file = "vmlinuz",
		.file_bytes = 7,
		.rule = "boot files",
	};

	address_parse("192.0.2.10", &flow.client);
	address_parse("198.51.100.20", &flow.server);
	return flow;
}

static void look(struct flow *flows, size_t count)
{
	struct flow_list lists[FLOW_KINDS] = {[FLOW_TRANSFER] = {flows, count, count}};

	assert_int_equal(top_model_flows(model, now, lists, &zones), 0);
}

static void look_at(struct flow flow)
{
	look(&flow, 1);
}

static void tell(const struct record *record)
{
	assert_int_equal(top_model_record(model, now, record), 0);
}

static const struct top_row *const *rows;

static size_t count_rows(void)
{
	return top_model_rows(model, now, &order, &rows);
}

static const struct top_row *only_row(void)
{
	assert_int_equal(count_rows(), 1);
	return rows[0];
}

static void test_progress(void **state)
{
	const struct top_row *row;

	(void)state;
	look_at(sample_flow(600000, 1000));
	row = only_row();
	assert_int_equal(row->phase, TOP_RUNNING);
	assert_int_equal(row->rate, 600000);
	assert_int_equal(top_row_percent(row), 20);
	assert_int_equal(row->repeats, 5);
	assert_string_equal(row->rule, "boot files");
	assert_string_equal(row->zone, "lan0");
	assert_string_equal(top_row_state(row), "reading");
	assert_int_equal(top_row_age_ms(row, now + 300), 1300);
	/* The rate follows, smoothly. */
	now += 1000;
	look_at(sample_flow(600000, 2000));
	assert_int_equal(only_row()->rate, 400000);
	now += 1000;
	look_at(sample_flow(1800000, 3000));
	assert_int_equal(only_row()->rate, (400000 * 2 + 1200000) / 3);
	assert_int_equal(top_row_percent(only_row()), 60);
	assert_int_equal(top_model_totals(model)->running, 1);
	assert_int_equal(top_model_totals(model)->rate, only_row()->rate);
	/* Gone, and no record tells how: so is the row. */
	look(NULL, 0);
	assert_int_equal(count_rows(), 0);
}

static void test_sizes(void **state)
{
	struct flow flow = sample_flow(2999999, 1000);
	struct flow_list lists[FLOW_KINDS] = {[FLOW_REQUEST] = {&flow, 1, 1}};

	(void)state;
	look_at(flow);
	assert_int_equal(top_row_percent(only_row()), 99);
	look_at(sample_flow(3000001, 1000));
	assert_int_equal(top_row_percent(only_row()), 100);
	flow.tsize = 0;
	look_at(flow);
	assert_int_equal(top_row_percent(only_row()), 100);
	flow.options = TG_OPT_BLKSIZE;
	look_at(flow);
	assert_int_equal(top_row_percent(only_row()), -1);
	/* A read asks with size 0, which says nothing; a write knows. */
	flow = sample_flow(0, 10);
	flow.server_port_be = 0;
	flow.tsize = 0;
	flow.state = FLOW_PENDING;
	assert_int_equal(top_model_flows(model, now, lists, &zones), 0);
	assert_int_equal(only_row()->phase, TOP_WAITING);
	assert_int_equal(top_row_percent(only_row()), -1);
	flow.operation = TG_WRITE;
	flow.tsize = 500;
	assert_int_equal(top_model_flows(model, now, lists, &zones), 0);
	assert_int_equal(top_row_percent(only_row()), 0);
	assert_int_equal(top_model_totals(model)->waiting, 1);
}

static void test_end_lingers(void **state)
{
	struct record record = sample_record(RECORD_END);
	struct flow done = sample_flow(3000000, 1600);
	const struct top_row *row;

	(void)state;
	done.state = flow_state_name(STATE_DONE);
	look_at(sample_flow(600000, 1000));
	now += 500;
	tell(&record);
	row = only_row();
	assert_int_equal(row->phase, TOP_ENDED);
	assert_int_equal(row->outcome, OUTCOME_COMPLETE);
	assert_int_equal(row->rate, 2000000);
	assert_int_equal(row->repeats, 2);
	assert_int_equal(top_row_percent(row), 100);
	assert_int_equal(top_row_age_ms(row, now + 5000), 1500);
	assert_string_equal(top_row_state(row), "done");
	assert_int_equal(top_model_totals(model)->ended[OUTCOME_COMPLETE], 1);
	assert_int_equal(top_model_totals(model)->failures, 0);
	assert_int_equal(top_model_totals(model)->running, 0);
	/* The tables still show it, as done or even as it was before: that changes nothing. */
	now += 1000;
	look_at(sample_flow(2000000, 1500));
	look_at(done);
	assert_int_equal(only_row()->rate, 2000000);
	assert_int_equal(only_row()->outcome, OUTCOME_COMPLETE);
	now += TOP_LINGER_MS - 1001;
	look_at(done);
	assert_int_equal(count_rows(), 1);
	now++;
	assert_int_equal(count_rows(), 0);
	look_at(done);
	assert_int_equal(count_rows(), 0);
	now += 60000;
	look_at(done);
	assert_int_equal(count_rows(), 0);
	/* Without the tables it lingers as well. */
	look(NULL, 0);
	tell(&record);
	look(NULL, 0);
	assert_int_equal(count_rows(), 1);
	now += TOP_LINGER_MS;
	look(NULL, 0);
	assert_int_equal(count_rows(), 0);
}

static void test_same_ports_again(void **state)
{
	struct record begin = sample_record(RECORD_BEGIN), end = sample_record(RECORD_END);

	(void)state;
	look_at(sample_flow(600000, 1000));
	tell(&end);
	/* The next transfer of the same ports is told of by its begin, */
	tell(&begin);
	look_at(sample_flow(512, 10));
	assert_int_equal(only_row()->phase, TOP_RUNNING);
	assert_int_equal(only_row()->bytes, 512);
	assert_int_equal(only_row()->rate, 51200);
	assert_int_equal(only_row()->outcome, OUTCOME_NONE);
	/* or, if that was lost, seen when the one before has gone. */
	tell(&end);
	now += TOP_LINGER_MS - 1;
	look_at(sample_flow(1024, 10));
	assert_int_equal(only_row()->phase, TOP_ENDED);
	now += 1;
	look_at(sample_flow(1024, 10));
	assert_int_equal(only_row()->phase, TOP_RUNNING);
	/* Another zone's is another one. */
	end.zone[0] = 'w';
	tell(&end);
	assert_int_equal(count_rows(), 2);
}

static void test_outcomes(void **state)
{
	struct record record = sample_record(RECORD_END);
	uint64_t failures = 0;

	(void)state;
	for (int outcome = OUTCOME_NONE + 1; outcome < OUTCOMES; outcome++) {
		record.outcome = (enum record_outcome)outcome;
		record.event.client_port_be = htons((uint16_t)(1000 + outcome));
		strcpy(record.event.error_text, "no");
		tell(&record);
		failures += record_outcome_is_failure(record.outcome);
		assert_int_equal(top_model_totals(model)->ended[outcome], 1);
	}
	assert_true(failures > 0 && failures < OUTCOMES - 1);
	assert_int_equal(top_model_totals(model)->failures, failures);
	assert_int_equal(count_rows(), OUTCOMES - 1);
	for (size_t i = 0; i < OUTCOMES - 1; i++) {
		assert_int_equal(rows[i]->failed, record_outcome_is_failure(rows[i]->outcome));
		assert_true(strlen(top_row_state(rows[i])) <= 8);
		assert_string_equal(rows[i]->error_text, "no");
	}
	/* A request that nobody answered takes the place of the request. */
	record.event.server_port_be = 0;
	record.outcome = OUTCOME_UNANSWERED;
	tell(&record);
	assert_int_equal(count_rows(), OUTCOMES);
}

static void test_ends_that_only_tables_tell(void **state)
{
	struct flow flow = sample_flow(100, 1000);

	(void)state;
	flow.state = flow_state_name(STATE_ERROR);
	look_at(flow);
	assert_int_equal(only_row()->phase, TOP_ENDED);
	assert_int_equal(only_row()->outcome, OUTCOME_NONE);
	assert_string_equal(top_row_state(only_row()), "error");
	assert_int_equal(top_model_totals(model)->failures, 0);
	now += TOP_LINGER_MS;
	look_at(flow);
	assert_int_equal(count_rows(), 0);
}

static void test_denials(void **state)
{
	struct record record = sample_record(RECORD_DENIED);
	const struct top_denial *denials;

	(void)state;
	tell(&record);
	record.event.suppressed = 0;
	record.time_ns++;
	tell(&record);
	assert_int_equal(top_model_denials(model, &denials), 1);
	assert_int_equal(denials[0].count, 2);
	assert_int_equal(denials[0].last_ns, record.time_ns);
	assert_string_equal(denials[0].rule, "boot files");
	assert_int_equal(top_model_totals(model)->denied, 5);
	/* Each difference is another one; the latest stands first, and the oldest goes. */
	for (int i = 0; i < TOP_DENIALS; i++) {
		snprintf(record.event.name, sizeof(record.event.name), "file%d", i);
		tell(&record);
	}
	assert_int_equal(top_model_denials(model, &denials), TOP_DENIALS);
	assert_string_equal(denials[0].file, "file63");
	assert_string_equal(denials[TOP_DENIALS - 1].file, "file0");
	strcpy(record.event.name, "file0");
	tell(&record);
	assert_string_equal(denials[0].file, "file0");
	assert_int_equal(denials[0].count, 2);
	assert_string_equal(denials[1].file, "file63");
	assert_int_equal(top_model_denials(model, &denials), TOP_DENIALS);
	record.event.reason = TG_NO_RULE;
	tell(&record);
	assert_int_equal(denials[0].count, 1);
	record.kind = RECORD_DROP;
	record.event.suppressed = 9;
	tell(&record);
	assert_int_equal(top_model_totals(model)->dropped, 10);
}

static void test_pause(void **state)
{
	struct record record = sample_record(RECORD_END);

	(void)state;
	look_at(sample_flow(600000, 1000));
	top_model_pause(model, now);
	tell(&record);
	now += 2 * TOP_LINGER_MS;
	look(NULL, 0);
	assert_int_equal(only_row()->phase, TOP_RUNNING);
	assert_int_equal(top_model_totals(model)->ended[OUTCOME_COMPLETE], 0);
	assert_int_equal(top_model_now(model, now), START_MS);
	top_model_resume(model);
	assert_false(top_model_paused(model));
	assert_int_equal(top_model_totals(model)->ended[OUTCOME_COMPLETE], 1);
	assert_int_equal(count_rows(), 0);
	/* What is too much is counted. */
	top_model_pause(model, now);
	for (int i = 0; i < TOP_HELD + 3; i++)
		tell(&record);
	top_model_resume(model);
	assert_int_equal(top_model_totals(model)->ended[OUTCOME_COMPLETE], 1 + TOP_HELD);
	assert_int_equal(top_model_totals(model)->lost, 3);
}

static void test_order_and_filter(void **state)
{
	/* client's last number, bytes, age, repeats; rates: 300, 20, 100000 */
	static const int said[3][4] = {{3, 3000, 10000, 0}, {1, 2000, 100000, 9}, {2, 1000, 10, 4}};
	static const struct {
		enum top_column column;
		const char *expected;
	} cases[] = {
		{TOP_CLIENT, "123"}, {TOP_FILE, "312"},    {TOP_DONE, "321"}, {TOP_BYTES, "312"},
		{TOP_RATE, "231"},   {TOP_REPEATS, "123"}, {TOP_AGE, "132"},  {TOP_STATE, "123"},
	};
	struct flow flows[3];
	char text[16];

	(void)state;
	for (int i = 0; i < 3; i++) {
		flows[i] = sample_flow((uint64_t)said[i][1], (uint64_t)said[i][2]);
		flows[i].client.bytes[15] = (uint8_t)said[i][0];
		flows[i].repeats = (uint32_t)said[i][3];
		flows[i].tsize = 4000;
		snprintf(flows[i].file, sizeof(flows[i].file), "%c", 'A' + i);
	}
	flows[1].options = 0; /* percents: 75, none, 25 */
	look(flows, 3);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		order = (struct top_order){.column = cases[i].column};
		assert_int_equal(count_rows(), 3);
		for (int j = 0; j < 3; j++)
			text[j] = (char)('0' + rows[j]->client.bytes[15]);
		text[3] = '\0';
		assert_string_equal(text, cases[i].expected);
		order.reverse = true;
		count_rows();
		if (cases[i].column != TOP_STATE) /* all equal: the order stays */
			assert_int_equal(rows[0]->client.bytes[15], text[2] - '0');
	}
	order = (struct top_order){.column = TOP_RATE, .filter = "192.0.2.3"};
	assert_int_equal(count_rows(), 1);
	strcpy(order.filter, "BOOT f");
	assert_int_equal(count_rows(), 3);
	strcpy(order.filter, ":49194");
	assert_int_equal(count_rows(), 3);
	strcpy(order.filter, "Lan0");
	assert_int_equal(count_rows(), 3);
	strcpy(order.filter, "writ");
	assert_int_equal(count_rows(), 0);
	strcpy(order.filter, "read");
	assert_int_equal(count_rows(), 3);
}

/* Rows are found among many, also after many have gone. */
static void test_many(void **state)
{
	enum { MANY = 20000 };
	struct flow *flows = calloc(MANY, sizeof(*flows));

	(void)state;
	assert_non_null(flows);
	for (int i = 0; i < MANY; i++) {
		flows[i] = sample_flow((uint64_t)i, 1000);
		flows[i].client_port_be = (uint16_t)i;
		flows[i].client.bytes[14] = (uint8_t)(i >> 16);
	}
	look(flows, MANY);
	assert_int_equal(count_rows(), MANY);
	now += 1000;
	look(flows, MANY);
	assert_int_equal(count_rows(), MANY);
	now += 1000;
	look(flows + MANY / 2, MANY / 2);
	assert_int_equal(count_rows(), MANY / 2);
	look(flows + MANY / 2, MANY / 2);
	assert_int_equal(count_rows(), MANY / 2);
	assert_int_equal(top_model_totals(model)->running, MANY / 2);
	free(flows);
}

int main(void)
{
#define WITH_MODEL(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		WITH_MODEL(test_progress),         WITH_MODEL(test_sizes),
		WITH_MODEL(test_end_lingers),      WITH_MODEL(test_same_ports_again),
		WITH_MODEL(test_outcomes),         WITH_MODEL(test_ends_that_only_tables_tell),
		WITH_MODEL(test_denials),          WITH_MODEL(test_pause),
		WITH_MODEL(test_order_and_filter), WITH_MODEL(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
