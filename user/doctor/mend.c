// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The words of findings about rules, and the commands that mend them.
 */
#include "doctor/judge.h"
#include "json_read.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

/* What a rule that is to be put first accepts, in nft's terms or in those of iptables. */
struct criteria {
	const char *iif; /* NULL: any */
	const char *oif;
	uint32_t mark;
	uint32_t mark_mask; /* 0: any */
	uint16_t dport;     /* 0: any */
	const char *states; /* NULL: any; as nft has them */
};

__attribute__((format(printf, 3, 4))) static void append(char text[FINDING_TEXT], size_t *used,
							 const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_vappend(text, FINDING_TEXT, used, format, args);
	va_end(args);
}

static void say_iptables(char text[FINDING_TEXT], size_t *used, const struct chain *chain,
			 const struct criteria *criteria)
{
	append(text, used, "%s ", chain->tool);
	if (strcmp(chain->table, "filter"))
		append(text, used, "-t %s ", chain->table);
	append(text, used, "-I %s", chain->name);
	if (criteria->iif)
		append(text, used, " -i %s", criteria->iif);
	if (criteria->oif)
		append(text, used, " -o %s", criteria->oif);
	append(text, used, " -p udp");
	if (criteria->dport)
		append(text, used, " --dport %u", criteria->dport);
	if (criteria->states)
		append(text, used, " -m conntrack --ctstate %s",
		       strcmp(criteria->states, "established") ? "RELATED,ESTABLISHED"
							       : "ESTABLISHED");
	if (criteria->mark_mask)
		append(text, used, " -m mark --mark 0x%x/0x%x", criteria->mark,
		       criteria->mark_mask);
	append(text, used, " -j ACCEPT");
}

static void say_nft(char text[FINDING_TEXT], size_t *used, const struct chain *chain,
		    const struct criteria *criteria)
{
	append(text, used, "insert rule %s %s %s", chain->family, chain->table, chain->name);
	if (criteria->iif)
		append(text, used, " iifname \"%s\"", criteria->iif);
	if (criteria->oif)
		append(text, used, " oifname \"%s\"", criteria->oif);
	if (criteria->dport)
		append(text, used, " udp dport %u", criteria->dport);
	else
		append(text, used, " meta l4proto udp");
	if (criteria->states)
		append(text, used, " ct state %s", criteria->states);
	if (criteria->mark_mask)
		append(text, used, " meta mark & 0x%x == 0x%x", criteria->mark_mask,
		       criteria->mark);
	append(text, used, " accept");
}

static void say_accept(char text[FINDING_TEXT], const struct chain *chain,
		       const struct criteria *criteria)
{
	size_t used = 0;

	if (chain->tool) {
		say_iptables(text, &used, chain, criteria);
		return;
	}
	append(text, &used, "nft '");
	say_nft(text, &used, chain, criteria);
	append(text, &used, "'");
}

/* The kernel's helper for requests to this port, for those that the host sends or forwards. */
static void say_helper(char text[FINDING_TEXT], size_t *used, const struct trouble *trouble)
{
	bool own = trouble->role == SUBJECT_CLIENT ||
		   (trouble->role == SUBJECT_SERVER && !trouble->inward);
	const char *hook = own ? "output" : "prerouting";
	unsigned int port = trouble->subject->tftp_port;
	const struct chain *chain = trouble->at.base;

	if (chain && chain->tool) {
		append(text, used, "%s -t raw -I %s -p udp --dport %u -j CT --helper tftp",
		       chain->tool, own ? "OUTPUT" : "PREROUTING", port);
		return;
	}
	append(text, used,
	       "add table inet tidegate_helper; "
	       "add ct helper inet tidegate_helper tftp { type \"tftp\" protocol udp; }; "
	       "add chain inet tidegate_helper %s { type filter hook %s priority -150; }; "
	       "add rule inet tidegate_helper %s udp dport %u ct helper set \"tftp\"",
	       hook, hook, hook, port);
}

/* For zones that let unjudged UDP in: only what conntrack expects. */
static void say_expected(char text[FINDING_TEXT], const struct trouble *trouble,
			 const struct criteria *criteria)
{
	const struct chain *chain = trouble->at.base;
	size_t used = 0;

	if (!chain->tool)
		append(text, &used, "nft '");
	say_helper(text, &used, trouble);
	if (!trouble->related_would_do) {
		struct criteria known = *criteria;

		known.states = "established,related";
		append(text, &used, chain->tool ? " && " : "; ");
		if (chain->tool)
			say_iptables(text, &used, chain, &known);
		else
			say_nft(text, &used, chain, &known);
	}
	if (!chain->tool)
		append(text, &used, "'");
}

/* Is everything judged that comes in under this name? Not if it is a bridge's, and other ports are not guarded. */
static bool is_judged(const struct trouble *trouble)
{
	return trouble->comes && subject_enforces(trouble->subject) &&
	       (trouble->role == SUBJECT_BRIDGED || !*trouble->subject->master);
}

static void say_mending(char text[FINDING_TEXT], const struct trouble *trouble)
{
	const struct subject *subject = trouble->subject;
	const char *name =
		trouble->role == SUBJECT_BRIDGED ? subject->name : subject_upper(subject);
	struct criteria criteria = {
		.iif = trouble->comes ? name : NULL,
		.oif = trouble->comes ? NULL : name,
	};

	if (trouble->comes && subject->mark_mask) {
		criteria =
			(struct criteria){.mark = subject->mark, .mark_mask = subject->mark_mask};
	} else if (!is_judged(trouble)) {
		if (trouble->step == STEP_ASK)
			criteria.dport = subject->tftp_port;
		else if (trouble->step == STEP_GO_ON && trouble->role != SUBJECT_BRIDGED)
			criteria.states = "established";
		else if (trouble->role != SUBJECT_BRIDGED) { /* bridges have no conntrack to ask */
			say_expected(text, trouble, &criteria);
			return;
		}
	}
	say_accept(text, trouble->at.base, &criteria);
}

/* A mark that few others use; docs/netfilter.md has the same. */
#define MARK      0x40
#define MARK_MASK 0xf0

/* A mark for the zone, and the one rule that then lets pass whatever it admits. */
static void say_marks(char text[FINDING_TEXT], const struct trouble *trouble)
{
	const struct criteria marked = {.mark = MARK, .mark_mask = MARK_MASK};
	char rule[FINDING_TEXT];
	size_t used = 0;

	say_accept(rule, trouble->at.base, &marked);
	append(text, &used, "--mark 0x%x/0x%x for zone %s, and one rule for all that it admits: %s",
	       MARK, MARK_MASK, trouble->subject->zone, rule);
}

/* What tidegate itself could do about it. Bridges ask no conntrack, so translation does not help there. */
static void say_other_way(char text[FINDING_TEXT], const struct trouble *trouble)
{
	const struct subject *subject = trouble->subject;
	size_t used = 0;

	*text = '\0';
	if (!subject->single_port && !trouble->inward && trouble->role != SUBJECT_BRIDGED)
		append(text, &used,
		       "--single-port --hook tc for zone %s: clients then see one connection, "
		       "which "
		       "conntrack knows",
		       subject->zone);
	else if (!subject->mark_mask && trouble->comes)
		say_marks(text, trouble);
}

static void say_place(char text[FINDING_TEXT], const struct place_in_rules *at)
{
	const struct chain *chain = at->chain;
	const char *kind = json_object_get(at->rule, "handle") ? "rule" : "a rule";
	size_t used = 0;

	*text = '\0';
	if (!at->rule)
		append(text, &used, "the policy");
	else if (json_object_get(at->rule, "handle"))
		append(text, &used, "%s %lld", kind, (long long)json_number_of(at->rule, "handle"));
	else
		append(text, &used, "%s (%s)", kind, json_text_of(at->rule, "spec"));
	append(text, &used, " of chain %s in table %s %s%s%s%s", chain->name, chain->family,
	       chain->table, chain->tool ? " (" : "", chain->tool ? chain->tool : "",
	       chain->tool ? ")" : "");
}

void tell_drop(const struct trouble *trouble, struct findings *findings)
{
	static const char *const what[] = {
		[STEP_ASK] = "TFTP requests",
		[STEP_ANSWER] = "answers to TFTP requests, which come from new ports,",
		[STEP_GO_ON] = "packets of running transfers",
	};
	char command[FINDING_TEXT], place[FINDING_TEXT];
	struct finding *finding;

	say_mending(command, trouble);
	finding = finding_add(findings, FINDING_NETFILTER_DROPS, trouble->subject->name, command);
	if (!finding)
		return;
	say_place(place, &trouble->at);
	snprintf(finding->cause, sizeof(finding->cause),
		 "%s that %s %s and that tidegate admits are dropped by %.256s%s",
		 what[trouble->step], trouble->comes ? "come in through" : "leave through",
		 trouble->subject->name, place,
		 trouble->step == STEP_ANSWER && trouble->related_would_do
			 ? "; it would accept related ones, but no `ct helper` says which are"
			 : "");
	say_other_way(finding->other_way, trouble);
}

void tell_translation(const struct trouble *trouble, struct findings *findings)
{
	char command[FINDING_TEXT];
	struct finding *finding;
	size_t used = 0;

	append(command, &used, "modprobe -q nf_nat_tftp; nft '");
	say_helper(command, &used, trouble);
	append(command, &used, "'");
	finding = finding_add(findings, FINDING_HELPER_MISSING, trouble->subject->name, command);
	if (!finding)
		return;
	snprintf(finding->cause, sizeof(finding->cause),
		 "TFTP requests that %s %s get another source address, and no `ct helper` knows "
		 "the way back for answers from another port",
		 trouble->comes ? "come in through" : "leave through", trouble->subject->name);
	say_other_way(finding->other_way, trouble);
}

void tell_needless(const struct subject *subject, const struct place_in_rules *at,
		   struct findings *findings)
{
	char command[FINDING_TEXT], place[FINDING_TEXT];
	struct finding *finding;
	size_t used = 0;

	if (at->chain->tool)
		append(command, &used, "%s -t %s -D %s", at->chain->tool, at->chain->table,
		       json_text_of(at->rule, "spec"));
	else
		append(command, &used, "nft delete rule %s %s %s handle %lld", at->chain->family,
		       at->chain->table, at->chain->name,
		       (long long)json_number_of(at->rule, "handle"));
	finding = finding_add(findings, FINDING_HELPER_NEEDLESS, subject->name, command);
	if (!finding)
		return;
	finding->harm = false;
	say_place(place, at);
	snprintf(finding->cause, sizeof(finding->cause),
		 "%.256s gives TFTP requests conntrack's helper, which nothing here needs: all "
		 "answers pass without, and nobody translates addresses",
		 place);
}
