// SPDX-License-Identifier: GPL-2.0-or-later
#include "plain_pattern.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool plain_normal(const char *name, size_t len, char normal[PLAIN_NAME_MAX])
{
	char copy[PLAIN_NAME_MAX], *at = copy, *part, *end = normal;

	memcpy(copy, name, len);
	copy[len] = '\0';
	for (char *c = copy; *c; c++)
		*c = *c == '\\' ? '/' : *c;
	*normal = '\0';
	while ((part = strsep(&at, "/"))) {
		if (!strcmp(part, ".."))
			return false;
		if (!*part || !strcmp(part, "."))
			continue;
		if (end != normal)
			*end++ = '/';
		end = stpcpy(end, part);
	}
	return true;
}

struct matcher {
	const char *pattern;
	const char *name;
	bool any_case;
	const struct plain_client *client;
	unsigned char *tried; /* by place in the pattern and place in the name */
};

static bool try(struct matcher *m, const char *p, const char *n);

static bool same_byte(const struct matcher *m, unsigned char a, unsigned char b)
{
	bool letters = a < 128 && b < 128 && isalpha(a) && isalpha(b);

	return a == b || (m->any_case && letters && tolower(a) == tolower(b));
}

static bool in_range(unsigned char low, unsigned char c, unsigned char high)
{
	return low <= c && c <= high;
}

static unsigned char other_case(unsigned char c)
{
	return c >= 'a' && c <= 'z' ? c - 32 : c >= 'A' && c <= 'Z' ? c + 32 : c;
}

/* A class; `*end` is what follows it. */
static bool class_has(const struct matcher *m, const char *p, unsigned char c, const char **end)
{
	bool negated = *++p == '!' || *p == '^', found = false;

	for (p += negated; *p != ']';) {
		unsigned char low, high;

		p += *p == '\\';
		low = *p++;
		high = low;
		if (*p == '-' && p[1] != ']') {
			p++;
			p += *p == '\\';
			high = *p++;
		}
		found |= in_range(low, c, high) ||
			 (m->any_case && in_range(low, other_case(c), high));
	}
	*end = p + 1;
	return found != negated && c != '/';
}

static size_t own_text(const struct matcher *m, const char *word, size_t len, char text[64])
{
	const struct plain_client *c = m->client;
	const char *form = !strncmp(word, "mac-dashes", len) && len == 10
				   ? "%02x-%02x-%02x-%02x-%02x-%02x"
			   : len == 10 ? "%02x:%02x:%02x:%02x:%02x:%02x"
				       : "%02x%02x%02x%02x%02x%02x";
	size_t bytes = c->family == AF_INET ? 4 : 16;

	*text = '\0';
	if (!strncmp(word, "mac", 3)) {
		if (c->has_mac)
			snprintf(text, 64, form, c->mac[0], c->mac[1], c->mac[2], c->mac[3],
				 c->mac[4], c->mac[5]);
	} else if (len == 2) {
		inet_ntop(c->family, c->address, text, 64);
	} else {
		for (size_t i = 0; i < bytes; i++)
			sprintf(text + 2 * i, "%02X", c->address[i]);
	}
	return strlen(text);
}

static bool try_own(struct matcher *m, const char *p, const char *n)
{
	const char *word = p + 2, *end = strchr(p, '}');
	char text[64];
	size_t len = own_text(m, word, end - word, text), at = len;

	if (end - word == 13) /* ip-hex-prefix */
		at = 1;
	for (; at && at <= len; at++)
		if (!strncasecmp(text, n, at) && try(m, end + 1, n + at))
			return true;
	return false;
}

/* What follows the `/` behind stars that begin a part; NULL if this is none or they do not. */
static const char *behind_parts(const struct matcher *m, const char *p, size_t stars)
{
	const char *end = p + stars;

	if (stars < 2 || (p != m->pattern && p[-1] != '/'))
		return NULL;
	end += *end == '\\';
	return *end == '/' ? end + 1 : NULL;
}

/* Leaves out none of the parts, the first of them, the first two … */
static bool try_parts(struct matcher *m, const char *behind, const char *n)
{
	while (!try(m, behind, n)) {
		n = strchr(n, '/');
		if (!n)
			return false;
		n++;
	}
	return true;
}

static bool try_star(struct matcher *m, const char *p, const char *n)
{
	size_t stars = strspn(p, "*");
	const char *behind = behind_parts(m, p, stars);

	if (behind)
		return try_parts(m, behind, n);
	for (;; n++) {
		if (try(m, p + stars, n))
			return true;
		if (!*n || (stars == 1 && *n == '/'))
			return false;
	}
}

static bool try_one(struct matcher *m, const char *p, const char *n)
{
	const char *end;

	switch (*p) {
	case '*':
		return try_star(m, p, n);
	case '?':
		return *n && *n != '/' && try(m, p + 1, n + 1);
	case '[':
		return *n && class_has(m, p, *n, &end) && try(m, end, n + 1);
	case '%':
		if (p[1] == '{')
			return try_own(m, p, n);
		return *n == '%' && try(m, p + 2, n + 1);
	case '\\':
		return *n && same_byte(m, p[1], *n) && try(m, p + 2, n + 1);
	}
	return *n && same_byte(m, *p, *n) && try(m, p + 1, n + 1);
}

static bool try(struct matcher *m, const char *p, const char *n)
{
	unsigned char *tried = m->tried + (p - m->pattern) * (strlen(m->name) + 1) + (n - m->name);

	if (!*p)
		return !*n;
	if (*tried)
		return false;
	*tried = 1;
	return try_one(m, p, n);
}

bool plain_match(const char *pattern, bool any_case, const char *normal,
		 const struct plain_client *client)
{
	struct matcher m = {pattern, normal, any_case, client, NULL};
	bool matches;

	m.pattern += *pattern == '/' || !strncmp(pattern, "\\/", 2);
	m.pattern += *pattern == '\\' && m.pattern != pattern;
	m.tried = calloc(strlen(m.pattern) + 1, strlen(normal) + 1);
	matches = try(&m, m.pattern, normal);
	free(m.tried);
	return matches;
}
