// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/iptables_save.h"

#include "json_read.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct save {
	const char *family;
	const char *tool;
	json_t *objects;
	char table[32];
};

/* A rule while its words are read. */
struct words {
	const struct save *save;
	json_t *list; /* strings */
	size_t next;
	json_t *expr;    /* statements */
	json_t *verdict; /* NULL: none yet */
	bool inverted;   /* ! stood before */
	bool target;     /* what follows are options of the target */
};

/* ---- statements -------------------------------------------------------------------------------------------------- */

static void add_match(struct words *words, json_t *left, json_t *right)
{
	json_array_append_new(words->expr, json_pack("{s:{s:s, s:o, s:o}}", "match", "op",
						     words->inverted ? "!=" : "==", "left", left,
						     "right", right));
}

static void add_unknown(struct words *words)
{
	add_match(words, json_pack("{s:n}", "unknown"), json_integer(0));
}

static json_t *meta(const char *key)
{
	return json_pack("{s:{s:s}}", "meta", "key", key);
}

static const char *word(struct words *words)
{
	const char *text = json_string_value(json_array_get(words->list, words->next));

	words->next += !!text;
	return text ? text : "";
}

/* "eth+" stands for what nft calls "eth*". */
static void take_interface(struct words *words, const char *key)
{
	char name[64];
	size_t len;

	strncpy(name, word(words), sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	len = strlen(name);
	if (len && name[len - 1] == '+')
		name[len - 1] = '*';
	add_match(words, meta(key), json_string(name));
}

/* "69" or "1024:65535" */
static json_t *port_json(const char *text)
{
	char *end;
	long low = strtol(text, &end, 10);

	if (*end != ':')
		return json_integer(low);
	return json_pack("{s:[I, I]}", "range", (json_int_t)low,
			 (json_int_t)(end[1] ? strtol(end + 1, NULL, 10) : 65535));
}

static json_t *ports_json(const char *text)
{
	json_t *list = json_array();

	while (*text) {
		json_array_append_new(list, port_json(text));
		text += strcspn(text, ",");
		text += *text == ',';
	}
	return json_pack("{s:o}", "set", list);
}

static json_t *port_of(const char *field)
{
	return json_pack("{s:{s:s, s:s}}", "payload", "protocol", "th", "field", field);
}

/* "NEW,RELATED" as an array of lower-case words */
static json_t *lower_list(const char *words)
{
	char *text = strdup(words), *rest = NULL;
	json_t *list = json_array();

	for (char *c = text; c && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	for (char *one = text ? strtok_r(text, ",", &rest) : NULL; one;
	     one = strtok_r(NULL, ",", &rest))
		json_array_append_new(list, json_string(one));
	free(text);
	return list;
}

/* SNAT and DNAT are no states of nft. */
static void take_states(struct words *words)
{
	const char *list = word(words);

	if (strstr(list, "NAT"))
		add_unknown(words);
	else
		add_match(words, json_pack("{s:{s:s}}", "ct", "key", "state"), lower_list(list));
}

/* VALUE or VALUE/MASK */
static unsigned long mark_of(const char *text, unsigned long *mask)
{
	char *end;
	unsigned long value = strtoul(text, &end, 0);

	*mask = *end == '/' ? strtoul(end + 1, NULL, 0) : 0xffffffff;
	return value;
}

static void take_mark_match(struct words *words)
{
	unsigned long mask, value = mark_of(word(words), &mask);

	add_match(words, json_pack("{s:[o, I]}", "&", meta("mark"), (json_int_t)mask),
		  json_integer((json_int_t)value));
}

/* ADDRESS or ADDRESS/LENGTH; other masks are rare. */
static void take_address(struct words *words, const char *field)
{
	const char *text = word(words), *slash = strchr(text, '/');
	json_t *right = slash ? json_pack("{s:{s:s%, s:i}}", "prefix", "addr", text,
					  (size_t)(slash - text), "len", atoi(slash + 1))
			      : json_string(text);

	if (slash && strpbrk(slash, ".:")) {
		json_decref(right);
		add_unknown(words);
		return;
	}
	add_match(words,
		  json_pack("{s:{s:s, s:s}}", "payload", "protocol", words->save->family, "field",
			    field),
		  right);
}

/* BROADCAST,MULTICAST,… */
static void take_address_types(struct words *words)
{
	add_match(words, json_pack("{s:{s:s, s:[s]}}", "fib", "result", "type", "flags", "daddr"),
		  lower_list(word(words)));
}

static void take_protocol(struct words *words)
{
	const char *name = word(words);

	if (isdigit((unsigned char)*name))
		add_match(words, meta("l4proto"), json_integer(atoi(name)));
	else if (strcmp(name, "all"))
		add_match(words, meta("l4proto"), json_string(name));
}

static void take_module(struct words *words)
{
	/* Their options are understood, or complained about, one by one. */
	static const char *const known[] = {"udp",   "tcp",       "comment", "conntrack",
					    "state", "multiport", "mark",    "addrtype"};
	const char *name = word(words);

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(known[i], name))
			return;
	words->inverted = false;
	add_unknown(words);
}

static bool is(const char *text, const char *one, const char *other)
{
	return !strcmp(text, one) || !strcmp(text, other);
}

static void take_criterion(struct words *words, const char *option)
{
	if (is(option, "-i", "--in-interface"))
		take_interface(words, "iifname");
	else if (is(option, "-o", "--out-interface"))
		take_interface(words, "oifname");
	else if (is(option, "-p", "--protocol"))
		take_protocol(words);
	else if (is(option, "-m", "--match"))
		take_module(words);
	else if (is(option, "-s", "--source"))
		take_address(words, "saddr");
	else if (is(option, "-d", "--destination"))
		take_address(words, "daddr");
	else if (!strcmp(option, "--dst-type"))
		take_address_types(words);
	else if (is(option, "--dport", "--destination-port"))
		add_match(words, port_of("dport"), port_json(word(words)));
	else if (is(option, "--sport", "--source-port"))
		add_match(words, port_of("sport"), port_json(word(words)));
	else if (is(option, "--dports", "--destination-ports"))
		add_match(words, port_of("dport"), ports_json(word(words)));
	else if (is(option, "--sports", "--source-ports"))
		add_match(words, port_of("sport"), ports_json(word(words)));
	else if (is(option, "--ctstate", "--state"))
		take_states(words);
	else if (!strcmp(option, "--mark"))
		take_mark_match(words);
	else if (!strcmp(option, "--comment"))
		word(words);
	else if (*option == '-')
		add_unknown(words);
}

static void add_statement(struct words *words, const char *name)
{
	json_array_append_new(words->expr, json_pack("{s:n}", name));
}

static void add_mark(struct words *words, const char *text)
{
	unsigned long mask, value = mark_of(text, &mask);

	json_array_append_new(
		words->expr,
		json_pack("{s:{s:o, s:o}}", "mangle", "key", meta("mark"), "value",
			  mask == 0xffffffff ? json_integer((json_int_t)value) : json_null()));
}

static void take_target_option(struct words *words, const char *option)
{
	if (!strcmp(option, "--helper"))
		json_array_append_new(words->expr, json_pack("{s:s}", "ct helper", word(words)));
	else if (!strcmp(option, "--notrack"))
		add_statement(words, "notrack");
	else if (is(option, "--set-xmark", "--set-mark"))
		add_mark(words, word(words));
	else if (!strcmp(option, "--restore-mark"))
		add_mark(words, "0/0"); /* to something */
}

static bool is_chain(const struct save *save, const char *name)
{
	const json_t *object, *chain;
	size_t i;

	json_array_foreach(save->objects, i, object)
	{
		chain = json_object_get(object, "chain");
		if (chain && json_says(chain, "name", name) &&
		    json_says(chain, "table", save->table) && json_says(chain, "tool", save->tool))
			return true;
	}
	return false;
}

/* Others (LOG, TCPMSS, …) decide nothing. */
static void take_target(struct words *words, const char *kind)
{
	static const struct {
		const char *target;
		const char *statement;
	} known[] = {
		{"ACCEPT", "accept"},         {"DROP", "drop"},     {"REJECT", "reject"},
		{"RETURN", "return"},         {"NFQUEUE", "queue"}, {"QUEUE", "queue"},
		{"MASQUERADE", "masquerade"}, {"SNAT", "snat"},     {"DNAT", "dnat"},
		{"REDIRECT", "redirect"},     {"TPROXY", "tproxy"}, {"NETMAP", "snat"},
	};
	const char *name = word(words);

	words->target = true;
	if (!strcmp(name, "NOTRACK"))
		add_statement(words, "notrack");
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(known[i].target, name))
			words->verdict = json_pack("{s:n}", known[i].statement);
	if (!words->verdict && is_chain(words->save, name))
		words->verdict = json_pack("{s:{s:s}}", kind, "target", name);
}

/* ---- lines ------------------------------------------------------------------------------------------------------ */

/* Words as a shell sees them, as far as iptables-save quotes: "…" with \" inside. */
static json_t *split(const char *line)
{
	json_t *list = json_array();
	char *one = malloc(strlen(line) + 1);

	while (list && one && *(line += strspn(line, " "))) {
		bool quoted = *line == '"';
		size_t used = 0;

		for (line += quoted; *line && *line != (quoted ? '"' : ' '); line++) {
			if (quoted && *line == '\\' && line[1])
				line++;
			one[used++] = *line;
		}
		line += quoted && *line;
		one[used] = '\0';
		json_array_append_new(list, json_string(one));
	}
	free(one);
	return list;
}

static void add_object(const struct save *save, const char *kind, json_t *object)
{
	json_object_set_new(object, "family", json_string(save->family));
	json_object_set_new(object, "table", json_string(save->table));
	json_object_set_new(object, "tool", json_string(save->tool));
	json_array_append_new(save->objects, json_pack("{s:o}", kind, object));
}

static void take_rule(const struct save *save, const char *line)
{
	struct words words = {.save = save, .list = split(line), .expr = json_array()};
	const char *chain = word(&words), *option;

	while (*(option = word(&words))) {
		if (!strcmp(option, "!")) {
			words.inverted = true;
			continue;
		}
		if (words.target)
			take_target_option(&words, option);
		else if (is(option, "-j", "--jump"))
			take_target(&words, "jump");
		else if (is(option, "-g", "--goto"))
			take_target(&words, "goto");
		else
			take_criterion(&words, option);
		words.inverted = false;
	}
	if (words.verdict)
		json_array_append_new(words.expr, words.verdict);
	add_object(save, "rule",
		   json_pack("{s:s, s:s, s:o}", "chain", chain, "spec", line, "expr", words.expr));
	json_decref(words.list);
}

static int priority_of(const char *table, const char *hook)
{
	if (!strcmp(table, "raw"))
		return -300;
	if (!strcmp(table, "mangle"))
		return -150;
	if (!strcmp(table, "nat"))
		return !strcmp(hook, "prerouting") || !strcmp(hook, "output") ? -100 : 100;
	return strcmp(table, "security") ? 0 : 50;
}

/* "INPUT DROP [0:0]", or "MINE - [0:0]" */
static void take_chain(const struct save *save, const char *line)
{
	json_t *words = split(line), *chain;
	const char *name = json_string_value(json_array_get(words, 0));
	const char *policy = json_string_value(json_array_get(words, 1));
	char hook[32] = "";

	if (name && policy) {
		chain = json_pack("{s:s}", "name", name);
		for (size_t i = 0; name[i] && i + 1 < sizeof(hook); i++)
			hook[i] = (char)tolower((unsigned char)name[i]);
		if (strcmp(policy, "-")) {
			json_object_set_new(chain, "hook", json_string(hook));
			json_object_set_new(
				chain, "type",
				json_string(strcmp(save->table, "nat") ? "filter" : "nat"));
			json_object_set_new(chain, "prio",
					    json_integer(priority_of(save->table, hook)));
			json_object_set_new(
				chain, "policy",
				json_string(strcmp(policy, "DROP") ? "accept" : "drop"));
		}
		add_object(save, "chain", chain);
	}
	json_decref(words);
}

static void take_table(struct save *save, const char *name)
{
	strncpy(save->table, name, sizeof(save->table) - 1);
	add_object(save, "table", json_pack("{s:s}", "name", name));
	/* Rules name helpers directly. */
	add_object(save, "ct helper", json_pack("{s:s, s:s}", "name", "tftp", "type", "tftp"));
}

int iptables_save_parse(const char *text, const char *family, const char *tool, json_t *objects)
{
	struct save save = {.family = family, .tool = tool, .objects = objects};
	char *copy = strdup(text), *rest = NULL;

	if (!copy)
		return -ENOMEM;
	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (*line == '*')
			take_table(&save, line + 1);
		else if (*line == ':')
			take_chain(&save, line + 1);
		else if (!strncmp(line, "-A ", 3))
			take_rule(&save, line + 3);
	}
	free(copy);
	return 0;
}
