// SPDX-License-Identifier: GPL-2.0-or-later
#include "sinks/columns.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "address.h"
#include "config_meaning.h"
#include "reason_table.h"
#include "records/record_format.h"

#define BEGINS   (1U << RECORD_BEGIN)
#define ENDS     (1U << RECORD_END)
#define DENIALS  (1U << RECORD_DENIED)
#define DROPS    (1U << RECORD_DROP)
#define INCIDENT (1U << RECORD_INCIDENT)
#define FLOWS    (BEGINS | ENDS)
#define ASKED    (FLOWS | DENIALS)
#define REFUSED  (DENIALS | DROPS)
#define PACKETS  (FLOWS | REFUSED)
#define ALL      (PACKETS | INCIDENT)

#define FLAG(name)           (!!(e->flags & TG_EVENT_##name))
#define GRANTED(name, value) ((e->options & TG_OPT_##name) ? (value) : 0)
#define ASKS(name, value)    ((e->asked_options & TG_OPT_##name) ? (value) : 0)
#define WITH_ERROR                                                                   \
	(r->outcome == OUTCOME_CLIENT_ERROR || r->outcome == OUTCOME_SERVER_ERROR || \
	 r->outcome == OUTCOME_PROBE)

/*
 * X(name, type, how the value is put, kinds, value, meaning) with the record `r` and its event `e`. SOME and the
 * strings are NULL if they are 0 or empty, NUMBER is not.
 */
/* clang-format off */
#define COLUMNS(X)                                                                                 \
	X(run, UUID, WORD, ALL, columns_run(), "the run of the daemon, a random number")           \
	X(number, BIGINT, NUMBER, ALL, r->number, "counts up from 1 in each run; with `run` it is the key") \
	X(timestamp, TIME, TIME, ALL, r->time_ns, "when it happened, UTC")                         \
	X(kind, TEXT, WORD, ALL, record_kind_name(r->kind), "`begin`, `end`, `denied`, `drop`, `incident`") \
	X(outcome, TEXT, WORD, ENDS, record_outcome_name(r->outcome), "how it ended, such as `complete`; see tidegate(8)") \
	X(reason, TEXT, WORD, REFUSED, reason_key(e->reason), "why it was refused; see `tidegate explain`") \
	X(incident, TEXT, WORD, INCIDENT, record_incident_name(r->incident), "what happened to the firewall itself") \
	X(incident_count, BIGINT, SOME, INCIDENT, r->count, "how many of them")                    \
	X(detail, TEXT, BYTES, INCIDENT, r->detail, "the incident, for people")                    \
	X(zone, TEXT, BYTES, ALL, r->zone, "zone")                                                 \
	X(interface, TEXT, BYTES, ALL, r->interface, "network interface that saw the request, or the packet") \
	X(rule, TEXT, BYTES, PACKETS, r->rule, "rule that decided")                                \
	X(vlan, INTEGER, SOME, PACKETS, e->vlan_outer, "outer VLAN tag")                           \
	X(vlan_inner, INTEGER, SOME, PACKETS, e->vlan_inner, "inner VLAN tag")                     \
	X(flow_id, BIGINT, SOME, FLOWS, r->flow_id, "names the transfer: the same in its begin and its end") \
	X(client, INET, INET, PACKETS, &e->client, "who asked; of a refused packet its source")    \
	X(client_port, INTEGER, SOME, PACKETS, ntohs(e->client_port_be), "its UDP port")           \
	X(client_mac, MAC, MAC, PACKETS, FLAG(MAC) ? e->mac : NULL, "source of the frame that brought the request") \
	X(server, INET, INET, PACKETS, &e->server, "who was asked; of a refused packet its destination") \
	X(server_port, INTEGER, SOME, PACKETS, ntohs(e->server_port_be), "its UDP port; of a transfer its TID") \
	X(operation, TEXT, WORD, ASKED, choice_word(config_operations, e->operation), "`read` or `write`") \
	X(mode, TEXT, WORD, ASKED, choice_word(config_modes, e->mode), "`octet`, `netascii`, `binary`") \
	X(file, TEXT, BYTES, ASKED, e->name, "name of the file, its first 127 bytes")              \
	X(file_bytes, INTEGER, SOME, ASKED, e->name_len, "bytes of the whole name")                \
	X(broadcast, BOOLEAN, NUMBER, ASKED, FLAG(ANY_SERVER), "the request went to a broadcast or multicast address") \
	X(asked_blksize, INTEGER, SOME, ASKED, ASKS(BLKSIZE, e->asked_blksize), "block size that the client asked for") \
	X(asked_windowsize, INTEGER, SOME, ASKED, ASKS(WINDOWSIZE, e->asked_windowsize), "window that it asked for, in blocks") \
	X(asked_timeout, INTEGER, SOME, ASKED, ASKS(TIMEOUT, e->asked_timeout_s), "timeout that it asked for, in seconds") \
	X(blksize, INTEGER, SOME, FLOWS, e->blksize, "block size agreed")                          \
	X(windowsize, INTEGER, SOME, FLOWS, e->windowsize, "window agreed, in blocks")             \
	X(timeout, INTEGER, SOME, FLOWS, GRANTED(TIMEOUT, e->timeout_s), "timeout agreed, in seconds") \
	X(size_expected, BIGINT, TSIZE, ASKED, r, "size announced, in bytes")                      \
	X(resumed, BOOLEAN, NUMBER, BEGINS, FLAG(RESUMED), "the client had left this transfer, and comes back") \
	X(began, TIME, TIME, FLOWS, r->began_ns, "first packet of the transfer (of one unanswered: the request), UTC") \
	X(duration_ms, BIGINT, NUMBER, ENDS, record_duration_ms(r), "from `began` to the end, in milliseconds") \
	X(bytes, BIGINT, NUMBER, FLOWS, e->bytes, "of the file, transferred")                      \
	X(blocks, BIGINT, NUMBER, ENDS, record_blocks(r), "of the file, transferred")              \
	X(bytes_per_s, BIGINT, SOME, ENDS, record_rate(r), "bytes of the file in a second")        \
	X(data_packets, BIGINT, NUMBER, ENDS, e->data_packets, "DATA packets")                     \
	X(retransmissions, BIGINT, NUMBER, ENDS, e->data_repeats, "of these, packets that brought nothing new") \
	X(ack_packets, BIGINT, NUMBER, ENDS, e->ack_packets, "ACK packets")                        \
	X(final, BOOLEAN, NUMBER, ENDS, FLAG(FINAL), "the last block was seen")                    \
	X(error_code, INTEGER, ERROR, ENDS, r, "of the ERROR that ended it, RFC 1350")             \
	X(error_text, TEXT, BYTES, ENDS, WITH_ERROR ? e->error_text : "", "its text, the first 64 bytes") \
	X(verdict, TEXT, WORD, REFUSED, FLAG(PASSED) ? "pass" : "drop", "`pass`: the zone monitors, so the packet passed all the same") \
	X(direction, TEXT, WORD, REFUSED, FLAG(EGRESS) ? "out" : "in", "of the packet")            \
	X(suppressed, BIGINT, NUMBER, REFUSED, e->suppressed, "records like this that were left out for the rate before it") \
	X(packet_bytes, BIGINT, NUMBER, REFUSED, e->bytes, "of the IP packet")                     \
	X(opcode, INTEGER, SOME, DROPS, e->opcode, "first two bytes of the datagram")              \
	X(block, INTEGER, NUMBER, DROPS, e->block, "and the two behind them")                      \
	X(generation, BIGINT, SOME, INCIDENT, r->incident == INCIDENT_POLICY_CHANGED ? e->bytes : 0, "of the policy that holds now")
/* clang-format on */

#define COLUMN_ENTRY(name, type, put, kinds, value, meaning) {#name, COLUMN_##type, kinds, meaning},
const struct column columns[] = {COLUMNS(COLUMN_ENTRY)};
#undef COLUMN_ENTRY

const size_t column_count = sizeof(columns) / sizeof(*columns);

#define COLUMN_NUMBER_OF(name, type, put, kinds, value, meaning) AT_##name,
enum { COLUMNS(COLUMN_NUMBER_OF) };
#undef COLUMN_NUMBER_OF

/* ---- words of the record ------------------------------------------------------------------------------------------ */

static const char *reason_key(unsigned int number)
{
	const struct reason *reason = reason_numbered(number);

	return reason ? reason->key : NULL;
}

/* ---- how a value is put ------------------------------------------------------------------------------------------- */

static void put_NUMBER(struct column_value *value, uint64_t number)
{
	value->form = COLUMN_NUMBER;
	value->number = (int64_t)number;
}

static void put_SOME(struct column_value *value, uint64_t number)
{
	if (number)
		put_NUMBER(value, number);
}

/* One of our own words, or NULL. */
static void put_WORD(struct column_value *value, const char *word)
{
	value->form = word && *word ? COLUMN_STRING : COLUMN_NULL;
	value->string = word;
}

/* Text that others wrote. */
static void put_BYTES(struct column_value *value, const char *text)
{
	if (*text)
		put_WORD(value, text_safe(text, false, value->room));
}

static void put_TIME(struct column_value *value, uint64_t ns)
{
	if (ns)
		put_WORD(value, record_time(ns, "Z", value->room));
}

static void put_INET(struct column_value *value, const struct tg_addr *address)
{
	if (!address_is_zero(address))
		put_WORD(value, address_format(address, value->room));
}

static void put_MAC(struct column_value *value, const uint8_t *mac)
{
	if (!mac)
		return;
	put_WORD(value, mac_format(mac, value->room));
}

/* 0 is a size: an empty file. It is PostgreSQL's bigint, so what does not fit is cut off. */
static void put_TSIZE(struct column_value *value, const struct record *r)
{
	bool denied = r->kind == RECORD_DENIED;
	unsigned int options = denied ? r->event.asked_options : r->event.options;

	if (options & TG_OPT_TSIZE)
		put_NUMBER(value, r->event.tsize > INT64_MAX ? INT64_MAX : r->event.tsize);
}

/* 0 is a code. */
static void put_ERROR(struct column_value *value, const struct record *r)
{
	if (WITH_ERROR)
		put_NUMBER(value, r->event.error_code);
}

void column_value(size_t column, const struct record *r, struct column_value *value)
{
	const struct tg_event *e = &r->event;

	value->form = COLUMN_NULL;
	if (!(columns[column].kinds & 1U << r->kind))
		return;
	switch (column) {
#define COLUMN_CASE(name, type, put, kinds, what, meaning) \
	case AT_##name:                                    \
		put_##put(value, what);                    \
		break;
		COLUMNS(COLUMN_CASE)
#undef COLUMN_CASE
	}
}

/* ---- the run ------------------------------------------------------------------------------------------------------ */

static char run[37];

static void make_run(void)
{
	uint8_t b[16];

	/* Cannot fail for so few bytes once the kernel's generator is seeded, which it waits for. */
	while (getrandom(b, sizeof(b), 0) != sizeof(b))
		;
	b[6] = (b[6] & 0x0f) | 0x40; /* RFC 9562 5.4: version 4 */
	b[8] = (b[8] & 0x3f) | 0x80;
	snprintf(run, sizeof(run),
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		 b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		 b[15]);
}

const char *columns_run(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_run);
	return run;
}
