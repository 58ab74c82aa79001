/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which rule of the zone decides about a request (tidegate.conf(5)): the first that fits. Each property of a request
 * has a set of rules that take it; what all of those sets have in common fits. So the cost hardly depends on the
 * number of rules.
 */
#ifndef TIDEGATE_RULES_H
#define TIDEGATE_RULES_H

#include "core/store.h"

#define RULES_NONE TG_RULES_MAX

/* The properties of a request, as sets of rules. */
enum rules_property {
	RULES_NAME,
	RULES_KIND, /* operation and mode */
	RULES_CLIENT,
	RULES_SERVER,
	RULES_VLAN,
	RULES_PROPERTIES,
};
struct rules_fitting {
	u32 set[RULES_PROPERTIES]; /* numbers in `rule_sets` */
};

CORE u32 rules_address(const struct tg_addr *address, u32 bank, enum tg_prefix_side side)
{
	struct tg_prefix_key key = {.prefix_len = TG_PREFIX_LEN_MAX, .bank = bank, .side = side};

	__builtin_memcpy(key.address, address->bytes, sizeof(key.address));
	return prefix_find(&key);
}

CORE u32 rules_kind(const struct tg_policy *policy, u8 operation, u8 mode)
{
	u32 o = operation - TG_READ, m = mode - TG_OCTET;

	return o < 2 && m < 3 ? policy->kind_set[o][m] : 0;
}

CORE u32 rules_vlan(const struct tg_policy *policy, const struct packet *p)
{
	struct tg_vlan_key key = {.bank = p->bank, .vlan = p->vlan_outer};
	const u32 *set = vlan_set_find(&key);

	return set ? *set : policy->any_vlan_set;
}

/*
 * Number of the lowest bit that is set, if there is one: so many are below it. Counted, since each branch would have the
 * verifier follow two ways.
 */
CORE u32 lowest_bit(u64 bits)
{
	return __builtin_popcountll((bits & -bits) - 1);
}

/*
 * The first of the zone's rules that all sets have, or RULES_NONE. Where the zone's rules end is looked at behind the loop,
 * and where they begin is a mask: what is asked in each round multiplies for the verifier.
 */
CORE_SLOW u32 rules_first(u32 bank, const struct tg_zone *zone, const struct rules_fitting *fitting)
{
	const struct tg_rule_set *set[RULES_PROPERTIES];
	u32 word, at, found = RULES_NONE;
	u64 bits, mask;

	if (!zone || !fitting)
		return RULES_NONE;
	for (u32 i = 0; i < RULES_PROPERTIES; i++) {
		set[i] = rule_set_find(bank, fitting->set[i]);
		if (!set[i])
			return RULES_NONE;
	}
	word = zone->rule_first / 64;
	mask = ~0ULL << (zone->rule_first % 64);
	for (u32 i = 0; i < TG_RULE_WORDS; i++, word++) {
		if (word * 64 >= zone->rule_end)
			break;
		at = opaque(word) & (TG_RULE_WORDS - 1);
		bits = set[RULES_NAME]->word[at] & set[RULES_KIND]->word[at] &
		       set[RULES_CLIENT]->word[at] & set[RULES_SERVER]->word[at] &
		       set[RULES_VLAN]->word[at] & mask;
		if (bits) {
			found = word * 64 + lowest_bit(bits);
			break;
		}
		mask = ~0ULL;
	}
	return found < zone->rule_end ? found : RULES_NONE;
}

/* Does the rule, which allows, take what the request asks for? TG_REQUEST, or why not. */
CORE enum tg_reason rules_limits(const struct tg_rule *rule, const struct tftp_text *text,
				 u8 operation)
{
	u8 asked = text->options & ~text->malformed;

	if (rule->blksize_max && (asked & TG_OPT_BLKSIZE) && text->blksize > rule->blksize_max)
		return TG_RULE_BLKSIZE;
	if (rule->windowsize_max && (asked & TG_OPT_WINDOWSIZE) &&
	    text->windowsize > rule->windowsize_max)
		return TG_RULE_WINDOWSIZE;
	if (rule->size_max && operation == TG_WRITE && (asked & TG_OPT_TSIZE) &&
	    text->tsize > rule->size_max)
		return TG_RULE_SIZE;
	return TG_REQUEST;
}

/* The rule that decided about the request at hand, or NULL. */
CORE const struct tg_rule *rules_deciding(const struct packet *p,
					  const struct core_scratch *scratch)
{
	return scratch->rule < RULES_NONE ? rule_find(p->bank, scratch->rule) : NULL;
}

/*
 * Judges the request in scratch->text, whose name leads to `name_set`. The rule that decides is scratch->rule
 * (RULES_NONE: the zone's default). TG_REQUEST, or a reason to drop.
 */
CORE enum tg_reason rules_judge(const struct packet *p, const struct tg_zone *zone,
				struct core_scratch *scratch, const struct tg_policy *policy,
				u32 name_set)
{
	const struct tftp_text *text = &scratch->text;
	struct rules_fitting fitting;
	const struct tg_rule *rule;

	scratch->rule = RULES_NONE;
	if (zone->rule_first < zone->rule_end) {
		fitting.set[RULES_NAME] = name_set;
		fitting.set[RULES_KIND] = rules_kind(policy, p->opcode, text->mode);
		fitting.set[RULES_CLIENT] = rules_address(&p->source, p->bank, TG_SIDE_CLIENT);
		fitting.set[RULES_SERVER] = rules_address(&p->destination, p->bank, TG_SIDE_SERVER);
		fitting.set[RULES_VLAN] = rules_vlan(policy, p);
		scratch->rule = rules_first(p->bank, zone, &fitting);
	}
	if (scratch->rule >= RULES_NONE)
		return zone->flags & TG_ZONE_DEFAULT_DENY ? TG_NO_RULE : TG_REQUEST;
	rule_counter_add(p->bank, scratch->rule, p->ip_bytes);
	rule = rule_find(p->bank, scratch->rule);
	if (!rule)
		return TG_STATE_FULL;
	return rule->action == TG_ALLOW ? rules_limits(rule, text, p->opcode) : TG_RULE_DENIED;
}

#endif
