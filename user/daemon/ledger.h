/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The transfers of which a BEGIN was told and no END. What is in here and in no table any more was pushed out. 64 bytes an
 * entry, and each file name once.
 */
#ifndef TIDEGATE_LEDGER_H
#define TIDEGATE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

#include "abi.h"

struct ledger;

struct ledger *ledger_new(void); /* NULL if memory is short */
void ledger_free(struct ledger *ledger);
size_t ledger_count(const struct ledger *ledger); /* open transfers */

/*
 * A transfer, by the addresses, ports, zone, VLANs and began_ns of a record, has begun. 0, also if it is known already, or
 * -ENOMEM.
 */
int ledger_begin(struct ledger *ledger, const struct tg_event *event);

/* The programs say that it is over. False if that was told already, by ledger_tell(). */
bool ledger_end(struct ledger *ledger, const struct tg_event *event);

/*
 * The daemon is about to tell that it is over, while it stays in the table. False if that was told before; else it is kept
 * until the table has forgotten it, so that the programs' own END is not told, too.
 */
bool ledger_tell(struct ledger *ledger, const struct tg_event *event);

/* What was told already, by a daemon before. 0 or -ENOMEM. */
int ledger_told(struct ledger *ledger, const struct tg_event *event);

/* Is it known, and its END not told? */
bool ledger_is_open(const struct ledger *ledger, const struct tg_event *event);

/*
 * Looking through the tables: begins; an entry was met there; and ends: visit() gets each transfer that was known when the
 * pass began and was not met, as far as it is known, and says whether it is to be forgotten (it may have
 * come back since). `open`: its END was not told.
 */
void ledger_pass(struct ledger *ledger);
bool ledger_meet(struct ledger *ledger, const struct tg_event *event); /* is it known? */
typedef bool (*ledger_visit)(const struct tg_event *event, bool open, void *context);
void ledger_sort_out(struct ledger *ledger, ledger_visit visit, void *context);

/* Forgets all, after visit(). */
void ledger_clear(struct ledger *ledger, ledger_visit visit, void *context);

#endif
