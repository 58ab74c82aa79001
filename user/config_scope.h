/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the check (config_check.h) share: where they are, and how they refuse.
 */
#ifndef TIDEGATE_CONFIG_SCOPE_H
#define TIDEGATE_CONFIG_SCOPE_H

#include "complaint.h"
#include "config_check.h"
#include "options.h"

/* One file, and the block of it that is being looked at. */
struct config_scope {
	struct config_check *check;
	const struct config_text *text;
	const char *file;         /* its path, as struct config_where keeps it */
	struct settings settings; /* the block's own, as if given on a command line */
};

/* So many mistakes that reading ends? */
bool scope_enough(const struct config_scope *scope);

/* "SETTING: what is wrong with the value", there. */
void scope_refuse(const struct config_scope *scope, const struct config_token *token,
		  const char *setting, const struct complaint *why);

/* Memory is short. Returns -ENOMEM. */
int scope_out_of_memory(struct config_check *check);

/* The Nth value of a setting; the value of a setting that has one, NULL if it is not set. */
const struct config_token *scope_value(cfg_opt_t *setting, unsigned int n);
const struct config_token *scope_single(cfg_t *block, const char *setting);

struct config_where scope_where(const struct config_scope *scope, const struct config_token *token);

/* Has a block a sensible title (title_check()) that no block of its kind before it has? Says so if not. */
bool scope_check_title(const struct config_scope *scope, cfg_opt_t *blocks, unsigned int n);

/* Is the setting there? Says so at the block's title if not. */
bool scope_require(const struct config_scope *scope, cfg_t *block, const char *setting,
		   const char *hint);

/*
 * Is the file the first that has the block, which may be there once in all files together? Says so if not, else notes it
 * in `*first`.
 */
bool scope_once(const struct config_scope *scope, cfg_t *tree, const char *name,
		const struct config_text **first);

/* One of the words, if the setting is there. */
void scope_choice(const struct config_scope *scope, cfg_t *block, const char *setting,
		  const struct choice *choices, uint64_t *value);

/*
 * The path as struct config_where keeps it, owned by the configuration; NULL, explained, if memory is short.
 */
const char *scope_keep_path(struct config_check *check, const char *path);

/* Counts a pattern, prefix or VLAN; -E2BIG, explained at the place, if there are too many. */
int scope_count_value(const struct config_scope *scope, struct config_place place);

/*
 * `array` of `count` elements with room for one more, in a new place perhaps; NULL if memory is short, and
 * the old one stays. Cheap also for long arrays, if they only ever grow this way.
 */
void *scope_grow(void *array, size_t count, size_t size);

#endif
