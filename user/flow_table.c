// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow_table.h"

#include "address.h"
#include "flow_json.h"
#include "report.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

uint16_t flow_zone_named(struct flow_zones *zones, const char *name)
{
	uint16_t number = 0;

	/* Lists are sorted by zone, so that it mostly is the last one. */
	if (zones->count && !strcmp(zones->name[zones->count - 1], name))
		return (uint16_t)(zones->count - 1);
	while (number < zones->count && strcmp(zones->name[number], name))
		number++;
	if (number == TG_SLOTS_MAX)
		return 0;
	if (number == zones->count)
		snprintf(zones->name[zones->count++], TG_ZONE_NAME, "%s", name);
	return number;
}

/* "eth0", "eth0.100", "eth0.100.200" */
static void zone_cell(struct table *table, const struct flow *flow, const struct flow_zones *zones)
{
	const char *name = zones->name[flow->zone % TG_SLOTS_MAX];

	if (flow->vlan_inner)
		table_cell(table, "%s.%u.%u", name, flow->vlan_outer, flow->vlan_inner);
	else if (flow->vlan_outer)
		table_cell(table, "%s.%u", name, flow->vlan_outer);
	else
		table_cell(table, "%s", name);
}

static void endpoint_cells(struct table *table, const struct flow *flow)
{
	char text[ENDPOINT_TEXT];

	table_cell(table, "%s", endpoint_format(&flow->client, flow->client_port_be, text));
	table_cell(table, "%s", endpoint_format(&flow->server, flow->server_port_be, text));
}

static void options_cell(struct table *table, const struct flow *flow)
{
	const struct tftp_options options = flow_options(flow);
	char text[160] = "";
	size_t used = 0;

	for (const struct tftp_option *o = tftp_option_table; o->name; o++) {
		if (!(options.bits & o->bit))
			continue;
		used += (size_t)sprintf(text + used, "%s%s", used ? " " : "", o->name);
		if (o->valued)
			used += (size_t)sprintf(
				text + used, "=%llu",
				(unsigned long long)tftp_option_value(&options, o->bit));
	}
	table_cell(table, "%s", used ? text : "-");
}

static void span_cells(struct table *table, const struct flow *flow)
{
	char span[REPORT_SPAN];

	table_cell(table, "%s", report_span(flow->age_ms, span));
	table_cell(table, "%s", report_span(flow->expires_ms, span));
}

static void tftp_rows(struct table *table, const struct flow_list *list,
		      const struct flow_zones *zones)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct flow *flow = &list->flow[i];
		char file[TEXT_SAFE(TG_NAME_MAX)];

		zone_cell(table, flow, zones);
		table_cell(table, "%s", flow->state);
		endpoint_cells(table, flow);
		table_cell(table, "%s", flow_operation_name(flow));
		table_cell(table, "%u", flow->block);
		table_cell(table, "%u", flow->acknowledged);
		table_cell(table, "%llu", (unsigned long long)flow->bytes);
		span_cells(table, flow);
		options_cell(table, flow);
		table_cell(table, "%s%s", text_safe(flow->file, false, file),
			   flow->file_bytes >= TG_NAME_MAX ? "…" : "");
	}
}

static void udp_rows(struct table *table, const struct flow_list *list,
		     const struct flow_zones *zones)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct flow *flow = &list->flow[i];

		zone_cell(table, flow, zones);
		endpoint_cells(table, flow);
		table_cell(table, "%s", flow->replied ? "yes" : "no");
		span_cells(table, flow);
	}
}

void flow_table_print(const struct flow_list lists[FLOW_KINDS], const struct flow_zones *zones)
{
	static const struct table_column tftp[] = {
		{"ZONE", false}, {"STATE", false}, {"CLIENT", false},  {"SERVER", false},
		{"OP", false},   {"BLOCK", true},  {"ACK", true},      {"BYTES", true},
		{"AGE", true},   {"LEFT", true},   {"OPTIONS", false}, {"FILE", false},
	};
	static const struct table_column udp[] = {
		{"ZONE", false},    {"OTHER UDP", false}, {"", false},
		{"REPLIED", false}, {"AGE", true},        {"LEFT", true},
	};
	struct table *table = table_new(tftp, sizeof(tftp) / sizeof(*tftp));
	bool any =
		lists[FLOW_REQUEST].count || lists[FLOW_OFFER].count || lists[FLOW_TRANSFER].count;

	tftp_rows(table, &lists[FLOW_REQUEST], zones);
	tftp_rows(table, &lists[FLOW_OFFER], zones);
	tftp_rows(table, &lists[FLOW_TRANSFER], zones);
	table_print(table);
	if (!any)
		report_line("no TFTP by now");
	table = table_new(udp, sizeof(udp) / sizeof(*udp));
	udp_rows(table, &lists[FLOW_UDP], zones);
	if (lists[FLOW_UDP].count)
		report_line("%s", "");
	table_print(table);
}
