/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Part of abi.h: what is kept of who has proved to be where its address says, and of who has not (core/budget.h).
 */
#ifndef TIDEGATE_BUDGETS_H
#define TIDEGATE_BUDGETS_H

/* `proved`: the client has acknowledged, or refused, what a server sent to it; so it is where its address says. */
enum tg_proved_kind {
	TG_PROVED_ADDRESS = 0,
	TG_PROVED_PREFIX = 1, /* /24 or /64: the other bits of the key are zero */
};
struct tg_proved {
	__u64 at; /* the last time */
};

/* `budgets`, by zone number: arrivals as in tg_source. `budget_shares`, by a keyed hash of the prefix: the same, one. */
struct tg_budget {
	__u64 first;
	__u64 reserve;
};
#define TG_BUDGET_SHARES 4096

/*
 * `strangers`, by a keyed hash of who asks: whose requests were refused for the budget. A cell: 6 bits of time, in
 * quarters of a second, below 26 of another hash; 0: empty.
 */
#define TG_STRANGERS 32
struct tg_strangers {
	__u32 cell[TG_STRANGERS];
};

#endif
