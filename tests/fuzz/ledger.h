/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Independent books on a conversation: which requests passed and what they are still worth, which TIDs answered them and
 * what went to and fro. Held against the core's verdicts and state after each packet, by tracker specification 7.
 * The books never admit less than the specification; what they don't know is left to tests/model.
 */
#ifndef TIDEGATE_TESTS_LEDGER_H
#define TIDEGATE_TESTS_LEDGER_H

#include "anatomy.h"
#include "engine.h"

/* A packet and what became of it. The state before it is MOMENT_BEFORE, the state now is the one after it. */
struct event {
	const struct case_step *step;
	const struct anatomy
		*anatomy; /* as the server's side sees it, with the TID; NULL: not readable */
	enum tg_reason reason;
	struct engine_ports ports; /* that are to be written into it */
	uint16_t came_to;          /* its destination port, as it came */
};

/* Empty books. The recording lives as long as they are kept. */
void ledger_open(const struct recording *recording);
/* Does any request last longer than its answers without one (option timeout)? What they kept out may come then. */
bool ledger_waits_long(void);
/* Enters the packet; stops the program if a property is broken. */
void ledger_enter(const struct event *event);

/*
 * Changes of the state that such a packet may have made: a dropped one none, the others only in the entries that are
 * their own. Stops the program if there are others.
 */
void changes_check(const struct event *event);

#endif
