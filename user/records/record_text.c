// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Records as lines for people, and for grep.
 */
#include "records/record_format.h"

#include "address.h"
#include "config_meaning.h"
#include "reason_table.h"
#include "records/record_options.h"
#include "text.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct line {
	char *text;
	size_t used;
};

__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_vappend(line->text, RECORD_LINE - 1, &line->used, format, args); /* for the \n */
	va_end(args);
}

/* In quotes, with the quotes in it as \x22: the next one always ends it. */
static void add_quoted(struct line *line, const char *name, const char *text, bool cut)
{
	char safe[TEXT_SAFE(RECORD_DETAIL + TG_NAME_MAX)];

	add(line, " %s=\"", name);
	text_safe(text, false, safe);
	for (const char *part = safe;; part++) {
		size_t len = strcspn(part, "\"");

		add(line, "%.*s", (int)len, part);
		part += len;
		if (!*part)
			break;
		add(line, "\\x22");
	}
	add(line, "%s\"", cut ? "…" : "");
}

static void add_word(struct line *line, const char *name, const char *text)
{
	if (text && *text)
		add(line, " %s=%s", name, text);
}

static void add_endpoints(struct line *line, const struct tg_event *e)
{
	char client[ADDRESS_TEXT], server[ADDRESS_TEXT];

	add(line, " src=%s dst=%s", address_format(&e->client, client),
	    address_is_zero(&e->server) ? "*" : address_format(&e->server, server));
	add(line, e->client_port_be ? " sport=%u" : " sport=*", ntohs(e->client_port_be));
	add(line, e->server_port_be ? " dport=%u" : " dport=*", ntohs(e->server_port_be));
}

static void add_place(struct line *line, const struct record *record)
{
	const struct tg_event *e = &record->event;
	char mac[MAC_TEXT];

	add_word(line, "zone", record->zone);
	if (*record->interface)
		add_quoted(line, "interface", record->interface, false);
	if (e->vlan_outer)
		add(line, " vlan=%u", e->vlan_outer);
	if (e->vlan_inner)
		add(line, ".%u", e->vlan_inner);
	if (e->flags & TG_EVENT_MAC)
		add(line, " mac=%s", mac_format(e->mac, mac));
}

/* " name=blksize:1432,tsize": options that have a number but 0, and those that have not. */
static void add_options(struct line *line, const char *name, const struct tftp_options *options)
{
	const char *before = "";

	if (!(options->bits & ~(unsigned int)TG_OPT_ANY))
		return;
	add(line, " %s=", name);
	for (const struct tftp_option *o = tftp_option_table; o->name; o++) {
		uint64_t value = tftp_option_value(options, o->bit);

		if (!(options->bits & o->bit))
			continue;
		add(line, "%s%s", before, o->name);
		if (value)
			add(line, ":%llu", (unsigned long long)value);
		before = ",";
	}
}

static void add_request(struct line *line, const struct record *record)
{
	const struct tftp_options asked = record_asked(record), agreed = record_agreed(record);
	const struct tg_event *e = &record->event;

	add_quoted(line, "file", e->name, e->name_len >= TG_NAME_MAX);
	add_word(line, "mode", choice_word(config_modes, e->mode));
	add_options(line, "asked", &asked);
	if (record->kind != RECORD_DENIED)
		add_options(line, "agreed", &agreed);
	if (*record->rule)
		add_quoted(line, "rule", record->rule, false);
}

static void add_end(struct line *line, const struct record *record)
{
	const struct tg_event *e = &record->event;
	uint64_t ms = record_duration_ms(record);

	if (record->outcome == OUTCOME_CLIENT_ERROR || record->outcome == OUTCOME_SERVER_ERROR ||
	    record->outcome == OUTCOME_PROBE) {
		add(line, " error=%u", e->error_code);
		add_quoted(line, "text", e->error_text, false);
	}
	add(line, " bytes=%llu packets=%llu blocks=%llu retransmissions=%u duration=%llu.%03u",
	    (unsigned long long)e->bytes, (unsigned long long)e->data_packets + e->ack_packets,
	    (unsigned long long)record_blocks(record), e->data_repeats,
	    (unsigned long long)ms / 1000, (unsigned int)(ms % 1000));
	if (record_rate(record))
		add(line, " rate=%llu", (unsigned long long)record_rate(record));
}

static void add_refusal(struct line *line, const struct tg_event *e)
{
	const struct reason *reason = reason_numbered(e->reason);

	if (reason)
		add_word(line, "reason", reason->key);
	if (e->flags & TG_EVENT_PASSED)
		add(line, " passed");
	if (e->flags & TG_EVENT_EGRESS)
		add(line, " outgoing");
	if (e->suppressed)
		add(line, " suppressed=%llu", (unsigned long long)e->suppressed);
}

static void add_incident(struct line *line, const struct record *record)
{
	add(line, " %s", record_incident_name(record->incident));
	add_place(line, record);
	if (record->incident == INCIDENT_RECORDS_LOST)
		add(line, " count=%llu", (unsigned long long)record->count);
	if (record->incident == INCIDENT_POLICY_CHANGED)
		add(line, " generation=%llu", (unsigned long long)record->event.bytes);
	if (*record->detail)
		add_quoted(line, "detail", record->detail, false);
}

static void add_body(struct line *line, const struct record *record)
{
	const struct tg_event *e = &record->event;
	const char *operation = choice_word(config_operations, e->operation);

	if (record->kind == RECORD_INCIDENT) {
		add_incident(line, record);
		return;
	}
	if (operation)
		add(line, " %s", operation);
	if (record->kind == RECORD_END)
		add(line, " %s", record_outcome_name(record->outcome));
	if (record->kind == RECORD_BEGIN && e->flags & TG_EVENT_RESUMED)
		add(line, " resumed");
	if (record->kind == RECORD_DENIED || record->kind == RECORD_DROP)
		add_refusal(line, e);
	add_endpoints(line, e);
	add_place(line, record);
	if (record->kind == RECORD_DROP)
		add(line, " opcode=%u block=%u len=%llu", e->opcode, e->block,
		    (unsigned long long)e->bytes);
	else
		add_request(line, record);
	if (record->kind == RECORD_END)
		add_end(line, record);
}

const char *record_time(uint64_t time_ns, const char *zone, char text[RECORD_TIME])
{
	time_t seconds = (time_t)(time_ns / 1000000000);
	unsigned int us = (unsigned int)(time_ns % 1000000000 / 1000);
	struct tm utc;

	gmtime_r(&seconds, &utc);
	snprintf(text, RECORD_TIME, "%04d-%02d-%02dT%02d:%02d:%02d.%06u%s",
		 (utc.tm_year + 1900) % 10000, (utc.tm_mon + 1) % 100, utc.tm_mday % 100,
		 utc.tm_hour % 100, utc.tm_min % 100, utc.tm_sec % 100, us, zone);
	return text;
}

size_t record_text_line(const struct record *record, char text[RECORD_LINE])
{
	struct line line = {.text = text};
	char time[RECORD_TIME];

	add(&line, "%s [%s]", record_time(record->time_ns, "Z", time),
	    record_kind_name(record->kind));
	add_body(&line, record);
	text[line.used++] = '\n';
	text[line.used] = '\0';
	return line.used;
}
