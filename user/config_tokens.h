/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of a configuration file, each with its place.
 *
 * libconfuse reads the grammar, but not the file itself. Its scanner drops characters that it does
 * not know (`tap*` becomes `tap`), puts the environment into strings, ends unfinished strings and
 * comments silently at the end of the file, refuses comments inside lists, counts lines wrongly
 * behind a comment, and takes `zone|slack` for a way into another block. So the file is split here,
 * and libconfuse is given harmless words, the Nth on line N.
 */
#ifndef TIDEGATE_CONFIG_TOKENS_H
#define TIDEGATE_CONFIG_TOKENS_H

#include <stdbool.h>

#include "config_error.h"

#define CONFIG_TOKENS_MAX (1 << 22)
#define CONFIG_DEPTH_MAX  8
#define BYTE_ORDER_MARK   "\xef\xbb\xbf" /* may begin a file */

enum config_token_kind {
	TOKEN_WORD,
	TOKEN_STRING, /* in quotes */
	TOKEN_OPEN = '{',
	TOKEN_CLOSE = '}',
	TOKEN_EQUALS = '=',
	TOKEN_COMMA = ',',
};

struct config_token {
	enum config_token_kind kind;
	bool include;     /* `include` at the top level, or the path behind it */
	const char *text; /* as it is meant: without quotes and escapes; "" for punctuation */
	size_t offset;    /* in the source */
	size_t length;    /* there */
	size_t line;      /* counted from 1 */
	size_t open;      /* of a TOKEN_CLOSE: the index of its TOKEN_OPEN */
};

struct config_tokens {
	struct config_token *token;
	size_t count;
	char *texts; /* what the tokens' texts point into */
};

/* Is the source text as people write it, UTF-8 without control characters? 0, or -EINVAL, explained. */
int config_tokens_check_text(const struct config_source *source);

/*
 * Splits the source. Returns 0, or a negative errno with the cause explained; then there is nothing
 * to free.
 */
int config_tokens_split(const struct config_source *source, struct config_tokens *tokens);
void config_tokens_free(struct config_tokens *tokens);

/*
 * The same for libconfuse: word N on line N + 1. Plain words stand as they are, other words and
 * strings as "@" and their index; includes leave empty lines. To be freed; NULL without memory.
 */
char *config_tokens_plain(const struct config_tokens *tokens);

/* Whose place a message is about. */
struct config_place config_token_place(const struct config_source *source,
				       const struct config_token *token);

#endif
