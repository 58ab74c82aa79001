// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_scope.h"

#include "log.h"
#include "option_values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool scope_enough(const struct config_scope *scope)
{
	return scope->check->errors >= CONFIG_ERRORS_MAX;
}

void scope_refuse(const struct config_scope *scope, const struct config_token *token,
		  const char *setting, const struct complaint *why)
{
	scope->check->errors++;
	config_token_error(scope->text, token, "%s: %s", setting, why->what);
	if (*why->hint)
		log_hint("%s", why->hint);
}

int scope_out_of_memory(struct config_check *check)
{
	check->errors++;
	log_error("%s", strerror(ENOMEM));
	return -ENOMEM;
}

const struct config_token *scope_value(cfg_opt_t *setting, unsigned int n)
{
	return cfg_opt_getnptr(setting, n);
}

const struct config_token *scope_single(cfg_t *block, const char *setting)
{
	return cfg_size(block, setting) ? cfg_getnptr(block, setting, 0) : NULL;
}

struct config_where scope_where(const struct config_scope *scope, const struct config_token *token)
{
	return (struct config_where){scope->file, token->line};
}

/* libconfuse tells titles apart only as they are written, and "a" is a, too. */
static bool check_siblings(const struct config_scope *scope, cfg_opt_t *blocks, unsigned int n)
{
	const struct config_token *title = config_title(scope->text, cfg_opt_getnsec(blocks, n));

	for (unsigned int before = 0; before < n; before++) {
		const struct config_token *other =
			config_title(scope->text, cfg_opt_getnsec(blocks, before));

		if (strcmp(title->text, other->text))
			continue;
		scope->check->errors++;
		config_same_title(scope->text, title, scope->text, other);
		return false;
	}
	return true;
}

bool scope_check_title(const struct config_scope *scope, cfg_opt_t *blocks, unsigned int n)
{
	const struct config_token *title = config_title(scope->text, cfg_opt_getnsec(blocks, n));
	struct complaint why;

	if (!title_check(title->text, &why))
		return check_siblings(scope, blocks, n);
	scope_refuse(scope, title, title[-1].text, &why);
	return false;
}

bool scope_require(const struct config_scope *scope, cfg_t *block, const char *setting,
		   const char *hint)
{
	const struct config_token *title = config_title(scope->text, block);

	if (cfg_size(block, setting))
		return true;
	scope->check->errors++;
	config_token_error(scope->text, title, "%s \"%.40s\": %s is missing", title[-1].text,
			   title->text, setting);
	log_hint("%s", hint);
	return false;
}

bool scope_once(const struct config_scope *scope, cfg_t *tree, const char *name,
		const struct config_text **first)
{
	const struct config_token *all = scope->text->tokens.token;
	cfg_t *block = cfg_getnsec(tree, name, 0);

	if (!*first) {
		*first = scope->text;
		return true;
	}
	scope->check->errors++;
	/* The line of a block that was read through is that of its closing brace. */
	config_token_error(scope->text, &all[all[block->line - 1].open - 1],
			   "%s: another file has this block already", name);
	log_hint("see %s", (*first)->source.path);
	return false;
}

void scope_choice(const struct config_scope *scope, cfg_t *block, const char *setting,
		  const struct choice *choices, uint64_t *value)
{
	const struct config_token *token = scope_single(block, setting);
	struct complaint why;

	if (token && choice_value(choices, token->text, value, &why))
		scope_refuse(scope, token, setting, &why);
}

const char *scope_keep_path(struct config_check *check, const char *path)
{
	struct config *config = check->config;
	char **files = scope_grow(config->file, config->file_count, sizeof(*files));
	char *kept;

	if (files)
		config->file = files;
	kept = files ? strdup(path) : NULL;
	if (kept)
		files[config->file_count++] = kept;
	else
		scope_out_of_memory(check);
	return kept;
}

int scope_count_value(const struct config_scope *scope, struct config_place place)
{
	if (scope->check->values < CONFIG_VALUES_MAX) {
		scope->check->values++;
		return 0;
	}
	scope->check->errors = CONFIG_ERRORS_MAX; /* whatever follows is too much, too */
	config_error(place, "more than %d patterns, prefixes and VLANs", CONFIG_VALUES_MAX);
	return -E2BIG;
}

/* Whenever the number is a power of two (or 0), it doubles. */
void *scope_grow(void *array, size_t count, size_t size)
{
	if (count & (count - 1))
		return array;
	return reallocarray(array, count ? 2 * count : 1, size);
}
