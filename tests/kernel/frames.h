/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a hook leaves of the frames that it lets pass.
 */
#ifndef TIDEGATE_TESTS_FRAMES_H
#define TIDEGATE_TESTS_FRAMES_H

#include "rig.h"

#define FRAME_SAME         (-1)
#define FRAME_OTHER_LENGTH (-2)

/*
 * The first byte in which the frame that the hook left differs from `wanted`, which is as long as the step's; FRAME_SAME,
 * or FRAME_OTHER_LENGTH: it has another length. The preparer takes tags off, and of long frames gives back the beginning.
 */
int frame_difference(enum hook hook, const struct case_step *step, const uint8_t *wanted,
		     const struct outcome *outcome);

/*
 * Likewise from what the step's frame is to be with the ports that the native core named: these and the UDP checksum, valid
 * as it was before, are others, in TC alone.
 */
int frame_difference_from_native(enum hook hook, const struct case_step *step,
				 struct engine_ports ports, const struct outcome *outcome);

#endif
