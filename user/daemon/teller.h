/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes records of the programs' events: joins the names that the policy and the register have by now, and clock times.
 */
#ifndef TIDEGATE_TELLER_H
#define TIDEGATE_TELLER_H

#include "daemon/followed.h"
#include "records/record_log.h"

struct teller {
	struct record_log *log;
	const struct followed *followed; /* open */
	int64_t boot_to_real_ns;
	uint32_t rule; /* number of the one that was looked up last */
};

/* Before a batch: what o'clock is it? */
void teller_set_clock(struct teller *teller);

/* Appends the record; the outcome follows from the event's. */
void teller_tell(struct teller *teller, const struct tg_event *event);

/* The same for an end that the daemon found out itself. */
void teller_tell_end(struct teller *teller, const struct tg_event *event,
		     enum record_outcome outcome);

#endif
