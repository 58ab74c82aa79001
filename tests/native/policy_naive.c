// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy_naive.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define NAME 1024

static bool bit_of(const struct tg_addr *address, unsigned int n)
{
	return address->bytes[n / 8] & 0x80 >> n % 8;
}

static bool has_address(const struct prefix_list *list, const struct tg_addr *address)
{
	if (!list->count)
		return true;
	for (size_t i = 0; i < list->count; i++) {
		unsigned int n = 0;

		while (n < list->prefix[i].bits &&
		       bit_of(&list->prefix[i].address, n) == bit_of(address, n))
			n++;
		if (n == list->prefix[i].bits)
			return true;
	}
	return false;
}

static bool is_multicast(const struct tg_addr *address)
{
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (memcmp(address->bytes, mapped, sizeof(mapped)))
		return address->bytes[0] == 0xff;
	return address->bytes[12] >= 224 && address->bytes[12] < 240;
}

static bool has_vlan(const struct config_rule *rule, uint16_t vlan)
{
	for (size_t i = 0; i < rule->vlan_count; i++)
		if (rule->vlan[i] == vlan)
			return true;
	return !rule->vlan_count;
}

/* ---- names --------------------------------------------------------------------------------------------------- */

/* The parts of the name with one `/` between them; false if one is `..`. */
static bool normal(const char *name, char text[NAME])
{
	size_t len = 0;

	while (*name) {
		size_t part = strcspn(name, "/\\");

		if (part == 2 && !memcmp(name, "..", 2))
			return false;
		if (part && (part != 1 || *name != '.'))
			len += (size_t)snprintf(text + len, NAME - len, "%s%.*s", len ? "/" : "",
						(int)part, name);
		name += part + (name[part] ? 1 : 0);
	}
	text[len] = '\0';
	return true;
}

static bool same(char a, char b, bool any_case)
{
	return any_case ? tolower((unsigned char)a) == tolower((unsigned char)b) : a == b;
}

/* Is `c` in the class between the brackets? No ranges. */
static bool in_class(const char *inside, char c, bool any_case)
{
	bool inverted = *inside == '!', found = false;

	for (inside += inverted; *inside != ']'; inside++)
		found |= same(*inside, c, any_case);
	return c != '/' && found != inverted;
}

static bool match(const char *pattern, const char *name, bool any_case,
		  const struct policy_question *question);

static bool match_mac(const char *rest, const char *name, bool any_case,
		      const struct policy_question *question)
{
	char text[13];

	if (!question->has_mac)
		return false;
	for (size_t i = 0; i < 6; i++)
		sprintf(text + 2 * i, "%02x", question->mac[i]);
	for (size_t i = 0; i < 12; i++)
		if (!same(text[i], name[i], true))
			return false;
	return match(rest, name + 12, any_case, question);
}

static bool match_star(const char *rest, const char *name, bool any_case, bool over_slashes,
		       const struct policy_question *question)
{
	for (;; name++) {
		if (match(rest, name, any_case, question))
			return true;
		if (!*name || (*name == '/' && !over_slashes))
			return false;
	}
}

/* Both begin a part. */
static bool match_part(const char *pattern, const char *name, bool any_case,
		       const struct policy_question *question)
{
	size_t stars = strspn(pattern, "*");

	if (stars < 2 || pattern[stars] != '/')
		return match(pattern, name, any_case, question);
	for (; name; name = strchr(name, '/') ? strchr(name, '/') + 1 : NULL)
		if (match_part(pattern + stars + 1, name, any_case, question))
			return true;
	return false;
}

static bool match(const char *pattern, const char *name, bool any_case,
		  const struct policy_question *question)
{
	if (!*pattern)
		return !*name;
	if (!strncmp(pattern, "**", 2))
		return match_star(pattern + 2, name, any_case, true, question);
	if (*pattern == '*')
		return match_star(pattern + 1, name, any_case, false, question);
	if (!strncmp(pattern, "%{mac}", 6))
		return match_mac(pattern + 6, name, any_case, question);
	if (!*name)
		return false;
	if (*pattern == '?')
		return *name != '/' && match(pattern + 1, name + 1, any_case, question);
	if (*pattern == '[')
		return in_class(pattern + 1, *name, any_case) &&
		       match(strchr(pattern, ']') + 1, name + 1, any_case, question);
	if (*pattern == '\\')
		pattern++;
	if (*pattern == '/')
		return *name == '/' && match_part(pattern + 1, name + 1, any_case, question);
	return same(*pattern, *name, any_case) && match(pattern + 1, name + 1, any_case, question);
}

bool naive_match(const char *pattern, bool any_case, const struct policy_question *question)
{
	char name[NAME];

	/* The pattern's own leading / means nothing. */
	return normal(question->name, name) &&
	       match_part(pattern + (*pattern == '/'), name, any_case, question);
}

static bool has_name(const struct config_rule *rule, const struct policy_question *question)
{
	for (size_t i = 0; i < rule->pattern_count; i++)
		if (naive_match(rule->pattern[i].text, rule->any_case, question))
			return true;
	return !rule->pattern_count;
}

/* ---- rules --------------------------------------------------------------------------------------------------- */

static bool fits(const struct config_rule *rule, const struct policy_question *question)
{
	return (!rule->operation || rule->operation == question->operation) &&
	       (!rule->modes || rule->modes & 1U << question->mode) &&
	       has_address(&rule->clients, &question->client) &&
	       has_address(&rule->servers, &question->server) && has_vlan(rule, question->vlan) &&
	       has_name(rule, question);
}

static enum tg_reason decision(const struct config_rule *rule,
			       const struct policy_question *question)
{
	if (rule->action == TG_DENY)
		return TG_RULE_DENIED;
	if (rule->max_blksize && question->blksize > rule->max_blksize)
		return TG_RULE_BLKSIZE;
	if (rule->max_windowsize && question->windowsize > rule->max_windowsize)
		return TG_RULE_WINDOWSIZE;
	if (rule->max_size && question->operation == TG_WRITE && question->has_tsize &&
	    question->tsize > rule->max_size)
		return TG_RULE_SIZE;
	return TG_REQUEST;
}

struct policy_answer naive_decide(const struct config *config,
				  const struct policy_question *question)
{
	const struct config_zone *zone = &config->zone[question->zone];
	size_t number = 0;
	char name[NAME];

	if (is_multicast(&question->server) && !zone->settings.broadcast)
		return (struct policy_answer){TG_REQUEST_BROADCAST, POLICY_NO_RULE};
	if (!normal(question->name, name))
		return (struct policy_answer){TG_NAME_PARENT, POLICY_NO_RULE};
	for (size_t z = 0; z < question->zone; z++)
		number += config->zone[z].rule_count;
	for (size_t r = 0; r < zone->rule_count; r++)
		if (fits(&zone->rule[r], question))
			return (struct policy_answer){decision(&zone->rule[r], question),
						      number + r};
	return (struct policy_answer){zone->default_deny ? TG_NO_RULE : TG_REQUEST, POLICY_NO_RULE};
}
