/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Capture files (pcap, pcapng): frame after frame, as Ethernet, with its time.
 */
#ifndef TIDEGATE_CAPTURE_H
#define TIDEGATE_CAPTURE_H

#include <stdint.h>

#include "link.h"
#include "moment.h"

/* Longer than any IP packet in two VLAN tags: what lies behind is padding, and left out. */
#define CAPTURE_FRAME_MAX (65535 + LINK_ETHERNET_BYTES + 8)

struct capture;

/* Valid until the next one is read. */
struct capture_frame {
	uint64_t number; /* from 1 */
	struct moment time;
	enum link_found found;
	const uint8_t *bytes; /* an Ethernet frame; only with LINK_FRAME */
	uint32_t len;         /* as it was on the wire; what was not captured is 0 */
	uint32_t captured;    /* so many of these bytes were captured */
	uint64_t wire_bytes;  /* length in its own link layer */
	bool cut;             /* it was longer than what was captured */
};

/*
 * Opens a file, "-" for standard input, and reads nothing from it: that is for capture_begin(), when
 * privileges are gone. NULL, explained, on failure.
 */
struct capture *capture_open(const char *path);

/* Reads the file's head. 0 or a negative errno. */
int capture_begin(struct capture *capture);

/* 1: the next frame; 0: the end; a negative errno: the file is damaged. */
int capture_next(struct capture *capture, struct capture_frame *frame);

void capture_close(struct capture *capture); /* NULL is fine */

#endif
