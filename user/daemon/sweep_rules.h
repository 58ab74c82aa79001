/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is over, and how it ended, where nobody has said so: decisions of the sweep that need nothing but an entry.
 */
#ifndef TIDEGATE_SWEEP_RULES_H
#define TIDEGATE_SWEEP_RULES_H

#include "records/record.h"

/* Points in time, in jiffies. What has run out at `from` or later and before `to` is news. */
struct sweep_span {
	uint64_t from;
	uint64_t to;
};

enum sweep_age {
	SWEEP_ALIVE,
	SWEEP_NEWS,
	SWEEP_OLD, /* told by an earlier pass, perhaps of another daemon */
};
enum sweep_age sweep_age(const struct sweep_span *span, uint64_t until);

/* Did any TID answer the request, as it is asked now? It has run out. */
enum sweep_answer {
	SWEEP_ANSWERED,
	SWEEP_UNANSWERED,
	SWEEP_UNCLEAR, /* an answer came, to this request or to one before it: that its transfer tells */
};
enum sweep_answer sweep_request_answer(const struct tg_request *request);

/*
 * How a transfer or offer ended that has run out in this enum transfer_state: OUTCOME_IDLE, OUTCOME_UNACKNOWLEDGED; OUTCOME_NONE:
 * there is nothing to tell, or the programs have.
 */
enum record_outcome sweep_outcome(const struct tg_transfer *t, int state);

/* The key of `transfers` for an event's two ends; and for what the request has chosen. */
void sweep_pair_key(struct tg_pair_key *key, const struct tg_event *event);

/* The request as it is told. Times are filled in by the caller. */
void sweep_describe_request(const struct tg_request_key *key, const struct tg_request *request,
			    struct tg_event *event);

/* The transfer as the programs tell of it, without the file's name and the time. */
void sweep_describe(const struct tg_pair_key *key, const struct tg_transfer *t,
		    struct tg_event *event);

#endif
