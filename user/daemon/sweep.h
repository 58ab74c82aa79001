/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Goes through the tables, a batch at a time: tells of what ended in silence, finds what was pushed out, removes
 * what has been over for long.
 *
 * Nothing is told twice, by whichever daemon: all whose time ran out before a jiffy that is kept with the firewall
 * (`event_shares`) was told of. The programs may still tell of such a transfer's end when another begins in its place: the ledger
 * knows it until it is removed. What is over stays for a while, so that the programs can call late packets `expired`.
 */
#ifndef TIDEGATE_SWEEP_H
#define TIDEGATE_SWEEP_H

#include "daemon/ring.h"

struct sweep;

/* All are borrowed. NULL if memory is short. */
struct sweep *sweep_new(const struct followed *followed, struct teller *teller,
			struct ledger *ledger, struct ring *ring);
void sweep_free(struct sweep *sweep);

/* Begins a pass, unless one is under way. 0 or a negative errno, explained. */
int sweep_begin(struct sweep *sweep);

/* One batch. 1: there is more to do; 0: the pass has ended, or none is under way; or a negative errno, explained. */
int sweep_step(struct sweep *sweep);

/* The firewall is gone, with all transfers that were open: tells so. */
void sweep_give_up(struct teller *teller, struct ledger *ledger);

#endif
