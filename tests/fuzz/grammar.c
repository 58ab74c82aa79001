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
	struct grammar_value v = {.there = true};
	size_t digits = strspn(text, "0123456789");

	v.number = digits && !text[digits];
	v.huge = digits - strspn(text, "0") > 16;
	if (!v.number || v.huge)
		return v;
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
