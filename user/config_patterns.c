// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_lists.h"

#include "automaton.h"
#include "log.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* A pattern, where it stands. */
struct found {
	const char *setting;
	const char *text;
	struct config_place place;
	struct config_where where;
};

static void add_pattern(const struct config_scope *scope, const struct found *found,
			struct config_rule *rule)
{
	struct config_pattern *grown;
	struct complaint why;
	char *text;

	if (pattern_check(found->text, &why)) {
		scope->check->errors++;
		config_error(found->place, "%s: %s", found->setting, why.what);
		if (*why.hint)
			log_hint("%s", why.hint);
		return;
	}
	if (scope_count_value(scope, found->place))
		return;
	grown = scope_grow(rule->pattern, rule->pattern_count, sizeof(*grown));
	if (grown)
		rule->pattern = grown;
	text = grown ? strdup(found->text) : NULL;
	if (!text) {
		scope_out_of_memory(scope->check);
		return;
	}
	grown[rule->pattern_count++] = (struct config_pattern){text, found->where};
}

/* The part of the line between blanks, which gets a NUL behind it; NULL if it is empty or a comment. */
static char *pattern_in(char *line, size_t len)
{
	while (len && strchr(" \t\r", line[len - 1]))
		len--;
	line[len] = '\0';
	line += strspn(line, " \t\r");
	return *line && *line != '#' ? line : NULL;
}

/* The source is shown in messages, so the lines are cut up in a copy of it. */
static void take_lines(const struct config_scope *scope, const struct config_source *source,
		       const char *file, char *copy, struct config_rule *rule)
{
	size_t at = strncmp(copy, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK))
			    ? 0
			    : strlen(BYTE_ORDER_MARK);
	struct found found = {.setting = "files-from", .where = {file, 1}};

	while (at < source->size && !scope_enough(scope)) {
		size_t len = strcspn(copy + at, "\n");

		found.text = pattern_in(copy + at, len);
		if (found.text) {
			found.place = (struct config_place){source, (size_t)(found.text - copy),
							    strlen(found.text)};
			add_pattern(scope, &found, rule);
		}
		at += len + 1;
		found.where.line++;
	}
}

static void take_list(const struct config_scope *scope, const struct config_source *source,
		      struct config_rule *rule)
{
	const char *file;
	char *copy;

	if (config_tokens_check_text(source)) {
		scope->check->errors++;
		return;
	}
	file = scope_keep_path(scope->check, source->path);
	if (!file)
		return;
	copy = strdup(source->text);
	if (copy)
		take_lines(scope, source, file, copy, rule);
	else
		scope_out_of_memory(scope->check);
	free(copy);
}

/* `path` is the setting's value as a path from here. */
static int read_list(const struct config_scope *scope, const struct config_token *token,
		     const char *path, struct config_source *source)
{
	struct config_check *check = scope->check;
	struct complaint why;
	int err = config_source_read(path, CONFIG_FILE_MAX - check->bytes, source, &why);

	if (!err) {
		check->bytes += source->size;
		return 0;
	}
	if (err == -EISDIR)
		complain_hint(&why, "name files in it: files-from = {\"A\", \"B\"}");
	check->errors++;
	config_token_error(scope->text, token, "files-from: %s: %s", path, why.what);
	if (*why.hint)
		log_hint("%s", why.hint);
	return err;
}

static void take_file(const struct config_scope *scope, const struct config_token *token,
		      struct config_rule *rule)
{
	struct config_source source;
	struct complaint why;
	char path[PATH_MAX];

	if (scope->check->alone) {
		complain(&why, "this text cannot read files");
		scope_refuse(scope, token, "files-from", &why);
	} else if (config_source_relative(scope->text->source.path, token->text, path)) {
		complain(&why, "this is not a path");
		scope_refuse(scope, token, "files-from", &why);
	} else if (!read_list(scope, token, path, &source)) {
		take_list(scope, &source, rule);
		config_source_free(&source);
	}
}

void take_patterns(const struct config_scope *scope, cfg_t *block, struct config_rule *rule)
{
	cfg_opt_t *files = cfg_getopt(block, "files"), *lists = cfg_getopt(block, "files-from");
	unsigned int errors = scope->check->errors;
	struct complaint why;

	for (unsigned int i = 0; i < cfg_opt_size(files) && !scope_enough(scope); i++) {
		const struct config_token *token = scope_value(files, i);
		const struct found found = {"files", token->text,
					    config_token_place(&scope->text->source, token),
					    scope_where(scope, token)};

		add_pattern(scope, &found, rule);
	}
	for (unsigned int i = 0; i < cfg_opt_size(lists) && !scope_enough(scope); i++)
		take_file(scope, scope_value(lists, i), rule);
	if (!cfg_opt_size(lists) || rule->pattern_count || errors != scope->check->errors)
		return;
	/* Without a pattern the rule would be about every file: surely not what an empty list means. */
	complain(&why, "there is no pattern in it");
	complain_hint(&why, "a rule without patterns is about every file; take files-from out if "
			    "that is meant");
	scope_refuse(scope, scope_value(lists, 0), "files-from", &why);
}
