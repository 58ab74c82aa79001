// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/ruleset.h"

#include "json_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *text_or_null(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static int add_chain(struct ruleset *ruleset, const json_t *chain)
{
	struct chain *grown =
		reallocarray(ruleset->chain, ruleset->chains + 1, sizeof(*ruleset->chain));

	if (!grown)
		return -ENOMEM;
	ruleset->chain = grown;
	grown[ruleset->chains++] = (struct chain){
		.family = json_text_of(chain, "family"),
		.table = json_text_of(chain, "table"),
		.name = json_text_of(chain, "name"),
		.tool = text_or_null(chain, "tool"),
		.hook = text_or_null(chain, "hook"),
		.type = json_text_of(chain, "type"),
		.device = json_object_get(chain, "dev"),
		.policy_drops = json_says(chain, "policy", "drop"),
		.priority = json_integer_value(json_object_get(chain, "prio")),
	};
	return 0;
}

/* The kernel may have tables of nft and of the old iptables with the same names. */
static bool is_in(const struct chain *chain, const json_t *object)
{
	return json_says(object, "family", chain->family) &&
	       json_says(object, "table", chain->table) &&
	       json_says(object, "tool", chain->tool ? chain->tool : "");
}

static bool are_together(const struct chain *a, const struct chain *b)
{
	return !strcmp(a->family, b->family) && !strcmp(a->table, b->table) &&
	       !strcmp(a->tool ? a->tool : "", b->tool ? b->tool : "");
}

/* Rules come chain by chain, so the last chain that was found is tried first. */
static int add_rule(struct ruleset *ruleset, const json_t *rule, struct chain **last)
{
	const json_t **grown;
	struct chain *chain = *last;

	for (size_t i = 0; !chain || !is_in(chain, rule) || !json_says(rule, "chain", chain->name);
	     i++) {
		if (i == ruleset->chains)
			return 0;
		chain = &ruleset->chain[i];
	}
	*last = chain;
	/* Room for twice as many whenever their number is a power of two. */
	if (!(chain->rules & (chain->rules - 1))) {
		grown = reallocarray(chain->rule, chain->rules ? chain->rules * 2 : 1,
				     sizeof(const json_t *));
		if (!grown)
			return -ENOMEM;
		chain->rule = grown;
	}
	chain->rule[chain->rules++] = rule;
	return 0;
}

static void note_statements(struct ruleset *ruleset, const json_t *rule)
{
	const json_t *statement;
	size_t i;

	json_array_foreach(json_object_get(rule, "expr"), i, statement)
	{
		ruleset->translates_destinations |= json_object_get(statement, "dnat") ||
						    json_object_get(statement, "redirect");
	}
}

static int by_priority(const void *a, const void *b)
{
	const struct chain *left = a, *right = b;

	if (!left->hook != !right->hook)
		return left->hook ? -1 : 1;
	return left->priority < right->priority ? -1 : left->priority > right->priority;
}

int ruleset_init(struct ruleset *ruleset, const json_t *objects)
{
	struct chain *last = NULL;
	const json_t *object, *inner;
	size_t i;
	int err = 0;

	*ruleset = (struct ruleset){.objects = objects};
	json_array_foreach(objects, i, object)
	{
		inner = json_object_get(object, "chain");
		if (inner && !err)
			err = add_chain(ruleset, inner);
	}
	if (ruleset->chains)
		qsort(ruleset->chain, ruleset->chains, sizeof(*ruleset->chain), by_priority);
	json_array_foreach(objects, i, object)
	{
		inner = json_object_get(object, "rule");
		if (!inner || err)
			continue;
		err = add_rule(ruleset, inner, &last);
		note_statements(ruleset, inner);
	}
	if (err)
		ruleset_free(ruleset);
	return err;
}

void ruleset_free(struct ruleset *ruleset)
{
	for (size_t i = 0; i < ruleset->chains; i++)
		free(ruleset->chain[i].rule);
	free(ruleset->chain);
	*ruleset = (struct ruleset){0};
}

const struct chain *ruleset_chain(const struct ruleset *ruleset, const struct chain *from,
				  const char *name)
{
	for (size_t i = 0; i < ruleset->chains; i++) {
		const struct chain *chain = &ruleset->chain[i];

		if (!strcmp(chain->name, name) && are_together(chain, from))
			return chain;
	}
	return NULL;
}

const json_t *ruleset_object(const struct ruleset *ruleset, const struct chain *chain,
			     const char *kind, const char *name)
{
	const json_t *object;
	size_t i;

	json_array_foreach(ruleset->objects, i, object)
	{
		const json_t *inner = json_object_get(object, kind);

		if (inner && is_in(chain, inner) && json_says(inner, "name", name))
			return inner;
	}
	return NULL;
}
