/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The grammar of the configuration file: which blocks and settings there are, and where. What the values mean is
 * config_check.h's.
 */
#ifndef TIDEGATE_CONFIG_PARSE_H
#define TIDEGATE_CONFIG_PARSE_H

#include <confuse.h>

#include "config_tokens.h"

/* A source with its words. */
struct config_text {
	struct config_source source;
	struct config_tokens tokens;
};

/*
 * Reads blocks and settings into a tree of libconfuse's, to be freed with cfg_free(). Each setting
 * is a list of pointers (cfg_opt_getnptr) to the tokens of its values; at least one if it is there.
 * NULL after having explained what is wrong. Not reentrant, as libconfuse is not.
 */
cfg_t *config_parse(const struct config_text *text);

/* The title of a titled block of the tree. */
const struct config_token *config_title(const struct config_text *text, cfg_t *block);

/* Explains that a block has the title of an earlier one, which may be in another file. */
void config_same_title(const struct config_text *text, const struct config_token *title,
		       const struct config_text *first_text, const struct config_token *first);

/* Points at a word of the text. */
#define config_token_error(text, token, ...) \
	config_error(config_token_place(&(text)->source, token), __VA_ARGS__)

#endif
