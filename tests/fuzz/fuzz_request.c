// SPDX-License-Identifier: GPL-2.0-or-later
// sources: tests/fuzz/grammar.c
// libfuzzer: -max_len=1040 -dict=tests/fuzz/words.dict
/*
 * The request reader against a plain reading of the same bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"
#include "core/judge.h"

#include "grammar.h"

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "property broken: %s\n", what);
	abort();
}

static void same_number(const struct tftp_text *text, unsigned int bit, uint64_t got,
			const struct grammar_value *v)
{
	must(!(text->options & bit) == !v->there, "whether the option is there");
	if (!v->there || v->huge)
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
	return 0;
}
