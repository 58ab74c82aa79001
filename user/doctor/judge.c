// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/judge.h"

#include <string.h>

#define STAGES_MAX 5
#define HELPED_MAX 64 /* rules that give helpers */

/*
 * Ports that clients and servers choose. Privileged ones are left out: rules for ranges leave them out, too. Servers may be told
 * to stay in a small range, clients hardly.
 */
static const struct range client_ports = {.low = 1024, .high = 65535, .grain = 4096};
static const struct range server_ports = {.low = 1024, .high = 65535, .grain = 2};

struct helped {
	struct place_in_rules at;
	const struct subject *subject; /* the first that it was seen for */
	bool needed;
};

struct judge {
	const struct ruleset *ruleset;
	struct findings *findings;
	struct helped helped[HELPED_MAX];
	size_t helped_count;
	unsigned int routed; /* subjects with these roles */
	unsigned int bridged;
};

/* One exchange: whose, which way, and in which protocol. */
struct exchange {
	const struct subject *subject;
	enum subject_role role;
	bool inward;
	bool ipv6;
	bool calls_ip;    /* SUBJECT_BRIDGED: the rules for routed packets are asked instead */
	enum sure helper; /* what came of the request */
	enum sure translated;
};

static bool comes_in(const struct exchange *exchange, enum step step)
{
	return step == STEP_ANSWER ? !exchange->inward : exchange->inward;
}

static void add_stage(struct stage *stages, size_t *count, const char *hook,
		      const struct exchange *exchange)
{
	struct stage *stage = &stages[(*count)++];

	*stage = (struct stage){.hook = hook};
	if (!strcmp(hook, "ingress") || !strcmp(hook, "egress")) {
		stage->families[0] = "netdev";
		stage->families[1] = "inet";
		stage->device = exchange->subject->name;
	} else if (exchange->role == SUBJECT_BRIDGED && !exchange->calls_ip) {
		stage->families[0] = "bridge";
	} else {
		stage->families[0] = "inet";
		stage->families[1] = exchange->ipv6 ? "ip6" : "ip";
	}
}

static size_t plan_stages(const struct exchange *exchange, bool comes,
			  struct stage stages[STAGES_MAX])
{
	bool local = exchange->role == SUBJECT_SERVER || exchange->role == SUBJECT_CLIENT;
	size_t count = 0;

	if (comes)
		add_stage(stages, &count, "ingress", exchange);
	if (comes || !local)
		add_stage(stages, &count, "prerouting", exchange);
	add_stage(stages, &count, !local ? "forward" : comes ? "input" : "output", exchange);
	if (!comes || !local)
		add_stage(stages, &count, "postrouting", exchange);
	if (!comes)
		add_stage(stages, &count, "egress", exchange);
	return count;
}

static unsigned int states_of(const struct exchange *exchange, enum step step)
{
	if (step == STEP_ASK)
		return STATE_NEW;
	/* What comes back is one connection with the request, where tidegate makes it so. */
	if (step == STEP_GO_ON || (exchange->subject->single_port && !exchange->inward))
		return STATE_ESTABLISHED;
	switch (exchange->helper) {
	case SURE_YES:
		return STATE_RELATED;
	case SURE_MAYBE:
		return STATE_RELATED | STATE_NEW;
	case SURE_NO:
		break;
	}
	return STATE_NEW;
}

static struct packet make_packet(const struct exchange *exchange, enum step step)
{
	const struct subject *subject = exchange->subject;
	bool local = exchange->role == SUBJECT_SERVER || exchange->role == SUBJECT_CLIENT;
	bool comes = comes_in(exchange, step);
	const char *self =
		exchange->role == SUBJECT_BRIDGED ? subject->name : subject_upper(subject);
	struct range service = {.low = subject->tftp_port, .high = subject->tftp_port};
	struct range server = step == STEP_ASK || (subject->single_port && !exchange->inward)
				      ? service
				      : server_ports;
	struct packet packet = {
		.ipv6 = exchange->ipv6,
		.self = self,
		.iif = comes   ? self
		       : local ? ""
			       : NULL,
		.oif = !comes  ? self
		       : local ? ""
			       : NULL,
		.to_host = comes && local,
		.sport = step == STEP_ANSWER ? server : client_ports,
		.dport = step == STEP_ANSWER ? client_ports : server,
		.states = states_of(exchange, step),
		.mark = comes ? subject->mark : 0,
		.mark_known = UINT32_MAX,
		.helper = exchange->helper,
		.answers = step != STEP_ASK,
	};

	if (exchange->calls_ip)
		packet.self = packet.iif = packet.oif = subject->master;
	return packet;
}

static struct outcome pass(const struct judge *judge, struct exchange *exchange, enum step step,
			   bool ignore_helper)
{
	struct packet packet = make_packet(exchange, step);
	struct stage stages[STAGES_MAX];
	size_t count = plan_stages(exchange, comes_in(exchange, step), stages);
	struct outcome outcome = walk(judge->ruleset, stages, count, &packet, ignore_helper);

	if (step == STEP_ASK) {
		exchange->helper = packet.helper;
		exchange->translated = packet.translated;
	}
	return outcome;
}

static struct trouble make_trouble(const struct judge *judge, const struct exchange *exchange,
				   enum step step, const struct outcome *outcome)
{
	struct exchange expected = *exchange;
	struct trouble trouble = {
		.subject = exchange->subject,
		.role = exchange->role,
		.step = step,
		.inward = exchange->inward,
		.comes = comes_in(exchange, step),
		.ipv6 = exchange->ipv6,
		.at = outcome->dropped_at,
	};

	expected.helper = SURE_YES;
	trouble.related_would_do =
		step == STEP_ANSWER && pass(judge, &expected, step, false).passes;
	return trouble;
}

/* Would the answers find their way without the helper, certainly? */
static bool does_without(const struct judge *judge, const struct exchange *with)
{
	struct exchange exchange = *with;

	exchange.helper = SURE_NO;
	pass(judge, &exchange, STEP_ASK, true);
	if (exchange.translated != SURE_NO && !exchange.subject->single_port)
		return false;
	for (enum step step = STEP_ANSWER; step <= STEP_GO_ON; step++)
		if (pass(judge, &exchange, step, true).drops)
			return false;
	return true;
}

static void note_helper(struct judge *judge, const struct exchange *exchange,
			const struct place_in_rules *at)
{
	struct helped *helped = judge->helped;
	size_t i = 0;

	if (!at->base)
		return;
	while (i < judge->helped_count && helped[i].at.rule != at->rule)
		i++;
	if (i == HELPED_MAX)
		return;
	if (i == judge->helped_count)
		helped[judge->helped_count++] =
			(struct helped){.at = *at, .subject = exchange->subject};
	helped[i].needed |= !does_without(judge, exchange);
}

/*
 * Is a request translated on its way out, so that no answer from another port finds back? Where it comes in, whether a rule
 * for some other interface fits is not known.
 */
static bool is_lost(const struct exchange *exchange)
{
	if (exchange->helper != SURE_NO || exchange->subject->single_port)
		return false;
	return exchange->translated == SURE_YES ||
	       (exchange->translated == SURE_MAYBE && !exchange->inward &&
		exchange->role == SUBJECT_ROUTED);
}

/* Both ends of what is forwarded may be guarded: what comes in at the other one is told there. */
static bool told_elsewhere(const struct judge *judge, const struct exchange *exchange,
			   enum step step)
{
	if (comes_in(exchange, step))
		return false;
	return (exchange->role == SUBJECT_ROUTED && judge->routed > 1) ||
	       (exchange->role == SUBJECT_BRIDGED && judge->bridged > 1);
}

static void judge_step(const struct judge *judge, struct exchange *exchange, enum step step)
{
	struct outcome outcome = pass(judge, exchange, step, false);
	struct trouble trouble;

	if (outcome.passes || told_elsewhere(judge, exchange, step))
		return;
	trouble = make_trouble(judge, exchange, step, &outcome);
	tell_drop(&trouble, judge->findings);
}

/* An exchange whose request passes. */
static void judge_answers(struct judge *judge, struct exchange *exchange,
			  const struct outcome *asked)
{
	note_helper(judge, exchange, &asked->helped_at);
	if (is_lost(exchange)) {
		struct trouble trouble = make_trouble(judge, exchange, STEP_ASK, asked);

		tell_translation(&trouble, judge->findings);
		return;
	}
	judge_step(judge, exchange, STEP_ANSWER);
	judge_step(judge, exchange, STEP_GO_ON);
}

static bool admits(const struct subject *subject, enum subject_role role, bool inward)
{
	if (role == SUBJECT_SERVER && !inward)
		return false;
	if (role == SUBJECT_CLIENT && inward)
		return false;
	return subject->flags & (inward ? TG_ZONE_REQUESTS_IN : TG_ZONE_REQUESTS_OUT);
}

/*
 * Zones admit requests both ways unless they are told not to, and rules may well let only one way through. So a request that is dropped is worth a
 * word only where none passes.
 */
static void judge_role(struct judge *judge, const struct subject *subject, enum subject_role role,
		       bool ipv6)
{
	struct exchange exchange[2] = {0};
	struct outcome asked[2] = {0};
	bool any = false;

	for (int inward = 0; inward < 2; inward++) {
		exchange[inward] = (struct exchange){
			.subject = subject, .role = role, .inward = inward, .ipv6 = ipv6};
		if (!admits(subject, role, inward))
			continue;
		asked[inward] = pass(judge, &exchange[inward], STEP_ASK, false);
		any |= asked[inward].passes;
	}
	for (int inward = 0; inward < 2; inward++) {
		if (!admits(subject, role, inward))
			continue;
		if (asked[inward].passes)
			judge_answers(judge, &exchange[inward], &asked[inward]);
		else if (!any && !(role == SUBJECT_ROUTED && subject->bridge_port))
			judge_step(judge, &exchange[inward], STEP_ASK);
	}
}

static void judge_subject(struct judge *judge, const struct subject *subject)
{
	static const enum subject_role roles[] = {SUBJECT_SERVER, SUBJECT_CLIENT, SUBJECT_ROUTED,
						  SUBJECT_BRIDGED};

	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++) {
		unsigned int families = roles[i] == SUBJECT_ROUTED ? subject->routed_families
								   : subject->local_families;

		if (roles[i] == SUBJECT_BRIDGED)
			families = SUBJECT_IPV4 | SUBJECT_IPV6;
		if (!(subject->roles & roles[i]))
			continue;
		if (families & SUBJECT_IPV4)
			judge_role(judge, subject, roles[i], false);
		if (families & SUBJECT_IPV6)
			judge_role(judge, subject, roles[i], true);
	}
}

bool judge_drops_bridged(const struct ruleset *ruleset, const struct subject *subject, bool ipv6)
{
	const struct judge judge = {.ruleset = ruleset};

	for (int inward = 0; inward < 2; inward++) {
		struct exchange exchange = {.subject = subject,
					    .role = SUBJECT_BRIDGED,
					    .inward = inward,
					    .ipv6 = ipv6,
					    .calls_ip = true};

		if (!admits(subject, SUBJECT_BRIDGED, inward))
			continue;
		for (enum step step = STEP_ASK; step <= STEP_GO_ON; step++)
			if (!pass(&judge, &exchange, step, false).passes)
				return true;
	}
	return false;
}

bool judge_has_routed_rules(const struct ruleset *ruleset, bool ipv6)
{
	static const char *const hooks[] = {"prerouting", "forward", "postrouting"};

	for (size_t i = 0; i < ruleset->chains; i++) {
		const struct chain *chain = &ruleset->chain[i];

		if (!chain->hook ||
		    (strcmp(chain->family, "inet") && strcmp(chain->family, ipv6 ? "ip6" : "ip")))
			continue;
		for (size_t j = 0; j < sizeof(hooks) / sizeof(*hooks); j++)
			if (!strcmp(chain->hook, hooks[j]) && (chain->rules || chain->policy_drops))
				return true;
	}
	return false;
}

void judge_rules(const struct ruleset *ruleset, const struct subject *subject, size_t count,
		 struct findings *findings)
{
	struct judge judge = {.ruleset = ruleset, .findings = findings};

	for (size_t i = 0; i < count; i++) {
		judge.routed += !!(subject[i].roles & SUBJECT_ROUTED);
		judge.bridged += !!(subject[i].roles & SUBJECT_BRIDGED);
	}
	for (size_t i = 0; i < count; i++)
		judge_subject(&judge, &subject[i]);
	for (size_t i = 0; i < judge.helped_count; i++)
		if (!judge.helped[i].needed)
			tell_needless(judge.helped[i].subject, &judge.helped[i].at, findings);
}
