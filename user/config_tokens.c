// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_tokens.h"

#include "log.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLAIN_MAX 40 /* longest word that libconfuse is given as it is */

struct splitting {
	const struct config_source *source;
	struct config_tokens *tokens;
	size_t room;    /* tokens that fit */
	size_t at;      /* offset of what comes next */
	size_t line;    /* of `counted` */
	size_t counted; /* lines are counted up to this offset */
	char *out;      /* where the next text is written */
	size_t depth;   /* open blocks and lists */
	size_t open[CONFIG_DEPTH_MAX];
};

static struct config_place place(const struct splitting *s, size_t offset, size_t length)
{
	return (struct config_place){s->source, offset, length};
}

int config_tokens_check_text(const struct config_source *source)
{
	size_t len;

	for (size_t at = 0; at < source->size; at += len) {
		const struct config_place here = {source, at, 1};
		bool control;

		len = text_character(source->text + at, &control);
		if (!len)
			return config_error(here, "this is not text: neither ASCII nor UTF-8");
		if (control && !strchr("\t\r\n", source->text[at]))
			return config_error(here, "this is not text: a control character (\\x%02x)",
					    (unsigned char)source->text[at]);
		if (!source->text[at])
			return config_error(here, "this is not text: a NUL byte");
	}
	return 0;
}

/* Tokens come in order, so that each line is looked through once. */
static size_t line_at(struct splitting *s, size_t offset)
{
	for (; s->counted < offset; s->counted++)
		s->line += s->source->text[s->counted] == '\n';
	return s->line;
}

static struct config_token *add(struct splitting *s, enum config_token_kind kind, size_t offset)
{
	struct config_tokens *tokens = s->tokens;
	struct config_token *token;

	if (tokens->count == CONFIG_TOKENS_MAX) {
		config_error(place(s, offset, 1), "more than %d words in one file",
			     CONFIG_TOKENS_MAX);
		log_hint("`include` can spread it over several files");
		return NULL;
	}
	if (tokens->count == s->room) {
		size_t room = s->room ? 2 * s->room : 256;
		void *grown = reallocarray(tokens->token, room, sizeof(*token));

		if (!grown) {
			log_error("%s: %s", s->source->path, strerror(ENOMEM));
			return NULL;
		}
		tokens->token = grown;
		s->room = room;
	}
	token = &tokens->token[tokens->count++];
	*token = (struct config_token){.kind = kind,
				       .text = "",
				       .offset = offset,
				       .length = 1,
				       .line = line_at(s, offset)};
	return token;
}

static int take_open(struct splitting *s)
{
	if (s->depth == CONFIG_DEPTH_MAX)
		return config_error(place(s, s->at, 1), "blocks are nested too deeply");
	s->open[s->depth++] = s->tokens->count;
	return add(s, TOKEN_OPEN, s->at++) ? 0 : -EINVAL;
}

static int take_close(struct splitting *s)
{
	struct config_token *token;
	size_t open;

	if (!s->depth)
		return config_error(place(s, s->at, 1), "no block is open that this could close");
	open = s->open[--s->depth];
	if (open && open + 1 == s->tokens->count && s->tokens->token[open - 1].kind == TOKEN_EQUALS)
		return config_error(place(s, s->at, 1), "the list is empty");
	token = add(s, TOKEN_CLOSE, s->at++);
	if (!token)
		return -EINVAL;
	token->open = open;
	return 0;
}

static int no_variables(const struct config_place place)
{
	config_error(place, "variables of the environment are not replaced");
	log_hint("in quotes, \\$ stands for the character itself");
	return -EINVAL;
}

/* Is the word that begins here one that libconfuse, or a user of other files, would not mean as a word? */
static int check_word(const struct splitting *s, size_t len)
{
	const char *text = s->source->text + s->at;
	size_t odd = 0;

	/* Not strcspn(), which would look through the rest of the file for each word. */
	while (odd < len && !strchr(";()", text[odd]))
		odd++;
	if (!strncmp(text, "//", 2) || !strncmp(text, "/*", 2)) {
		config_error(place(s, s->at, 2), "comments begin with #");
		return -EINVAL;
	}
	if (odd < len) {
		config_error(place(s, s->at + odd, 1), "'%c' is not expected here", text[odd]);
		if (text[odd] == ';')
			log_hint("settings end without it");
		return -EINVAL;
	}
	if (text[len] == '{' && text[len - 1] == '$')
		return no_variables(place(s, s->at + len - 1, 2));
	if (text[len] == '=' && text[len - 1] == '+') {
		config_error(place(s, s->at + len - 1, 2), "a setting cannot be added to");
		log_hint("write one list: NAME = {A, B}");
		return -EINVAL;
	}
	return 0;
}

static int take_word(struct splitting *s)
{
	const char *text = s->source->text + s->at;
	size_t len = strcspn(text, " \t\r\n{}=,#\"'");
	struct config_token *token;

	if (check_word(s, len))
		return -EINVAL;
	token = add(s, TOKEN_WORD, s->at);
	if (!token)
		return -EINVAL;
	token->text = memcpy(s->out, text, len);
	token->length = len;
	s->out += len;
	*s->out++ = '\0';
	s->at += len;
	return 0;
}

/* One character of a string, or \" or \\ or \$, to `out`. */
static int take_character(struct splitting *s, char quote)
{
	const char *text = s->source->text + s->at;

	if (!*text || *text == '\n')
		return -EINVAL;
	if (*text == '\\') {
		if (text[1] != '\\' && text[1] != '$' && text[1] != quote) {
			config_error(place(s, s->at, 2), "unknown escape");
			log_hint("write \\\\ for a backslash, \\%c for a quote", quote);
			return -EILSEQ;
		}
		s->at++;
	} else if (!strncmp(text, "${", 2)) {
		no_variables(place(s, s->at, 2));
		return -EILSEQ;
	}
	*s->out++ = s->source->text[s->at++];
	return 0;
}

static int take_string(struct splitting *s)
{
	size_t start = s->at;
	char quote = s->source->text[s->at++];
	struct config_token *token = add(s, TOKEN_STRING, start);
	int err;

	if (!token)
		return -EINVAL;
	token->text = s->out;
	while (s->source->text[s->at] != quote) {
		err = take_character(s, quote);
		if (err == -EINVAL)
			config_error(place(s, start, 1), "this quote is not closed on its line");
		if (err)
			return -EINVAL;
	}
	*s->out++ = '\0';
	token->length = ++s->at - start;
	return 0;
}

static int take_next(struct splitting *s)
{
	switch (s->source->text[s->at]) {
	case ' ':
	case '\t':
	case '\r':
	case '\n':
		s->at++;
		return 0;
	case '#':
		s->at += strcspn(s->source->text + s->at, "\n");
		return 0;
	case '{':
		return take_open(s);
	case '}':
		return take_close(s);
	case '=':
		return add(s, TOKEN_EQUALS, s->at++) ? 0 : -EINVAL;
	case ',':
		return add(s, TOKEN_COMMA, s->at++) ? 0 : -EINVAL;
	case '"':
	case '\'':
		return take_string(s);
	default:
		return take_word(s);
	}
}

static int take_all(struct splitting *s)
{
	if (!strncmp(s->source->text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)))
		s->at = strlen(BYTE_ORDER_MARK);
	while (s->at < s->source->size)
		if (take_next(s))
			return -EINVAL;
	if (s->depth) {
		const struct config_token *open = &s->tokens->token[s->open[s->depth - 1]];

		config_error(config_token_place(s->source, open), "what begins here is not closed");
		log_hint("a } is missing");
		return -EINVAL;
	}
	return 0;
}

/* Marks each `include PATH` outside of all blocks. */
static int mark_includes(const struct splitting *s)
{
	struct config_tokens *tokens = s->tokens;
	size_t depth = 0;

	for (size_t i = 0; i < tokens->count; i++) {
		struct config_token *token = &tokens->token[i];
		enum config_token_kind next = i + 1 < tokens->count ? token[1].kind : TOKEN_CLOSE;

		depth += token->kind == TOKEN_OPEN;
		depth -= token->kind == TOKEN_CLOSE;
		if (depth || token->kind != TOKEN_WORD || strcmp(token->text, "include") ||
		    next == TOKEN_OPEN) /* the name of a block */
			continue;
		if (next != TOKEN_WORD && next != TOKEN_STRING) {
			config_error(config_token_place(s->source, token),
				     "include: a file or directory is missing");
			log_hint("write include \"PATH\"");
			return -EINVAL;
		}
		token[0].include = token[1].include = true;
		i++;
	}
	return 0;
}

int config_tokens_split(const struct config_source *source, struct config_tokens *tokens)
{
	struct splitting s = {.source = source, .tokens = tokens, .line = 1};
	int err;

	*tokens = (struct config_tokens){0};
	err = config_tokens_check_text(source);
	if (err)
		return err;
	/* A word takes a NUL more than in the source. */
	s.out = tokens->texts = malloc(2 * source->size + 1);
	if (!s.out) {
		log_error("%s: %s", source->path, strerror(ENOMEM));
		return -ENOMEM;
	}
	err = take_all(&s);
	if (!err)
		err = mark_includes(&s);
	if (err)
		config_tokens_free(tokens);
	return err;
}

void config_tokens_free(struct config_tokens *tokens)
{
	free(tokens->token);
	free(tokens->texts);
	*tokens = (struct config_tokens){0};
}

static bool is_plain(const struct config_token *token)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

	return token->kind == TOKEN_WORD && token->length <= PLAIN_MAX &&
	       strspn(token->text, plain) == token->length;
}

char *config_tokens_plain(const struct config_tokens *tokens)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; out && i < tokens->count; i++) {
		const struct config_token *token = &tokens->token[i];

		if (token->include)
			fputc('\n', out);
		else if (is_plain(token))
			fprintf(out, "%s\n", token->text);
		else if (token->kind == TOKEN_WORD || token->kind == TOKEN_STRING)
			fprintf(out, "@%zu\n", i);
		else
			fprintf(out, "%c\n", token->kind);
	}
	if (out && fclose(out)) {
		free(text);
		text = NULL;
	}
	return text;
}

struct config_place config_token_place(const struct config_source *source,
				       const struct config_token *token)
{
	return (struct config_place){source, token->offset, token->length};
}
