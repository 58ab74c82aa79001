// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_claim.h"

#include "glob.h"
#include "log.h"

#include <string.h>

struct config_claim {
	const struct config_text *text;
	const struct config_token *token; /* the name */
	const struct config_token
		*zone; /* the title of the zone that has the interface; NULL: it is a zone */
	const struct config_token *bridge; /* NULL: it is a name, or fits ports of any bridge */
};

static bool note(struct config_check *check, const struct config_claim *claim)
{
	struct config_claim *claims = scope_grow(check->claim, check->claim_count, sizeof(*claims));

	if (!claims)
		return !scope_out_of_memory(check);
	check->claim = claims;
	claims[check->claim_count++] = *claim;
	return true;
}

bool claim_zone(const struct config_scope *scope, const struct config_token *title)
{
	const struct config_claim wanted = {scope->text, title, NULL, NULL};
	struct config_check *check = scope->check;

	for (size_t i = 0; i < check->claim_count; i++) {
		const struct config_claim *c = &check->claim[i];

		if (c->zone || strcmp(c->token->text, title->text))
			continue;
		check->errors++;
		config_same_title(scope->text, title, c->text, c->token);
		return false;
	}
	return note(check, &wanted);
}

/* An interface is a port of one bridge. */
static bool apart(const struct config_claim *a, const struct config_claim *b)
{
	return a->bridge && b->bridge && strcmp(a->bridge->text, b->bridge->text);
}

/* Do two claims exclude each other? Says so then. */
static bool collide(struct config_check *check, const struct config_claim *wanted,
		    const struct config_claim *first)
{
	const char *name = wanted->token->text, *other = first->token->text;
	bool same_zone = first->text == wanted->text && first->zone == wanted->zone;
	char example[TG_IFNAME];

	if (apart(wanted, first))
		return false;
	if (!strcmp(name, other))
		config_token_error(wanted->text, wanted->token,
				   "interfaces: zone \"%.40s\" has '%.40s' already",
				   first->zone->text, other);
	else if (!same_zone && globs_meet(name, other, example))
		config_token_error(wanted->text, wanted->token,
				   "interfaces: '%s' and '%s' of zone \"%.40s\" both fit '%s'",
				   name, other, first->zone->text, example);
	else
		return false;
	check->errors++;
	if (!same_zone)
		log_hint("see %s:%zu", first->text->source.path, first->token->line);
	return true;
}

bool claim_interface(const struct config_scope *scope, const struct config_token *name,
		     const struct config_token *zone_title, const struct config_token *bridge)
{
	const struct config_claim wanted = {scope->text, name, zone_title,
					    glob_is_pattern(name->text) ? bridge : NULL};
	struct config_check *check = scope->check;

	for (size_t i = 0; i < check->claim_count; i++)
		if (check->claim[i].zone && collide(check, &wanted, &check->claim[i]))
			return false;
	return note(check, &wanted);
}
