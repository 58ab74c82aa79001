// SPDX-License-Identifier: GPL-2.0-or-later
#include "records/record_parse.h"

#include "address.h"
#include "config_meaning.h"
#include "json_read.h"
#include "reason_table.h"
#include "tftp_options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static bool is_true(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

/* Cut to whole characters. Returns how long it was. */
static size_t copy(const json_t *object, const char *key, char *to, size_t size)
{
	const char *text = json_text_of(object, key);
	size_t len = strlen(text), kept = len < size ? len : size - 1;

	while (kept < len && kept && ((unsigned char)text[kept] & 0xc0) == 0x80)
		kept--;
	memcpy(to, text, kept);
	to[kept] = '\0';
	return len;
}

/* "2026-11-27T13:01:07.123456+0000"; 0 if it is no such time. */
static uint64_t time_of(const json_t *object, const char *key)
{
	struct tm utc = {0};
	unsigned int us;
	time_t seconds;

	if (sscanf(json_text_of(object, key), "%4d-%2d-%2dT%2d:%2d:%2d.%6u", &utc.tm_year,
		   &utc.tm_mon, &utc.tm_mday, &utc.tm_hour, &utc.tm_min, &utc.tm_sec, &us) != 7)
		return 0;
	utc.tm_year -= 1900;
	utc.tm_mon--;
	seconds = timegm(&utc);
	return seconds > 0 ? (uint64_t)seconds * 1000000000 + us * 1000ULL : 0;
}

static int number_of_word(const json_t *object, const char *key, const char *(*name)(int),
			  int count)
{
	for (int i = 0; i < count; i++)
		if (json_says(object, key, name(i)))
			return i;
	return -1;
}

static const char *kind_name(int kind)
{
	return record_kind_name((enum record_kind)kind);
}

static const char *outcome_name(int outcome)
{
	const char *name = record_outcome_name((enum record_outcome)outcome);

	return name ? name : "";
}

static const char *incident_name(int incident)
{
	const char *name = record_incident_name((enum record_incident)incident);

	return name ? name : "";
}

static void read_address(const json_t *object, const char *key, struct tg_addr *address)
{
	address_parse(json_text_of(object, key), address); /* stays zero if it is none */
}

static void read_place(const json_t *object, struct tg_event *e)
{
	const json_t *vlan = json_object_get(object, "vlan");
	const char *mac = json_text_of(json_object_get(object, "ether"), "src_mac");

	read_address(object, "src_ip", &e->client);
	read_address(object, "dest_ip", &e->server);
	e->client_port_be = htons((uint16_t)json_number_of(object, "src_port"));
	e->server_port_be = htons((uint16_t)json_number_of(object, "dest_port"));
	e->vlan_outer = (uint16_t)json_integer_value(json_array_get(vlan, 0));
	e->vlan_inner = (uint16_t)json_integer_value(json_array_get(vlan, 1));
	if (sscanf(mac, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &e->mac[0], &e->mac[1], &e->mac[2],
		   &e->mac[3], &e->mac[4], &e->mac[5]) == 6)
		e->flags |= TG_EVENT_MAC;
}

/* As the programs write them: with TG_OPT_ANY. */
static struct tftp_options read_options(const json_t *object)
{
	struct tftp_options options;

	tftp_options_read(object, &options);
	if (options.bits)
		options.bits |= TG_OPT_ANY;
	return options;
}

static uint8_t choice_of(const json_t *object, const char *key, const struct choice *choices)
{
	while (choices->word && !json_says(object, key, choices->word))
		choices++;
	return (uint8_t)choices->value;
}

static void read_request(const json_t *own, struct tg_event *e)
{
	const struct tftp_options asked = read_options(json_object_get(own, "options_asked")),
				  agreed = read_options(json_object_get(own, "options_agreed"));
	size_t len = copy(own, "file", e->name, sizeof(e->name)),
	       whole = json_number_of(own, "file_bytes");

	e->name_len = (uint16_t)(whole > len ? whole : len);
	e->operation = choice_of(own, "operation", config_operations);
	e->mode = choice_of(own, "mode", config_modes);
	e->asked_options = asked.bits;
	e->asked_blksize = asked.blksize;
	e->asked_windowsize = asked.windowsize;
	e->asked_timeout_s = asked.timeout_s;
	e->options = agreed.bits;
	e->timeout_s = agreed.timeout_s;
	e->tsize = json_object_get(own, "options_agreed") ? agreed.tsize : asked.tsize;
	e->blksize = (uint16_t)json_number_of(own, "blksize");
	e->windowsize = (uint16_t)json_number_of(own, "windowsize");
	if (is_true(own, "broadcast"))
		e->flags |= TG_EVENT_ANY_SERVER;
	if (is_true(own, "resumed"))
		e->flags |= TG_EVENT_RESUMED;
}

static int read_end(const json_t *object, const json_t *own, struct record *record)
{
	const json_t *flow = json_object_get(object, "flow"),
		     *error = json_object_get(own, "error");
	struct tg_event *e = &record->event;
	bool write = e->operation == TG_WRITE;
	int outcome = number_of_word(own, "outcome", outcome_name, OUTCOMES);

	if (outcome < 0)
		return -EINVAL;
	record->outcome = (enum record_outcome)outcome;
	record->began_ns = time_of(flow, "start");
	e->bytes = json_number_of(own, "bytes");
	e->data_packets = (uint32_t)json_number_of(flow, write ? "pkts_toserver" : "pkts_toclient");
	e->ack_packets = (uint32_t)json_number_of(flow, write ? "pkts_toclient" : "pkts_toserver");
	e->data_repeats = (uint32_t)json_number_of(own, "retransmissions");
	if (record_blocks(record) < json_number_of(own, "blocks"))
		e->flags |= TG_EVENT_FINAL; /* an empty last block */
	e->error_code = (uint16_t)json_number_of(error, "code");
	copy(error, "text", e->error_text, sizeof(e->error_text));
	return 0;
}

static void read_refusal(const json_t *object, const json_t *own, struct tg_event *e)
{
	for (size_t i = 0; i < reason_count; i++)
		if (json_says(own, "reason", reasons[i].key))
			e->reason = (uint8_t)reasons[i].number;
	if (json_says(own, "verdict", "pass"))
		e->flags |= TG_EVENT_PASSED;
	if (json_says(own, "direction", "out"))
		e->flags |= TG_EVENT_EGRESS;
	e->suppressed = json_number_of(own, "suppressed");
	e->opcode = (uint16_t)json_number_of(own, "opcode");
	e->block = (uint16_t)json_number_of(own, "block");
	e->bytes = json_number_of(json_object_get(object, "drop"), "len");
}

static int read_incident(const json_t *own, struct record *record)
{
	int incident = number_of_word(own, "incident", incident_name, INCIDENTS);

	if (incident < 0)
		return -EINVAL;
	record->incident = (enum record_incident)incident;
	record->count = json_number_of(own, "count");
	record->event.bytes = json_number_of(own, "generation");
	copy(own, "detail", record->detail, sizeof(record->detail));
	return 0;
}

int record_from_json(const json_t *object, struct record *record)
{
	const json_t *own = json_object_get(object, "tidegate");
	int kind = own ? number_of_word(own, "record", kind_name, RECORD_KINDS) : -1;

	memset(record, 0, sizeof(*record));
	record->time_ns = time_of(object, "timestamp");
	if (kind < 0 || !record->time_ns)
		return -EINVAL;
	record->kind = (enum record_kind)kind;
	record->number = json_number_of(own, "number");
	record->flow_id = json_number_of(object, "flow_id");
	copy(object, "in_iface", record->interface, sizeof(record->interface));
	copy(own, "zone", record->zone, sizeof(record->zone));
	copy(own, "rule", record->rule, sizeof(record->rule));
	if (kind == RECORD_INCIDENT)
		return read_incident(own, record);
	read_place(object, &record->event);
	if (kind == RECORD_DENIED || kind == RECORD_DROP)
		read_refusal(object, own, &record->event);
	if (kind != RECORD_DROP)
		read_request(own, &record->event);
	if (kind == RECORD_BEGIN)
		record->began_ns = record->time_ns;
	return kind == RECORD_END ? read_end(object, own, record) : 0;
}
