// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/walk.h"

#include "json_read.h"

#include <string.h>

#define JUMPS_MAX 16 /* as in the kernel */

struct walker {
	const struct ruleset *ruleset;
	const struct chain *base;
	struct packet *packet;
	struct outcome *outcome;
	bool ignore_helper;
	int depth;
};

/* What may become of a packet in a chain, besides what is in the outcome. */
enum after {
	AFTER_NOTHING = 0,     /* it is decided in every case */
	AFTER_RETURN = 1 << 0, /* it may come back to whoever jumped here */
};

static unsigned int walk_chain(struct walker *walker, const struct chain *chain, enum sure sure);

/* What drops for certain is told rather than what might. */
static void note_drop(struct walker *walker, const struct chain *chain, const json_t *rule,
		      enum sure sure)
{
	struct place_in_rules *at = &walker->outcome->dropped_at;

	walker->outcome->drops = true;
	if (at->base != walker->base || sure == SURE_YES)
		*at = (struct place_in_rules){walker->base, chain, rule};
}

/* A rule's state while its statements are read. */
struct reading {
	const struct chain *chain;
	const json_t *rule;
	enum sure sure; /* that the packet gets as far as the statement at hand */
	bool ends;      /* the packet does not get to the next rule if `sure` is SURE_YES */
	bool returns;   /* and may get back to the caller */
};

static void less_sure(struct reading *reading, enum sure sure)
{
	if (sure < reading->sure)
		reading->sure = sure;
}

/* goto: what comes back goes to the caller of this chain. */
static void follow(struct walker *walker, struct reading *reading, const char *target, bool jump)
{
	const struct chain *chain = ruleset_chain(walker->ruleset, reading->chain, target);
	unsigned int after = AFTER_RETURN;

	if (chain && walker->depth < JUMPS_MAX) {
		walker->depth++;
		after = walk_chain(walker, chain, reading->sure);
		walker->depth--;
	}
	if (!(after & AFTER_RETURN)) {
		reading->ends = true;
	} else if (!jump) {
		reading->ends = true;
		reading->returns = true;
	}
}

/* True if `verdict` is one. */
static bool take_verdict(struct walker *walker, struct reading *reading, const json_t *verdict)
{
	const json_t *inner;

	if (json_object_get(verdict, "accept")) {
		walker->outcome->passes = true;
		reading->ends = true;
	} else if (json_object_get(verdict, "drop") || json_object_get(verdict, "reject")) {
		note_drop(walker, reading->chain, reading->rule, reading->sure);
		reading->ends = true;
	} else if (json_object_get(verdict, "queue") || json_object_get(verdict, "tproxy") ||
		   json_object_get(verdict, "fwd")) {
		/* Somebody else decides. */
		walker->outcome->passes = walker->outcome->drops = true;
		reading->ends = true;
	} else if ((inner = json_object_get(verdict, "jump"))) {
		follow(walker, reading, json_text_of(inner, "target"), true);
	} else if ((inner = json_object_get(verdict, "goto"))) {
		follow(walker, reading, json_text_of(inner, "target"), false);
	} else if (json_object_get(verdict, "return")) {
		reading->ends = reading->returns = true;
	} else {
		return json_object_get(verdict, "continue");
	}
	return true;
}

/* [[KEY, VERDICT], …]; one pair may fit, or several may. */
static void take_vmap(struct walker *walker, struct reading *reading, const json_t *vmap)
{
	const json_t *left = json_object_get(vmap, "key"), *data = json_object_get(vmap, "data");
	const struct ruleset *ruleset = walker->ruleset;
	enum sure reached = reading->sure;
	const json_t *pair;
	bool decided = false;
	size_t i;

	if (json_string_value(data))
		data = json_object_get(
			ruleset_object(ruleset, reading->chain, "map", json_string_value(data) + 1),
			"elem");
	else
		data = json_object_get(data, "set");
	json_array_foreach(data, i, pair)
	{
		struct reading one = *reading;

		less_sure(&one, match_element(ruleset, reading->chain, left,
					      json_array_get(pair, 0), walker->packet));
		if (one.sure == SURE_NO)
			continue;
		take_verdict(walker, &one, json_array_get(pair, 1));
		reading->returns |= one.returns;
		decided |= one.ends && one.sure == reached;
	}
	reading->ends = decided;
}

/* {"ct helper": NAME}, or a map of names, of which one may be it. */
static void take_helper(struct walker *walker, const struct reading *reading, const json_t *name)
{
	const json_t *object = NULL;
	enum sure sure = SURE_MAYBE;

	if (walker->ignore_helper)
		return;
	if (json_string_value(name)) {
		object = ruleset_object(walker->ruleset, reading->chain, "ct helper",
					json_string_value(name));
		sure = reading->sure;
		if (!json_says(object, "type", "tftp"))
			return;
	}
	if (sure > walker->packet->helper)
		walker->packet->helper = sure;
	if (!walker->outcome->helped_at.base)
		walker->outcome->helped_at =
			(struct place_in_rules){walker->base, reading->chain, reading->rule};
}

static void take_mark(struct packet *packet, const json_t *value, enum sure sure)
{
	if (sure == SURE_YES && json_is_integer(value)) {
		packet->mark = (uint32_t)json_integer_value(value);
		packet->mark_known = UINT32_MAX;
	} else {
		packet->mark_known = 0;
	}
}

/* What a statement does to the packet; true if it is such a one. */
static bool take_effect(struct walker *walker, struct reading *reading, const json_t *statement)
{
	struct packet *packet = walker->packet;
	const json_t *inner;

	if (json_object_get(statement, "notrack")) {
		packet->states = STATE_UNTRACKED | (reading->sure == SURE_YES ? 0 : packet->states);
	} else if ((inner = json_object_get(statement, "ct helper"))) {
		take_helper(walker, reading, inner);
	} else if ((inner = json_object_get(statement, "mangle"))) {
		if (json_says(json_object_get(json_object_get(inner, "key"), "meta"), "key",
			      "mark"))
			take_mark(packet, json_object_get(inner, "value"), reading->sure);
	} else if (json_object_get(statement, "masquerade") || json_object_get(statement, "snat")) {
		if (reading->sure > packet->translated)
			packet->translated = reading->sure;
		walker->outcome->passes = true;
		reading->ends = true;
	} else if (json_object_get(statement, "dnat") || json_object_get(statement, "redirect")) {
		walker->outcome->passes = true;
		reading->ends = true;
	} else {
		return false;
	}
	return true;
}

/* Statements that may stop a rule, for reasons that nobody knows beforehand. */
static bool is_moody(const json_t *statement)
{
	static const char *const keys[] = {"limit", "quota", "ct count"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (json_object_get(statement, keys[i]))
			return true;
	return false;
}

static void take_statement(struct walker *walker, struct reading *reading, const json_t *statement)
{
	const json_t *inner;

	if ((inner = json_object_get(statement, "match"))) {
		less_sure(reading,
			  match_packet(walker->ruleset, reading->chain, inner, walker->packet));
	} else if ((inner = json_object_get(statement, "vmap"))) {
		take_vmap(walker, reading, inner);
	} else if (is_moody(statement)) {
		less_sure(reading, SURE_MAYBE);
	} else if ((inner = json_object_get(statement, "xt"))) {
		/* A match, or a target, that only iptables can read. */
		less_sure(reading, SURE_MAYBE);
		if (json_says(inner, "type", "target"))
			walker->outcome->passes = walker->outcome->drops = true;
	} else if (!take_effect(walker, reading, statement)) {
		take_verdict(walker, reading, statement);
	}
}

static unsigned int walk_chain(struct walker *walker, const struct chain *chain, enum sure sure)
{
	unsigned int after = AFTER_NOTHING;

	for (size_t i = 0; i < chain->rules; i++) {
		struct reading reading = {.chain = chain, .rule = chain->rule[i], .sure = sure};
		const json_t *statement;
		size_t j;

		json_array_foreach(json_object_get(chain->rule[i], "expr"), j, statement)
		{
			take_statement(walker, &reading, statement);
			if (reading.sure == SURE_NO || reading.ends)
				break;
		}
		if (reading.sure == SURE_NO)
			continue;
		if (reading.returns)
			after |= AFTER_RETURN;
		if (reading.ends && reading.sure == sure)
			return after; /* every packet that came here is decided */
	}
	return after | AFTER_RETURN;
}

static bool has_device(const struct chain *chain, const char *device)
{
	const json_t *one;
	size_t i;

	if (json_string_value(chain->device))
		return !strcmp(json_string_value(chain->device), device);
	json_array_foreach(chain->device, i,
			   one) if (json_string_value(one) &&
				    !strcmp(json_string_value(one), device)) return true;
	return false;
}

static bool is_met(const struct chain *chain, const struct stage *stage,
		   const struct packet *packet)
{
	bool family = false;

	if (!chain->hook || strcmp(chain->hook, stage->hook))
		return false;
	for (size_t i = 0; i < 3 && stage->families[i]; i++)
		family |= !strcmp(chain->family, stage->families[i]);
	if (!family || (stage->device && !has_device(chain, stage->device)))
		return false;
	/* Translation is decided once for each connection. */
	return strcmp(chain->type, "nat") || packet->states & (STATE_NEW | STATE_RELATED);
}

static void walk_base(struct walker *walker)
{
	unsigned int after;

	walker->outcome->passes = false;
	after = walk_chain(walker, walker->base, SURE_YES);
	if (after & AFTER_RETURN) {
		if (walker->base->policy_drops)
			note_drop(walker, walker->base, NULL, SURE_YES);
		else
			walker->outcome->passes = true;
	}
}

struct outcome walk(const struct ruleset *ruleset, const struct stage *stages, size_t count,
		    struct packet *packet, bool ignore_helper)
{
	struct outcome outcome = {.passes = true};
	struct walker walker = {.ruleset = ruleset,
				.packet = packet,
				.outcome = &outcome,
				.ignore_helper = ignore_helper};

	for (size_t s = 0; s < count; s++) {
		for (size_t i = 0; i < ruleset->chains && outcome.passes; i++) {
			if (!is_met(&ruleset->chain[i], &stages[s], packet))
				continue;
			walker.base = &ruleset->chain[i];
			walk_base(&walker);
		}
	}
	return outcome;
}
