/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records for tests.
 */
#ifndef TIDEGATE_TEST_SAMPLE_RECORD_H
#define TIDEGATE_TEST_SAMPLE_RECORD_H

#include <arpa/inet.h>
#include <string.h>

#include "address.h"
#include "records/record.h"

#define SAMPLE_TIME_NS 1795784467123456789 /* 2026-11-27T13:01:07.123456789 UTC */

/* A read of 3,000,000 bytes, from begin to end in 1.5 s. */
static inline struct record sample_record(enum record_kind kind)
{
	struct record record = {
		.number = 7,
		.kind = kind,
		.time_ns = SAMPLE_TIME_NS,
		.zone = "lan0",
		.interface = "eth0",
		.rule = "boot files",
	};
	struct tg_event *e = &record.event;

	address_parse("192.0.2.10", &e->client);
	address_parse("198.51.100.20", &e->server);
	e->client_port_be = htons(50941);
	e->server_port_be = htons(kind == RECORD_DENIED ? 69 : 49194);
	e->operation = TG_READ;
	e->mode = TG_OCTET;
	strcpy(e->name, "vmlinuz");
	e->name_len = 7;
	e->asked_options = TG_OPT_ANY | TG_OPT_BLKSIZE | TG_OPT_TSIZE;
	e->asked_blksize = 1468;
	e->blksize = 512;
	e->windowsize = 1;
	if (kind == RECORD_BEGIN || kind == RECORD_END) {
		record.began_ns = SAMPLE_TIME_NS - (kind == RECORD_END ? 1500000000 : 0);
		record.flow_id = 4711;
		e->options = TG_OPT_ANY | TG_OPT_BLKSIZE | TG_OPT_TSIZE;
		e->blksize = 1400;
		e->tsize = 3000000;
	}
	if (kind == RECORD_END) {
		record.outcome = OUTCOME_COMPLETE;
		e->bytes = 3000000;
		e->data_packets = 2145;
		e->data_repeats = 2;
		e->ack_packets = 2144;
		e->flags = TG_EVENT_FINAL;
	}
	if (kind == RECORD_DENIED || kind == RECORD_DROP) {
		e->reason = TG_RULE_DENIED;
		e->bytes = 60;
		e->suppressed = 3;
	}
	return record;
}

#endif
