// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/doctor/findings.c user/doctor/offloads.c user/json_read.c user/text.c user/report.c tests/native/said.c
/*
 * doctor: what is to be said of an interface's offloads; and the list of findings itself.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <linux/types.h>

#include "doctor/look.h"

static const struct feature on = {.on = true}, off = {.on = false};
static const struct feature fixed = {.on = true, .fixed = true};

static struct subject guarded(uint64_t hook, bool native, unsigned int roles, bool tags)
{
	return (struct subject){.name = "eth0",
				.zone = "boot",
				.hook = hook,
				.xdp_native = native,
				.roles = roles,
				.tags_expected = tags};
}

/* "KIND COMMAND;" for each finding */
static const char *judged(struct subject subject, struct features features)
{
	static char text[1024];
	struct findings findings = {0};
	size_t used = 0;

	*text = '\0';
	judge_features(&subject, &features, &findings);
	for (size_t i = 0; i < findings.count; i++) {
		assert_string_equal(findings.finding[i].interface, "eth0");
		assert_true(*findings.finding[i].cause);
		assert_true(*findings.finding[i].command || *findings.finding[i].other_way);
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %s;",
					 finding_name(findings.finding[i].kind),
					 findings.finding[i].command);
	}
	findings_free(&findings);
	return text;
}

static void tags_matter_where_there_are_vlans_and_xdp(void **state)
{
	const struct features features = {.vlan_stripping = on};

	(void)state;
	assert_string_equal(judged(guarded(TG_HOOK_XDP, true, SUBJECT_SERVER, true), features),
			    "vlan-stripped ethtool -K eth0 rxvlan off;");
	assert_string_equal(judged(guarded(TG_HOOK_GENERIC, false, SUBJECT_SERVER, true), features),
			    "vlan-stripped ethtool -K eth0 rxvlan off;");
	assert_string_equal(judged(guarded(TG_HOOK_TC, false, SUBJECT_SERVER, true), features), "");
	assert_string_equal(judged(guarded(TG_HOOK_XDP, true, SUBJECT_SERVER, false), features),
			    "");
	assert_string_equal(judged(guarded(TG_HOOK_XDP, true, SUBJECT_SERVER, true),
				   (struct features){.vlan_stripping = fixed}),
			    "vlan-stripped ;");
	/* The other end of a veth decides. */
	assert_string_equal(judged(guarded(TG_HOOK_XDP, true, SUBJECT_SERVER, true),
				   (struct features){.veth = true}),
			    "vlan-stripped ;");
	assert_string_equal(judged(guarded(TG_HOOK_TC, false, SUBJECT_SERVER, true),
				   (struct features){.veth = true}),
			    "");
}

static void merging_matters_where_tc_judges(void **state)
{
	const struct features both = {.gro = on, .gro_list = on, .gro_forwarding = on};
	const char *findings = "udp-merged ethtool -K eth0 rx-udp-gro-forwarding off;"
			       "udp-merged ethtool -K eth0 rx-gro-list off;";

	(void)state;
	assert_string_equal(judged(guarded(TG_HOOK_TC, false, SUBJECT_SERVER, false), both),
			    findings);
	assert_string_equal(judged(guarded(TG_HOOK_GENERIC, false, SUBJECT_SERVER, false), both),
			    findings);
	assert_string_equal(judged(guarded(TG_HOOK_XDP, true, SUBJECT_ROUTED, false), both),
			    findings);
	assert_string_equal(judged(guarded(TG_HOOK_XDP, true, SUBJECT_SERVER, false), both), "");
	assert_string_equal(judged(guarded(TG_HOOK_TC, false, SUBJECT_SERVER, false),
				   (struct features){.gro = off, .gro_list = on}),
			    "");
	assert_string_equal(judged(guarded(TG_HOOK_TC, false, SUBJECT_SERVER, false),
				   (struct features){.gro = on, .gro_list = fixed}),
			    "udp-merged ;");
}

/* Several causes may have the same way out; but what has none is told each time. */
static void the_same_command_is_told_once(void **state)
{
	struct findings findings = {0};
	json_t *list;

	(void)state;
	assert_non_null(finding_add(&findings, FINDING_OTHER_TC, "eth0", "mend"));
	assert_null(finding_add(&findings, FINDING_OTHER_XDP, "eth0", "mend"));
	assert_non_null(finding_add(&findings, FINDING_OTHER_TC, "eth1", "mend"));
	assert_non_null(finding_add(&findings, FINDING_OTHER_TC, "eth0", ""));
	assert_non_null(finding_add(&findings, FINDING_OTHER_TC, "eth0", ""));
	finding_unseen(&findings, "something", "for %s", "no reason");
	list = findings_json(&findings);
	assert_int_equal(json_array_size(list), 4);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "command")),
			    "mend");
	assert_true(json_is_null(json_object_get(json_array_get(list, 2), "command")));
	json_decref(list);
	list = findings_unseen_json(&findings);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "why")),
			    "for no reason");
	json_decref(list);
	findings_free(&findings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_matter_where_there_are_vlans_and_xdp),
		cmocka_unit_test(merging_matters_where_tc_judges),
		cmocka_unit_test(the_same_command_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
