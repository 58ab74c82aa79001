/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An interface that has just appeared comes under guard at once, by programs out of the stock.
 */
#ifndef TIDEGATE_NEWCOMER_H
#define TIDEGATE_NEWCOMER_H

#include "daemon/loader.h"

/*
 * Guards the interface for the zone with this index in followed->config. The lock is held and the register was just read. 0 or
 * a negative errno, explained but for -EAGAIN: zone and policy do not fit together by now, or the programs are still being loaded.
 * `*upgrade`: it has TC programs only, and its zone asks for others.
 */
int newcomer_guard(struct followed *followed, struct loader *loader,
		   const struct interface *interface, size_t zone, bool *upgrade);

/* While a policy is on trial: the number that the interface's zone has in the bank that may be live again after it; else 0. */
uint16_t newcomer_other_zone(const struct followed *followed, const char *name);

#endif
