// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include "config_check.h"
#include "config_sink.h"
#include "log.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define INCLUDE_DEPTH_MAX 8
#define FILES_MAX         1024 /* in all */

/* A file that was read; it stays until the end, as messages about later ones may point to it. */
struct file {
	struct config_text text;
	const struct file *parent;          /* that includes it; NULL for the first */
	const struct config_token *include; /* where */
	size_t depth;
	struct file *next;
};

struct loading {
	struct config_check check;
	struct file *files; /* the latest first */
	size_t file_count;
};

/* A message about a file as such points at the `include` that names it, if there is one. */
static int refuse_file(const struct file *parent, const struct config_token *include,
		       const char *path, const struct complaint *why)
{
	if (parent)
		config_token_error(&parent->text, include, "%s: %s", path, why->what);
	else
		log_error("%s: %s", path, why->what);
	if (*why->hint)
		log_hint("%s", why->hint);
	return -EINVAL;
}

/* Was it read already? Then it includes itself, or two files include it. */
static int check_first(const struct loading *loading, const struct file *file,
		       struct complaint *why)
{
	const struct config_source *source = &file->text.source;

	for (const struct file *f = loading->files; f; f = f->next) {
		if (f->text.source.device != source->device ||
		    f->text.source.inode != source->inode)
			continue;
		for (const struct file *above = file->parent; above; above = above->parent)
			if (above == f)
				return complain(why, "this file includes itself");
		return complain(why, "this file was included already");
	}
	return 0;
}

static int read_file(struct loading *loading, struct file *file, const char *path)
{
	struct complaint why;
	int err = config_source_read(path, CONFIG_FILE_MAX - loading->check.bytes,
				     &file->text.source, &why);

	if (!err) {
		err = check_first(loading, file, &why);
		if (!err && loading->file_count == FILES_MAX)
			err = complain(&why, "more than %d files", FILES_MAX);
		if (!err && file->depth > INCLUDE_DEPTH_MAX)
			err = complain(&why, "files include each other more than %d deep",
				       INCLUDE_DEPTH_MAX);
		if (err)
			config_source_free(&file->text.source);
	}
	return err ? refuse_file(file->parent, file->include, path, &why) : 0;
}

static int parse_file(struct loading *loading, const struct file *file)
{
	cfg_t *tree = config_parse(&file->text);
	int err = tree ? config_check_file(&loading->check, &file->text, tree) : -EINVAL;

	if (tree)
		cfg_free(tree);
	return err;
}

static int load_includes(struct loading *loading, const struct file *file);

/* A file that is in memory: its own blocks, then what it includes. The list of files takes it. */
static int take_file(struct loading *loading, struct file *file)
{
	int err, err_includes;

	file->next = loading->files;
	loading->files = file;
	loading->file_count++;
	loading->check.bytes += file->text.source.size;
	err = config_tokens_split(&file->text.source, &file->text.tokens);
	if (err)
		return err;
	err = parse_file(loading, file);
	err_includes = loading->check.errors < CONFIG_ERRORS_MAX ? load_includes(loading, file) : 0;
	return err ? err : err_includes;
}

static int load_file(struct loading *loading, const struct file *parent,
		     const struct config_token *include, const char *path)
{
	struct file *file = calloc(1, sizeof(*file));
	int err;

	if (!file) {
		log_error("%s: %s", path, strerror(ENOMEM));
		return -ENOMEM;
	}
	file->parent = parent;
	file->include = include;
	file->depth = parent ? parent->depth + 1 : 0;
	err = read_file(loading, file, path);
	if (!err)
		return take_file(loading, file);
	free(file);
	return err;
}

static int load_memory(struct loading *loading, const char *name, const char *text, size_t len)
{
	struct file *file = calloc(1, sizeof(*file));
	struct complaint why;
	int err;

	if (!file) {
		log_error("%s: %s", name, strerror(ENOMEM));
		return -ENOMEM;
	}
	err = config_source_copy(name, text, len, &file->text.source, &why);
	if (!err)
		return take_file(loading, file);
	free(file);
	log_error("%s: %s", name, why.what);
	return err;
}

static int is_wanted(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return *entry->d_name != '.' && len > 5 && !strcmp(entry->d_name + len - 5, ".conf");
}

static int load_directory(struct loading *loading, const struct file *parent,
			  const struct config_token *include, const char *path)
{
	struct dirent **entries;
	struct complaint why;
	int count = scandir(path, &entries, is_wanted, alphasort), err = 0;

	if (count < 0) {
		config_source_explain(path, errno, &why);
		return refuse_file(parent, include, path, &why);
	}
	for (int i = 0; i < count; i++) {
		char inside[PATH_MAX + NAME_MAX + 2];
		size_t len = strlen(path);

		snprintf(inside, sizeof(inside), "%s%s%s", path, path[len - 1] == '/' ? "" : "/",
			 entries[i]->d_name);
		if (loading->check.errors < CONFIG_ERRORS_MAX &&
		    load_file(loading, parent, include, inside))
			err = -EINVAL;
		free(entries[i]);
	}
	free(entries);
	return err;
}

static int load_include(struct loading *loading, const struct file *file,
			const struct config_token *token)
{
	char path[PATH_MAX];
	struct stat status;

	if (loading->check.alone)
		return config_token_error(&file->text, token,
					  "include: this text cannot read files");
	if (config_source_relative(file->text.source.path, token->text, path))
		return config_token_error(&file->text, token, "include: this is not a path");
	if (!stat(path, &status) && S_ISDIR(status.st_mode))
		return load_directory(loading, file, token, path);
	return load_file(loading, file, token, path);
}

static int load_includes(struct loading *loading, const struct file *file)
{
	const struct config_tokens *tokens = &file->text.tokens;
	int err = 0;

	for (size_t i = 0; i < tokens->count; i++) {
		if (!tokens->token[i].include)
			continue;
		/* The word, then the path. */
		if (load_include(loading, file, &tokens->token[++i]))
			err = -EINVAL;
	}
	return err;
}

static void end(struct loading *loading)
{
	struct file *next;

	for (struct file *file = loading->files; file; file = next) {
		next = file->next;
		config_tokens_free(&file->text.tokens);
		config_source_free(&file->text.source);
		free(file);
	}
	config_check_end(&loading->check);
}

/* `path` is the first file; or, without it, `text` is in memory. */
static int load(const char *path, const char *name, const char *text, size_t len,
		struct config *config)
{
	struct loading loading = {.check = {.config = config, .alone = !path}};
	int err;

	*config = (struct config){0};
	err = path ? load_file(&loading, NULL, NULL, path) : load_memory(&loading, name, text, len);
	if (!err)
		err = config_check_whole(&loading.check);
	if (!err && !config->zone_count) {
		log_error("%s: it defines no zone", name);
		log_hint("write zone \"NAME\" { interfaces = {\"eth0\"} }");
		err = -EINVAL;
	}
	end(&loading);
	if (!err && !config->daemon.group) {
		config->daemon.group = strdup(DAEMON_GROUP);
		err = config->daemon.group ? 0 : -ENOMEM;
		if (err)
			log_error("%s: %s", name, strerror(ENOMEM));
	}
	if (err)
		config_free(config);
	return err;
}

int config_load(const char *path, struct config *config)
{
	return load(path, path, NULL, 0, config);
}

int config_load_text(const char *name, const char *text, size_t len, struct config *config)
{
	return load(NULL, name, text, len, config);
}

static void free_rule(struct config_rule *rule)
{
	free(rule->clients.prefix);
	free(rule->servers.prefix);
	free(rule->vlan);
	for (size_t i = 0; i < rule->pattern_count; i++)
		free(rule->pattern[i].text);
	free(rule->pattern);
}

static void free_zone(struct config_zone *zone)
{
	for (size_t i = 0; i < zone->service_count; i++)
		free(zone->service[i].sources.prefix);
	for (size_t i = 0; i < zone->rule_count; i++)
		free_rule(&zone->rule[i]);
	free(zone->interface);
	free(zone->service);
	free(zone->rule);
}

void config_free(struct config *config)
{
	for (size_t i = 0; i < config->zone_count; i++)
		free_zone(&config->zone[i]);
	for (size_t i = 0; i < config->file_count; i++)
		free(config->file[i]);
	for (size_t i = 0; i < config->sink_count; i++)
		config_sink_free(&config->sink[i]);
	config_daemon_free(&config->daemon);
	free(config->zone);
	free(config->sink);
	free(config->file);
	*config = (struct config){0};
}
