// SPDX-License-Identifier: GPL-2.0-or-later
// sources: tests/fuzz/walk.c tests/native/engine.c tests/cases/frame.c tests/cases/modifiers.c tests/cases/packets.c tests/cases/scene.c
// libfuzzer: -max_len=4096 -dict=tests/fuzz/words.dict
/*
 * Conversations through parser and judge. Whatever the bytes say:
 *   - nothing crashes, and no look goes beyond the end of a frame (address sanitizer);
 *   - no verdict depends on what lies behind the frame;
 *   - no server's packet passes as part of a transfer before a request passed, and there are never more TIDs than
 *     request datagrams;
 *   - every outcome is one of abi.h's reasons, and the stored state is sound.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "walk.h"

struct tally {
	unsigned long requests;
	unsigned long first_replies;
	bool udpport;
};

static void must(bool holds, const struct case_step *step, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "property broken: %s (frame of %u bytes at %llu)\n", what, step->len,
		(unsigned long long)step->at);
	abort();
}

static enum tg_reason judge_three_times(const struct case_step *step)
{
	enum tg_reason alone, zeros, ones;

	engine_save();
	zeros = engine_judge_with_tail(step, 2048, 0);
	engine_restore();
	engine_save();
	ones = engine_judge_with_tail(step, 2048, 0xff);
	engine_restore();
	alone = engine_judge(step);
	must(zeros == alone && ones == alone, step,
	     "the verdict depends on bytes behind the frame");
	return alone;
}

static void check(struct tally *tally, const struct case_step *step, enum tg_reason reason)
{
	must(reason < TG_REASON_SLOTS && strcmp(reason_name(reason), "no reason"), step,
	     "an outcome without a name");
	tally->requests += reason == TG_REQUEST;
	tally->first_replies += reason == TG_FIRST_REPLY;
	must(tally->first_replies <= tally->requests, step, "more TIDs than request datagrams");
	must(tally->first_replies || (reason != TG_DATA && reason != TG_ACK && reason != TG_OACK &&
				      reason != TG_ERROR),
	     step, "a packet of a transfer that never began");
	/* With udpport one answer stands at two ports. */
	must(engine_offers() + engine_transfers() <=
		     tally->first_replies * (tally->udpport ? 2 : 1),
	     step, "more transfers than first replies");
	must(!engine_fault(), step, engine_fault() ? engine_fault() : "");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct recording recording;
	struct tally tally = {};

	walk_record(bytes, len, &recording);
	engine_configure(&recording);
	tally.udpport = recording.zone.flags & TG_ZONE_UDPPORT;
	for (size_t i = 0; i < recording.count; i++) {
		const struct case_step *step = &recording.steps[i];

		check(&tally, step, judge_three_times(step));
	}
	recording_free(&recording);
	engine_clear();
	return 0;
}
