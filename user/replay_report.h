/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `tidegate replay` prints: a line or an object for each frame, and the summary.
 */
#ifndef TIDEGATE_REPLAY_REPORT_H
#define TIDEGATE_REPLAY_REPORT_H

#include "capture.h"
#include "frame.h"
#include "replay.h"

struct replay_sums {
	uint64_t frames;
	uint64_t cut;         /* by the snapshot length */
	uint64_t headers_cut; /* and so short that they could not be judged */
	uint64_t steps_back;  /* of the capture's time */
	uint64_t span_ns;     /* of the virtual clock */
	struct moment first;  /* the first frame's time */
	uint64_t packets[TG_REASON_SLOTS];
};

/* A line of JSON; or of text, for UDP only. */
void replay_print_frame(const struct capture_frame *frame, const struct frame_facts *facts,
			const struct replay_verdict *verdict, struct moment first, bool json);

void replay_print_summary(const struct replay_sums *sums, const struct replay_transfers *transfers,
			  bool monitor);

#endif
