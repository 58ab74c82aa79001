// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `tidegate flows`.
 */
#include "command.h"

#include "address.h"
#include "flows.h"
#include "report.h"
#include "text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[FLOW_KINDS] = {
	[FLOW_REQUEST] = "requests",
	[FLOW_OFFER] = "offers",
	[FLOW_TRANSFER] = "transfers",
	[FLOW_UDP] = "udp_flows",
};

static const char *operation_name(const struct flow *flow)
{
	return flow->operation == TG_WRITE ? "write" : "read";
}

static const char *mode_name(const struct flow *flow)
{
	return flow->mode == TG_NETASCII ? "netascii"
	       : flow->mode == TG_BINARY ? "binary"
					 : "octet";
}

static void set(json_t *object, const char *key, json_t *value)
{
	json_object_set_new_nocheck(object, key, value);
}

static json_t *endpoint_json(const struct tg_addr *address, uint16_t port_be)
{
	char text[ADDRESS_TEXT];
	json_t *object = json_object();

	set(object, "address",
	    address_is_zero(address) ? json_null()
				     : json_string_nocheck(address_format(address, text)));
	set(object, "port", port_be ? json_integer(ntohs(port_be)) : json_null());
	return object;
}

static json_t *vlan_json(const struct flow *flow)
{
	json_t *list = json_array();

	if (flow->vlan_outer)
		json_array_append_new(list, json_integer(flow->vlan_outer));
	if (flow->vlan_inner)
		json_array_append_new(list, json_integer(flow->vlan_inner));
	return list;
}

static json_t *options_json(const struct flow *flow)
{
	json_t *object = json_object();

	if (flow->options & TG_OPT_BLKSIZE)
		set(object, "blksize", json_integer(flow->blksize));
	if (flow->options & TG_OPT_WINDOWSIZE)
		set(object, "windowsize", json_integer(flow->windowsize));
	if (flow->options & TG_OPT_TIMEOUT)
		set(object, "timeout", json_integer(flow->timeout_s));
	if (flow->options & TG_OPT_TSIZE)
		set(object, "tsize", json_integer((json_int_t)flow->tsize));
	if (flow->options & TG_OPT_MULTICAST)
		set(object, "multicast", json_true());
	if (flow->options & TG_OPT_MSFTWINDOW)
		set(object, "msftwindow", json_true());
	if (flow->options & TG_OPT_UDPPORT)
		set(object, "udpport", json_true());
	return object;
}

static void add_tftp_json(json_t *object, const struct flow *flow, enum flow_kind kind)
{
	set(object, "client", endpoint_json(&flow->client, flow->client_port_be));
	set(object, "server", endpoint_json(&flow->server, flow->server_port_be));
	set(object, "operation", json_string_nocheck(operation_name(flow)));
	set(object, "file", report_text(flow->file));
	if (flow->file_bytes >= TG_NAME_MAX)
		set(object, "file_bytes", json_integer(flow->file_bytes));
	set(object, "mode", json_string_nocheck(mode_name(flow)));
	set(object, "state", json_string_nocheck(flow->state));
	set(object, "block", json_integer(flow->block));
	set(object, "acknowledged", json_integer(flow->acknowledged));
	set(object, "bytes", json_integer((json_int_t)flow->bytes));
	set(object, "packets", json_integer((json_int_t)flow->packets));
	set(object, "options", options_json(flow));
	set(object, "rule", *flow->rule ? report_text(flow->rule) : json_null());
	if (kind == FLOW_REQUEST)
		set(object, "credit", json_integer(flow->credit));
}

static json_t *flow_json(const struct flow *flow, enum flow_kind kind,
			 const struct registry *registry)
{
	json_t *object = json_object(), *ends;

	set(object, "zone", report_text(registry->zone[flow->zone % TG_SLOTS_MAX].name));
	set(object, "vlan", vlan_json(flow));
	if (kind == FLOW_UDP) {
		ends = json_array();
		json_array_append_new(ends, endpoint_json(&flow->client, flow->client_port_be));
		json_array_append_new(ends, endpoint_json(&flow->server, flow->server_port_be));
		set(object, "endpoints", ends);
		set(object, "replied", json_boolean(flow->replied));
	} else {
		add_tftp_json(object, flow, kind);
	}
	set(object, "age_ms", json_integer((json_int_t)flow->age_ms));
	set(object, "expires_ms", json_integer((json_int_t)flow->expires_ms));
	return object;
}

static void print_json(const struct flow_list lists[FLOW_KINDS], const struct registry *registry,
		       const struct settings *settings)
{
	struct report_stream stream;

	report_stream_begin(&stream, settings);
	for (int kind = 0; kind < FLOW_KINDS; kind++) {
		report_stream_list(&stream, kind_names[kind]);
		for (size_t i = 0; i < lists[kind].count; i++)
			report_stream_item(&stream,
					   flow_json(&lists[kind].flow[i], kind, registry));
	}
	report_stream_end(&stream);
}

/* "eth0", "eth0.100", "eth0.100.200" */
static void zone_cell(struct table *table, const struct flow *flow, const struct registry *registry)
{
	const char *name = registry->zone[flow->zone % TG_SLOTS_MAX].name;

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
	char text[160] = "";
	size_t used = 0;

	if (flow->options & TG_OPT_BLKSIZE)
		used += (size_t)sprintf(text + used, "blksize=%u ", flow->blksize);
	if (flow->options & TG_OPT_WINDOWSIZE)
		used += (size_t)sprintf(text + used, "windowsize=%u ", flow->windowsize);
	if (flow->options & TG_OPT_TIMEOUT)
		used += (size_t)sprintf(text + used, "timeout=%u ", flow->timeout_s);
	if (flow->options & TG_OPT_TSIZE)
		used += (size_t)sprintf(text + used, "tsize=%llu ",
					(unsigned long long)flow->tsize);
	used += (size_t)sprintf(text + used, "%s%s%s",
				flow->options & TG_OPT_MULTICAST ? "multicast " : "",
				flow->options & TG_OPT_MSFTWINDOW ? "msftwindow " : "",
				flow->options & TG_OPT_UDPPORT ? "udpport " : "");
	if (used)
		text[used - 1] = '\0';
	table_cell(table, "%s", used ? text : "-");
}

static void span_cells(struct table *table, const struct flow *flow)
{
	char span[REPORT_SPAN];

	table_cell(table, "%s", report_span(flow->age_ms, span));
	table_cell(table, "%s", report_span(flow->expires_ms, span));
}

static void tftp_rows(struct table *table, const struct flow_list *list,
		      const struct registry *registry)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct flow *flow = &list->flow[i];
		char file[TEXT_SAFE(TG_NAME_MAX)];

		zone_cell(table, flow, registry);
		table_cell(table, "%s", flow->state);
		endpoint_cells(table, flow);
		table_cell(table, "%s", operation_name(flow));
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
		     const struct registry *registry)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct flow *flow = &list->flow[i];

		zone_cell(table, flow, registry);
		endpoint_cells(table, flow);
		table_cell(table, "%s", flow->replied ? "yes" : "no");
		span_cells(table, flow);
	}
}

static void print_text(const struct flow_list lists[FLOW_KINDS], const struct registry *registry)
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

	tftp_rows(table, &lists[FLOW_REQUEST], registry);
	tftp_rows(table, &lists[FLOW_OFFER], registry);
	tftp_rows(table, &lists[FLOW_TRANSFER], registry);
	table_print(table);
	if (!any)
		report_line("no TFTP by now");
	table = table_new(udp, sizeof(udp) / sizeof(*udp));
	udp_rows(table, &lists[FLOW_UDP], registry);
	if (lists[FLOW_UDP].count)
		report_line("%s", "");
	table_print(table);
}

static int print(const struct instance *instance, const struct settings *settings)
{
	struct registry *registry = registry_read(&instance->maps);
	struct flow_list lists[FLOW_KINDS];
	int err = registry ? flows_read(instance, registry, lists) : -EIO;

	if (!err) {
		if (settings->json)
			print_json(lists, registry, settings);
		else
			print_text(lists, registry);
		flows_free(lists);
	}
	free(registry);
	return err;
}

int cmd_flows(const struct settings *settings)
{
	struct instance instance;
	int err;

	if (command_open_running(&instance, settings, "flows"))
		return EXIT_FAILED;
	err = print(&instance, settings);
	instance_close(&instance);
	return err ? EXIT_FAILED : report_finish();
}
