/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests that have run out and of which only the transfers can tell whether they were answered: after answers to
 * requests of the same port. They are few; beyond UNCLEAR_MAX in a pass they count as unanswered.
 */
#ifndef TIDEGATE_UNCLEAR_H
#define TIDEGATE_UNCLEAR_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#include "abi.h"

#define UNCLEAR_MAX 128

struct unclear {
	size_t count;
	struct {
		struct tg_request_key key;
		struct tg_request request;
		bool answered;
	} item[UNCLEAR_MAX];
};

/* False if there is no room. */
bool unclear_add(struct unclear *unclear, const struct tg_request_key *key,
		 const struct tg_request *request);

/* A transfer, or an offer: what it answers is answered. */
void unclear_answer(struct unclear *unclear, const struct tg_pair_key *key,
		    const struct tg_transfer *t);

/* Calls tell() for those that nothing has answered. */
typedef void (*unclear_visit)(const struct tg_request_key *key, const struct tg_request *request,
			      void *context);
void unclear_tell(const struct unclear *unclear, unclear_visit tell, void *context);

#endif
