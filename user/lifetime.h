/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Until when the tables' entries live, by the core's own rules and with what other tables know of them.
 */
#ifndef TIDEGATE_LIFETIME_H
#define TIDEGATE_LIFETIME_H

#include "maps.h"
#include "registry.h"

struct lifetime {
	const struct maps *maps;
	const struct registry *registry;
	uint64_t now; /* jiffies */
};

/* The settings of the zone with this number; all zero if there is none. */
const struct tg_zone *lifetime_zone(const struct lifetime *lifetime, uint16_t zone);

/* The request that a transfer with these two ends answers. False if it is not known any more. */
bool lifetime_request(const struct lifetime *lifetime, const struct tg_pair_key *key,
		      const struct tg_transfer *t, struct tg_request *request);

/*
 * The transfer's state (enum transfer_state), and in jiffies until when it lives in it. An offer is superseded if its
 * `request` (NULL: it is not known) says so: the programs note that only when they next meet the offer.
 */
int lifetime_state(const struct tg_pair_key *key, const struct tg_transfer *t, bool committed,
		   const struct tg_request *request);
uint64_t lifetime_until(const struct lifetime *lifetime, const struct tg_pair_key *key,
			const struct tg_transfer *t, int state);

#endif
