/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the records of this run add up to. Not locked.
 */
#ifndef TIDEGATE_TALLY_H
#define TIDEGATE_TALLY_H

#include <stddef.h>
#include <stdint.h>

#include "records/record.h"
#include "web/histogram.h"

#define TALLY_OPERATIONS (TG_WRITE + 1) /* by enum tg_operation; 0 is not in use */

enum tally_table { TALLY_REQUESTS, TALLY_OFFERS, TALLY_TRANSFERS, TALLY_TABLES };

/* Zones that have gone stay, so that nothing counts backwards. */
struct tally_zone {
	char name[TG_ZONE_NAME];
	uint64_t begun[TALLY_OPERATIONS];
	uint64_t ended[TALLY_OPERATIONS][OUTCOMES];
	/* of complete transfers */
	struct histogram seconds[TALLY_OPERATIONS];
	struct histogram bytes[TALLY_OPERATIONS];
	struct histogram rate
		[TALLY_OPERATIONS]; /* bytes in a second; without those that took less than 1 ms */
};

/* Further zones than so many are counted together, under the name of the last one, TALLY_OTHERS. */
#define TALLY_ZONES  TG_SLOTS_MAX
#define TALLY_OTHERS "(others)"

struct tally {
	struct tally_zone *zone; /* owned */
	size_t zone_count;
	uint64_t evicted[TALLY_TABLES];
	uint64_t incidents[INCIDENTS];
	uint64_t unzoned; /* records that could not be counted: memory was short */
};

/* Counts from 0 in this zone, of which no record has come yet. */
void tally_expect(struct tally *tally, const char *zone);

void tally_add(struct tally *tally, const struct record *record);
void tally_free(struct tally *tally);

#endif
