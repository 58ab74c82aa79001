// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_sink.h"

#include "config_lists.h"
#include "log.h"
#include "option_values.h"
#include "pattern.h"
#include "quantity.h"
#include "records/record_filter.h"
#include "records/record_format.h"
#include "suggest.h"

#include <errno.h>
#include <limits.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

const struct choice config_sink_types[] = {
	{"file", SINK_FILE},
	{"stdout", SINK_STDOUT},
	{"stream", SINK_STREAM},
	{"journal", SINK_JOURNAL},
	{"syslog", SINK_SYSLOG},
	{"sqlite", SINK_SQLITE},
	{"postgresql", SINK_POSTGRESQL},
	{0},
};
const struct choice config_sink_formats[] = {{"eve", FORMAT_EVE}, {"text", FORMAT_TEXT}, {0}};
const struct quantity config_spool_max = {QUANTITY_BYTES, 1 << 20, 1ULL << 40, false};

#define TYPE(name) (1U << SINK_##name)
#define LINES      (TYPE(FILE) | TYPE(STDOUT) | TYPE(STREAM) | TYPE(SYSLOG))

/* Settings that not every sink has: which may have them, which need them. */
static const struct {
	const char *name;
	unsigned int may;
	unsigned int must;
	const char *hint;
} special[] = {
	{"path", TYPE(FILE) | TYPE(STREAM) | TYPE(SYSLOG) | TYPE(SQLITE),
	 TYPE(FILE) | TYPE(STREAM) | TYPE(SQLITE), "write path = \"/DIRECTORY/NAME\""},
	{"connection", TYPE(POSTGRESQL), TYPE(POSTGRESQL),
	 "write connection = \"host=HOST dbname=NAME user=NAME\""},
	{"spool", TYPE(POSTGRESQL), 0, NULL},
	{"spool-max", TYPE(POSTGRESQL), 0, NULL},
	{"format", LINES, 0, NULL},
};

/* Whose words a sink is made of, for messages about it and later ones. */
struct config_sink_claim {
	const struct config_text *text;
	const struct config_token *title;
};

/* A zone that a sink names. */
struct config_reference {
	const struct config_text *text;
	const struct config_token *token;
};

uint64_t config_sink_format(enum config_sink_type type)
{
	return type == SINK_SYSLOG ? FORMAT_TEXT : FORMAT_EVE;
}

/* `types` as "a, b or c". */
static void list_types(unsigned int types, char *text, size_t size)
{
	size_t len = 0;

	*text = '\0';
	for (const struct choice *c = config_sink_types; c->word; c++) {
		if (!(types & 1U << c->value))
			continue;
		types &= ~(1U << c->value);
		len += (size_t)snprintf(text + len, size - len, "%s%s",
					!len    ? ""
					: types ? ", "
						: " or ",
					c->word);
	}
}

/* Does it have the settings that its type needs, and none that its type has not? */
static void check_settings(const struct config_scope *scope, cfg_t *block,
			   enum config_sink_type type)
{
	for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++) {
		const struct config_token *token = scope_single(block, special[i].name);
		struct complaint why;
		char types[64];

		if (!token && special[i].must & 1U << type)
			scope_require(scope, block, special[i].name, special[i].hint);
		if (!token || special[i].may & 1U << type)
			continue;
		list_types(special[i].may, types, sizeof(types));
		complain(&why, "a sink of type %s has none", config_sink_types[type].word);
		complain_hint(&why, "it is for type %s", types);
		scope_refuse(scope, token, special[i].name, &why);
	}
}

static bool keep_text(const struct config_scope *scope, const char *text, char **kept)
{
	*kept = strdup(text);
	if (!*kept)
		scope_out_of_memory(scope->check);
	return *kept;
}

/* The policy that runs has no directory that a relative path could begin at. */
static int check_path(const char *text, size_t max, struct complaint *why)
{
	size_t len = strlen(text);

	if (*text != '/') {
		complain(why, "'%.40s' is not an absolute path", text);
		complain_hint(why, "begin it with /");
		return -EINVAL;
	}
	if (len > max)
		return complain(why, "a path of more than %zu bytes", max);
	if (text[len - 1] == '/')
		return complain(why, "'%.40s' is a directory", text);
	return 0;
}

/* Nobody else may write to the same file. */
static int check_alone(const struct config_scope *scope, const struct config_sink *sink,
		       const char *path, bool spool, struct complaint *why)
{
	const struct config *config = scope->check->config;

	for (const struct config_sink *other = config->sink; other < sink; other++) {
		const char *taken = spool ? other->spool : other->path;

		if (!taken || strcmp(taken, path) || other->type == SINK_STREAM ||
		    other->type == SINK_SYSLOG)
			continue;
		complain(why, "sink \"%s\" writes there already", other->name);
		complain_hint(why, "see %s:%zu", other->where.file, other->where.line);
		return -EINVAL;
	}
	return 0;
}

static void take_path(const struct config_scope *scope, cfg_t *block, const char *setting,
		      struct config_sink *sink)
{
	bool socket = sink->type == SINK_STREAM || sink->type == SINK_SYSLOG;
	bool spool = !strcmp(setting, "spool");
	size_t max = socket ? sizeof(((struct sockaddr_un *)0)->sun_path) - 1 : PATH_MAX - 64;
	const struct config_token *token = scope_single(block, setting);
	struct complaint why;

	if (!token)
		return;
	if (check_path(token->text, max, &why) ||
	    (!socket && check_alone(scope, sink, token->text, spool, &why)))
		scope_refuse(scope, token, setting, &why);
	else
		keep_text(scope, token->text, spool ? &sink->spool : &sink->path);
}

/* What is in the connection string, everybody may read who may read the policy. */
static int check_connection(const char *text, struct complaint *why)
{
	static const char *const secrets[] = {"password", "sslpassword"};
	char *words = NULL;
	PQconninfoOption *options = PQconninfoParse(text, &words);
	int err = 0;

	if (!options) {
		if (words)
			words[strcspn(words, "\n")] = '\0';
		err = complain(why, "%.200s", words ? words : strerror(ENOMEM));
		PQfreemem(words);
		return err;
	}
	for (const PQconninfoOption *o = options; o->keyword && !err; o++) {
		for (size_t i = 0; i < sizeof(secrets) / sizeof(*secrets); i++) {
			if (!o->val || strcmp(o->keyword, secrets[i]))
				continue;
			err = complain(
				why,
				"there is a password in it, which `tidegate policy` would show");
			complain_hint(why, "write passfile=/etc/tidegate/pgpass instead; see "
					   "\"The Password File\" in PostgreSQL's manual");
		}
	}
	PQconninfoFree(options);
	return err;
}

static void take_connection(const struct config_scope *scope, cfg_t *block,
			    struct config_sink *sink)
{
	const struct config_token *token = scope_single(block, "connection");
	struct complaint why;

	if (!token)
		return;
	if (check_connection(token->text, &why))
		scope_refuse(scope, token, "connection", &why);
	else
		keep_text(scope, token->text, &sink->connection);
}

static void take_spool_max(const struct config_scope *scope, cfg_t *block, struct config_sink *sink)
{
	const struct config_token *token = scope_single(block, "spool-max");
	struct complaint why;

	sink->spool_max = sink->spool ? SINK_SPOOL_MAX : 0;
	if (!token)
		return;
	if (!cfg_size(block, "spool")) {
		complain(&why, "there is no spool that it could limit");
		complain_hint(&why, "write spool = \"/var/spool/tidegate\" as well");
	} else if (!quantity_parse(&config_spool_max, token->text, &sink->spool_max, &why)) {
		return;
	}
	scope_refuse(scope, token, "spool-max", &why);
}

/* ---- the filter -------------------------------------------------------------------------------------------------- */

/* Words of a list as bits. */
static void take_words(const struct config_scope *scope, cfg_t *block, const char *setting,
		       const struct choice *words, unsigned int *bits)
{
	cfg_opt_t *values = cfg_getopt(block, setting);

	for (unsigned int i = 0; i < cfg_opt_size(values) && !scope_enough(scope); i++) {
		const struct config_token *token = scope_value(values, i);
		struct complaint why;
		uint64_t value;

		if (choice_value(words, token->text, &value, &why))
			scope_refuse(scope, token, setting, &why);
		else
			*bits |= 1U << value;
	}
}

static void take_kinds(const struct config_scope *scope, cfg_t *block, struct record_filter *filter)
{
	struct choice kinds[RECORD_KINDS + 1] = {0}, outcomes[OUTCOMES] = {0};
	const struct config_token *token = scope_single(block, "outcomes");
	unsigned int errors = scope->check->errors;
	struct complaint why;

	for (unsigned int i = 0; i < RECORD_KINDS; i++)
		kinds[i] = (struct choice){record_kind_name((enum record_kind)i), i};
	for (unsigned int i = OUTCOME_NONE + 1; i < OUTCOMES; i++)
		outcomes[i - 1] = (struct choice){record_outcome_name((enum record_outcome)i), i};
	take_words(scope, block, "records", kinds, &filter->kinds);
	take_words(scope, block, "outcomes", outcomes, &filter->outcomes);
	if (!token || !filter->kinds || filter->kinds & 1U << RECORD_END ||
	    errors != scope->check->errors)
		return;
	complain(&why, "this sink takes no records of ends");
	complain_hint(&why, "add end to records, or leave outcomes out");
	scope_refuse(scope, token, "outcomes", &why);
}

/* A zone may come later, or in another file. */
static bool note_zone(const struct config_scope *scope, const struct config_token *token)
{
	struct config_check *check = scope->check;
	struct config_reference *grown =
		scope_grow(check->reference, check->reference_count, sizeof(*grown));

	if (!grown)
		return !scope_out_of_memory(check);
	check->reference = grown;
	grown[check->reference_count++] = (struct config_reference){scope->text, token};
	return true;
}

static void take_zone(const struct config_scope *scope, const struct config_token *token,
		      struct record_filter *filter)
{
	struct complaint why;
	void *grown;

	if (name_check(token->text, &why)) {
		scope_refuse(scope, token, "zones", &why);
		return;
	}
	grown = scope_grow(filter->zone, filter->zone_count, TG_ZONE_NAME);
	if (!grown) {
		scope_out_of_memory(scope->check);
		return;
	}
	filter->zone = grown;
	snprintf(filter->zone[filter->zone_count++], TG_ZONE_NAME, "%s", token->text);
	note_zone(scope, token);
}

static void take_file(const struct config_scope *scope, const struct config_token *token,
		      struct record_filter *filter)
{
	struct complaint why;
	char **grown;

	if (!*token->text || strlen(token->text) > PATTERN_MAX) {
		complain(&why, "a pattern has 1 to %d bytes", PATTERN_MAX);
		scope_refuse(scope, token, "files", &why);
		return;
	}
	grown = scope_grow(filter->file, filter->file_count, sizeof(*grown));
	if (!grown) {
		scope_out_of_memory(scope->check);
		return;
	}
	filter->file = grown;
	if (keep_text(scope, token->text, &grown[filter->file_count]))
		filter->file_count++;
}

static void take_filter(const struct config_scope *scope, cfg_t *block,
			struct record_filter *filter)
{
	static const struct {
		const char *setting;
		void (*take)(const struct config_scope *scope, const struct config_token *token,
			     struct record_filter *filter);
	} lists[] = {{"zones", take_zone}, {"files", take_file}};

	take_kinds(scope, block, filter);
	take_prefixes(scope, block, "clients", &filter->clients);
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		cfg_opt_t *values = cfg_getopt(block, lists[i].setting);

		for (unsigned int n = 0; n < cfg_opt_size(values) && !scope_enough(scope); n++)
			if (!scope_count_value(scope, config_token_place(&scope->text->source,
									 scope_value(values, n))))
				lists[i].take(scope, scope_value(values, n), filter);
	}
}

int config_sink_check_zones(struct config_check *check)
{
	for (size_t i = 0; i < check->reference_count; i++) {
		const struct config_reference *r = &check->reference[i];
		struct suggestion near = suggestion_for(r->token->text);
		bool known = false;

		for (size_t z = 0; z < check->config->zone_count && !known; z++) {
			known = !strcmp(check->config->zone[z].name, r->token->text);
			suggestion_offer(&near, check->config->zone[z].name);
		}
		if (known)
			continue;
		check->errors++;
		config_token_error(r->text, r->token, "zones: there is no zone \"%.40s\"",
				   r->token->text);
		if (near.nearest)
			log_hint("did you mean %s?", near.nearest);
	}
	return check->errors ? -EINVAL : 0;
}

/* ---- whole sinks --------------------------------------------------------------------------------------------------- */

static struct config_sink *add_sink(const struct config_scope *scope,
				    const struct config_token *title)
{
	struct config *config = scope->check->config;
	struct config_sink *sinks = scope_grow(config->sink, config->sink_count, sizeof(*sinks));

	if (sinks)
		config->sink = sinks;
	if (!sinks) {
		scope_out_of_memory(scope->check);
		return NULL;
	}
	sinks += config->sink_count;
	*sinks = (struct config_sink){.filter = calloc(1, sizeof(*sinks->filter)),
				      .where = scope_where(scope, title)};
	if (!sinks->filter) {
		scope_out_of_memory(scope->check);
		return NULL;
	}
	config->sink_count++;
	snprintf(sinks->name, sizeof(sinks->name), "%s", title->text);
	return sinks;
}

/* Two sinks to standard output would mix their lines. */
static void check_stdout(const struct config_scope *scope, cfg_t *block,
			 const struct config_sink *sink)
{
	struct complaint why;

	for (const struct config_sink *other = scope->check->config->sink; other < sink; other++) {
		if (sink->type != SINK_STDOUT || other->type != SINK_STDOUT)
			continue;
		complain(&why, "sink \"%s\" writes there already", other->name);
		complain_hint(&why, "see %s:%zu", other->where.file, other->where.line);
		scope_refuse(scope, scope_single(block, "type"), "type", &why);
		return;
	}
}

static void take_sink(const struct config_scope *scope, cfg_t *block, struct config_sink *sink)
{
	uint64_t type = SINK_TYPES;

	if (scope_require(scope, block, "type", "write type = file and path = \"/var/log/…\""))
		scope_choice(scope, block, "type", config_sink_types, &type);
	take_filter(scope, block, sink->filter);
	if (type == SINK_TYPES)
		return;
	sink->type = (enum config_sink_type)type;
	check_settings(scope, block, sink->type);
	check_stdout(scope, block, sink);
	sink->format = config_sink_format(sink->type);
	scope_choice(scope, block, "format", config_sink_formats, &sink->format);
	take_path(scope, block, "path", sink);
	take_connection(scope, block, sink);
	take_path(scope, block, "spool", sink);
	take_spool_max(scope, block, sink);
	if (sink->type == SINK_SYSLOG && !sink->path)
		keep_text(scope, SINK_SYSLOG_PATH, &sink->path);
}

/* Is it the first sink of this name, and not one too many? Says so if not, else notes it. */
static bool claim(const struct config_scope *scope, const struct config_token *title)
{
	struct config_check *check = scope->check;
	size_t count = check->config->sink_count;
	struct config_sink_claim *grown;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(check->config->sink[i].name, title->text))
			continue;
		check->errors++;
		config_same_title(scope->text, title, check->sink[i].text, check->sink[i].title);
		return false;
	}
	if (count == SINKS_MAX) {
		check->errors = CONFIG_ERRORS_MAX;
		config_token_error(scope->text, title, "more than %d sinks", SINKS_MAX);
		return false;
	}
	grown = scope_grow(check->sink, count, sizeof(*grown));
	if (!grown)
		return !scope_out_of_memory(check);
	check->sink = grown;
	grown[count] = (struct config_sink_claim){scope->text, title};
	return true;
}

void take_sinks(struct config_scope *scope, cfg_t *tree)
{
	cfg_opt_t *blocks = cfg_getopt(tree, "sink");

	for (unsigned int i = 0; i < cfg_opt_size(blocks) && !scope_enough(scope); i++) {
		cfg_t *block = cfg_opt_getnsec(blocks, i);
		const struct config_token *title = config_title(scope->text, block);
		struct config_sink *sink;
		struct complaint why;

		if (title_check(title->text, &why)) {
			scope_refuse(scope, title, "sink", &why);
			continue;
		}
		sink = claim(scope, title) ? add_sink(scope, title) : NULL;
		if (sink)
			take_sink(scope, block, sink);
	}
}

void config_sink_free(struct config_sink *sink)
{
	if (sink->filter)
		record_filter_free(sink->filter);
	free(sink->filter);
	free(sink->path);
	free(sink->connection);
	free(sink->spool);
}
