/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Would a rule's expression match a packet of which only some things are known? Three answers, because a judgement is only
 * worth something where it is certain.
 */
#ifndef TIDEGATE_MATCH_H
#define TIDEGATE_MATCH_H

#include "doctor/ruleset.h"

#include <stdint.h>

enum sure {
	SURE_NO,
	SURE_MAYBE,
	SURE_YES,
};

/* What conntrack may say of the packet; bits. */
enum packet_state {
	STATE_INVALID = 1 << 0,
	STATE_ESTABLISHED = 1 << 1,
	STATE_RELATED = 1 << 2,
	STATE_NEW = 1 << 3,
	STATE_UNTRACKED = 1 << 6,
};

struct range {
	long long low;
	long long high; /* inclusive */
	/* Rules for fewer values than that are about something else: a port that somebody chose will hardly be just that one. */
	long long grain;
};

/* A UDP packet of some TFTP exchange, and what is known of it. */
struct packet {
	bool ipv6;
	const char *self; /* the guarded interface; is iif, or oif */
	const char *iif;  /* "": none; NULL: any one but `self` */
	const char *oif;
	bool to_host;       /* its destination is an address of this host */
	struct range sport; /* host order */
	struct range dport;
	unsigned int states; /* those that it may have */
	uint32_t mark;
	uint32_t mark_known;  /* bits of `mark` that are certain */
	enum sure helper;     /* the request was given the helper for TFTP */
	bool answers;         /* comes after the request */
	enum sure translated; /* the request's source was */
};

/* Does the statement {"match": …} hold, whose object `match` is, in a rule of `chain`? */
enum sure match_packet(const struct ruleset *ruleset, const struct chain *chain,
		       const json_t *match, const struct packet *packet);

/* Is what the expression `left` reads from the packet the element (value, range, prefix, set, @name)? */
enum sure match_element(const struct ruleset *ruleset, const struct chain *chain,
			const json_t *left, const json_t *element, const struct packet *packet);

#endif
