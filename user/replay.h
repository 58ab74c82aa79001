/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bench for replays: the program of one incoming hook in private maps, run frame by frame by
 * BPF_PROG_TEST_RUN with a clock of the caller's. Nothing is pinned or attached, and nothing pinned is
 * touched.
 */
#ifndef TIDEGATE_REPLAY_H
#define TIDEGATE_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"

/* The bench's jiffy, whatever the kernel's is, so that verdicts are the same everywhere. */
#define REPLAY_TICK_NS 1000000

struct replay;

struct replay_verdict {
	enum tg_reason reason;
	bool passes;
};

/* Transfers that the tables know at the end, by what became of them. */
struct replay_transfers {
	uint64_t complete;
	uint64_t failed;     /* ended by an ERROR */
	uint64_t unfinished; /* the rest */
	uint64_t unanswered; /* requests without an answer */
};

/*
 * Loads the program of the zone's hook; the one interface belongs to this zone (an index) of the configuration. Needs
 * CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON, the rest of the functions nothing. NULL, explained, on
 * failure.
 */
struct replay *replay_open(const struct config *config, size_t zone);

/* Runs an Ethernet frame of at least 14 bytes. 0 or a negative errno. */
int replay_run(struct replay *replay, const uint8_t *frame, uint32_t len, uint64_t jiffies,
	       struct replay_verdict *verdict);

int replay_count_transfers(const struct replay *replay, struct replay_transfers *transfers);

void replay_close(struct replay *replay); /* NULL is fine */

#endif
