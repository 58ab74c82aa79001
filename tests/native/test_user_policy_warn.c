// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/policy_compile*.c user/policy_warn.c user/policy_names.c user/prefixes.c user/zone_build.c user/tick.c user/rule_sets.c user/automaton*.c user/pattern*.c user/hash_index.c user/config.c user/config_*.c user/records/record_filter.c user/records/record.c user/duration.c user/quantity.c user/glob.c user/option_values.c user/mark.c user/options.c user/command_find.c user/zone_settings.c user/complaint.c user/number.c user/address.c user/suggest.c user/text.c tests/native/policy_text.c tests/native/said.c tests/native/no_commands.c
// packages: libconfuse libpq
/*
 * Rules that never decide.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "policy_text.h"
#include "said.h"

/* Two rules: what else they say, and whether the second decides something. */
struct pair {
	const char *first;
	const char *second;
	bool decides;
};

/* clang-format off: a table */
static const struct pair pairs[] = {
	{"", "", false},
	{"", "operation = read  clients = {\"10.0.0.0/8\"}", false},
	{"clients = {\"10.0.0.0/8\"}", "", true},
	{"operation = read", "operation = read", false},
	{"operation = read", "operation = write", true},
	{"operation = read", "", true},
	{"mode = {octet, netascii}", "mode = octet", false},
	{"mode = {octet, netascii}", "mode = {octet, binary}", true},
	{"mode = {octet, netascii, binary}", "", false},
	{"mode = {octet, netascii}", "", true},
	{"clients = {\"10.0.0.0/8\"}", "clients = {\"10.1.0.0/16\", \"10.2.3.4\"}", false},
	{"clients = {\"10.0.0.0/8\"}", "clients = {\"10.1.0.0/16\", \"11.2.3.4\"}", true},
	{"clients = {\"10.0.0.0/25\", \"10.0.0.128/25\"}", "clients = {\"10.0.0.0/24\"}", false},
	{"clients = {\"10.0.0.0/25\", \"10.0.0.128/26\"}", "clients = {\"10.0.0.0/24\"}", true},
	{"clients = {\"10.0.0.0/25\", \"10.0.0.192/26\", \"10.0.0.128/26\", \"10.0.0.200\"}",
	 "clients = {\"10.0.0.0/24\"}", false},
	{"clients = {\"2000::/4\", \"3000::/4\"}", "clients = {\"2000::/3\"}", false},
	{"clients = {\"2000::/4\", \"3000::/5\"}", "clients = {\"2000::/3\"}", true},
	{"clients = {\"0.0.0.0/0\"}", "clients = {\"10.0.0.0/8\"}", false},
	{"clients = {\"0.0.0.0/0\"}", "clients = {\"fd00::/8\"}", true},
	{"servers = {\"10.0.0.0/8\"}", "servers = {\"10.1.0.0/16\"}", false},
	{"servers = {\"10.1.0.0/16\"}", "servers = {\"10.0.0.0/8\"}", true},
	{"servers = {\"10.0.0.0/8\"}", "clients = {\"10.0.0.0/8\"}", true},
	{"vlans = {10, 20, untagged}", "vlans = {untagged, 20}", false},
	{"vlans = {10, 20}", "vlans = {20, 30}", true},
	{"vlans = {10, 20}", "", true},
	{"files = {\"*.bin\"}", "files = {\"a.bin\"}", false},
	{"files = {\"a.bin\"}", "files = {\"*.bin\"}", true},
	{"files = {\"*.bin\"}", "files = {\"a/b.bin\"}", true},
	{"files = {\"**.bin\"}", "files = {\"a/b.bin\", \"*.bin\"}", false},
	{"files = {\"a.bin\", \"b.bin\"}", "files = {\"[ab].bin\"}", false},
	{"files = {\"a.bin\", \"b.bin\"}", "files = {\"[a-c].bin\"}", true},
	{"files = {\"**\"}", "", false},
	{"files = {\"*\", \"*/**\"}", "", false},
	{"files = {\"*\", \"*/*\"}", "", true},
	{"files = {\"?**\"}", "", true},
	{"files = {\"?**\", \"**/?**\"}", "", true}, /* all but the name / */
	{"files = {\"**/*\"}", "", false},
	{"files = {\"**/a\"}", "files = {\"a\", \"b/a\", \"b/c/a\"}", false},
	{"files = {\"*/**/a\"}", "files = {\"a\"}", true},
	{"files = {\"**\", \"ab\", \"*c\"}", "", false},
	{"files = {\"a\"}  any-case = true", "files = {\"A\"}", false},
	{"files = {\"A\"}", "files = {\"a\"}  any-case = true", true},
	{"files = {\"*.cfg\"}", "files = {\"%{mac}.cfg\"}", false},
	{"files = {\"%{mac}.cfg\"}", "files = {\"%{mac}.cfg\"}", false},
	{"files = {\"%{mac}.cfg\"}", "files = {\"*.cfg\"}", true},
	{"files = {\"%{ip}.cfg\"}", "files = {\"%{mac}.cfg\"}", true},
	{"files = {\"*.bin\"}  clients = {\"10.0.0.0/8\"}",
	 "files = {\"a.bin\"}  clients = {\"10.1.0.0/16\"}", false},
	{"files = {\"*.bin\"}  clients = {\"10.1.0.0/16\"}",
	 "files = {\"a.bin\"}  clients = {\"10.0.0.0/8\"}", true},
};
/* clang-format on */

static void test_pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		struct policy_text policy;
		char inside[400];

		snprintf(inside, sizeof(inside),
			 "rule \"y\" { action = allow %s }\n\nrule \"x\" { action = deny %s }",
			 pairs[i].first, pairs[i].second);
		policy_of_zone(inside, &policy);
		policy_warn(&policy.config, &policy.image);
		if (said_anything() == pairs[i].decides)
			fail_msg("after \"%s\", \"%s\": '%s'", pairs[i].first, pairs[i].second,
				 said_all());
		if (!pairs[i].decides)
			assert_string_equal(said_all(), "t:4: warning: rule \"x\" never decides: "
							"rule \"y\" in line 2 takes all of it\n");
		policy_text_free(&policy);
	}
}

static void warns(const char *inside, const char *message)
{
	struct policy_text policy;

	policy_of_zone(inside, &policy);
	policy_warn(&policy.config, &policy.image);
	assert_string_equal(said_all(), message);
	policy_text_free(&policy);
}

/* Each of two takes some of the names. */
static void test_several(void **state)
{
	(void)state;
	warns("rule \"a\" { action = allow files = {\"a*\"} }\n"
	      "rule \"b\" { action = deny files = {\"b*\"} }\n"
	      "rule \"c\" { action = allow files = {\"[abc]x\"} }\n"
	      "rule \"d\" { action = deny files = {\"[ab]y\", \"cx\"} }\n",
	      "t:5: warning: rule \"d\" never decides: rule \"a\" in line 2, rule \"b\" in line 3 "
	      "and rule \"c\" in line 4 take all of it\n");
	warns("rule \"a\" { action = allow files = {\"a*\"} }\n"
	      "rule \"b\" { action = deny files = {\"b*\"} }\n"
	      "rule \"d\" { action = deny files = {\"[abc]y\"} }\n",
	      "");
	warns("rule \"1\" { action = allow files = {\"1*\"} }\n"
	      "rule \"2\" { action = allow files = {\"2*\"} }\n"
	      "rule \"3\" { action = allow files = {\"3*\"} }\n"
	      "rule \"4\" { action = allow files = {\"4*\"} }\n"
	      "rule \"x\" { action = allow files = {\"[1-4].bin\"} }\n",
	      "t:6: warning: rule \"x\" never decides: rule \"1\" in line 2, rule \"2\" in line 3, "
	      "rule \"3\" in line 4 and others take all of it\n");
}

/* One that takes all names is told, even if others before it take some. */
static void test_the_one(void **state)
{
	(void)state;
	warns("rule \"a\" { action = allow files = {\"a*\"} }\n"
	      "rule \"all\" { action = deny files = {\"*\"} }\n"
	      "rule \"x\" { action = deny files = {\"ab\", \"bc\"} }\n",
	      "t:4: warning: rule \"x\" never decides: rule \"all\" in line 3 takes all of it\n");
}

/* What another zone's rules take is another matter. */
static void test_zones(void **state)
{
	struct policy_text policy;

	(void)state;
	policy_from("zone \"a\" { interfaces = x\n rule \"r\" { action = allow } }\n"
		    "zone \"b\" { interfaces = y\n rule \"r\" { action = allow }\n"
		    " rule \"s\" { action = allow } }\n",
		    &policy);
	policy_warn(&policy.config, &policy.image);
	assert_string_equal(said_all(), "t:5: warning: rule \"s\" never decides: rule \"r\" in "
					"line 4 takes all of it\n");
	policy_text_free(&policy);
}

/* A rule of an included file is named with it; one from nowhere has no file at all. */
static void test_files(void **state)
{
	struct policy_text policy;

	(void)state;
	policy_of_zone("rule \"y\" { action = allow }\nrule \"x\" { action = allow }", &policy);
	policy.config.zone[0].rule[0].where.file = "other";
	policy_warn(&policy.config, &policy.image);
	assert_string_equal(said_all(), "t:3: warning: rule \"x\" never decides: rule \"y\" in "
					"other:2 takes all of it\n");
	policy.config.zone[0].rule[1].where.file = NULL;
	said_forget();
	policy_warn(&policy.config, &policy.image);
	assert_string_equal(said_all(),
			    "policy:3: warning: rule \"x\" never decides: rule \"y\" in "
			    "other:2 takes all of it\n");
	policy_text_free(&policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),   cmocka_unit_test(test_several),
		cmocka_unit_test(test_the_one), cmocka_unit_test(test_zones),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
