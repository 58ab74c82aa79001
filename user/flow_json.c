// SPDX-License-Identifier: GPL-2.0-or-later
#include "flow_json.h"

#include "address.h"
#include "core_native.h"
#include "core/state.h"
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

static const struct {
	const char *name;
	enum tg_option bit;
} flag_options[] = {
	{"multicast", TG_OPT_MULTICAST},
	{"msftwindow", TG_OPT_MSFTWINDOW},
	{"udpport", TG_OPT_UDPPORT},
};

#define FLAG_OPTIONS (sizeof(flag_options) / sizeof(*flag_options))

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
	for (size_t i = 0; i < FLAG_OPTIONS; i++)
		if (flow->options & flag_options[i].bit)
			set(object, flag_options[i].name, json_true());
	return object;
}

static void add_tftp_json(json_t *object, const struct flow *flow, enum flow_kind kind)
{
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
	set(object, "options", options_json(flow));
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
static uint64_t number(const json_t *object, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(object, key));

	return value > 0 ? (uint64_t)value : 0;
}

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
	*port_be = htons((uint16_t)number(end, "port"));
	return 0;
}

static void read_options(const json_t *object, struct flow *flow)
{
	static const struct {
		const char *name;
		enum tg_option bit;
	} valued[] = {{"blksize", TG_OPT_BLKSIZE},
		      {"windowsize", TG_OPT_WINDOWSIZE},
		      {"timeout", TG_OPT_TIMEOUT},
		      {"tsize", TG_OPT_TSIZE}};

	for (size_t i = 0; i < sizeof(valued) / sizeof(*valued); i++)
		if (json_object_get(object, valued[i].name))
			flow->options |= (uint8_t)valued[i].bit;
	for (size_t i = 0; i < FLAG_OPTIONS; i++)
		if (json_is_true(json_object_get(object, flag_options[i].name)))
			flow->options |= (uint8_t)flag_options[i].bit;
	flow->blksize = (uint16_t)number(object, "blksize");
	flow->windowsize = (uint16_t)number(object, "windowsize");
	flow->timeout_s = (uint8_t)number(object, "timeout");
	flow->tsize = number(object, "tsize");
}

static bool says(const json_t *object, const char *key, const char *word)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value && !strcmp(value, word);
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
	const char *state = json_string_value(json_object_get(object, "state"));

	flow->state = state_named(state ? state : "");
	if (!flow->state ||
	    read_endpoint(json_object_get(object, "client"), &flow->client,
			  &flow->client_port_be) ||
	    read_endpoint(json_object_get(object, "server"), &flow->server, &flow->server_port_be))
		return -EINVAL;
	flow->operation = says(object, "operation", "write") ? TG_WRITE : TG_READ;
	flow->mode = says(object, "mode", "netascii") ? TG_NETASCII
		     : says(object, "mode", "binary") ? TG_BINARY
						      : TG_OCTET;
	read_text(object, "file", flow->file, sizeof(flow->file));
	flow->file_bytes = (uint16_t)number(object, "file_bytes");
	if (!flow->file_bytes)
		flow->file_bytes = (uint16_t)strlen(flow->file);
	flow->block = (uint16_t)number(object, "block");
	flow->acknowledged = (uint16_t)number(object, "acknowledged");
	flow->bytes = number(object, "bytes");
	flow->packets = number(object, "packets");
	flow->repeats = (uint32_t)number(object, "repeats");
	flow->credit = (uint32_t)number(object, "credit");
	read_options(json_object_get(object, "options"), flow);
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
	*zone = json_string_value(json_object_get(object, "zone"));
	if (!*zone)
		*zone = "";
	flow->vlan_outer = (uint16_t)json_integer_value(json_array_get(vlan, 0));
	flow->vlan_inner = (uint16_t)json_integer_value(json_array_get(vlan, 1));
	flow->age_ms = number(object, "age_ms");
	flow->expires_ms = number(object, "expires_ms");
	return kind == FLOW_UDP ? read_udp(object, flow) : read_tftp(object, flow);
}
