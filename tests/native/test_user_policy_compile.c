// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/policy_compile*.c user/prefixes.c user/zone_build.c user/tick.c user/rule_sets.c user/automaton*.c user/pattern*.c user/hash_index.c user/config.c user/config_*.c user/records/record_filter.c user/records/record.c user/duration.c user/quantity.c user/glob.c user/option_values.c user/mark.c user/options.c user/command_find.c user/zone_settings.c user/complaint.c user/number.c user/address.c user/suggest.c user/text.c tests/native/policy_text.c tests/native/said.c tests/native/no_commands.c
// packages: libconfuse libpq
/*
 * The compiled policy: what rules become, their ids, and what is too much.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "policy_text.h"
#include "said.h"

static const char two_zones[] =
	"zone \"a\" { interfaces = x default = allow\n"
	" rule \"one\" { action = allow max-blksize = 1468 max-windowsize = 16 max-size = 64MiB\n"
	"              rate = 10/s burst = 20 max-transfers = 4 }\n"
	" rule \"two\" { action = deny operation = write } }\n"
	"zone \"b\" { interfaces = y }\n"
	"zone \"c\" { interfaces = z rule \"one\" { action = allow mode = octet vlans = {7, "
	"untagged} } }\n";

static void test_rules(void **state)
{
	const struct tg_rule *rule;
	const struct tg_zone *zone;
	struct policy_text policy;

	(void)state;
	policy_from(two_zones, &policy);
	rule = policy.image.rule;
	zone = policy.image.zone;
	assert_int_equal(policy.image.rule_count, 3);
	assert_int_equal(policy.image.policy.rules, 3);
	assert_int_equal(policy.image.zone_count, 3);
	assert_string_equal(rule[0].name, "one");
	assert_int_equal(rule[0].action, TG_ALLOW);
	assert_int_equal(rule[0].blksize_max, 1468);
	assert_int_equal(rule[0].windowsize_max, 16);
	assert_int_equal(rule[0].size_max, 64 << 20);
	assert_int_equal(rule[0].transfers_max, 4);
	assert_int_equal(rule[0].rate.interval, 65536 * 250 / 10);
	assert_int_equal(rule[0].rate.tolerance, 19 * (65536 * 250 / 10));
	assert_int_equal(rule[1].action, TG_DENY);
	assert_int_equal(rule[1].rate.interval, 0);
	assert_int_equal(rule[1].zone, 0);
	assert_int_equal(rule[2].zone, 2);
	assert_int_equal(zone[0].rule_first, 0);
	assert_int_equal(zone[0].rule_end, 2);
	assert_int_equal(zone[1].rule_first, zone[1].rule_end);
	assert_int_equal(zone[2].rule_first, 2);
	assert_int_equal(zone[2].rule_end, 3);
	assert_string_equal(zone[2].name, "c");
	/* Said; without rules; because of rules. */
	assert_false(zone[0].flags & TG_ZONE_DEFAULT_DENY);
	assert_false(zone[1].flags & TG_ZONE_DEFAULT_DENY);
	assert_true(zone[2].flags & TG_ZONE_DEFAULT_DENY);
	policy_text_free(&policy);
}

/* The members of a set, as bits: there are few rules. */
static uint64_t members(const struct policy_text *policy, uint32_t set)
{
	assert_true(set < policy->image.sets.count);
	return policy->image.sets.set[set].word[0];
}

static void test_sets(void **state)
{
	const struct policy_image *image;
	struct policy_text policy;

	(void)state;
	policy_from(two_zones, &policy);
	image = &policy.image;
	assert_int_equal(image->policy.sets, image->sets.count);
	assert_int_equal(members(&policy, 0), 0);
	assert_int_equal(members(&policy, image->policy.kind_set[TG_READ - 1][TG_OCTET - 1]), 5);
	assert_int_equal(members(&policy, image->policy.kind_set[TG_WRITE - 1][TG_OCTET - 1]), 7);
	assert_int_equal(members(&policy, image->policy.kind_set[TG_WRITE - 1][TG_NETASCII - 1]),
			 3);
	assert_int_equal(members(&policy, image->policy.nameless_set), 7);
	assert_int_equal(members(&policy, image->policy.any_vlan_set), 3);
	assert_int_equal(image->vlan_count, 2);
	assert_int_equal(image->vlan[0].vlan, 0);
	assert_int_equal(image->vlan[1].vlan, 7);
	assert_int_equal(members(&policy, image->vlan[0].set), 7);
	assert_int_equal(members(&policy, image->vlan[1].set), 7);
	policy_text_free(&policy);
}

/* Prefixes hold what those around them hold; one that adds nothing is left out. */
static void test_prefixes(void **state)
{
	static const struct {
		unsigned int bits;
		uint64_t rules;
	} wanted[] = {{0, 8}, {96 + 8, 9}, {96 + 16, 11}, {96 + 32, 15}, {8, 10}};
	struct policy_text policy;
	size_t found = 0;

	(void)state;
	policy_of_zone("rule \"0\" { action = allow clients = {\"10.0.0.0/8\", \"10.9.0.0/16\"} }\n"
		       "rule \"1\" { action = allow clients = {\"10.1.0.0/16\", \"fd00::/8\"} }\n"
		       "rule \"2\" { action = allow clients = \"10.1.1.1\" }\n"
		       "rule \"3\" { action = allow }\n",
		       &policy);
	for (size_t i = 0; i < policy.image.prefix_count; i++) {
		const struct image_prefix *prefix = &policy.image.prefix[i];

		if (prefix->side != TG_SIDE_CLIENT)
			continue;
		assert_true(found < sizeof(wanted) / sizeof(*wanted));
		assert_int_equal(prefix->bits, wanted[found].bits);
		assert_int_equal(members(&policy, prefix->value), wanted[found].rules);
		found++;
	}
	assert_int_equal(found, sizeof(wanted) / sizeof(*wanted));
	policy_text_free(&policy);
}

/* ---- ids ----------------------------------------------------------------------------------------------------- */

static uint32_t id_of(const struct policy_text *policy, const char *zone, const char *rule)
{
	for (size_t i = 0; i < policy->image.rule_count; i++)
		if (!strcmp(policy->image.rule[i].name, rule) &&
		    !strcmp(policy->image.zone[policy->image.rule[i].zone].name, zone))
			return policy->image.rule[i].id;
	fail_msg("there is no rule %s in zone %s", rule, zone);
	return 0;
}

/* Neither order nor anything else that rules say changes an id. */
static void test_ids_are_stable(void **state)
{
	struct policy_text before, after;

	(void)state;
	policy_from(two_zones, &before);
	policy_from("zone \"c\" { interfaces = z rule \"new\" { action = allow }\n"
		    " rule \"one\" { action = deny } }\n"
		    "zone \"a\" { interfaces = x  rule \"two\" { action = allow }\n"
		    " rule \"one\" { action = deny files = \"x\" } }\n",
		    &after);
	assert_int_equal(id_of(&before, "a", "one"), id_of(&after, "a", "one"));
	assert_int_equal(id_of(&before, "a", "two"), id_of(&after, "a", "two"));
	assert_int_equal(id_of(&before, "c", "one"), id_of(&after, "c", "one"));
	assert_int_not_equal(id_of(&before, "a", "one"), id_of(&before, "a", "two"));
	assert_int_not_equal(id_of(&before, "a", "one"), id_of(&before, "c", "one"));
	policy_text_free(&before);
	policy_text_free(&after);
}

/* Ids of the zone's two rules of these names, in the order in which they are given; NULL: there is one only. */
static void ids_of(const char *first, const char *second, uint32_t *id)
{
	struct policy_text policy;
	char inside[200];
	size_t len =
		(size_t)snprintf(inside, sizeof(inside), "rule \"%s\" { action = allow }\n", first);

	if (second)
		snprintf(inside + len, sizeof(inside) - len, "rule \"%s\" { action = allow }",
			 second);
	policy_of_zone(inside, &policy);
	id[0] = policy.image.rule[0].id;
	if (second)
		id[1] = policy.image.rule[1].id;
	policy_text_free(&policy);
}

/* Two names of one hash get two ids, each its own, whichever comes first. */
static void test_ids_are_unique(void **state)
{
	/* Found by trying. */
	static const char *const pairs[][2] = {
		{"rack deny 22243", "backup backup 44800"},
		{"backup deny 19287", "image allow 51081"},
		{"backup phone 78391", "vlan printer 12228"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		uint32_t alone[2], both[2], turned[2];

		ids_of(pairs[i][0], NULL, &alone[0]);
		ids_of(pairs[i][1], NULL, &alone[1]);
		assert_int_equal(alone[0], alone[1]);
		ids_of(pairs[i][0], pairs[i][1], both);
		ids_of(pairs[i][1], pairs[i][0], turned);
		assert_int_not_equal(both[0], both[1]);
		assert_int_equal(both[0], turned[1]);
		assert_int_equal(both[1], turned[0]);
		assert_true(both[0] && both[1]);
	}
}

/* ---- too much ------------------------------------------------------------------------------------------------ */

/* The file cannot say so much; who makes a configuration otherwise can. */
static void test_too_many_rules(void **state)
{
	struct config_zone zone = {.name = "z", .rule_count = TG_RULES_MAX + 1};
	struct config config = {.zone = &zone, .zone_count = 1};
	struct policy_image image;

	(void)state;
	zone_settings_init(&zone.settings);
	zone.rule = calloc(zone.rule_count, sizeof(*zone.rule));
	assert_non_null(zone.rule);
	for (size_t i = 0; i < zone.rule_count; i++) {
		zone.rule[i].action = TG_ALLOW;
		zone.rule[i].where = (struct config_where){"t", 10 + i};
		snprintf(zone.rule[i].name, sizeof(zone.rule[i].name), "r%zu", i);
	}
	said_forget();
	assert_int_equal(policy_compile(&config, POLICY_TICK_NS, &image), -E2BIG);
	assert_true(said("t:1034: rule \"r1024\": there are more than 1024 rules in all zones"));
	zone.rule_count--;
	assert_int_equal(policy_compile(&config, POLICY_TICK_NS, &image), 0);
	policy_image_free(&image);
	free(zone.rule);
}

static void test_too_many_prefixes(void **state)
{
	const size_t count = (1 << 19) + 1;
	struct config_rule rule = {.name = "r", .action = TG_ALLOW};
	struct config_zone zone = {.name = "z", .rule = &rule, .rule_count = 1};
	struct config config = {.zone = &zone, .zone_count = 1};
	struct policy_image image;

	(void)state;
	zone_settings_init(&zone.settings);
	rule.clients.prefix = calloc(count, sizeof(*rule.clients.prefix));
	assert_non_null(rule.clients.prefix);
	rule.clients.count = count;
	for (size_t i = 0; i < count; i++) {
		rule.clients.prefix[i].bits = 64;
		memcpy(rule.clients.prefix[i].address.bytes, &i, 4);
	}
	said_forget();
	assert_int_equal(policy_compile(&config, POLICY_TICK_NS, &image), -E2BIG);
	assert_true(said("more than 524288 prefixes"));
	rule.clients.count = 1 << 17;
	assert_int_equal(policy_compile(&config, POLICY_TICK_NS, &image), 0);
	policy_image_free(&image);
	free(rule.clients.prefix);
}

/* A pattern that explodes is blamed, where it stands. */
static void test_too_large_patterns(void **state)
{
	static const char text[] = "zone \"z\" { interfaces = x\n"
				   "rule \"fine\" { action = allow files = {\"pxelinux.0\"} }\n"
				   "rule \"wild\" { action = allow files = {\n"
				   "\"also fine\",\n"
				   "\"**a????????????????????????\" } } }\n";
	struct policy_text policy;

	(void)state;
	said_forget();
	assert_int_equal(config_load_text("t", text, strlen(text), &policy.config), 0);
	assert_int_equal(policy_compile(&policy.config, POLICY_TICK_NS, &policy.image), -E2BIG);
	assert_true(said("the file patterns of all rules are too large together; most room takes\n"
			 "t:5: rule \"wild\": **a????????????????????????\n"));
	config_free(&policy.config);
}

/* A thousand rules with ten thousand patterns; how long that takes is printed, and tested only roughly. */
static void test_large(void **state)
{
	struct policy_text policy;
	char *text = malloc(4 << 20);
	clock_t begin = clock();
	size_t len = 0;

	(void)state;
	assert_non_null(text);
	for (int r = 0; r < 1000; r++) {
		len += (size_t)sprintf(
			text + len,
			"rule \"rule %d\" { action = allow clients = \"10.%d.%d.0/24\" "
			"vlans = %d files = {\n",
			r, r / 256, r % 256, 1 + r);
		for (int p = 0; p < 10; p++)
			len += (size_t)sprintf(text + len,
					       "\"firmware/model-%d/image-%d-*.bin\",\n", r, p);
		len += (size_t)sprintf(text + len - 2, " } }\n") - 2;
	}
	policy_of_zone(text, &policy);
	printf("# 1000 rules, 10000 patterns, with the sanitizers: %.2f s, %zu cells, %zu sets\n",
	       (double)(clock() - begin) / CLOCKS_PER_SEC, policy.image.automaton.cell_count,
	       policy.image.sets.count);
	assert_int_equal(policy.image.rule_count, 1000);
	assert_true(clock() - begin < 30 * CLOCKS_PER_SEC);
	policy_text_free(&policy);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_sets),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_ids_are_stable),
		cmocka_unit_test(test_ids_are_unique),
		cmocka_unit_test(test_too_many_rules),
		cmocka_unit_test(test_too_many_prefixes),
		cmocka_unit_test(test_too_large_patterns),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
