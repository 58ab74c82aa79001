/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The link layers of captures, each turned into Ethernet, which is what the programs read.
 */
#ifndef TIDEGATE_LINK_H
#define TIDEGATE_LINK_H

#include <stdbool.h>
#include <stdint.h>

#define LINK_ETHERNET_BYTES 14

enum link_found {
	LINK_FRAME, /* may be IP: the header is filled */
	LINK_OTHER, /* certainly not IP */
	LINK_SHORT, /* ends within its link header */
};

struct link_header {
	uint8_t ethernet
		[LINK_ETHERNET_BYTES]; /* to stand before what follows the captured header */
	uint32_t captured_bytes;       /* length of the captured header */
};

/* Is the link type (libpcap's DLT_…) one of those that link_read() understands? */
bool link_known(int type);

/* Reads the link header of a frame, of which `len` bytes were captured. */
enum link_found link_read(int type, const uint8_t *frame, uint32_t len, struct link_header *header);

#endif
