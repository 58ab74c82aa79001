// SPDX-License-Identifier: GPL-2.0-or-later
#include "pattern.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/types.h>

#include "automaton.h"
#include "suggest.h"

struct parser {
	const char *text;
	const char *at;
	bool any_case;
	struct pattern *pattern;
	struct complaint *why;
};

static const struct {
	const char *name;
	enum pattern_kind kind;
	uint8_t text;
} placeholders[] = {
	{"mac", PATTERN_OWN, TG_OWN_MAC},           {"mac-dashes", PATTERN_OWN, TG_OWN_DASHES},
	{"mac-colons", PATTERN_OWN, TG_OWN_COLONS}, {"ip", PATTERN_OWN, TG_OWN_IP},
	{"ip-hex", PATTERN_OWN, TG_OWN_HEX},        {"ip-hex-prefix", PATTERN_PREFIX, TG_OWN_HEX},
};
#define PLACEHOLDERS (sizeof(placeholders) / sizeof(*placeholders))

/* Bytes before `at`, plus one. */
static size_t column(const struct parser *p, const char *at)
{
	return at - p->text + 1;
}

static struct pattern_item *add_item(struct parser *p, enum pattern_kind kind)
{
	struct pattern_item *item = &p->pattern->item[p->pattern->count++];

	memset(item, 0, sizeof(*item));
	item->kind = kind;
	return item;
}

static void add_case(struct byte_set *set)
{
	for (int c = 'a'; c <= 'z'; c++) {
		if (byte_set_has(set, c))
			byte_set_add(set, c - 'a' + 'A');
		else if (byte_set_has(set, c - 'a' + 'A'))
			byte_set_add(set, c);
	}
}

static int parse_literal(struct parser *p, char c, const char *begin)
{
	struct pattern_item *item;

	if (c == '\\') {
		complain(p->why, "byte %zu: a backslash can never match", column(p, begin));
		complain_hint(p->why, "Names are compared with / in its place.");
		return -EINVAL;
	}
	item = add_item(p, PATTERN_SET);
	byte_set_add(&item->set, c);
	if (p->any_case)
		add_case(&item->set);
	return 0;
}

static bool is_literal(const struct pattern_item *item, char c)
{
	return item->kind == PATTERN_SET && byte_set_has(&item->set, c) &&
	       byte_set_count(&item->set) == 1;
}

/* The last item; NULL: none yet. */
static struct pattern_item *last_item(const struct parser *p)
{
	return p->pattern->count ? &p->pattern->item[p->pattern->count - 1] : NULL;
}

/* Bytes that are a `/` to the pattern. */
static size_t slash_length(const char *text)
{
	if (*text == '/')
		return 1;
	return !strncmp(text, "\\/", 2) ? 2 : 0;
}

/* Two stars or more at the beginning of a part. After others with their `/`, the later ones alone say the same. */
static void parse_parts(struct parser *p)
{
	struct pattern_item *last = last_item(p);
	size_t slash = slash_length(p->at);

	if (!last || last->kind != PATTERN_PARTS)
		last = add_item(p, PATTERN_PARTS);
	if (!slash)
		last->kind = PATTERN_DSTAR;
	p->at += slash;
}

/* A run of stars: one crosses no `/`, more do. */
static void parse_stars(struct parser *p)
{
	const struct pattern_item *last = last_item(p);
	size_t count = strspn(p->at, "*");

	p->at += count;
	if (count == 1)
		add_item(p, PATTERN_STAR);
	else if (!last || last->kind == PATTERN_PARTS || is_literal(last, '/'))
		parse_parts(p);
	else
		add_item(p, PATTERN_DSTAR);
}

/* The next byte of a class, which may be escaped; -EINVAL at the pattern's end. */
static int class_byte(struct parser *p)
{
	if (*p->at == '\\')
		p->at++;
	return *p->at ? (unsigned char)*p->at++ : -EINVAL;
}

static int parse_class_items(struct parser *p, struct byte_set *set, const char *begin)
{
	while (*p->at != ']') {
		const char *range = p->at;
		int first = class_byte(p), last = first;

		if (first >= 0 && p->at[0] == '-' && p->at[1] && p->at[1] != ']') {
			p->at++;
			last = class_byte(p);
		}
		if (first < 0 || last < 0)
			return complain(p->why, "byte %zu: the class [… has no end",
					column(p, begin));
		if (first > last)
			return complain(p->why, "byte %zu: a range ends before it begins",
					column(p, range));
		byte_set_add_range(set, first, last);
	}
	p->at++;
	return 0;
}

static int parse_class(struct parser *p)
{
	const struct byte_set any = byte_set_any();
	const char *begin = p->at++;
	bool negated = *p->at == '!' || *p->at == '^';
	struct byte_set set = {};

	p->at += negated;
	if (*p->at == ']') {
		complain(p->why, "byte %zu: an empty class", column(p, begin));
		complain_hint(p->why, "Write \\] for the bracket itself.");
		return -EINVAL;
	}
	if (parse_class_items(p, &set, begin))
		return -EINVAL;
	if (p->any_case)
		add_case(&set);
	for (int i = 0; i < 4; i++)
		set.word[i] = (negated ? ~set.word[i] : set.word[i]) & any.word[i];
	if (!byte_set_count(&set)) {
		complain(p->why, "byte %zu: this class can never match", column(p, begin));
		complain_hint(p->why, "No class holds a / or a backslash.");
		return -EINVAL;
	}
	add_item(p, PATTERN_SET)->set = set;
	return 0;
}

/* Names the known placeholders, and the nearest to the word that was typed. */
static int unknown_placeholder(struct parser *p, const char *begin, const char *word)
{
	struct suggestion near = suggestion_for(word);
	char known[sizeof(p->why->hint)] = "";
	size_t len = 0;

	for (size_t i = 0; i < PLACEHOLDERS; i++) {
		suggestion_offer(&near, placeholders[i].name);
		len += snprintf(known + len, sizeof(known) - len, "%s%%{%s}", i ? ", " : "",
				placeholders[i].name);
	}
	complain(p->why, "byte %zu: there is no such placeholder", column(p, begin));
	if (near.nearest)
		complain_hint(p->why, "Did you mean %%{%s}? There are %s; %%%% is a percent sign.",
			      near.nearest, known);
	else
		complain_hint(p->why, "There are %s; %%%% is a percent sign.", known);
	return -EINVAL;
}

static int parse_placeholder(struct parser *p)
{
	const char *begin = p->at++, *end;
	char word[32] = "";

	if (*p->at == '%') {
		p->at++;
		return parse_literal(p, '%', begin);
	}
	if (*p->at != '{')
		return unknown_placeholder(p, begin, "");
	end = strchr(++p->at, '}');
	if (!end)
		return complain(p->why, "byte %zu: the placeholder %%{… has no end",
				column(p, begin));
	if ((size_t)(end - p->at) >= sizeof(word))
		return unknown_placeholder(p, begin, "");
	memcpy(word, p->at, end - p->at);
	for (size_t i = 0; i < PLACEHOLDERS; i++) {
		if (strcmp(word, placeholders[i].name))
			continue;
		add_item(p, placeholders[i].kind)->text = placeholders[i].text;
		p->at = end + 1;
		return 0;
	}
	return unknown_placeholder(p, begin, word);
}

static int parse_item(struct parser *p)
{
	const char *begin = p->at;

	switch (*p->at) {
	case '*':
		parse_stars(p);
		return 0;
	case '?':
		p->at++;
		add_item(p, PATTERN_SET)->set = byte_set_any();
		return 0;
	case '[':
		return parse_class(p);
	case '%':
		return parse_placeholder(p);
	case '\\':
		if (!*++p->at)
			return complain(p->why, "byte %zu: nothing follows the backslash",
					column(p, begin));
		break;
	}
	return parse_literal(p, *p->at++, begin);
}

/* Items first … end-1 stand between two `/` or at an end. Is this a part that no name has? */
static int check_part(const struct pattern *pattern, size_t first, size_t end,
		      struct complaint *why)
{
	size_t dots = 0;

	while (first + dots < end && is_literal(&pattern->item[first + dots], '.'))
		dots++;
	if (first + dots < end || dots > 2)
		return 0;
	if (dots) {
		complain(why, "a part \"%s\" can never match", dots == 1 ? "." : "..");
		complain_hint(why, dots == 1 ? "Names are compared without such parts."
					     : "Names with such a part are always refused.");
		return -EINVAL;
	}
	if (end == pattern->count) {
		complain(why, "what ends with / can never match");
		complain_hint(why, "Names are compared without a / at their end; write /** for all "
				   "below a directory.");
		return -EINVAL;
	}
	complain(why, "two / side by side can never match");
	complain_hint(why, "Names are compared with one / in their place.");
	return -EINVAL;
}

static int check_parts(struct pattern *pattern, struct complaint *why)
{
	size_t first = 0;

	if (pattern->count && is_literal(&pattern->item[0], '/')) {
		pattern->count--;
		memmove(pattern->item, pattern->item + 1, pattern->count * sizeof(*pattern->item));
	}
	if (!pattern->count)
		return complain(why, "an empty pattern can never match");
	for (size_t i = 0; i <= pattern->count; i++) {
		bool parts = i < pattern->count && pattern->item[i].kind == PATTERN_PARTS;

		if (i < pattern->count && !parts && !is_literal(&pattern->item[i], '/'))
			continue;
		if (!parts && check_part(pattern, first, i, why))
			return -EINVAL;
		first = i + 1;
	}
	return 0;
}

int pattern_parse(const char *text, bool any_case, struct pattern *pattern, struct complaint *why)
{
	struct parser p = {
		.text = text, .at = text, .any_case = any_case, .pattern = pattern, .why = why};

	pattern->count = 0;
	if (strlen(text) > PATTERN_MAX)
		return complain(why, "a pattern of %zu bytes: at most %d are possible",
				strlen(text), PATTERN_MAX);
	while (*p.at)
		if (parse_item(&p))
			return -EINVAL;
	return check_parts(pattern, why);
}

int pattern_check(const char *text, struct complaint *why)
{
	struct pattern *pattern = malloc(sizeof(*pattern));
	int error = -ENOMEM;

	if (pattern)
		error = pattern_parse(text, false, pattern, why);
	else
		complain(why, "memory is short");
	free(pattern);
	return error;
}
