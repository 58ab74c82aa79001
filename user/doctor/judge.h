/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What netfilter's rules make of the packets that tidegate admits. Nothing is looked up here: everything comes in.
 */
#ifndef TIDEGATE_JUDGE_H
#define TIDEGATE_JUDGE_H

#include "doctor/subject.h"
#include "doctor/walk.h"

/*
 * Adds a finding for each place that drops for certain what an exchange through one of the subjects needs, for
 * translation without a helper, and for each helper that nothing needs. Where it depends on what is not known
 * (addresses, rates, sets that change), the rules are taken for meant.
 */
void judge_rules(const struct ruleset *ruleset, const struct subject *subject, size_t count,
		 struct findings *findings);

/*
 * Are requests or answers dropped for certain when its bridge sends them through the rules for routed packets? That is
 * br_netfilter.
 */
bool judge_drops_bridged(const struct ruleset *ruleset, const struct subject *subject, bool ipv6);

/* Are there rules at all that such packets would meet? */
bool judge_has_routed_rules(const struct ruleset *ruleset, bool ipv6);

/* One packet of an exchange, in the order in which they come. */
enum step {
	STEP_ASK,    /* client to server's port */
	STEP_ANSWER, /* a port of its own to client: a connection that nobody knows */
	STEP_GO_ON,  /* client to that port, and so on */
};

/* What was dropped, or translated. */
struct trouble {
	const struct subject *subject;
	enum subject_role role;
	enum step step;
	bool inward; /* the request comes in through the subject */
	bool comes;  /* the packet does */
	bool ipv6;
	struct place_in_rules at;
	bool related_would_do; /* if conntrack knew what was expected, it would pass */
};

/* The finding that says it, with the way out. */
void tell_drop(const struct trouble *trouble, struct findings *findings);
void tell_translation(const struct trouble *trouble, struct findings *findings);
void tell_needless(const struct subject *subject, const struct place_in_rules *at,
		   struct findings *findings);

#endif
