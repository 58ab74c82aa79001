/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of the two banks is live: the one store that changes a whole policy.
 */
#ifndef TIDEGATE_LIVE_H
#define TIDEGATE_LIVE_H

#include "maps.h"

enum live_kind {
	LIVE_FINAL, /* until it is changed */
	LIVE_TRIAL, /* until then, or until the trial's time is over */
	LIVE_ENDED, /* a trial was not confirmed; the bank before it is live again */
};

struct live {
	uint32_t bank; /* that the programs use by now */
	enum live_kind kind;
	uint64_t left_ms; /* LIVE_TRIAL: of the trial */
};

/* What holds by now. 0 or a negative errno. */
int live_read(const struct maps *maps, struct live *live);

/* Makes the bank live. 0 or a negative errno; then nothing has changed. */
int live_settle(const struct maps *maps, uint32_t bank);

/* The same for `seconds`, after which the other bank is live again, whoever is alive then. */
int live_try(const struct maps *maps, uint32_t bank, uint64_t seconds);

#endif
