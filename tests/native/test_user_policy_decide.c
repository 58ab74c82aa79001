// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/policy_compile*.c user/policy_decide.c user/prefixes.c user/zone_build.c user/tick.c user/rule_sets.c user/automaton*.c user/pattern*.c user/hash_index.c user/config.c user/config_*.c user/records/record_filter.c user/records/record.c user/duration.c user/quantity.c user/glob.c user/option_values.c user/mark.c user/options.c user/command_find.c user/zone_settings.c user/complaint.c user/number.c user/address.c user/suggest.c user/text.c tests/native/policy_random.c tests/native/policy_naive.c tests/native/policy_text.c tests/native/said.c tests/native/no_commands.c
// packages: libconfuse libpq
/*
 * Which rule decides: random policies, compiled and judged by the core, against tidegate.conf(5) word by word.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "address.h"
#include "policy_naive.h"
#include "policy_random.h"
#include "policy_text.h"
#include "said.h"

struct tally {
	size_t requests;
	size_t by_rule;
	size_t by_late_rule; /* from number 64 on */
	size_t by_default;
	size_t of_reason[TG_REASON_SLOTS];
};

static void ask(const struct config *config, const struct policy_image *image, struct tally *tally)
{
	struct policy_question question;
	struct policy_answer wanted, answer;
	char name[RANDOM_NAME];

	random_question(config, &question, name);
	wanted = naive_decide(config, &question);
	answer = policy_decide(image, &question);
	if (answer.reason != wanted.reason || answer.rule != wanted.rule)
		fail_msg("request %zu, \"%s\": reason %d by rule %zd, but %d by rule %zd",
			 tally->requests, name, answer.reason, (ssize_t)answer.rule, wanted.reason,
			 (ssize_t)wanted.rule);
	tally->requests++;
	tally->by_rule += answer.rule != POLICY_NO_RULE;
	tally->by_late_rule += answer.rule != POLICY_NO_RULE && answer.rule >= 64;
	tally->by_default += answer.reason == TG_NO_RULE ||
			     (answer.reason == TG_REQUEST && answer.rule == POLICY_NO_RULE);
	tally->of_reason[answer.reason]++;
}

/* Policies of one size, and requests to each. */
static void ask_all(size_t policies, size_t rules, size_t requests, bool with_patterns)
{
	static const enum tg_reason wanted[] = {TG_REQUEST,      TG_RULE_DENIED,     TG_NO_RULE,
						TG_RULE_BLKSIZE, TG_RULE_WINDOWSIZE, TG_RULE_SIZE};
	struct tally tally = {0};

	for (size_t i = 0; i < policies; i++) {
		struct config config;
		struct policy_image image;

		random_config(&config, rules, with_patterns);
		said_forget();
		if (policy_compile(&config, POLICY_TICK_NS, &image))
			fail_msg("policy %zu of %zu rules: %s", i, rules, said_all());
		for (size_t r = 0; r < requests; r++)
			ask(&config, &image, &tally);
		policy_image_free(&image);
		config_free(&config);
	}
	printf("# %zu policies of %zu rules%s: %zu requests, %zu decided by a rule, %zu of them by "
	       "one from number 64 on, %zu by a default\n",
	       policies, rules, with_patterns ? " with patterns" : "", tally.requests,
	       tally.by_rule, tally.by_late_rule, tally.by_default);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		assert_true(tally.of_reason[wanted[i]] > tally.requests / 1000);
	assert_true(tally.by_rule > tally.requests / 4);
	assert_true(tally.by_default > tally.requests / 50);
	assert_true(rules < 100 || tally.by_late_rule > tally.requests / 5);
}

static void test_rules_without_patterns(void **state)
{
	(void)state;
	random_seed(1);
	ask_all(500, 10, 60, false);
	ask_all(60, 70, 500, false);
	ask_all(10, TG_RULES_MAX, 3000, false);
}

static void test_rules_with_patterns(void **state)
{
	(void)state;
	random_seed(2);
	ask_all(500, 10, 60, true);
	ask_all(60, 70, 500, true);
	ask_all(10, 1000, 3000, true);
}

/* What config_print() writes, read again. */
static void read_printed(const struct config *config, struct config *printed)
{
	char *text = config_print(config);

	assert_non_null(text);
	said_forget();
	if (config_load_text("printed", text, strlen(text), printed))
		fail_msg("%s\n%s", said_all(), text);
	free(text);
}

/* What a zone of a file cannot be without. */
static void give_interfaces(struct config *config)
{
	for (size_t z = 0; z < config->zone_count; z++) {
		struct config_zone *zone = &config->zone[z];

		zone->hook = TG_HOOK_XDP;
		zone->interface = calloc(1, sizeof(*zone->interface));
		assert_non_null(zone->interface);
		snprintf(zone->interface[zone->interface_count++], TG_IFNAME, "eth%hhu",
			 (unsigned char)z);
	}
}

/* The running policy is kept as text: it means what the file meant. */
static void test_printed_policies(void **state)
{
	(void)state;
	random_seed(3);
	for (size_t i = 0; i < 300; i++) {
		struct config config, printed;
		struct policy_image image;

		random_config(&config, 12, true);
		give_interfaces(&config);
		read_printed(&config, &printed);
		assert_int_equal(policy_compile(&printed, POLICY_TICK_NS, &image), 0);
		for (size_t r = 0; r < 100; r++) {
			struct policy_question question;
			struct policy_answer wanted, answer;
			char name[RANDOM_NAME];

			random_question(&config, &question, name);
			wanted = naive_decide(&config, &question);
			answer = policy_decide(&image, &question);
			assert_int_equal(answer.reason, wanted.reason);
			assert_int_equal(answer.rule, wanted.rule);
		}
		policy_image_free(&image);
		config_free(&printed);
		config_free(&config);
	}
}

/* ---- single requests ----------------------------------------------------------------------------------------- */

static struct policy_question question_of(const char *client, const char *name)
{
	struct policy_question question = {.operation = TG_READ, .mode = TG_OCTET, .name = name};

	assert_int_equal(address_parse(client, &question.client), 0);
	assert_int_equal(address_parse("10.0.0.69", &question.server), 0);
	return question;
}

/* The direction is the one that the zone admits. */
static void test_direction(void **state)
{
	static const char *const directions[] = {"in", "out", "both"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct policy_question question = question_of("10.0.0.1", "x");
		struct policy_text policy;
		char inside[64];

		snprintf(inside, sizeof(inside), "requests = %s", directions[i]);
		policy_of_zone(inside, &policy);
		assert_int_equal(policy_decide(&policy.image, &question).reason, TG_REQUEST);
		policy_text_free(&policy);
	}
}

/* Names of any length are judged as the request that holds them. */
static void test_long_names(void **state)
{
	static const struct {
		size_t len;
		enum tg_reason reason;
	} cases[] = {
		{0, TG_REQUEST_LENGTH},    {1, TG_REQUEST},
		{507, TG_REQUEST},         {508, TG_REQUEST_LENGTH}, /* 2 + 508 + 1 + 6 > 516 */
		{1015, TG_REQUEST_LENGTH}, {1022, TG_REQUEST_LENGTH},
		{1023, TG_REQUEST_LENGTH}, {70000, TG_REQUEST_LENGTH}};
	struct policy_text policy;
	char *name = calloc(1, 70001);

	(void)state;
	assert_non_null(name);
	policy_of_zone("", &policy);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct policy_question question = question_of("10.0.0.1", name);

		memset(name, 'x', cases[i].len);
		assert_int_equal(policy_decide(&policy.image, &question).reason, cases[i].reason);
	}
	policy_text_free(&policy);
	free(name);
}

/* However often it is asked: nothing is counted, by the zone or by the rule. */
static void test_asked_again(void **state)
{
	struct policy_question question = question_of("10.0.0.1", "x");
	struct policy_text policy;

	(void)state;
	policy_of_zone("abuse { request-rate = 1/min request-burst = 1 max-open = 1 names = 1 }\n"
		       "rule \"r\" { action = allow rate = 1/min burst = 1 max-transfers = 1 }",
		       &policy);
	for (int i = 0; i < 10; i++) {
		struct policy_answer answer = policy_decide(&policy.image, &question);

		assert_int_equal(answer.reason, TG_REQUEST);
		assert_int_equal(answer.rule, 0);
	}
	policy_text_free(&policy);
}

/* Limits of a rule hold up to the value itself; a rule may be asked and deny all the same. */
static void test_limits(void **state)
{
	static const char inside[] = "rule \"r\" { action = allow max-blksize = 1468 "
				     "max-windowsize = 16 max-size = 1000 }";
	struct policy_question question = question_of("fd00::1", "x");
	struct policy_text policy;

	(void)state;
	policy_of_zone(inside, &policy);
	question.operation = TG_WRITE;
	question.blksize = 1468;
	question.windowsize = 16;
	question.has_tsize = true;
	question.tsize = 1000;
	assert_int_equal(policy_decide(&policy.image, &question).reason, TG_REQUEST);
	question.tsize++;
	assert_int_equal(policy_decide(&policy.image, &question).reason, TG_RULE_SIZE);
	question.operation = TG_READ; /* what a reader announces means nothing (RFC 2349) */
	assert_int_equal(policy_decide(&policy.image, &question).reason, TG_REQUEST);
	question.windowsize++;
	assert_int_equal(policy_decide(&policy.image, &question).reason, TG_RULE_WINDOWSIZE);
	question.blksize++;
	assert_int_equal(policy_decide(&policy.image, &question).reason, TG_RULE_BLKSIZE);
	assert_int_equal(policy_decide(&policy.image, &question).rule, 0);
	policy_text_free(&policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules_without_patterns),
		cmocka_unit_test(test_rules_with_patterns),
		cmocka_unit_test(test_printed_policies),
		cmocka_unit_test(test_direction),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_asked_again),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
