// SPDX-License-Identifier: GPL-2.0-or-later
#include "status_text.h"

#include "doctor/doctor.h"
#include "report.h"
#include "text.h"
#include "time_now.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *word(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static json_int_t number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static bool truth(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

/* "xdp native", "tc", "missing" */
static void ingress_cell(struct table *table, const json_t *interface)
{
	const char *mode = word(interface, "xdp_mode");

	if (strcmp(word(interface, "ingress"), "attached"))
		table_cell(table, "%s", word(interface, "ingress"));
	else if (!strcmp(word(interface, "hook"), "tc"))
		table_cell(table, "tc");
	else
		table_cell(table, "xdp %s", mode);
}

static const char *remark(const json_t *interface)
{
	if (!truth(interface, "present"))
		return "gone: the next `up` or `down` forgets it";
	if (truth(interface, "interrupted"))
		return "an `up` or `down` was interrupted, or is at work";
	if (!strcmp(word(interface, "ingress"), "missing") ||
	    !strcmp(word(interface, "egress"), "missing"))
		return "somebody took a program off: `up` puts it back";
	if (json_is_null(json_object_get(interface, "zone")))
		return "in no zone: everything passes";
	return "";
}

static uint64_t ms_up(const json_t *interface)
{
	return time_now_ms(CLOCK_BOOTTIME) - (uint64_t)number(interface, "since_boot_ms");
}

static void interfaces_text(const json_t *document)
{
	static const struct table_column columns[] = {
		{"INTERFACE", false}, {"ZONE", false}, {"MODE", false}, {"INGRESS", false},
		{"EGRESS", false},    {"FOR", true},   {"", false},
	};
	struct table *table = table_new(columns, sizeof(columns) / sizeof(*columns));
	const json_t *interface;
	char span[REPORT_SPAN];
	size_t i;

	json_array_foreach(json_object_get(document, "interfaces"), i, interface)
	{
		table_cell(table, "%s", word(interface, "name"));
		table_cell(table, "%s", *word(interface, "zone") ? word(interface, "zone") : "-");
		table_cell(table, "%s", word(interface, "mode"));
		ingress_cell(table, interface);
		table_cell(table, "%s", word(interface, "egress"));
		table_cell(table, "%s", report_span(ms_up(interface), span));
		table_cell(table, "%s", remark(interface));
	}
	table_print(table);
}

static void trial_text(const json_t *trial)
{
	char span[REPORT_SPAN];

	if (json_is_object(trial))
		report_line("on trial for another %s: `tidegate confirm` keeps it",
			    report_span((uint64_t)number(trial, "left_ms"), span));
}

void status_text_change(const json_t *document)
{
	interfaces_text(document);
	trial_text(json_object_get(json_object_get(document, "policy"), "trial"));
}

static void policy_text(const json_t *policy)
{
	char bytes[REPORT_BYTES];

	report_line("\npolicy %lld since %s: %lld rule%s, %s",
		    (long long)number(policy, "generation"), word(policy, "applied"),
		    (long long)number(policy, "rules"),
		    text_plural((uint64_t)number(policy, "rules")),
		    report_bytes((uint64_t)number(policy, "memory_bytes"), bytes));
	trial_text(json_object_get(policy, "trial"));
}

static void ports_part(const json_t *ports, bool numeric)
{
	const json_t *port;
	size_t i;

	json_array_foreach(ports, i, port)
	{
		int value = (int)json_integer_value(port);
		const struct servent *service =
			numeric ? NULL : getservbyport(htons((uint16_t)value), "udp");

		report_part("%s%d", i ? ", " : "", value);
		if (service)
			report_part(" (%s)", service->s_name);
	}
	report_part("\n");
}

static void groups_text(const json_t *groups)
{
	const json_t *group, *member;
	size_t i, j;

	json_array_foreach(groups, i, group)
	{
		report_part("  server group:");
		json_array_foreach(group, j, member) report_part(" %s", json_string_value(member));
		report_part("\n");
	}
}

static void budget_text(const json_t *budget)
{
	char span[REPORT_SPAN];

	if (!json_is_object(budget))
		return;
	report_line("  requests of strangers: %g/s, %lld of %lld used at this moment, of the "
		    "reserve %lld; a client is known for %s",
		    json_real_value(json_object_get(budget, "rate")),
		    (long long)number(budget, "used"), (long long)number(budget, "burst"),
		    (long long)number(budget, "reserve_used"),
		    report_span((uint64_t)number(budget, "proved_for_ms"), span));
}

static void zone_text(const json_t *zone, bool numeric)
{
	const json_t *timers = json_object_get(zone, "timers_ms"), *timer;
	const char *name;

	report_line("\nzone %s: %s, requests %s, unmatched UDP %s, outgoing UDP %s",
		    word(zone, "name"), word(zone, "mode"), word(zone, "requests"),
		    !strcmp(word(zone, "unmatched"), "pass") ? "passes" : "is dropped",
		    truth(zone, "track_udp") ? "is tracked" : "is not tracked");
	report_line("  broadcast requests %s, multicast transfers %s, udpport %s, slack %d blocks",
		    truth(zone, "broadcast") ? "yes" : "no",
		    truth(zone, "multicast") ? "yes" : "no", truth(zone, "udpport") ? "yes" : "no",
		    (int)number(zone, "slack"));
	if (truth(zone, "single_port"))
		report_line("  single port: the client's side sees the port that it asked");
	if (json_is_string(json_object_get(zone, "mark")))
		report_line("  mark %s on admitted TFTP that comes in%s", word(zone, "mark"),
			    truth(zone, "mark_udp") ? ", and on replies to other UDP" : "");
	report_part("  TFTP requests on: ");
	ports_part(json_object_get(zone, "tftp_ports"), numeric);
	report_part("  reachable UDP: ");
	ports_part(json_object_get(zone, "services"), numeric);
	groups_text(json_object_get(zone, "server_groups"));
	if (number(zone, "rules"))
		report_line("  %lld rule%s; what none decides is %s",
			    (long long)number(zone, "rules"),
			    text_plural((uint64_t)number(zone, "rules")),
			    !strcmp(word(zone, "default"), "deny") ? "denied" : "allowed");
	budget_text(json_object_get(zone, "request_budget"));
	report_part("  timers (s):");
	json_object_foreach((json_t *)timers, name, timer)
		report_part(" %s %g", name, (double)json_integer_value(timer) / 1000);
	report_part("\n");
}

static void maps_text(const json_t *maps)
{
	static const struct table_column columns[] = {
		{"MAP", false}, {"ENTRIES", true}, {"MEMORY", true}};
	struct table *table = table_new(columns, sizeof(columns) / sizeof(*columns));
	char bytes[REPORT_BYTES];
	const json_t *map;
	size_t i;

	json_array_foreach(maps, i, map)
	{
		table_cell(table, "%s", word(map, "name"));
		table_cell(table, "%lld", (long long)number(map, "entries_max"));
		table_cell(table, "%s", report_bytes((uint64_t)number(map, "memory_bytes"), bytes));
	}
	table_print(table);
}

void status_text(const json_t *document, const struct settings *settings)
{
	char bytes[REPORT_BYTES];
	const json_t *zone;
	size_t i;

	if (!truth(document, "up")) {
		report_line("nothing is up in %s", word(document, "bpffs"));
		return;
	}
	interfaces_text(document);
	policy_text(json_object_get(document, "policy"));
	if (findings_any(document)) {
		report_line("\nwhat gets into its way:");
		findings_print(document);
	}
	json_array_foreach(json_object_get(document, "zones"), i, zone)
		zone_text(zone, settings->numeric);
	report_line("\nmaps in %s: %s (ABI %d)", word(document, "bpffs"),
		    report_bytes((uint64_t)number(document, "memory_bytes"), bytes),
		    (int)number(document, "abi"));
	maps_text(json_object_get(document, "maps"));
}
