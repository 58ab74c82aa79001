/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a policy says of a request that nobody sent.
 */
#ifndef TIDEGATE_POLICY_DECIDE_H
#define TIDEGATE_POLICY_DECIDE_H

#include "policy_image.h"

struct policy_question {
	size_t zone; /* its index in the configuration */
	struct tg_addr client;
	struct tg_addr server; /* may be a group: then the zone must admit broadcast */
	enum tg_operation operation;
	enum tg_mode mode;
	const char *name; /* of the file, as the client sends it */
	uint16_t vlan;    /* id of the outer tag, 0: untagged */
	bool has_mac;     /* without, no pattern with %{mac…} fits */
	uint8_t mac[6];   /* of the client */
	/* Options that it asks for; 0: not. */
	uint64_t blksize;
	uint64_t windowsize;
	bool has_tsize;
	uint64_t tsize; /* bytes */
};

#define POLICY_NO_RULE SIZE_MAX

struct policy_answer {
	enum tg_reason reason; /* TG_REQUEST: it is allowed; else why it is dropped */
	size_t rule; /* index in image->rule of the one that decided; POLICY_NO_RULE: the zone's
			default did, or no rule was asked at all */
};

/*
 * The core's own judgement of a well-formed request as the first packet of its client, in the direction that the zone
 * admits. Rates, numbers of transfers and other limits on what came before are thus not reached, and that a zone only
 * monitors does not count. Silent, cannot fail; not reentrant.
 */
struct policy_answer policy_decide(const struct policy_image *image,
				   const struct policy_question *question);

#endif
