// SPDX-License-Identifier: GPL-2.0-or-later
// sources: tests/fuzz/grammar.c
// libfuzzer: -max_len=1040 -dict=tests/fuzz/words.dict
/*
 * What is granted against what was asked: the core's judgement against one over a plain reading of the same bytes.
 * Input: eight bytes for what was asked and the zone, then the OACK from its opcode on.
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

static bool within_bounds(const struct grammar_value *v, uint64_t least, uint64_t most)
{
	return !v->there || (v->number && !v->huge && v->value >= least && v->value <= most);
}

/* Tracker specification 7.3 and 7.5: may it pass? */
static bool may_pass(const struct grammar_options *granted, const struct tg_transfer *asked,
		     const struct tg_zone *zone)
{
	const struct grammar_value *v = granted->values;
	const unsigned int options = asked->asked_options;
	uint32_t blksize = asked->asked_blksize < 65464 ? asked->asked_blksize : 65464;

	if (!options)
		return false;
	if ((v[GRAMMAR_BLKSIZE].there && !(options & TG_OPT_BLKSIZE)) ||
	    (v[GRAMMAR_WINDOWSIZE].there && !(options & TG_OPT_WINDOWSIZE)) ||
	    (v[GRAMMAR_MSFTWINDOW].there && !(options & TG_OPT_MSFTWINDOW)) ||
	    (v[GRAMMAR_MULTICAST].there && !(options & TG_OPT_MULTICAST)) ||
	    (v[GRAMMAR_UDPPORT].there && !(options & TG_OPT_UDPPORT)))
		return false;
	if ((v[GRAMMAR_MULTICAST].there && !(zone->flags & TG_ZONE_MULTICAST)) ||
	    (v[GRAMMAR_UDPPORT].there && !(zone->flags & TG_ZONE_UDPPORT)))
		return false;
	return within_bounds(&v[GRAMMAR_BLKSIZE], 8, blksize) &&
	       within_bounds(&v[GRAMMAR_WINDOWSIZE], 1, asked->asked_windowsize) &&
	       within_bounds(&v[GRAMMAR_TIMEOUT], 1, 255) &&
	       within_bounds(&v[GRAMMAR_UDPPORT], 1, 65535);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct tftp_text text;
	struct grammar_options plain;
	struct tg_transfer asked = {};
	struct tg_zone zone = {
		.slack = 8, .second = 1000, .idle_wait = 120000, .offer_wait = 45000};
	bool passes;

	if (len < 10 || len - 8 > TG_REQUEST_MAX)
		return 0;
	asked.asked_options = bytes[0];
	asked.asked_blksize = bytes[1] << 8 | bytes[2];
	asked.asked_windowsize = bytes[3] << 8 | bytes[4];
	zone.flags = (bytes[5] & 1 ? TG_ZONE_MULTICAST : 0) | (bytes[5] & 2 ? TG_ZONE_UDPPORT : 0);
	bytes += 8;
	len -= 8;
	memset(&text, bytes[0], sizeof(text));
	memcpy(text.bytes, bytes, len);
	text.len = len;
	tftp_read_oack(&text);
	grammar_read_options(bytes + 2, len - 2, &plain);
	passes = oack_legal(&text, &asked, &zone) == TG_OACK;
	must(passes == may_pass(&plain, &asked, &zone), "the judgement");
	if (!passes)
		return 0;
	asked.idle_wait = zone.idle_wait;
	asked.blksize = 512;
	asked.windowsize = 1;
	oack_apply(&asked, &text, &zone);
	must(asked.blksize >= 8 && asked.blksize <= 65464 && asked.windowsize >= 1,
	     "what was agreed");
	must(asked.ahead >= 2 && asked.ahead <= 16384 && asked.behind >= 2 && asked.behind <= 16384,
	     "the window");
	must(asked.idle_wait >= 120000 && asked.idle_wait <= 4 * 255 * 1000, "the timer");
	return 0;
}
