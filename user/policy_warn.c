// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy_image.h"

#include "log.h"
#include "policy_names.h"
#include "prefixes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VLANS     4096
#define ALL_MODES (CONFIG_OCTET | CONFIG_NETASCII | CONFIG_BINARY)
#define CULPRITS  3 /* so many rules are named, if it takes several */

/* All that a rule takes but for names; everything is said. */
struct taken {
	const struct config_rule *rule;
	unsigned int operations;    /* 1 << enum tg_operation */
	unsigned int modes;         /* enum config_mode */
	struct prefix_list clients; /* reduced; owned */
	struct prefix_list servers;
	uint64_t vlan[VLANS / 64];
};

struct warning {
	const struct policy_image *image;
	const bool *leads;   /* policy_name_sets() */
	struct taken *taken; /* by number of the rule */
};

static int take_addresses(const struct prefix_list *said, struct prefix_list *taken)
{
	struct config_prefix everywhere = {.bits = 0};
	const struct prefix_list all = {&everywhere, 1};
	int err = prefixes_add(taken, said->count ? said : &all);

	if (!err)
		prefixes_reduce(taken);
	return err;
}

static int take(const struct config_rule *rule, struct taken *taken)
{
	int err = take_addresses(&rule->clients, &taken->clients);

	if (!err)
		err = take_addresses(&rule->servers, &taken->servers);
	taken->rule = rule;
	taken->operations =
		rule->operation ? 1U << rule->operation : 1U << TG_READ | 1U << TG_WRITE;
	taken->modes = rule->modes ? rule->modes : ALL_MODES;
	if (!rule->vlan_count)
		memset(taken->vlan, 0xff, sizeof(taken->vlan));
	for (size_t i = 0; i < rule->vlan_count; i++)
		taken->vlan[rule->vlan[i] % VLANS / 64] |= 1ULL << rule->vlan[i] % 64;
	return err;
}

/* Names apart. */
static bool takes_all_of(const struct taken *outer, const struct taken *inner)
{
	if (inner->operations & ~outer->operations || inner->modes & ~outer->modes)
		return false;
	for (size_t i = 0; i < VLANS / 64; i++)
		if (inner->vlan[i] & ~outer->vlan[i])
			return false;
	return prefixes_contain(&outer->clients, &inner->clients) &&
	       prefixes_contain(&outer->servers, &inner->servers);
}

/* Rules that decide instead, for some name each. */
struct culprits {
	size_t rule[CULPRITS];
	size_t count; /* of all; those beyond CULPRITS are not kept */
};

static size_t first_of(const struct tg_rule_set *set)
{
	size_t rule = 0;

	while (!rule_set_has(set, rule))
		rule++;
	return rule;
}

static bool is_empty(const struct tg_rule_set *set)
{
	static const struct tg_rule_set none;

	return !memcmp(set, &none, sizeof(none));
}

static void meet(struct tg_rule_set *set, const struct tg_rule_set *other)
{
	for (size_t i = 0; i < TG_RULE_WORDS; i++)
		set->word[i] &= other->word[i];
}

static void add_culprit(struct culprits *culprits, size_t rule)
{
	for (size_t i = 0; i < culprits->count && i < CULPRITS; i++)
		if (culprits->rule[i] == rule)
			return;
	if (culprits->count < CULPRITS)
		culprits->rule[culprits->count] = rule;
	culprits->count++;
}

/*
 * Does one of `before`, which take everything else of what `rule` takes, take each of its names, too? Fills in which: one
 * that takes all names if there is one.
 */
static bool is_hidden(const struct warning *warning, size_t rule, const struct tg_rule_set *before,
		      struct culprits *culprits)
{
	const struct rule_sets *sets = &warning->image->sets;
	struct tg_rule_set always = *before;

	*culprits = (struct culprits){0};
	for (size_t i = 0; i < sets->count; i++) {
		struct tg_rule_set both = *before;

		if (!warning->leads[i] || !rule_set_has(&sets->set[i], rule))
			continue;
		meet(&both, &sets->set[i]);
		if (is_empty(&both))
			return false;
		meet(&always, &sets->set[i]);
		add_culprit(culprits, first_of(&both));
	}
	if (!is_empty(&always)) {
		culprits->count = 1;
		culprits->rule[0] = first_of(&always);
	}
	return culprits->count;
}

/* `rule "y" in line 8`, with the file if it is another one. */
static size_t describe(const struct config_rule *rule, const struct config_where *from, char *text,
		       size_t size)
{
	const char *file = rule->where.file, *here = from->file;
	int len;

	if (!file || (here && !strcmp(file, here)))
		len = snprintf(text, size, "rule \"%s\" in line %zu", rule->name, rule->where.line);
	else
		len = snprintf(text, size, "rule \"%s\" in %s:%zu", rule->name, file,
			       rule->where.line);
	return (size_t)len < size ? (size_t)len : size - 1;
}

static void warn(const struct warning *warning, size_t number, const struct culprits *culprits)
{
	const struct config_rule *rule = warning->taken[number].rule;
	const char *more = culprits->count > CULPRITS ? " and others" : "";
	char text[3 * (4096 + 64)];
	size_t len = 0;

	for (size_t i = 0; i < culprits->count && i < CULPRITS; i++) {
		if (i)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s",
						i + 1 < culprits->count ? ", " : " and ");
		len += describe(warning->taken[culprits->rule[i]].rule, &rule->where, text + len,
				sizeof(text) - len);
	}
	log_line("%s:%zu: warning: rule \"%s\" never decides: %s%s %s all of it",
		 rule->where.file ? rule->where.file : "policy", rule->where.line, rule->name, text,
		 more, culprits->count > 1 ? "take" : "takes");
}

/* The zone's rules have numbers from `first` on. 0 or -ENOMEM. */
static int look_at_zone(const struct warning *warning, const struct config_zone *zone, size_t first)
{
	for (size_t r = 0; r < zone->rule_count; r++) {
		struct tg_rule_set before = {0};
		struct culprits culprits;

		if (take(&zone->rule[r], &warning->taken[first + r]))
			return -ENOMEM;
		for (size_t other = first; other < first + r; other++)
			if (takes_all_of(&warning->taken[other], &warning->taken[first + r]))
				rule_set_add(&before, other);
		if (!is_empty(&before) && is_hidden(warning, first + r, &before, &culprits))
			warn(warning, first + r, &culprits);
	}
	return 0;
}

static int look_at_all(const struct config *config, struct warning *warning)
{
	int err = warning->leads && warning->taken ? 0 : -ENOMEM;

	for (size_t z = 0; z < config->zone_count && !err; z++)
		err = look_at_zone(warning, &config->zone[z], warning->image->zone[z].rule_first);
	return err;
}

void policy_warn(const struct config *config, const struct policy_image *image)
{
	bool *leads = policy_name_sets(image);
	struct warning warning = {.image = image, .leads = leads};

	warning.taken = calloc(image->rule_count + 1, sizeof(*warning.taken));
	if (look_at_all(config, &warning))
		log_notice("the rules are not searched for those that never decide: %s",
			   strerror(ENOMEM));
	for (size_t i = 0; warning.taken && i < image->rule_count; i++) {
		prefixes_free(&warning.taken[i].clients);
		prefixes_free(&warning.taken[i].servers);
	}
	free(warning.taken);
	free(leads);
}
