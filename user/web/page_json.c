// SPDX-License-Identifier: GPL-2.0-or-later
#include "web/page_json.h"

#include "address.h"
#include "reason_table.h"
#include "text.h"
#include "time_now.h"

#include <string.h>
#include <time.h>

#define TEXT_BYTES 256 /* of foreign texts; all that come here are shorter */

static void set(json_t *object, const char *key, json_t *value)
{
	json_object_set_new_nocheck(object, key, value);
}

static void set_number(json_t *object, const char *key, uint64_t value)
{
	set(object, key, json_integer((json_int_t)value));
}

/* Bytes that may be anything. */
static void set_text(json_t *object, const char *key, const char *text)
{
	char cut[TEXT_BYTES], safe[TEXT_SAFE(TEXT_BYTES)];
	size_t len = strnlen(text, sizeof(cut) - 1);

	memcpy(cut, text, len);
	cut[len] = '\0';
	set(object, key, json_string_nocheck(text_safe(cut, false, safe)));
}

static void set_endpoint(json_t *object, const char *key, const struct tg_addr *address,
			 uint16_t port_be)
{
	char text[ENDPOINT_TEXT];

	set(object, key, json_string_nocheck(endpoint_format(address, port_be, text)));
}

static const char *operation_name(uint8_t operation)
{
	return operation == TG_WRITE ? "write" : operation == TG_READ ? "read" : "";
}

static void add_end(json_t *object, const struct record *record)
{
	set(object, "outcome", json_string(record_outcome_name(record->outcome)));
	set(object, "meaning", json_string(record_outcome_meaning(record->outcome)));
	set(object, "failure", json_boolean(record_outcome_is_failure(record->outcome)));
	set_number(object, "bytes", record->event.bytes);
	set_number(object, "duration_ms", record_duration_ms(record));
	set_number(object, "rate", record_rate(record));
	if (*record->event.error_text)
		set_text(object, "error", record->event.error_text);
}

static const char *reason_key(unsigned int number)
{
	const struct reason *reason = reason_numbered(number);

	return reason ? reason->key : "";
}

json_t *page_record(const struct record *record)
{
	const struct tg_event *event = &record->event;
	json_t *object = json_object();

	set_number(object, "number", record->number);
	set_number(object, "time_ms", record->time_ns / 1000000);
	set(object, "kind", json_string(record_kind_name(record->kind)));
	if (record->kind == RECORD_INCIDENT) {
		set(object, "incident", json_string(record_incident_name(record->incident)));
		set_text(object, "interface", record->interface);
		set_text(object, "detail", record->detail);
		return object;
	}
	set_text(object, "zone", record->zone);
	set_text(object, "interface", record->interface);
	set_endpoint(object, "client", &event->client, event->client_port_be);
	set_endpoint(object, "server", &event->server, event->server_port_be);
	set(object, "operation", json_string(operation_name(event->operation)));
	set_text(object, "file", event->name);
	set_text(object, "rule", record->rule);
	if (record->kind == RECORD_END) {
		add_end(object, record);
	} else if (record->kind == RECORD_DENIED || record->kind == RECORD_DROP) {
		set(object, "reason", json_string(reason_key(event->reason)));
		set(object, "passed", json_boolean(event->flags & TG_EVENT_PASSED));
		set_number(object, "suppressed", event->suppressed);
	}
	return object;
}

json_t *page_reasons(void)
{
	json_t *object = json_object();

	for (size_t i = 0; i < reason_count; i++)
		set(object, reasons[i].key,
		    json_pack("{s:s, s:s}", "meaning", reasons[i].meaning, "remedy",
			      reasons[i].remedy));
	return object;
}

/* ---- the state -------------------------------------------------------------------------------------------------- */

static json_t *transfer_json(const struct flow *flow, char (*zone)[TG_ZONE_NAME])
{
	json_t *object = json_object();

	set_text(object, "zone", zone[flow->zone % TG_SLOTS_MAX]);
	set_endpoint(object, "client", &flow->client, flow->client_port_be);
	set_endpoint(object, "server", &flow->server, flow->server_port_be);
	set(object, "operation", json_string(operation_name(flow->operation)));
	set_text(object, "file", flow->file);
	set(object, "state", json_string(flow->state));
	set_number(object, "bytes", flow->bytes);
	if ((flow->options & TG_OPT_TSIZE) && flow->tsize)
		set_number(object, "size", flow->tsize);
	set_number(object, "age_ms", flow->age_ms);
	set_number(object, "blksize", flow->blksize);
	set_number(object, "windowsize", flow->windowsize);
	return object;
}

static bool is_shown(const struct flow *flow)
{
	return !strcmp(flow->state, "active") || !strcmp(flow->state, "final");
}

static void add_transfers(json_t *state, const struct flow_list *lists, char (*zone)[TG_ZONE_NAME])
{
	const struct flow_list *transfers = &lists[FLOW_TRANSFER];
	json_t *list = json_array();
	size_t running = 0;

	for (size_t i = 0; i < transfers->count; i++)
		if (is_shown(&transfers->flow[i]) && running++ < PAGE_TRANSFERS)
			json_array_append_new(list, transfer_json(&transfers->flow[i], zone));
	set(state, "transfers", list);
	set_number(state, "running", running);
	set_number(state, "requests", lists[FLOW_REQUEST].count);
	set_number(state, "offers", lists[FLOW_OFFER].count);
}

static void add_drops(json_t *state, const struct measures *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < reason_count; i++) {
		struct tg_counter sum = {0};

		for (size_t j = 0; j < m->interface_count; j++) {
			sum.packets += m->interface[j].reason[reasons[i].number].packets;
			sum.bytes += m->interface[j].reason[reasons[i].number].bytes;
		}
		if (reasons[i].verdict == TG_DROP && sum.packets)
			json_array_append_new(list,
					      json_pack("{s:s, s:I, s:I}", "reason", reasons[i].key,
							"packets", (json_int_t)sum.packets, "bytes",
							(json_int_t)sum.bytes));
	}
	set(state, "drops", list);
}

static void add_interfaces(json_t *state, const struct measures *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->interface_count; i++) {
		const struct measured_interface *interface = &m->interface[i];
		json_t *object = json_object();
		struct tg_counter by_verdict[2] = {{0}};

		for (size_t j = 0; j < reason_count; j++) {
			struct tg_counter *sum = &by_verdict[reasons[j].verdict];

			sum->packets += interface->reason[reasons[j].number].packets;
			sum->bytes += interface->reason[reasons[j].number].bytes;
		}
		set_text(object, "name", interface->name);
		set_text(object, "zone", interface->zone);
		set_number(object, "passed", by_verdict[TG_PASS].packets);
		set_number(object, "passed_bytes", by_verdict[TG_PASS].bytes);
		set_number(object, "dropped", by_verdict[TG_DROP].packets);
		json_array_append_new(list, object);
	}
	set(state, "interfaces", list);
}

static void add_zones(json_t *state, const struct measures *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->zone_count; i++)
		if (!m->zone[i].enforces) {
			json_t *object = json_object();

			set_text(object, "name", m->zone[i].name);
			json_array_append_new(list, object);
		}
	set(state, "monitoring", list);
	set_number(state, "generation", m->generation);
	set(state, "trial", json_boolean(m->trial));
	set_number(state, "lost",
		   m->events[TG_EVENT_BEGIN].lost + m->events[TG_EVENT_END].lost +
			   m->events[TG_EVENT_DENIED].lost + m->events[TG_EVENT_DROP].lost);
}

static void add_sinks(json_t *state, const struct web_sources *sources)
{
	json_t *list = json_array();
	struct sink_counts counts;
	const char *name;

	for (size_t i = 0; sources->sink && sources->sink(sources->sinks, i, &name, &counts); i++) {
		json_t *object = json_object();

		set_text(object, "name", name);
		set(object, "open", json_boolean(counts.open));
		set_number(object, "written", counts.written);
		set_number(object, "lost", counts.lost);
		set_number(object, "spooled", counts.spooled);
		json_array_append_new(list, object);
	}
	set(state, "sinks", list);
}

json_t *page_state(const struct measures *measures, const struct flow_list *lists,
		   char (*zone)[TG_ZONE_NAME], const struct web_sources *sources)
{
	json_t *state = json_object();

	set_number(state, "time_ms", time_now_ms(CLOCK_REALTIME));
	if (lists)
		add_transfers(state, lists, zone);
	if (measures) {
		add_drops(state, measures);
		add_interfaces(state, measures);
		add_zones(state, measures);
	}
	add_sinks(state, sources);
	return state;
}
