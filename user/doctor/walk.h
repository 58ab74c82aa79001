/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet's way through the base chains that it meets.
 */
#ifndef TIDEGATE_WALK_H
#define TIDEGATE_WALK_H

#include "doctor/match.h"

/* Where a rule decided, or a base chain's policy. */
struct place_in_rules {
	const struct chain *base;  /* NULL: nowhere */
	const struct chain *chain; /* of the rule; `base`, or what that leads to */
	const json_t *rule;        /* NULL: the policy */
};

struct outcome {
	bool passes; /* it may */
	bool drops;  /* it may; if it does not pass, it is certain */
	struct place_in_rules dropped_at;
	struct place_in_rules helped_at; /* where it was given the helper for TFTP */
};

/* The hooks that a packet passes, in their order; each is asked in the chains of these families. */
struct stage {
	const char *hook;
	const char *families[3]; /* inet, and ip or ip6; bridge; netdev. NULL: no more */
	const char *device;      /* of ingress and egress */
};

/*
 * Walks through all stages, as far as the packet gets. What rules do to the packet (mark, conntrack, helper, translation)
 * is done to `*packet`; with `ignore_helper`, no rule gives it a helper.
 */
struct outcome walk(const struct ruleset *ruleset, const struct stage *stages, size_t count,
		    struct packet *packet, bool ignore_helper);

#endif
