/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon tells of one thing that happened: the kernel's record (bpf/events.h) with clock times and
 * names joined to it, or one that the daemon made itself. Formats, sinks, metrics and views see nothing else.
 */
#ifndef TIDEGATE_RECORD_H
#define TIDEGATE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/types.h>

#include "abi.h"

enum record_kind {
	RECORD_BEGIN,    /* a transfer begins: the client has taken up the TID */
	RECORD_END,      /* it is over, or a request or an offer came to nothing: `outcome` */
	RECORD_DENIED,   /* a request was refused: event.reason, `rule` */
	RECORD_DROP,     /* a sample of what else was refused: event.reason */
	RECORD_INCIDENT, /* something happened to the firewall itself: `incident`, `detail` */
	RECORD_KINDS
};

enum record_outcome {
	OUTCOME_NONE,         /* not an end */
	OUTCOME_COMPLETE,     /* the last block is acknowledged */
	OUTCOME_CLIENT_ERROR, /* event.error_code, event.error_text; also the next */
	OUTCOME_SERVER_ERROR, /* an answer such as "file not found" is one, too */
	OUTCOME_PROBE,        /* the client only asked for the size: no failure */
	OUTCOME_SUPERSEDED,   /* the client chose another TID, or asked anew */
	OUTCOME_IDLE,         /* silent for T_idle */
	OUTCOME_UNANSWERED,   /* the request's time ran out without a reply: server_port_be is 0 */
	OUTCOME_UNACKNOWLEDGED, /* a TID spoke, and the client never acknowledged it */
	OUTCOME_EVICTED,        /* pushed out of the table: what became of it is not known */
	OUTCOMES
};

enum record_incident {
	INCIDENT_NONE,
	INCIDENT_INTERFACE_GUARDED, /* one appeared that a zone's pattern names */
	INCIDENT_INTERFACE_GONE,
	INCIDENT_PROGRAM_RESTORED, /* somebody had taken a program off, and it was put back */
	INCIDENT_RECORDS_LOST,     /* `count` records found no room; what they were is not known */
	INCIDENT_POLICY_CHANGED,   /* event.bytes: its generation */
	INCIDENT_FAILED, /* an interface could not be guarded, a program not be put back */
	INCIDENTS
};

#define RECORD_DETAIL 128 /* bytes, NUL included */

/* Plain data: may be copied. Strings are NUL-terminated. */
struct record {
	uint64_t number;  /* counts up from 1 in each run of the daemon, without gaps */
	uint64_t time_ns; /* CLOCK_REALTIME */
	uint64_t
		began_ns; /* CLOCK_REALTIME; BEGIN, END: the TID's first packet (UNANSWERED: the request); else 0 */
	uint64_t
		flow_id; /* BEGIN, END: record_flow_id(); the same in both, in every run of the daemon */
	uint64_t count; /* INCIDENT: of what */
	enum record_kind kind;
	enum record_outcome outcome;
	enum record_incident incident;
	char zone[TG_ZONE_NAME];
	char interface[TG_IFNAME]; /* empty: gone, or not known */
	char rule[TG_RULE_NAME];   /* that decided; empty: none, or it is no longer in the policy */
	char detail[RECORD_DETAIL]; /* INCIDENT: for people; else empty */
	struct tg_event event; /* addresses, file, options, counts; its times are not for here */
};

/*
 * Names the transfer of a BEGIN or END: a hash of zone, VLAN, addresses, ports and began_ns. Below 2^53, so that all
 * readers of JSON keep it; never 0.
 */
uint64_t record_flow_id(const struct tg_event *event);

/* "begin", "end", "denied", "drop", "incident" */
const char *record_kind_name(enum record_kind kind);

/* "complete", "client-error", …, with "-" between words; and what it means, for people. */
const char *record_outcome_name(enum record_outcome outcome);
const char *record_outcome_meaning(enum record_outcome outcome);

/* "interface-guarded", … */
const char *record_incident_name(enum record_incident incident);

/* Is it something that an operator should look at? A complete transfer, a probe, a superseded TID are not. */
bool record_outcome_is_failure(enum record_outcome outcome);

/* END: from the TID's first packet to the end, in milliseconds; and bytes of the file in a second, 0 if under 1 ms. */
uint64_t record_duration_ms(const struct record *record);
uint64_t record_rate(const struct record *record);

/* Blocks of the file that were transferred, by the agreed block size; the short last one counts. */
uint64_t record_blocks(const struct record *record);

#endif
