// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Records as Suricata's EVE has them: https://docs.suricata.io, "Eve JSON Format". What stands there has the meaning that it
 * has there, with one exception: the bytes of a flow are those of the file, as no others are counted.
 */
#include "records/record_format.h"

#include "address.h"
#include "config_meaning.h"
#include "reason_table.h"
#include "records/record_options.h"
#include "report.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set(json_t *object, const char *key, json_t *value)
{
	json_object_set_new_nocheck(object, key, value);
}

/* Our own words, which need no check. */
static void set_word(json_t *object, const char *key, const char *word)
{
	if (word)
		set(object, key, json_string_nocheck(word));
}

static void set_number(json_t *object, const char *key, uint64_t number)
{
	set(object, key, json_integer((json_int_t)number));
}

static void set_time(json_t *object, const char *key, uint64_t time_ns)
{
	char text[RECORD_TIME];

	set_word(object, key, record_time(time_ns, "+0000", text));
}

/* Names out of packets, of interfaces, zones and rules; empty ones are not said. */
static void set_text(json_t *object, const char *key, const char *text)
{
	if (*text)
		set(object, key, report_text(text));
}

static void set_endpoint(json_t *object, const char *side, const struct tg_addr *address,
			 uint16_t port_be)
{
	char key[16], text[ADDRESS_TEXT];

	snprintf(key, sizeof(key), "%s_ip", side);
	if (!address_is_zero(address))
		set_word(object, key, address_format(address, text));
	snprintf(key, sizeof(key), "%s_port", side);
	if (port_be)
		set_number(object, key, ntohs(port_be));
}

static void set_vlan(json_t *object, const struct tg_event *e)
{
	json_t *list;

	if (!e->vlan_outer)
		return;
	list = json_array();
	json_array_append_new(list, json_integer(e->vlan_outer));
	if (e->vlan_inner)
		json_array_append_new(list, json_integer(e->vlan_inner));
	set(object, "vlan", list);
}

static void set_mac(json_t *object, const struct tg_event *e)
{
	json_t *ether;
	char text[MAC_TEXT];

	if (!(e->flags & TG_EVENT_MAC))
		return;
	ether = json_object();
	set_word(ether, "src_mac", mac_format(e->mac, text));
	set(object, "ether", ether);
}

/* What EVE calls the common section. */
static json_t *common(const struct record *record, const char *type)
{
	const struct tg_event *e = &record->event;
	json_t *object = json_object();

	set_time(object, "timestamp", record->time_ns);
	if (record->flow_id)
		set_number(object, "flow_id", record->flow_id);
	set_text(object, "in_iface", record->interface);
	set_word(object, "event_type", type);
	if (record->kind == RECORD_INCIDENT)
		return object;
	set_vlan(object, e);
	set_endpoint(object, "src", &e->client, e->client_port_be);
	set_endpoint(object, "dest", &e->server, e->server_port_be);
	set_word(object, "proto", "UDP");
	set_mac(object, e);
	return object;
}

static void set_options(json_t *own, const struct record *record)
{
	const struct tftp_options asked = record_asked(record), agreed = record_agreed(record);

	set(own, "options_asked", tftp_options_json(&asked));
	if (record->kind != RECORD_DENIED)
		set(own, "options_agreed", tftp_options_json(&agreed));
}

static void set_request(json_t *own, const struct record *record)
{
	const struct tg_event *e = &record->event;

	set_word(own, "operation", choice_word(config_operations, e->operation));
	set_word(own, "mode", choice_word(config_modes, e->mode));
	set_text(own, "file", e->name);
	if (e->name_len >= TG_NAME_MAX)
		set_number(own, "file_bytes", e->name_len);
	set_options(own, record);
	if (record->kind != RECORD_DENIED && e->options & TG_OPT_TSIZE)
		set_number(own, "size_expected", e->tsize);
}

static void set_transfer(json_t *own, const struct record *record)
{
	const struct tg_event *e = &record->event;

	set_request(own, record);
	set_number(own, "blksize", e->blksize);
	set_number(own, "windowsize", e->windowsize);
	if (e->flags & TG_EVENT_ANY_SERVER)
		set(own, "broadcast", json_true());
	if (e->flags & TG_EVENT_RESUMED)
		set(own, "resumed", json_true());
}

static void set_error(json_t *own, const struct record *record)
{
	const struct tg_event *e = &record->event;
	json_t *error;

	if (record->outcome != OUTCOME_CLIENT_ERROR && record->outcome != OUTCOME_SERVER_ERROR &&
	    record->outcome != OUTCOME_PROBE)
		return;
	error = json_object();
	set_word(error, "by", record->outcome == OUTCOME_SERVER_ERROR ? "server" : "client");
	set_number(error, "code", e->error_code);
	set(error, "text", report_text(e->error_text));
	set(own, "error", error);
}

static void set_end(json_t *own, const struct record *record)
{
	const struct tg_event *e = &record->event;

	set_word(own, "outcome", record_outcome_name(record->outcome));
	set(own, "failure", json_boolean(record_outcome_is_failure(record->outcome)));
	set_error(own, record);
	set_number(own, "bytes", e->bytes);
	set_number(own, "packets", (uint64_t)e->data_packets + e->ack_packets);
	set_number(own, "blocks", record_blocks(record));
	set_number(own, "retransmissions", e->data_repeats);
	set_number(own, "duration_ms", record_duration_ms(record));
	set_number(own, "bytes_per_s", record_rate(record));
}

static void set_refusal(json_t *own, const struct record *record)
{
	const struct tg_event *e = &record->event;
	const struct reason *reason = reason_numbered(e->reason);

	if (reason)
		set_word(own, "reason", reason->key);
	set_word(own, "verdict", e->flags & TG_EVENT_PASSED ? "pass" : "drop");
	set_word(own, "direction", e->flags & TG_EVENT_EGRESS ? "out" : "in");
	set_number(own, "suppressed", e->suppressed);
}

static void set_incident(json_t *own, const struct record *record)
{
	set_word(own, "incident", record_incident_name(record->incident));
	set_text(own, "detail", record->detail);
	if (record->incident == INCIDENT_RECORDS_LOST)
		set_number(own, "count", record->count);
	if (record->incident == INCIDENT_POLICY_CHANGED)
		set_number(own, "generation", record->event.bytes);
}

/* All that EVE has no place for, and what it says too coarsely. */
static json_t *own_fields(const struct record *record)
{
	json_t *own = json_object();

	set_word(own, "record", record_kind_name(record->kind));
	set_number(own, "number", record->number);
	set_text(own, "zone", record->zone);
	if (record->kind != RECORD_INCIDENT && record->kind != RECORD_DROP)
		set(own, "rule", *record->rule ? report_text(record->rule) : json_null());
	switch (record->kind) {
	case RECORD_BEGIN:
		set_transfer(own, record);
		break;
	case RECORD_END:
		set_transfer(own, record);
		set_end(own, record);
		break;
	case RECORD_DENIED:
		set_request(own, record);
		set_refusal(own, record);
		break;
	case RECORD_DROP:
		set_refusal(own, record);
		set_number(own, "opcode", record->event.opcode);
		set_number(own, "block", record->event.block);
		break;
	default:
		set_incident(own, record);
	}
	return own;
}

static json_t *tftp_json(const struct tg_event *e)
{
	json_t *tftp = json_object();

	set_word(tftp, "packet", choice_word(config_operations, e->operation));
	set(tftp, "file", report_text(e->name));
	set_word(tftp, "mode", choice_word(config_modes, e->mode));
	return tftp;
}

/* EVE's states and reasons; ends that have none of its reasons say none. */
static void set_flow_end(json_t *flow, enum record_outcome outcome)
{
	bool unproved = outcome == OUTCOME_UNANSWERED || outcome == OUTCOME_UNACKNOWLEDGED;

	if (unproved || outcome == OUTCOME_IDLE) {
		set_word(flow, "state", unproved ? "new" : "established");
		set_word(flow, "reason", "timeout");
	} else if (outcome == OUTCOME_EVICTED) {
		set_word(flow, "state", "established");
		set_word(flow, "reason", "forced");
	} else {
		set_word(flow, "state", "closed");
	}
}

static json_t *flow_json(const struct record *record)
{
	const struct tg_event *e = &record->event;
	bool write = e->operation == TG_WRITE;
	json_t *flow = json_object();

	set_number(flow, "pkts_toserver", write ? e->data_packets : e->ack_packets);
	set_number(flow, "pkts_toclient", write ? e->ack_packets : e->data_packets);
	set_number(flow, "bytes_toserver", write ? e->bytes : 0);
	set_number(flow, "bytes_toclient", write ? 0 : e->bytes);
	set_time(flow, "start", record->began_ns ? record->began_ns : record->time_ns);
	set_time(flow, "end", record->time_ns);
	set_number(flow, "age", record_duration_ms(record) / 1000);
	set_flow_end(flow, record->outcome);
	set(flow, "alerted", json_false());
	return flow;
}

static json_t *drop_json(const struct tg_event *e)
{
	json_t *drop = json_object();

	set_number(drop, "len", e->bytes);
	return drop;
}

json_t *record_json(const struct record *record)
{
	static const char *const types[RECORD_KINDS] = {
		[RECORD_BEGIN] = "tftp", [RECORD_END] = "flow",          [RECORD_DENIED] = "tftp",
		[RECORD_DROP] = "drop",  [RECORD_INCIDENT] = "tidegate",
	};
	json_t *object = common(record, types[record->kind]);

	if (record->kind == RECORD_END)
		set(object, "flow", flow_json(record));
	if (record->kind == RECORD_DROP)
		set(object, "drop", drop_json(&record->event));
	if (record->kind == RECORD_BEGIN || record->kind == RECORD_DENIED)
		set(object, "tftp", tftp_json(&record->event));
	if (record->kind != RECORD_DROP && record->kind != RECORD_INCIDENT)
		set_word(object, "app_proto", "tftp");
	set(object, "tidegate", own_fields(record));
	return object;
}

/* Longer than any line has been; what is longer takes a second round. */
#define USUAL_LINE 4096

char *record_eve_line(const struct record *record)
{
	json_t *object = record_json(record);
	char *line = malloc(USUAL_LINE), *larger;
	size_t size = line ? json_dumpb(object, line, USUAL_LINE - 2, JSON_COMPACT) : 0;

	if (size > USUAL_LINE - 2) {
		larger = realloc(line, size + 2);
		if (!larger)
			free(line);
		line = larger;
		if (line)
			json_dumpb(object, line, size, JSON_COMPACT);
	}
	if (line)
		memcpy(line + size, "\n", 2);
	json_decref(object);
	return line;
}
