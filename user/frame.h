/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a captured frame says, read by the programs' own parser, for those who print it.
 */
#ifndef TIDEGATE_FRAME_H
#define TIDEGATE_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "capture.h"
#include "core_native.h"
#include "core/packet.h"

struct frame_facts {
	struct packet packet; /* as far as it was read */
	bool addressed;       /* its addresses are known */
	bool udp;             /* it is UDP, its headers are whole */
	bool headers_cut;     /* the capture lacks headers, or text that is judged */
};

void frame_read(const struct capture_frame *frame, struct frame_facts *facts);

/* "RRQ "pxelinux.0"", "DATA 3": what the packet is if it is TFTP, else "". Fit for a terminal. */
#define FRAME_TFTP 320
const char *frame_tftp(const struct capture_frame *frame, const struct frame_facts *facts,
		       char text[FRAME_TFTP]);

#endif
