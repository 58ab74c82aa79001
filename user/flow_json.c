// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow_json.h"

#include "address.h"
#include "core_native.h"
#include "core/state.h"
#include "json_read.h"
#include "report.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

static const char *const list_names[FLOW_KINDS] = {
	[FLOW_REQUEST] = "requests",
	[FLOW_OFFER] = "offers",
	[FLOW_TRANSFER] = "transfers",
	[FLOW_UDP] = "udp_flows",
};

static const char *const state_names[] = {
	[STATE_OFFER] = "offer", [STATE_ACTIVE] = "active", [STATE_FINAL] = "final",
	[STATE_DONE] = "done",   [STATE_ERROR] = "error",   [STATE_SUPERSEDED] = "superseded",
};

#define STATES (sizeof(state_names) / sizeof(*state_names))

const char *flow_list_name(enum flow_kind kind)
{
	return list_names[kind];
}

const char *flow_state_name(int state)
{
	return state_names[state];
}

const char *flow_operation_name(const struct flow *flow)
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

struct tftp_options flow_options(const struct flow *flow)
{
	return (struct tftp_options){
		.bits = flow->options,
		.timeout_s = flow->timeout_s,
		.blksize = flow->blksize,
		.windowsize = flow->windowsize,
		.tsize = flow->tsize,
	};
}

static void add_tftp_json(json_t *object, const struct flow *flow, enum flow_kind kind)
{
	const struct tftp_options options = flow_options(flow);

	set(object, "client", endpoint_json(&flow->client, flow->client_port_be));
	set(object, "server", endpoint_json(&flow->server, flow->server_port_be));
	set(object, "operation", json_string_nocheck(flow_operation_name(flow)));
	set(object, "file", report_text(flow->file));
	if (flow->file_bytes >= TG_NAME_MAX)
		set(object, "file_bytes", json_integer(flow->file_bytes));
	set(object, "mode", json_string_nocheck(mode_name(flow)));
	set(object, "state", json_string_nocheck(flow->state));
	set(object, "block", json_integer(flow->block));
	set(object, "acknowledged", json_integer(flow->acknowledged));
	set(object, "bytes", json_integer((json_int_t)flow->bytes));
	set(object, "packets", json_integer((json_int_t)flow->packets));
	set(object, "repeats", json_integer(flow->repeats));
	set(object, "options", tftp_options_json(&options));
	set(object, "rule", *flow->rule ? report_text(flow->rule) : json_null());
	if (kind == FLOW_REQUEST)
		set(object, "credit", json_integer(flow->credit));
}

json_t *flow_json(const struct flow *flow, enum flow_kind kind, const char *zone)
{
	json_t *object = json_object(), *ends;

	set(object, "zone", report_text(zone));
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

/* ---- and back ------------------------------------------------------------------------------------------------- */

/* A number that is not there, or below zero, is 0; a large one is cut to what the member holds by the caller's type. */
static void read_text(const json_t *object, const char *key, char *text, size_t size)
{
	const char *value = json_string_value(json_object_get(object, key));
	size_t len = value ? strnlen(value, size - 1) : 0;

	if (value)
		memcpy(text, value, len);
	text[len] = '\0';
}

static int read_endpoint(const json_t *end, struct tg_addr *address, uint16_t *port_be)
{
	const char *text = json_string_value(json_object_get(end, "address"));

	if (!json_is_object(end) || (text && address_parse(text, address)))
		return -EINVAL;
	*port_be = htons((uint16_t)json_number_of(end, "port"));
	return 0;
}

/* The name that lives as long as the program; NULL: there is no such state. */
static const char *state_named(const char *name)
{
	if (!strcmp(name, FLOW_PENDING))
		return FLOW_PENDING;
	for (size_t i = 0; i < STATES; i++)
		if (state_names[i] && !strcmp(state_names[i], name))
			return state_names[i];
	return NULL;
}

static int read_tftp(const json_t *object, struct flow *flow)
{
	struct tftp_options options;

	flow->state = state_named(json_text_of(object, "state"));
	if (!flow->state ||
	    read_endpoint(json_object_get(object, "client"), &flow->client,
			  &flow->client_port_be) ||
	    read_endpoint(json_object_get(object, "server"), &flow->server, &flow->server_port_be))
		return -EINVAL;
	flow->operation = json_says(object, "operation", "write") ? TG_WRITE : TG_READ;
	flow->mode = json_says(object, "mode", "netascii") ? TG_NETASCII
		     : json_says(object, "mode", "binary") ? TG_BINARY
							   : TG_OCTET;
	read_text(object, "file", flow->file, sizeof(flow->file));
	flow->file_bytes = (uint16_t)json_number_of(object, "file_bytes");
	if (!flow->file_bytes)
		flow->file_bytes = (uint16_t)strlen(flow->file);
	flow->block = (uint16_t)json_number_of(object, "block");
	flow->acknowledged = (uint16_t)json_number_of(object, "acknowledged");
	flow->bytes = json_number_of(object, "bytes");
	flow->packets = json_number_of(object, "packets");
	flow->repeats = (uint32_t)json_number_of(object, "repeats");
	flow->credit = (uint32_t)json_number_of(object, "credit");
	tftp_options_read(json_object_get(object, "options"), &options);
	flow->options = options.bits;
	flow->timeout_s = options.timeout_s;
	flow->blksize = options.blksize;
	flow->windowsize = options.windowsize;
	flow->tsize = options.tsize;
	read_text(object, "rule", flow->rule, sizeof(flow->rule));
	return 0;
}

static int read_udp(const json_t *object, struct flow *flow)
{
	const json_t *ends = json_object_get(object, "endpoints");

	flow->replied = json_is_true(json_object_get(object, "replied"));
	return read_endpoint(json_array_get(ends, 0), &flow->client, &flow->client_port_be) ||
			       read_endpoint(json_array_get(ends, 1), &flow->server,
					     &flow->server_port_be)
		       ? -EINVAL
		       : 0;
}

int flow_from_json(const json_t *object, enum flow_kind kind, struct flow *flow, const char **zone)
{
	const json_t *vlan = json_object_get(object, "vlan");

	memset(flow, 0, sizeof(*flow));
	*zone = json_text_of(object, "zone");
	flow->vlan_outer = (uint16_t)json_integer_value(json_array_get(vlan, 0));
	flow->vlan_inner = (uint16_t)json_integer_value(json_array_get(vlan, 1));
	flow->age_ms = json_number_of(object, "age_ms");
	flow->expires_ms = json_number_of(object, "expires_ms");
	return kind == FLOW_UDP ? read_udp(object, flow) : read_tftp(object, flow);
}
