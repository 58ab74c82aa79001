/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tracker knows by now: requests, offers, transfers and other tracked UDP, with names,
 * states and times joined to them.
 */
#ifndef TIDEGATE_FLOWS_H
#define TIDEGATE_FLOWS_H

#include "instance.h"
#include "registry.h"

enum flow_kind { FLOW_REQUEST, FLOW_OFFER, FLOW_TRANSFER, FLOW_UDP, FLOW_KINDS };

#define FLOW_PENDING "pending" /* the state of requests */

struct flow {
	uint16_t zone;
	uint16_t vlan_outer; /* 0: none */
	uint16_t vlan_inner;
	struct tg_addr client; /* FLOW_UDP: the low endpoint */
	struct tg_addr server; /* all zero: any; FLOW_UDP: the high endpoint */
	uint16_t client_port_be;
	uint16_t server_port_be; /* 0: not known yet */
	uint64_t age_ms;
	uint64_t expires_ms;
	/* not for FLOW_UDP */
	const char *state;
	uint8_t operation; /* enum tg_operation */
	uint8_t mode;      /* enum tg_mode */
	uint8_t options;   /* enum tg_option: asked (requests) or granted */
	uint8_t timeout_s;
	uint16_t blksize;
	uint16_t windowsize;
	uint64_t tsize;
	uint32_t credit; /* FLOW_REQUEST: answers that it may still have */
	uint16_t block;  /* from here on 0 for FLOW_REQUEST */
	uint16_t acknowledged;
	uint64_t bytes;
	uint64_t packets;
	uint32_t repeats;       /* DATA packets that brought nothing new */
	char file[TG_NAME_MAX]; /* cut if longer than that */
	uint16_t file_bytes;    /* of the whole name */
	char rule
		[TG_RULE_NAME]; /* that allowed it; "": none was needed, or the policy has it no more */
	bool replied;           /* FLOW_UDP: something came back */
};

struct flow_list {
	struct flow *flow; /* owned; by zone, the oldest first */
	size_t count;
	size_t room;
};

/*
 * Gathers what is alive, one list for each kind; free them by flows_free(). 0 or a negative errno.
 */
int flows_read(const struct instance *instance, struct registry *registry,
	       struct flow_list lists[FLOW_KINDS]);
void flows_free(struct flow_list lists[FLOW_KINDS]);

#endif
