/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the programs write to `events`, as records; and how much of it found no room.
 */
#ifndef TIDEGATE_RING_H
#define TIDEGATE_RING_H

#include "daemon/ledger.h"
#include "daemon/teller.h"

struct ring;

/*
 * Takes part in the firewall's ring buffer: of two readers each would get a part. All are borrowed. NULL, explained, on
 * failure.
 */
struct ring *ring_open(const struct followed *followed, struct teller *teller,
		       struct ledger *ledger);
void ring_close(struct ring *ring);

int ring_fd(const struct ring *ring); /* for epoll: readable when there is something */

/* Takes everything that is there. How many, or a negative errno, explained. */
int ring_drain(struct ring *ring);

/* Tells, as an incident, of records that found no room since somebody last did. 0 or a negative errno, silently. */
int ring_count_lost(struct ring *ring);

#endif
