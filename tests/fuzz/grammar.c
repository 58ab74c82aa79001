// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See grammar.h.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "grammar.h"

/* The string at `at` and the offset behind its NUL, or NULL if it does not end. */
static const char *text_at(const uint8_t *bytes, size_t len, size_t *at)
{
	const char *text = (const char *)bytes + *at;

	if (*at >= len || !memchr(text, 0, len - *at))
		return NULL;
	*at += strlen(text) + 1;
	return text;
}

static struct grammar_value read_value(const char *text, bool microseconds)
{
	struct grammar_value v = {.there = true, .text = text};
	size_t digits = strspn(text, "0123456789");

	v.number = digits && !text[digits];
	v.huge = digits - strspn(text, "0") > 16;
	if (!v.number)
		return v;
	if (v.huge) {
		v.value = UINT64_MAX;
		return v;
	}
	v.value = strtoull(text, NULL, 10);
	if (microseconds)
		v.value = (v.value + 999999) / 1000000;
	return v;
}

static int option_of(const char *name)
{
	static const struct {
		const char *name;
		enum grammar_option option;
	} known[] = {
		{"blksize", GRAMMAR_BLKSIZE},       {"blksize2", GRAMMAR_BLKSIZE},
		{"windowsize", GRAMMAR_WINDOWSIZE}, {"timeout", GRAMMAR_TIMEOUT},
		{"utimeout", GRAMMAR_TIMEOUT},      {"tsize", GRAMMAR_TSIZE},
		{"multicast", GRAMMAR_MULTICAST},   {"msftwindow", GRAMMAR_MSFTWINDOW},
		{"udpport", GRAMMAR_UDPPORT},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcasecmp(name, known[i].name))
			return known[i].option;
	return -1;
}

void grammar_read_options(const uint8_t *bytes, size_t len, struct grammar_options *options)
{
	size_t at = 0;

	memset(options, 0, sizeof(*options));
	while (at < len) {
		const char *name = text_at(bytes, len, &at);
		const char *value = name && *name ? text_at(bytes, len, &at) : NULL;
		int option;

		if (!value)
			return;
		options->pairs++;
		option = option_of(name);
		if (option >= 0 && !options->values[option].there)
			options->values[option] = read_value(value, !strcasecmp(name, "utimeout"));
	}
}

/* A decimal number up to `most` and the character `end` behind it; moves on. -1: something else. */
static long number_before(const char **text, char end, long most)
{
	size_t digits = strspn(*text, "0123456789");
	long number = 0;

	if (!digits || (*text)[digits] != end)
		return -1;
	for (size_t i = 0; i < digits && number <= most; i++)
		number = number * 10 + ((*text)[i] - '0');
	*text += digits + 1;
	return number <= most ? number : -1;
}

bool grammar_read_group(const char *value, uint32_t *address, uint16_t *port)
{
	long number;

	*address = 0;
	for (int i = 0; i < 4; i++) {
		number = number_before(&value, i < 3 ? '.' : ',', 255);
		if (number < 0)
			return false;
		*address = *address << 8 | number;
	}
	number = number_before(&value, ',', 65535);
	if (number <= 0 || strchr(value, ','))
		return false;
	*port = number;
	return *address >> 28 == 14;
}

static unsigned int mode_of(const char *mode)
{
	if (!strcasecmp(mode, "octet"))
		return TG_OCTET;
	if (!strcasecmp(mode, "netascii"))
		return TG_NETASCII;
	return strcasecmp(mode, "binary") ? 0 : TG_BINARY;
}

void grammar_read_request(const uint8_t *bytes, size_t len, struct grammar_request *request)
{
	size_t at = 2;
	const char *name = text_at(bytes, len, &at);
	const char *mode;

	memset(request, 0, sizeof(*request));
	request->reason = TG_REQUEST_NAME;
	if (!name || !*name)
		return;
	request->name_len = strlen(name);
	request->reason = TG_REQUEST_MODE;
	mode = text_at(bytes, len, &at);
	if (!mode)
		return;
	request->mode = mode_of(mode);
	if (!strcasecmp(mode, "mail"))
		request->reason = TG_REQUEST_MAIL;
	else if (request->mode)
		request->reason = TG_REQUEST;
	grammar_read_options(bytes + at, len - at, &request->options);
}

static uint32_t at_most(const struct grammar_value *v, uint32_t most)
{
	return v->value > most ? most : v->value;
}

void grammar_ask(const struct grammar_request *request, struct grammar_asked *asked)
{
	static const unsigned int bits[GRAMMAR_OPTIONS] = {
		[GRAMMAR_BLKSIZE] = TG_OPT_BLKSIZE,       [GRAMMAR_WINDOWSIZE] = TG_OPT_WINDOWSIZE,
		[GRAMMAR_TIMEOUT] = TG_OPT_TIMEOUT,       [GRAMMAR_TSIZE] = TG_OPT_TSIZE,
		[GRAMMAR_MULTICAST] = TG_OPT_MULTICAST,   [GRAMMAR_UDPPORT] = TG_OPT_UDPPORT,
		[GRAMMAR_MSFTWINDOW] = TG_OPT_MSFTWINDOW,
	};
	const unsigned int numbers = TG_OPT_BLKSIZE | TG_OPT_WINDOWSIZE | TG_OPT_TIMEOUT;
	const struct grammar_value *v = request->options.values;

	memset(asked, 0, sizeof(*asked));
	asked->options = request->options.pairs ? TG_OPT_ANY : 0;
	for (int i = 0; i < GRAMMAR_OPTIONS; i++)
		if (v[i].there && (v[i].number || !(bits[i] & numbers)))
			asked->options |= bits[i];
	if (asked->options & TG_OPT_BLKSIZE)
		asked->blksize = at_most(&v[GRAMMAR_BLKSIZE], 65535);
	if (asked->options & TG_OPT_WINDOWSIZE)
		asked->windowsize = at_most(&v[GRAMMAR_WINDOWSIZE], 65535);
}

static bool within_bounds(const struct grammar_value *v, uint64_t least, uint64_t most)
{
	return !v->there || (v->number && v->value >= least && v->value <= most);
}

bool grammar_may_grant(const struct grammar_options *granted, const struct grammar_asked *asked,
		       uint32_t zone_flags)
{
	const struct grammar_value *v = granted->values;
	const unsigned int options = asked->options;

	if (!options)
		return false;
	if ((v[GRAMMAR_BLKSIZE].there && !(options & TG_OPT_BLKSIZE)) ||
	    (v[GRAMMAR_WINDOWSIZE].there && !(options & TG_OPT_WINDOWSIZE)) ||
	    (v[GRAMMAR_MSFTWINDOW].there && !(options & TG_OPT_MSFTWINDOW)) ||
	    (v[GRAMMAR_MULTICAST].there && !(options & TG_OPT_MULTICAST)) ||
	    (v[GRAMMAR_UDPPORT].there && !(options & TG_OPT_UDPPORT)))
		return false;
	if ((v[GRAMMAR_MULTICAST].there && !(zone_flags & TG_ZONE_MULTICAST)) ||
	    (v[GRAMMAR_UDPPORT].there && !(zone_flags & TG_ZONE_UDPPORT)))
		return false;
	return within_bounds(&v[GRAMMAR_BLKSIZE], 8,
			     asked->blksize < 65464 ? asked->blksize : 65464) &&
	       within_bounds(&v[GRAMMAR_WINDOWSIZE], 1, asked->windowsize) &&
	       within_bounds(&v[GRAMMAR_TIMEOUT], 1, 255) &&
	       within_bounds(&v[GRAMMAR_UDPPORT], 1, 65535);
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

void grammar_agree(const struct grammar_options *granted, uint32_t slack,
		   struct grammar_agreed *agreed)
{
	static const struct grammar_options nothing;
	const struct grammar_value *v = granted ? granted->values : nothing.values;

	agreed->blksize = v[GRAMMAR_BLKSIZE].there ? v[GRAMMAR_BLKSIZE].value : 512;
	agreed->windowsize = v[GRAMMAR_WINDOWSIZE].there ? v[GRAMMAR_WINDOWSIZE].value : 1;
	if (v[GRAMMAR_MSFTWINDOW].there)
		agreed->windowsize = larger(agreed->windowsize, 255);
	agreed->ahead = larger(agreed->windowsize + 1, slack);
	agreed->behind = larger(agreed->windowsize, slack);
	if (agreed->ahead > 16384)
		agreed->ahead = 16384;
	if (agreed->behind > 16384)
		agreed->behind = 16384;
	agreed->timeout_s = v[GRAMMAR_TIMEOUT].there ? v[GRAMMAR_TIMEOUT].value : 0;
}
