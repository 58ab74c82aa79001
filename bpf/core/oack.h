/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Option acknowledgements: may the server grant this, and what follows from it (tracker specification 7.5).
 */
#ifndef TIDEGATE_OACK_H
#define TIDEGATE_OACK_H

#include "core/store.h"
#include "core/tftp.h"
#include "core/window.h"

#define BLKSIZE_MIN     8 /* RFC 2348 */
#define BLKSIZE_MAX     65464
#define BLKSIZE_DEFAULT 512 /* RFC 1350 */
#define TIMEOUT_MAX_S   255 /* RFC 2349 */
#define MSFT_WINDOW     255 /* largest window under msftwindow; tracker specification 7.5 */

/* Is a granted number within its bounds and not above what was asked? */
CORE bool oack_number_legal(const struct tftp_text *text, u8 option, u32 value, u32 least,
			    u32 asked)
{
	return !(text->malformed & option) && value >= least && value <= asked;
}

/*
 * Judges the OACK that tftp_read_oack() has read against what `t` says was asked. TG_OACK, or a reason to drop.
 */
CORE enum tg_reason oack_legal(const struct tftp_text *text, const struct tg_transfer *t,
			       const struct tg_zone *zone)
{
	const u8 ask_first = TG_OPT_BLKSIZE | TG_OPT_WINDOWSIZE | TG_OPT_MSFTWINDOW |
			     TG_OPT_MULTICAST | TG_OPT_UDPPORT;
	u32 blksize_max = t->asked_blksize < BLKSIZE_MAX ? t->asked_blksize : BLKSIZE_MAX;
	u8 granted = text->options;

	if (!t->asked_options)
		return TG_OACK_UNASKED;
	if ((granted & TG_OPT_MULTICAST) && !(zone->flags & TG_ZONE_MULTICAST))
		return TG_OACK_MULTICAST;
	if ((granted & TG_OPT_UDPPORT) && !(zone->flags & TG_ZONE_UDPPORT))
		return TG_OACK_UDPPORT;
	if (granted & ask_first & ~t->asked_options)
		return TG_OACK_UNASKED;
	if ((granted & TG_OPT_BLKSIZE) &&
	    !oack_number_legal(text, TG_OPT_BLKSIZE, text->blksize, BLKSIZE_MIN, blksize_max))
		return TG_OACK_VALUE;
	if ((granted & TG_OPT_WINDOWSIZE) &&
	    !oack_number_legal(text, TG_OPT_WINDOWSIZE, text->windowsize, 1, t->asked_windowsize))
		return TG_OACK_VALUE;
	if ((granted & TG_OPT_TIMEOUT) &&
	    !oack_number_legal(text, TG_OPT_TIMEOUT, text->timeout, 1, TIMEOUT_MAX_S))
		return TG_OACK_VALUE;
	if ((granted & TG_OPT_UDPPORT) && !text->udpport)
		return TG_OACK_VALUE;
	if ((granted & ~text->malformed & TG_OPT_TSIZE) && t->operation == TG_READ &&
	    text->tsize > t->size_max)
		return TG_RULE_SIZE;
	return TG_OACK;
}

/* Judges an OACK that comes again: the caller has put its payload into the scratch memory's text. */
CORE_SLOW enum tg_reason oack_judge_repeat(const struct tg_transfer *t, const struct tg_zone *zone)
{
	struct core_scratch *scratch = scratch_find();

	if (!t || !zone || !scratch)
		return TG_STATE_FULL;
	tftp_read_oack(&scratch->text);
	return oack_legal(&scratch->text, t, zone);
}

CORE u32 longer(u32 a, u32 b)
{
	return a > b ? a : b;
}

/* Lets a legal OACK take effect on the transfer. */
CORE void oack_apply(struct tg_transfer *t, const struct tftp_text *text,
		     const struct tg_zone *zone)
{
	t->flags |= TG_GOT_OACK;
	t->options = text->options;
	if (text->options & TG_OPT_BLKSIZE)
		t->blksize = text->blksize;
	if (text->options & TG_OPT_WINDOWSIZE)
		t->windowsize = text->windowsize;
	if ((text->options & TG_OPT_MSFTWINDOW) && t->windowsize < MSFT_WINDOW)
		t->windowsize = MSFT_WINDOW;
	if ((text->options & TG_OPT_TSIZE) && !(text->malformed & TG_OPT_TSIZE))
		t->tsize = text->tsize;
	else
		t->options &= ~TG_OPT_TSIZE;
	t->ahead = window_ahead(t->windowsize, zone->slack);
	t->behind = window_behind(t->windowsize, zone->slack);
	if (text->options & TG_OPT_TIMEOUT) {
		u32 four_times = text->timeout * zone->second * 4;

		t->timeout_s = text->timeout;
		t->idle_wait = longer(zone->idle_wait, four_times);
		t->offer_wait = longer(zone->offer_wait, four_times);
	}
}

#endif
