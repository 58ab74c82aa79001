// SPDX-License-Identifier: GPL-2.0-or-later
#include "records/record.h"

#include <stddef.h>

static const char *const kind_names[RECORD_KINDS] = {
	[RECORD_BEGIN] = "begin", [RECORD_END] = "end",           [RECORD_DENIED] = "denied",
	[RECORD_DROP] = "drop",   [RECORD_INCIDENT] = "incident",
};

static const struct {
	const char *name;
	const char *meaning;
	bool failure;
} outcomes[OUTCOMES] = {
	[OUTCOME_NONE] = {"none", "not an end", false},
	[OUTCOME_COMPLETE] = {"complete", "the last block is acknowledged", false},
	[OUTCOME_CLIENT_ERROR] = {"client-error", "the client ended it with an ERROR", true},
	[OUTCOME_SERVER_ERROR] = {"server-error", "the server answered or ended it with an ERROR",
				  true},
	[OUTCOME_PROBE] = {"probe", "the client only asked for the file's size", false},
	[OUTCOME_SUPERSEDED] = {"superseded", "the client chose another TID, or asked anew", false},
	[OUTCOME_IDLE] = {"idle", "both ends fell silent before the last block was acknowledged",
			  true},
	[OUTCOME_UNANSWERED] = {"unanswered", "no server answered the request", true},
	[OUTCOME_UNACKNOWLEDGED] = {"unacknowledged",
				    "a server answered, and the client never acknowledged it",
				    true},
	[OUTCOME_EVICTED] = {"evicted", "its state found no room; how it ended is not known", true},
};

static const char *const incident_names[INCIDENTS] = {
	[INCIDENT_NONE] = "none",
	[INCIDENT_INTERFACE_GUARDED] = "interface-guarded",
	[INCIDENT_INTERFACE_GONE] = "interface-gone",
	[INCIDENT_PROGRAM_RESTORED] = "program-restored",
	[INCIDENT_RECORDS_LOST] = "records-lost",
	[INCIDENT_POLICY_CHANGED] = "policy-changed",
	[INCIDENT_FAILED] = "failed",
};

/* FNV-1a, 64 bits. */
static uint64_t hash(uint64_t sum, const void *bytes, size_t size)
{
	for (const uint8_t *b = bytes; size--; b++)
		sum = (sum ^ *b) * 0x100000001b3;
	return sum;
}

uint64_t record_flow_id(const struct tg_event *event)
{
	const uint16_t numbers[] = {event->client_port_be, event->server_port_be, event->zone,
				    event->vlan_outer, event->vlan_inner};
	uint64_t sum = 0xcbf29ce484222325;

	sum = hash(sum, &event->began_ns, sizeof(event->began_ns));
	sum = hash(sum, &event->client, sizeof(event->client));
	sum = hash(sum, &event->server, sizeof(event->server));
	sum = hash(sum, numbers, sizeof(numbers));
	sum = (sum ^ sum >> 53) & ((1ULL << 53) - 1);
	return sum ? sum : 1;
}

const char *record_kind_name(enum record_kind kind)
{
	return (unsigned int)kind < RECORD_KINDS ? kind_names[kind] : "unknown";
}

const char *record_outcome_name(enum record_outcome outcome)
{
	return (unsigned int)outcome < OUTCOMES ? outcomes[outcome].name : "unknown";
}

const char *record_outcome_meaning(enum record_outcome outcome)
{
	return (unsigned int)outcome < OUTCOMES ? outcomes[outcome].meaning : "not known";
}

const char *record_incident_name(enum record_incident incident)
{
	return (unsigned int)incident < INCIDENTS ? incident_names[incident] : "unknown";
}

bool record_outcome_is_failure(enum record_outcome outcome)
{
	return (unsigned int)outcome < OUTCOMES && outcomes[outcome].failure;
}

uint64_t record_duration_ms(const struct record *record)
{
	if (record->kind != RECORD_END || record->time_ns < record->began_ns)
		return 0;
	return (record->time_ns - record->began_ns) / 1000000;
}

uint64_t record_rate(const struct record *record)
{
	uint64_t ms = record_duration_ms(record);

	return ms ? (uint64_t)((double)record->event.bytes * 1000 / (double)ms) : 0;
}

uint64_t record_blocks(const struct record *record)
{
	const struct tg_event *e = &record->event;
	uint64_t whole;

	if (!e->blksize)
		return 0;
	whole = e->bytes / e->blksize;
	/* The last block is always short, and may be empty (RFC 1350 section 6). */
	return whole + (e->flags & TG_EVENT_FINAL || e->bytes % e->blksize);
}
