// SPDX-License-Identifier: GPL-2.0-or-later
// sources: tests/fuzz/grammar.c
// libfuzzer: -max_len=1040 -dict=tests/fuzz/words.dict
/*
 * The request reader against a plain reading of the same bytes. What stood in the memory before does not count, nor does
 * the letter case of what is no file name; the request in its normal form (known options in order, numbers without
 * leading zeros) is read as the same request.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "store.h"
#include "core/judge.h"

#include "grammar.h"
#include "must.h"

static void same_number(const struct tftp_text *text, unsigned int bit, uint64_t got,
			const struct grammar_value *v)
{
	must(!(text->options & bit) == !v->there, "whether the option is there");
	if (!v->there)
		return;
	must(!(text->malformed & bit) == v->number, "whether its value is a number");
	must(got == v->value || (v->value > UINT32_MAX && got == UINT32_MAX), "the number");
}

static void same_options(const struct tftp_text *text, const struct grammar_options *plain)
{
	const struct grammar_value *v = plain->values;

	must(!(text->options & TG_OPT_ANY) == !plain->pairs, "whether there are options");
	same_number(text, TG_OPT_BLKSIZE, text->blksize, &v[GRAMMAR_BLKSIZE]);
	same_number(text, TG_OPT_WINDOWSIZE, text->windowsize, &v[GRAMMAR_WINDOWSIZE]);
	same_number(text, TG_OPT_TIMEOUT, text->timeout, &v[GRAMMAR_TIMEOUT]);
	must(!(text->options & TG_OPT_TSIZE) == !v[GRAMMAR_TSIZE].there, "tsize");
	must(!(text->options & TG_OPT_MULTICAST) == !v[GRAMMAR_MULTICAST].there, "multicast");
	must(!(text->options & TG_OPT_MSFTWINDOW) == !v[GRAMMAR_MSFTWINDOW].there, "msftwindow");
	must(!(text->options & TG_OPT_UDPPORT) == !v[GRAMMAR_UDPPORT].there, "udpport");
}

/* Reads with `filler` in everything that the reader has to set itself. */
static enum tg_reason read_text(struct tftp_text *text, const uint8_t *bytes, size_t len,
				uint8_t filler)
{
	memset(text, filler, sizeof(*text));
	memcpy(text->bytes, bytes, len);
	text->len = len;
	return tftp_read_request(text, 1);
}

static void same_reading(const struct tftp_text *a, const struct tftp_text *b, const char *what)
{
	must(a->mode == b->mode && a->name_len == b->name_len && a->options == b->options &&
		     a->malformed == b->malformed && a->blksize == b->blksize &&
		     a->windowsize == b->windowsize && a->timeout == b->timeout &&
		     a->tsize == b->tsize,
	     what);
}

static void check_letter_case(const struct tftp_text *text, size_t len)
{
	static struct tftp_text other;
	uint8_t bytes[TG_REQUEST_MAX];

	memcpy(bytes, text->bytes, len);
	for (size_t i = 2 + text->name_len + 1; i < len; i++)
		bytes[i] = islower(bytes[i]) ? toupper(bytes[i]) : tolower(bytes[i]);
	must(read_text(&other, bytes, len, 0) == TG_REQUEST, "the letter case");
	same_reading(text, &other, "the letter case");
}

/* The request in its normal form into `bytes`; its length, or 0 if it has none: values that are no numbers, or huge. */
static size_t normal_form(const struct tftp_text *text, const struct grammar_options *plain,
			  uint8_t *bytes, size_t room)
{
	static const char *const modes[] = {"", "octet", "netascii", "binary"};
	static const char *const names[GRAMMAR_OPTIONS] = {
		"blksize", "windowsize", "timeout", "tsize", "multicast", "msftwindow", "udpport"};
	size_t head = 2 + text->name_len + 1;
	size_t len = head + strlen(modes[text->mode]) + 1;

	memcpy(bytes, text->bytes, head);
	memcpy(bytes + head, modes[text->mode], strlen(modes[text->mode]) + 1);
	for (int i = 0; i < GRAMMAR_OPTIONS; i++) {
		const struct grammar_value *v = &plain->values[i];

		if (!v->there)
			continue;
		if (!v->number || v->huge)
			return 0;
		len += snprintf((char *)bytes + len, room - len, "%s%c%llu", names[i], 0,
				(unsigned long long)v->value) +
		       1;
	}
	if (plain->pairs) {
		memcpy(bytes + len, "x\0", 3);
		len += 3;
	}
	return len <= TG_REQUEST_MAX ? len : 0;
}

static void check_normal_form(const struct tftp_text *text, const struct grammar_options *plain)
{
	static struct tftp_text normal;
	uint8_t bytes[2 * TG_REQUEST_MAX];
	size_t len = normal_form(text, plain, bytes, sizeof(bytes));

	if (!len)
		return;
	must(read_text(&normal, bytes, len, 0xff) == TG_REQUEST, "the normal form");
	same_reading(text, &normal, "the normal form");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct tftp_text text, again;
	struct grammar_request plain;
	enum tg_reason reason;

	if (len < 2 || len > TG_REQUEST_MAX)
		return 0;
	reason = read_text(&text, bytes, len, 0xaa);
	must(read_text(&again, bytes, len, 0x55) == reason && again.hash == text.hash,
	     "what was there before counts");
	grammar_read_request(bytes, len, &plain);
	must(reason == plain.reason, "the reason");
	if (reason != TG_REQUEST)
		return 0;
	must(text.name_len == plain.name_len, "the length of the name");
	must(text.mode == plain.mode, "the mode");
	same_options(&text, &plain.options);
	check_letter_case(&text, len);
	check_normal_form(&text, &plain.options);
	return 0;
}
