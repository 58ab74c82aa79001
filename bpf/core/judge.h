/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The judgement of a parsed packet, steps 3 to 5 of the packet's way: read, track, decide.
 */
#ifndef TIDEGATE_JUDGE_H
#define TIDEGATE_JUDGE_H

#include "core/fragment.h"
#include "core/policy.h"
#include "core/request.h"
#include "core/track.h"

/*
 * The reason for the packet's verdict. If tftp_has_text() says so, the caller has put the payload into the scratch
 * memory's text. Of a packet that passes, p->new_…_port_be have to be written into it.
 */
CORE enum tg_reason judge(struct packet *p, const struct tg_zone *zone)
{
	enum tg_reason reason;

	if (unlikely(p->fragment == FRAGMENT_LATER))
		return fragment_judge_later(p, zone);
	if (unlikely(request_is(p, zone)))
		reason = request_judge(p, zone);
	else
		reason = track_judge(p, zone);
	if (unlikely(p->fragment == FRAGMENT_FIRST) && reason_passes(reason) &&
	    fragment_note(p, reason))
		return TG_STATE_FULL;
	return reason;
}

/* The packet leaves, refused. Of a request there is a record already, unless it could not be read. */
CORE void judge_refuses(const struct packet *p, const struct tg_zone *zone, enum tg_reason reason)
{
	if (!request_is(p, zone) || reason == TG_TRUNCATED)
		event_drop(p, zone, reason);
}

#endif
