// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/policy_compile*.c user/prefixes.c user/zone_build.c user/tick.c user/rule_sets.c user/automaton*.c user/pattern*.c user/hash_index.c user/config.c user/config_*.c user/records/record_filter.c user/records/record.c user/duration.c user/quantity.c user/glob.c user/option_values.c user/mark.c user/options.c user/command_find.c user/zone_settings.c user/complaint.c user/number.c user/address.c user/suggest.c user/text.c tests/native/policy_text.c tests/native/said.c tests/native/no_commands.c
// packages: libconfuse libpq
/*
 * Which ports are reachable for whom, as the core sees it in a compiled policy; server groups.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "address.h"
#include "core_native.h"
#include "core_stateless.h"
#include "policy_store.h"
#include "policy_text.h"
#include "core/policy.h"

static struct policy_text policy;

static int forget(void **state)
{
	(void)state;
	policy_text_free(&policy);
	return 0;
}

static struct tg_addr address(const char *text)
{
	struct tg_addr parsed;

	assert_int_equal(address_parse(text, &parsed), 0);
	return parsed;
}

/* Is the port of zone number `zone` reachable from there? */
static bool reachable(u16 zone, u16 port, const char *from)
{
	struct packet p = {
		.settings = zone, .destination_port_be = htons(port), .source = address(from)};

	store_image = &policy.image;
	return policy_is_service(&p);
}

static void test_defaults(void **state)
{
	static const u16 ports[] = {67, 68, 546, 547, 4011};

	(void)state;
	policy_of_zone("", &policy);
	for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++) {
		assert_true(reachable(0, ports[i], "10.0.0.1"));
		assert_true(reachable(0, ports[i], "fe80::1"));
	}
	assert_false(reachable(0, 161, "10.0.0.1"));
	assert_false(reachable(1, 67, "10.0.0.1"));
	assert_int_equal(policy.image.service_count, 5);
	/* Two of nothing: clients and servers. */
	assert_int_equal(policy.image.prefix_count, 2);
}

static void test_sources(void **state)
{
	(void)state;
	policy_of_zone(
		"service \"a\" { port = {161, 162} sources = {\"10.0.0.0/8\", \"fd00::/8\"} }\n"
		"service \"b\" { port = 123 }\n",
		&policy);
	assert_true(reachable(0, 161, "10.1.2.3"));
	assert_true(reachable(0, 162, "10.1.2.3"));
	assert_true(reachable(0, 162, "fd12::1"));
	assert_false(reachable(0, 161, "11.1.2.3"));
	assert_false(reachable(0, 162, "fe80::1"));
	assert_true(reachable(0, 123, "11.1.2.3"));
	/* One list serves both ports. */
	assert_int_equal(policy.image.prefix_count, 2 + 2);
}

/* Gives the zone's services these ports, and compiles anew. */
static void compile_with(const struct port_list *ports)
{
	policy_image_free(&policy.image);
	for (size_t i = 0; i < policy.config.zone[0].service_count; i++)
		policy.config.zone[0].service[i].ports = ports[i];
	assert_int_equal(policy_compile(&policy.config, POLICY_TICK_NS, &policy.image), 0);
}

/* Blocks that name the same port add up. */
static void test_union(void **state)
{
	static const struct port_list ports[] = {{{161, 162, 163}, 3}, {{161, 163}, 2}, {{163}, 1}};

	(void)state;
	policy_of_zone("service \"a\" { port = 1 sources = {\"10.0.0.0/8\"} }\n"
		       "service \"b\" { port = 2 sources = {\"10.1.0.0/16\", \"11.0.0.0/8\"} }\n"
		       "service \"c\" { port = 3 }\n",
		       &policy);
	compile_with(ports);
	assert_true(reachable(0, 161, "10.1.2.3"));
	assert_true(reachable(0, 161, "11.1.2.3"));
	assert_false(reachable(0, 161, "12.1.2.3"));
	assert_true(reachable(0, 162, "10.1.2.3"));
	assert_false(reachable(0, 162, "11.1.2.3"));
	assert_true(reachable(0, 163, "12.1.2.3"));
	assert_false(reachable(0, 1, "10.1.2.3"));
	/* Of 161 one, as 10/8 and 11/8 are 10/7; of 162 one. */
	assert_int_equal(policy.image.prefix_count, 2 + 1 + 1);
}

/* Who names a port that is reachable anyway says for whom. */
static void test_default_narrowed(void **state)
{
	(void)state;
	policy_of_zone("service \"dhcp\" { port = 67 sources = \"10.0.0.0/8\" }", &policy);
	assert_true(reachable(0, 67, "10.1.2.3"));
	assert_false(reachable(0, 67, "11.1.2.3"));
	assert_true(reachable(0, 68, "11.1.2.3"));
}

/* Neither ports nor addresses of one zone matter in another. */
static void test_zones(void **state)
{
	(void)state;
	policy_from(
		"zone \"a\" { interfaces = x service \"s\" { port = 161 sources = \"10.0.0.1\" } "
		"}\n"
		"zone \"b\" { interfaces = y service \"s\" { port = 161 sources = \"10.0.0.2\" }\n"
		"           service \"t\" { port = 162 sources = \"10.0.0.1\" } }\n",
		&policy);
	assert_true(reachable(0, 161, "10.0.0.1"));
	assert_false(reachable(0, 161, "10.0.0.2"));
	assert_false(reachable(0, 162, "10.0.0.1"));
	assert_true(reachable(1, 161, "10.0.0.2"));
	assert_false(reachable(1, 161, "10.0.0.1"));
	assert_true(reachable(1, 162, "10.0.0.1"));
}

/* As the command line gives them, in the settings. */
static void test_allowed(void **state)
{
	(void)state;
	policy_of_zone("service \"a\" { port = 161 sources = \"10.0.0.0/8\" }", &policy);
	policy_image_free(&policy.image);
	policy.config.zone[0].settings.allow_udp = (struct port_list){{123, 161}, 2};
	assert_int_equal(policy_compile(&policy.config, POLICY_TICK_NS, &policy.image), 0);
	assert_true(reachable(0, 123, "11.0.0.1"));
	assert_true(reachable(0, 161, "11.0.0.1"));
	assert_true(reachable(0, 67, "11.0.0.1"));
}

static void test_groups(void **state)
{
	struct tg_group_key key = {.settings = 1, .server = address("10.0.0.3")};
	const struct tg_addr *first;
	struct tg_addr wanted;

	(void)state;
	policy_from("zone \"a\" { interfaces = x server-group \"g\" { members = {\"10.0.0.2\", "
		    "\"10.0.0.3\"} } }\n"
		    "zone \"b\" { interfaces = y server-group \"g\" { members = {\"10.0.0.1\", "
		    "\"10.0.0.3\"} }\n"
		    "           server-group \"h\" { members = {\"10.0.0.8\", \"10.0.0.9\"} } }\n"
		    "zone \"c\" { interfaces = z }\n",
		    &policy);
	assert_int_equal(policy.image.member_count, 6);
	assert_true(policy.image.zone[0].flags & TG_ZONE_GROUPS);
	assert_false(policy.image.zone[2].flags & TG_ZONE_GROUPS);
	store_image = &policy.image;
	first = server_group_find(&key);
	wanted = address("10.0.0.1");
	assert_non_null(first);
	assert_memory_equal(first, &wanted, sizeof(wanted));
	key.settings = 0;
	first = server_group_find(&key);
	wanted = address("10.0.0.2");
	assert_non_null(first);
	assert_memory_equal(first, &wanted, sizeof(wanted));
	key.server = address("10.0.0.9");
	assert_null(server_group_find(&key));
}

#define TEST(name) cmocka_unit_test_teardown(name, forget)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_defaults),         TEST(test_sources), TEST(test_union),
		TEST(test_default_narrowed), TEST(test_zones),   TEST(test_allowed),
		TEST(test_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
