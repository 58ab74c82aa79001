// SPDX-License-Identifier: GPL-2.0-or-later
// sources: tests/fuzz/grammar.c
// libfuzzer: -max_len=1040 -dict=tests/fuzz/words.dict
/*
 * What is granted against what was asked: the core's judgement against one over a plain reading of the same bytes. What
 * is agreed never exceeds what was asked, the window and the timers are what the specification says, and what stood in
 * the memory before does not count. Input: eight bytes for what was asked and the zone, then the OACK from its opcode on.
 */
#include <string.h>

#include "store.h"
#include "core/judge.h"

#include "grammar.h"
#include "must.h"

#define SECOND     1000
#define IDLE_WAIT  (120 * SECOND)
#define OFFER_WAIT (45 * SECOND)

static struct tftp_text text;

/* The transfer after the OACK, with `filler` in everything that the reader has to set itself. */
static enum tg_reason judge_oack(const uint8_t *bytes, size_t len, struct tg_transfer *t,
				 const struct tg_zone *zone, uint8_t filler)
{
	enum tg_reason reason;

	memset(&text, filler, sizeof(text));
	memcpy(text.bytes, bytes, len);
	text.len = len;
	tftp_read_oack(&text);
	reason = oack_legal(&text, t, zone);
	if (reason == TG_OACK)
		oack_apply(t, &text, zone);
	return reason;
}

static void check_agreed(const struct tg_transfer *t, const struct grammar_options *plain,
			 const struct grammar_asked *asked, uint32_t slack)
{
	uint32_t four_times;
	struct grammar_agreed agreed;

	grammar_agree(plain, slack, &agreed);
	must(t->blksize == agreed.blksize && t->windowsize == agreed.windowsize, "what was agreed");
	must(t->blksize == 512 || t->blksize <= asked->blksize,
	     "blocks larger than what was asked");
	must(t->windowsize == 1 || t->windowsize <= asked->windowsize ||
		     (t->windowsize == 255 && (asked->options & TG_OPT_MSFTWINDOW)),
	     "a window larger than what was asked");
	must(t->ahead == agreed.ahead && t->behind == agreed.behind, "F and B");
	must(t->ahead <= TG_WINDOW_CLAMP && t->behind <= TG_WINDOW_CLAMP && t->behind <= t->ahead,
	     "the bounds of F and B");
	four_times = 4 * agreed.timeout_s * SECOND;
	must(t->timeout_s == agreed.timeout_s, "the timeout");
	must(t->idle_wait == (four_times > IDLE_WAIT ? four_times : IDLE_WAIT) &&
		     t->offer_wait == (four_times > OFFER_WAIT ? four_times : OFFER_WAIT),
	     "the timers");
}

/* Is the group that the core read the one that stands there? */
static void check_group(const struct grammar_value *multicast)
{
	bool core = text.group_v4_be && text.group_port_be;
	uint32_t address;
	uint16_t port;
	bool plain = multicast->there && grammar_read_group(multicast->text, &address, &port);

	must(core == plain, "whether a group is named");
	must(!core || (text.group_v4_be == __builtin_bswap32(address) &&
		       text.group_port_be == __builtin_bswap16(port)),
	     "the group's address or port");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct tg_zone zone = {.second = SECOND, .idle_wait = IDLE_WAIT, .offer_wait = OFFER_WAIT};
	struct tg_transfer fresh = {.blksize = 512, .windowsize = 1, .idle_wait = IDLE_WAIT};
	struct tg_transfer once, again;
	struct grammar_options plain;
	struct grammar_asked asked = {};
	enum tg_reason reason;

	if (len < 10 || len - 8 > TG_REQUEST_MAX)
		return 0;
	asked.options = fresh.asked_options = bytes[0];
	asked.blksize = fresh.asked_blksize = bytes[1] << 8 | bytes[2];
	asked.windowsize = fresh.asked_windowsize = bytes[3] << 8 | bytes[4];
	zone.flags = (bytes[5] & 1 ? TG_ZONE_MULTICAST : 0) | (bytes[5] & 2 ? TG_ZONE_UDPPORT : 0);
	zone.slack = 2 + bytes[6] % 63;
	fresh.offer_wait = OFFER_WAIT;
	once = again = fresh;
	reason = judge_oack(bytes + 8, len - 8, &once, &zone, bytes[8]);
	must(judge_oack(bytes + 8, len - 8, &again, &zone, ~bytes[8]) == reason &&
		     !memcmp(&once, &again, sizeof(once)),
	     "what was there before counts");
	grammar_read_options(bytes + 10, len - 10, &plain);
	check_group(&plain.values[GRAMMAR_MULTICAST]);
	must((reason == TG_OACK) == grammar_may_grant(&plain, &asked, zone.flags), "the judgement");
	if (reason == TG_OACK)
		check_agreed(&once, &plain, &asked, zone.slack);
	return 0;
}
