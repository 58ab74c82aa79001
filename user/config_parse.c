// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_parse.h"

#include "config_sink.h"
#include "log.h"
#include "suggest.h"
#include "zone_settings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int keep_value(cfg_t *block, cfg_opt_t *setting, const char *value, void *result);
static int end_block(cfg_t *parent, cfg_opt_t *kind);

/*
 * The schema. Defaults are not libconfuse's business. `def.number`, which it uses for integers
 * only, serves keep_value() and end_block().
 */
/* clang-format off: tables */
#define SETTING(name) CFG_PTR_CB(name, NULL, CFGF_NODEFAULT, keep_value, NULL)
#define LIST(name)    CFG_PTR_LIST_CB(name, NULL, CFGF_NODEFAULT, keep_value, NULL)
#define BLOCK(what, settings)                                                                     \
	{                                                                                         \
		.name = (what), .type = CFGT_SEC, .flags = CFGF_NODEFAULT, .subopts = (settings), \
		.validcb = end_block                                                              \
	}
#define BLOCKS(what, settings)                                                           \
	{                                                                                \
		.name = (what), .type = CFGT_SEC,                                        \
		.flags = CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES | CFGF_NODEFAULT, \
		.subopts = (settings), .validcb = end_block                              \
	}

static cfg_opt_t sizes_settings[] = {
	SETTING("requests"),
	SETTING("offers"),
	SETTING("transfers"),
	SETTING("udp-flows"),
	SETTING("fragments"),
	SETTING("sources"),
	CFG_END(),
};

static cfg_opt_t service_settings[] = {
	LIST("port"),
	LIST("sources"),
	CFG_END(),
};

static cfg_opt_t server_group_settings[] = {
	LIST("members"),
	CFG_END(),
};

static cfg_opt_t timers_settings[] = {
	SETTING("request"), SETTING("offer"),       SETTING("idle"),  SETTING("done"),
	SETTING("error"),   SETTING("superseded"),  SETTING("stale"), SETTING("fragment"),
	SETTING("udp"),     SETTING("udp-replied"), CFG_END(),
};

static cfg_opt_t abuse_settings[] = {
	SETTING("request-budget"),
	SETTING("budget-burst"),
	SETTING("proved-for"),
	SETTING("request-rate"),
	SETTING("request-burst"),
	SETTING("max-open"),
	SETTING("not-found"),
	SETTING("names"),
	SETTING("within"),
	SETTING("hold"),
	SETTING("unacknowledged-packets"),
	SETTING("unacknowledged-bytes"),
	SETTING("unacknowledged-within"),
	CFG_END(),
};

static cfg_opt_t rule_settings[] = {
	SETTING("action"),
	SETTING("operation"),
	LIST("mode"),
	LIST("clients"),
	LIST("servers"),
	LIST("vlans"),
	LIST("files"),
	LIST("files-from"),
	SETTING("any-case"),
	SETTING("max-blksize"),
	SETTING("max-windowsize"),
	SETTING("max-size"),
	SETTING("rate"),
	SETTING("burst"),
	SETTING("max-transfers"),
	CFG_END(),
};

static cfg_opt_t zone_block_settings[] = {
	LIST("interfaces"),
	SETTING("bridge"),
	SETTING("hook"),
	SETTING("mode"),
	SETTING("requests"),
	SETTING("unmatched"),
	SETTING("track-udp"),
	LIST("tftp-ports"),
	SETTING("broadcast"),
	SETTING("multicast"),
	SETTING("udpport"),
	SETTING("single-port"),
	SETTING("mark"),
	SETTING("mark-udp"),
	SETTING("slack"),
	SETTING("default"),
	BLOCKS("service", service_settings),
	BLOCKS("server-group", server_group_settings),
	BLOCK("timers", timers_settings),
	BLOCK("abuse", abuse_settings),
	BLOCKS("rule", rule_settings),
	CFG_END(),
};

static cfg_opt_t daemon_settings[] = {
	SETTING("group"),
	SETTING("listen"),
	SETTING("status-page"),
	CFG_END(),
};

static cfg_opt_t sink_settings[] = {
	SETTING("type"),       SETTING("path"),  SETTING("format"),    LIST("records"),
	LIST("outcomes"),      LIST("clients"),  LIST("zones"),        LIST("files"),
	SETTING("connection"), SETTING("spool"), SETTING("spool-max"), CFG_END(),
};

static cfg_opt_t file_settings[] = {
	BLOCK("sizes", sizes_settings),
	BLOCK("daemon", daemon_settings),
	BLOCKS("sink", sink_settings),
	BLOCKS("zone", zone_block_settings),
	CFG_END(),
};

/* clang-format on */

/* How often a block may stand beside others of its kind. */
static const struct {
	const char *name;
	long max;
} block_limits[] = {
	{"sizes", 1},           {"timers", 1},
	{"abuse", 1},           {"zone", TG_SLOTS_MAX - 1},
	{"service", PORTS_MAX}, {"server-group", GROUPS_MAX},
	{"rule", TG_RULES_MAX}, {"daemon", 1},
	{"sink", SINKS_MAX},
};

/* What is being parsed: libconfuse's callbacks have nowhere else to find it. */
static const struct config_text *parsing;
static bool explained;

/* libconfuse's line is the number of the word; behind the last word it is one more. */
static const struct config_token *token_at(const cfg_t *block)
{
	const struct config_tokens *tokens = &parsing->tokens;
	size_t line = (size_t)block->line;

	return &tokens->token[line > tokens->count ? tokens->count - 1 : line - 1];
}

void config_same_title(const struct config_text *text, const struct config_token *title,
		       const struct config_text *first_text, const struct config_token *first)
{
	config_token_error(text, title, "%s \"%.40s\": there is one of this name already",
			   title[-1].text, title->text);
	log_hint("see %s:%zu", first_text->source.path,
		 config_line(config_token_place(&first_text->source, first)));
}

const struct config_token *config_title(const struct config_text *text, cfg_t *block)
{
	/* A block that was read through bears the line of its closing brace. */
	return &text->tokens.token[text->tokens.token[block->line - 1].open - 1];
}

/* ` in zone "boot"`, or nothing at the top level. */
static const char *in_block(const cfg_t *block, char text[80])
{
	const char *title = block->title;

	*text = '\0';
	if (title && *title == '@')
		title = parsing->tokens.token[strtoul(title + 1, NULL, 10)].text;
	if (title)
		snprintf(text, 80, " in %s \"%.40s\"", block->name, title);
	else if (strcmp(block->name, "root"))
		snprintf(text, 80, " in %s", block->name);
	return text;
}

/* Settings and blocks that are known in `block`, as "a, b, c". */
static void list_known(const cfg_t *block, char *text, size_t size)
{
	size_t len = 0;

	*text = '\0';
	for (const cfg_opt_t *o = block->opts; o->name && len < size; o++)
		len += (size_t)snprintf(text + len, size - len, "%s%s", len ? ", " : "", o->name);
}

/* Is it a setting of the one block, written into another? */
static const char *home_of(const char *word)
{
	static const struct {
		const cfg_opt_t *settings;
		const char *block;
	} blocks[] = {
		/* Of names that several have, the first is meant most often. */
		{zone_block_settings, "a zone"},
		{rule_settings, "a rule"},
		{service_settings, "a service"},
		{server_group_settings, "a server group"},
		{timers_settings, "a zone's timers"},
		{abuse_settings, "a zone's abuse block"},
		{sizes_settings, "sizes"},
		{sink_settings, "a sink"},
		{daemon_settings, "daemon"},
		{file_settings, "the top level"},
	};

	for (size_t i = 0; i < sizeof(blocks) / sizeof(*blocks); i++)
		for (const cfg_opt_t *o = blocks[i].settings; o->name; o++)
			if (!strcmp(o->name, word))
				return blocks[i].block;
	return NULL;
}

/* Is it perhaps the unit of the number before it, and no setting? */
static bool is_unit(const struct config_token *token)
{
	const struct config_tokens *all = &parsing->tokens;
	const struct config_token *next = token + 1, *number = token - 1;

	if (token - all->token < 2 || number[-1].kind != TOKEN_EQUALS || !*number->text)
		return false;
	if (number->length > 20 || token->length > 4)
		return false;
	if (next < all->token + all->count &&
	    (next->kind == TOKEN_EQUALS || next->kind == TOKEN_OPEN))
		return false;
	return number->text[strspn(number->text, "0123456789.")] == '\0';
}

static void unknown_setting(const cfg_t *block, const struct config_token *token)
{
	struct suggestion near = suggestion_for(token->text);
	const char *home = home_of(token->text);
	char text[200];

	config_token_error(parsing, token, "%.40s: unknown setting%s", token->text,
			   in_block(block, text));
	for (const cfg_opt_t *o = block->opts; o->name; o++)
		suggestion_offer(&near, o->name);
	if (!strcmp(token->text, "include"))
		home = "the top level";
	if (token->kind == TOKEN_STRING) {
		log_hint("settings are named without quotes");
	} else if (home) {
		log_hint("it belongs to %s", home);
	} else if (near.nearest) {
		log_hint("did you mean %s?", near.nearest);
	} else if (is_unit(token)) {
		log_hint("a number and its unit are one word: %s%s", token[-1].text, token->text);
	} else {
		list_known(block, text, sizeof(text));
		log_hint("known here: %s", text);
	}
}

static void unexpected(const struct config_token *token)
{
	const struct config_token *before = token > parsing->tokens.token ? token - 1 : NULL;

	if (token->kind == TOKEN_WORD || token->kind == TOKEN_STRING) {
		config_token_error(parsing, token, "a comma is missing before this");
	} else if (token->kind == TOKEN_OPEN && before && before->kind == TOKEN_EQUALS) {
		config_token_error(parsing, token, "%.40s: it takes one value, not a list",
				   before > parsing->tokens.token ? before[-1].text : "");
	} else if (before && before->kind == TOKEN_EQUALS) {
		config_token_error(parsing, token, "%.40s: the value is missing",
				   before > parsing->tokens.token ? before[-1].text : "");
	} else {
		config_token_error(parsing, token, "'%c' is not expected here", token->kind);
		if (token->kind == TOKEN_COMMA)
			log_hint("a list stands in braces, with one comma between two values");
	}
}

static void missing_brace(const struct config_token *token)
{
	config_token_error(parsing, token, "a { is missing before this");
	log_hint("a block is written NAME { … } or NAME \"TITLE\" { … }");
}

/* `token` is the brace after the title. Found here only if both titles stand without quotes. */
static void same_title(cfg_t *block, const struct config_token *token)
{
	cfg_opt_t *kind = cfg_getopt(block, token[-2].text);
	cfg_t *first = kind ? cfg_opt_gettsec(kind, token[-1].text) : NULL;

	if (first)
		config_same_title(parsing, &token[-1], parsing, config_title(parsing, first));
}

/* libconfuse's messages, by how they begin, in this program's words. */
static void explain(cfg_t *block, const char *format, va_list args)
{
	const struct config_token *token = token_at(block);
	char text[200];

	explained = true;
	if (!strncmp(format, "no such option", 14)) {
		unknown_setting(block, token);
	} else if (!strncmp(format, "unexpected token", 16)) {
		unexpected(token);
	} else if (!strncmp(format, "missing equal sign", 18)) {
		config_token_error(parsing, token, "a = is missing before this");
		log_hint("a setting is written NAME = VALUE");
	} else if (!strncmp(format, "missing opening brace", 21)) {
		missing_brace(token);
	} else if (!strncmp(format, "missing title", 13)) {
		config_token_error(parsing, token, "a name is missing before this");
		log_hint("a block with a name is written zone \"NAME\" { … }");
	} else if (!strncmp(format, "found duplicate title", 21)) {
		same_title(block, token);
	} else if (!strncmp(format, "premature end", 13)) {
		config_token_error(parsing, token, "the file ends behind this, unfinished");
	} else {
		vsnprintf(text, sizeof(text), format, args);
		config_token_error(parsing, token, "%s", text);
	}
}

/* The value is the word itself; is it the first of its setting, and the setting the first of its name? */
static int keep_value(cfg_t *block, cfg_opt_t *setting, const char *value, void *result)
{
	const struct config_token *all = parsing->tokens.token, *token = token_at(block);
	const struct config_token *equals = token - 1;
	char where[80];

	(void)value;
	*(const void **)result = token;
	if (equals->kind == TOKEN_OPEN)
		equals--;
	if (equals->kind != TOKEN_EQUALS)
		return 0;
	if (!setting->def.number) {
		setting->def.number = equals - all;
		return 0;
	}
	explained = true;
	config_token_error(parsing, equals - 1, "%s: it is set twice%s", setting->name,
			   in_block(block, where));
	log_hint("it was set in line %zu already",
		 config_line(config_token_place(&parsing->source, &all[setting->def.number - 1])));
	return -1;
}

static int end_block(cfg_t *parent, cfg_opt_t *kind)
{
	const struct config_token *open = &parsing->tokens.token[token_at(parent)->open];
	const struct config_token *name = open - (kind->flags & CFGF_TITLE ? 2 : 1);
	char where[80];

	kind->def.number++;
	for (size_t i = 0; i < sizeof(block_limits) / sizeof(*block_limits); i++) {
		if (strcmp(block_limits[i].name, kind->name) ||
		    kind->def.number <= block_limits[i].max)
			continue;
		explained = true;
		if (block_limits[i].max == 1)
			config_token_error(parsing, name, "%s: it is there twice%s", kind->name,
					   in_block(parent, where));
		else
			config_token_error(parsing, name, "%s: there are more than %ld%s",
					   kind->name, block_limits[i].max,
					   in_block(parent, where));
		return -1;
	}
	return 0;
}

cfg_t *config_parse(const struct config_text *text)
{
	char *plain = config_tokens_plain(&text->tokens);
	cfg_t *tree = plain ? cfg_init(file_settings, CFGF_NONE) : NULL;
	int result = CFG_FAIL;

	parsing = text;
	explained = false;
	if (tree) {
		cfg_set_error_function(tree, explain);
		result = cfg_parse_buf(tree, plain);
	}
	free(plain);
	if (result == CFG_SUCCESS)
		return tree;
	if (!explained)
		log_error("%s: it cannot be parsed: %s", text->source.path, strerror(ENOMEM));
	if (tree)
		cfg_free(tree);
	return NULL;
}
