// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/match.h"

#include "json_read.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What an expression reads from the packet. */
struct value {
	enum {
		VALUE_UNKNOWN,
		VALUE_ABSENT, /* the packet has no such thing, so nothing can be said of it */
		VALUE_NUMBER,
		VALUE_NAME,
		VALUE_OTHER_NAME, /* any but this one */
		VALUE_STATES,
		VALUE_MARK,
		VALUE_ADDRESS, /* of one host; which one is not known */
	} kind;
	struct range number;
	const char *name;
	long long
		also; /* the same as a number: of protocols, where the host has no names for them */
	unsigned int states;
	uint32_t bits; /* of a mark */
	uint32_t known;
	uint32_t mask; /* of these the rule speaks */
};

static enum sure opposite(enum sure sure)
{
	return (enum sure)(SURE_YES - sure);
}

static enum sure least(enum sure a, enum sure b)
{
	return a < b ? a : b;
}

static enum sure most(enum sure a, enum sure b)
{
	return a > b ? a : b;
}

/* ---- what the packet has --------------------------------------------------------------------------------------- */

static struct value named(const char *name, long long also)
{
	return (struct value){.kind = VALUE_NAME, .name = name, .also = also};
}

static struct value interface_value(const char *name, const struct packet *packet)
{
	if (!name)
		return (struct value){.kind = VALUE_OTHER_NAME, .name = packet->self, .also = -1};
	if (!*name)
		return (struct value){.kind = VALUE_ABSENT};
	return named(name, -1);
}

static struct value meta_value(const char *key, const struct packet *packet)
{
	if (!strcmp(key, "iifname") || !strcmp(key, "iif"))
		return interface_value(packet->iif, packet);
	if (!strcmp(key, "oifname") || !strcmp(key, "oif"))
		return interface_value(packet->oif, packet);
	if (!strcmp(key, "iiftype") && packet->iif)
		return named(strcmp(packet->iif, "lo") ? "ether" : "loopback", -1);
	if (!strcmp(key, "l4proto"))
		return named("udp", IPPROTO_UDP);
	if (!strcmp(key, "nfproto"))
		return named(packet->ipv6 ? "ipv6" : "ipv4", -1);
	if (!strcmp(key, "protocol"))
		return named(packet->ipv6 ? "ip6" : "ip", -1);
	if (!strcmp(key, "pkttype") && packet->iif && *packet->iif)
		return named("host", -1);
	if (!strcmp(key, "mark"))
		return (struct value){.kind = VALUE_MARK,
				      .bits = packet->mark,
				      .known = packet->mark_known,
				      .mask = UINT32_MAX};
	return (struct value){.kind = VALUE_UNKNOWN};
}

static bool is_on_loopback(const struct packet *packet)
{
	return !strcmp(packet->self, "lo");
}

static struct value payload_value(const char *protocol, const char *field,
				  const struct packet *packet)
{
	bool udp = !strcmp(protocol, "udp") || !strcmp(protocol, "th");

	if (udp && !strcmp(field, "sport"))
		return (struct value){.kind = VALUE_NUMBER, .number = packet->sport};
	if (udp && !strcmp(field, "dport"))
		return (struct value){.kind = VALUE_NUMBER, .number = packet->dport};
	if (!strcmp(protocol, "ip") && packet->ipv6)
		return (struct value){.kind = VALUE_ABSENT};
	if (!strcmp(protocol, "ip6") && !packet->ipv6)
		return (struct value){.kind = VALUE_ABSENT};
	if (!strcmp(field, "saddr") || !strcmp(field, "daddr"))
		return (struct value){.kind = strncmp(protocol, "ip", 2) ? VALUE_UNKNOWN
									 : VALUE_ADDRESS,
				      .also = is_on_loopback(packet)};
	if (!strcmp(field, "protocol") || !strcmp(field, "nexthdr"))
		return named("udp", IPPROTO_UDP);
	if (!strcmp(protocol, "ether") && !strcmp(field, "type"))
		return named(packet->ipv6 ? "ip6" : "ip", -1);
	if (udp || !strncmp(protocol, "ip", 2) || !strcmp(protocol, "ether") ||
	    !strcmp(protocol, "vlan"))
		return (struct value){.kind = VALUE_UNKNOWN};
	return (struct value){.kind = VALUE_ABSENT}; /* of TCP, ICMP, ARP … */
}

static struct value ct_value(const struct ruleset *ruleset, const char *key,
			     const struct packet *packet)
{
	if (!strcmp(key, "state"))
		return (struct value){.kind = VALUE_STATES, .states = packet->states};
	/* It is that of the connection which expected this one. */
	if (!strcmp(key, "helper") && (!packet->answers || packet->helper == SURE_NO))
		return (struct value){.kind = VALUE_ABSENT};
	if (!strcmp(key, "helper") && packet->helper == SURE_YES)
		return named("tftp", -1);
	if (!strcmp(key, "status") && !ruleset->translates_destinations)
		return (struct value){.kind = VALUE_OTHER_NAME, .name = "dnat", .also = -1};
	return (struct value){.kind = VALUE_UNKNOWN};
}

static struct value fib_value(const json_t *fib, const struct packet *packet)
{
	const json_t *flag;
	bool source = false;
	size_t i;

	json_array_foreach(json_object_get(fib, "flags"), i, flag) source |=
		!strcmp(json_string_value(flag) ? json_string_value(flag) : "", "saddr");
	if (source || !json_says(fib, "result", "type"))
		return (struct value){.kind = VALUE_UNKNOWN};
	return named(packet->to_host ? "local" : "unicast", -1);
}

/* {"&": [{"meta": {"key": "mark"}}, MASK]} */
static struct value masked_value(const json_t *operands, const struct packet *packet)
{
	const json_t *meta = json_object_get(json_array_get(operands, 0), "meta");
	const json_t *mask = json_array_get(operands, 1);
	struct value value = {.kind = VALUE_UNKNOWN};

	if (!json_says(meta, "key", "mark") || !json_is_integer(mask))
		return value;
	value = meta_value("mark", packet);
	value.mask = (uint32_t)json_integer_value(mask);
	return value;
}

static struct value read_value(const struct ruleset *ruleset, const json_t *left,
			       const struct packet *packet)
{
	const json_t *inner;

	if ((inner = json_object_get(left, "meta")))
		return meta_value(json_text_of(inner, "key"), packet);
	if ((inner = json_object_get(left, "payload")) && json_object_get(inner, "protocol"))
		return payload_value(json_text_of(inner, "protocol"), json_text_of(inner, "field"),
				     packet);
	if ((inner = json_object_get(left, "ct")) && !json_object_get(inner, "dir"))
		return ct_value(ruleset, json_text_of(inner, "key"), packet);
	if ((inner = json_object_get(left, "fib")))
		return fib_value(inner, packet);
	if ((inner = json_object_get(left, "&")))
		return masked_value(inner, packet);
	if (json_object_get(left, "tcp option"))
		return (struct value){.kind = VALUE_ABSENT};
	return (struct value){.kind = VALUE_UNKNOWN};
}

/* ---- what the rule says ---------------------------------------------------------------------------------------- */

static unsigned int state_of(const char *name)
{
	static const struct {
		const char *name;
		unsigned int state;
	} states[] = {
		{"invalid", STATE_INVALID},     {"established", STATE_ESTABLISHED},
		{"related", STATE_RELATED},     {"new", STATE_NEW},
		{"untracked", STATE_UNTRACKED},
	};

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (!strcmp(states[i].name, name))
			return states[i].state;
	return 0;
}

static enum sure range_within(struct range value, struct range wanted)
{
	if (value.high < wanted.low || value.low > wanted.high ||
	    wanted.high - wanted.low + 1 < value.grain)
		return SURE_NO;
	return value.low >= wanted.low && value.high <= wanted.high ? SURE_YES : SURE_MAYBE;
}

/* Names of interfaces may end in a star. */
static bool name_fits(const char *name, const char *wanted)
{
	size_t len = strlen(wanted);

	if (len && wanted[len - 1] == '*')
		return !strncmp(name, wanted, len - 1);
	return !strcmp(name, wanted);
}

static enum sure is_name(const struct value *value, const json_t *element)
{
	const char *wanted = json_string_value(element);

	if (json_is_integer(element))
		return value->also < 0                              ? SURE_MAYBE
		       : value->also == json_integer_value(element) ? SURE_YES
								    : SURE_NO;
	if (!wanted)
		return SURE_MAYBE;
	if (value->kind == VALUE_NAME)
		return name_fits(value->name, wanted) ? SURE_YES : SURE_NO;
	/* What is forwarded has nothing to do with loopback. */
	return strcmp(value->name, wanted) && strcmp(wanted, "lo") ? SURE_MAYBE : SURE_NO;
}

static enum sure is_number(const struct value *value, const json_t *element)
{
	const json_t *range = json_object_get(element, "range");
	const json_t *low = range ? json_array_get(range, 0) : element;
	const json_t *high = range ? json_array_get(range, 1) : element;

	if (!json_is_integer(low) || !json_is_integer(high))
		return SURE_MAYBE;
	return range_within(value->number, (struct range){.low = json_integer_value(low),
							  .high = json_integer_value(high)});
}

static enum sure is_state(const struct value *value, const json_t *element)
{
	unsigned int wanted =
		state_of(json_string_value(element) ? json_string_value(element) : "");

	if (!wanted)
		return SURE_MAYBE;
	if (!(value->states & wanted))
		return SURE_NO;
	return value->states & ~wanted ? SURE_MAYBE : SURE_YES;
}

static enum sure is_mark(const struct value *value, const json_t *element)
{
	uint32_t wanted = (uint32_t)json_integer_value(element);

	if (!json_is_integer(element))
		return SURE_MAYBE;
	if (wanted & ~value->mask || (value->bits ^ wanted) & value->known & value->mask)
		return SURE_NO;
	return value->mask & ~value->known ? SURE_MAYBE : SURE_YES;
}

/* Addresses that are no single host's, or that no other host has. */
static bool is_nobodys(const char *address, bool loopback)
{
	bool ipv6 = strchr(address, ':');
	int first = ipv6 ? 0 : atoi(address);

	if (ipv6)
		return !strncasecmp(address, "ff", 2) || (!strcmp(address, "::1") && !loopback) ||
		       !strcmp(address, "::");
	return first >= 224 || !strcmp(address, "0.0.0.0") || (first == 127 && !loopback);
}

static enum sure is_address(const struct value *value, const json_t *element)
{
	const json_t *prefix = json_object_get(element, "prefix");
	const char *text = json_string_value(element);

	if (prefix && !json_integer_value(json_object_get(prefix, "len")))
		return SURE_YES;
	if (prefix)
		text = json_string_value(json_object_get(prefix, "addr"));
	return text && is_nobodys(text, value->also) ? SURE_NO : SURE_MAYBE;
}

static enum sure is_scalar(const struct value *value, const json_t *element)
{
	switch (value->kind) {
	case VALUE_ABSENT:
		return SURE_NO;
	case VALUE_NUMBER:
		return is_number(value, element);
	case VALUE_NAME:
	case VALUE_OTHER_NAME:
		return is_name(value, element);
	case VALUE_STATES:
		return is_state(value, element);
	case VALUE_MARK:
		return is_mark(value, element);
	case VALUE_ADDRESS:
		return is_address(value, element);
	case VALUE_UNKNOWN:
		break;
	}
	return SURE_MAYBE;
}

/* States of which each alone is less than certain may be certain together. */
static enum sure is_one_of_states(const struct value *value, const json_t *list)
{
	unsigned int wanted = 0;
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one) wanted |=
		state_of(json_string_value(one) ? json_string_value(one) : "");
	if (!(value->states & wanted))
		return SURE_NO;
	return value->states & ~wanted ? SURE_MAYBE : SURE_YES;
}

static enum sure is_one_of(const struct ruleset *ruleset, const struct chain *chain,
			   const json_t *left, const json_t *list, const struct packet *packet)
{
	struct value value = read_value(ruleset, left, packet);
	enum sure sure = SURE_NO;
	const json_t *one;
	size_t i;

	if (value.kind == VALUE_STATES)
		return is_one_of_states(&value, list);
	json_array_foreach(list, i, one) sure =
		most(sure, match_element(ruleset, chain, left, one, packet));
	return sure;
}

static enum sure is_concat(const struct ruleset *ruleset, const struct chain *chain,
			   const json_t *left, const json_t *right, const struct packet *packet)
{
	enum sure sure = SURE_YES;
	const json_t *one;
	size_t i;

	if (!json_is_array(right))
		return SURE_MAYBE;
	json_array_foreach(left, i, one) sure =
		least(sure, match_element(ruleset, chain, one, json_array_get(right, i), packet));
	return sure;
}

/* Elements of a set that rules fill are only a moment's. */
static enum sure is_in_set(const struct ruleset *ruleset, const struct chain *chain,
			   const json_t *left, const char *name, const struct packet *packet)
{
	const json_t *set = ruleset_object(ruleset, chain, "set", name), *flag;
	struct value value = read_value(ruleset, left, packet);
	size_t i;

	if (value.kind == VALUE_ABSENT)
		return SURE_NO;
	if (!set)
		return SURE_MAYBE;
	json_array_foreach(
		json_object_get(set, "flags"), i,
		flag) if (json_string_value(flag) &&
			  (!strcmp(json_string_value(flag), "dynamic") ||
			   !strcmp(json_string_value(flag), "timeout"))) return SURE_MAYBE;
	return is_one_of(ruleset, chain, left, json_object_get(set, "elem"), packet);
}

enum sure match_element(const struct ruleset *ruleset, const struct chain *chain,
			const json_t *left, const json_t *element, const struct packet *packet)
{
	const json_t *inner;
	struct value value;

	if ((inner = json_object_get(element, "elem")))
		return match_element(ruleset, chain, left, json_object_get(inner, "val"), packet);
	if ((inner = json_object_get(element, "set")))
		return match_element(ruleset, chain, left, inner, packet);
	if (json_is_array(element))
		return is_one_of(ruleset, chain, left, element, packet);
	if (json_string_value(element) && json_string_value(element)[0] == '@')
		return is_in_set(ruleset, chain, left, json_string_value(element) + 1, packet);
	if ((inner = json_object_get(left, "concat")))
		return is_concat(ruleset, chain, inner, json_object_get(element, "concat"), packet);
	value = read_value(ruleset, left, packet);
	return is_scalar(&value, element);
}

/* `op` is one of < > <= >=. */
static enum sure is_ordered(const struct value *value, const char *op, const json_t *right)
{
	long long bound = json_integer_value(right);
	struct range wanted = {.low = 0, .high = UINT32_MAX};

	if (value->kind == VALUE_ABSENT)
		return SURE_NO;
	if (value->kind != VALUE_NUMBER || !json_is_integer(right))
		return SURE_MAYBE;
	if (*op == '<')
		wanted.high = op[1] ? bound : bound - 1;
	else
		wanted.low = op[1] ? bound : bound + 1;
	return range_within(value->number, wanted);
}

enum sure match_packet(const struct ruleset *ruleset, const struct chain *chain,
		       const json_t *match, const struct packet *packet)
{
	const json_t *left = json_object_get(match, "left");
	const json_t *right = json_object_get(match, "right");
	const char *op = json_text_of(match, "op");
	struct value value = read_value(ruleset, left, packet);

	if (value.kind == VALUE_ABSENT)
		return SURE_NO;
	if (!strcmp(op, "==") || !strcmp(op, "in"))
		return match_element(ruleset, chain, left, right, packet);
	if (!strcmp(op, "!=") || !strcmp(op, "!"))
		return opposite(match_element(ruleset, chain, left, right, packet));
	if (*op == '<' || *op == '>')
		return is_ordered(&value, op, right);
	return SURE_MAYBE;
}
