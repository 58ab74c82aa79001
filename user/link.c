// SPDX-License-Identifier: GPL-2.0-or-later
#include "link.h"

#include <pcap/dlt.h>
#include <stddef.h>
#include <string.h>

#define TYPE_IPV4    0x0800
#define TYPE_IPV6    0x86dd
#define TYPE_8021Q   0x8100
#define TYPE_8021AD  0x88a8
#define TYPE_NEITHER 0

#define FAMILY_BYTES 4 /* BSD loopback's header */

/* Where Linux' cooked headers have what matters here. */
static const struct cooked {
	uint32_t bytes;
	uint32_t type_at;
	uint32_t packet_kind_at; /* its last byte */
} cooked_v1 = {16, 14, 1}, cooked_v2 = {20, 0, 10};

enum { COOKED_BROADCAST = 1, COOKED_MULTICAST = 2 };

bool link_known(int type)
{
	switch (type) {
	case DLT_EN10MB:
	case DLT_LINUX_SLL:
	case DLT_LINUX_SLL2:
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
	case DLT_NULL:
	case DLT_LOOP:
		return true;
	default:
		return false;
	}
}

static uint16_t type_of_version(uint8_t first)
{
	return first >> 4 == 4 ? TYPE_IPV4 : first >> 4 == 6 ? TYPE_IPV6 : TYPE_NEITHER;
}

/* Of the BSDs and macOS, too. The numbers are small: the other byte order is seen from that. */
static uint16_t type_of_family(const uint8_t *bytes)
{
	uint32_t big = (uint32_t)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 | bytes[3];
	uint32_t little = (uint32_t)bytes[3] << 24 | bytes[2] << 16 | bytes[1] << 8 | bytes[0];

	switch (big < little ? big : little) {
	case 2:
		return TYPE_IPV4;
	case 10: /* Linux */
	case 24: /* NetBSD, OpenBSD */
	case 28: /* FreeBSD */
	case 30: /* macOS */
		return TYPE_IPV6;
	default:
		return TYPE_NEITHER;
	}
}

static enum link_found make(struct link_header *header, uint32_t captured_bytes, uint16_t type)
{
	header->captured_bytes = captured_bytes;
	header->ethernet[12] = type >> 8;
	header->ethernet[13] = type & 0xff;
	switch (type) {
	case TYPE_IPV4:
	case TYPE_IPV6:
	case TYPE_8021Q:
	case TYPE_8021AD:
		return LINK_FRAME;
	default:
		return LINK_OTHER;
	}
}

static enum link_found read_cooked(const struct cooked *layout, const uint8_t *frame, uint32_t len,
				   struct link_header *header)
{
	static const uint8_t broadcast[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	if (len < layout->bytes)
		return LINK_SHORT;
	if (frame[layout->packet_kind_at] == COOKED_BROADCAST)
		memcpy(header->ethernet, broadcast, sizeof(broadcast));
	else if (frame[layout->packet_kind_at] == COOKED_MULTICAST)
		header->ethernet[0] = 1;
	return make(header, layout->bytes,
		    frame[layout->type_at] << 8 | frame[layout->type_at + 1]);
}

enum link_found link_read(int type, const uint8_t *frame, uint32_t len, struct link_header *header)
{
	*header = (struct link_header){0};
	switch (type) {
	case DLT_EN10MB:
		if (len < LINK_ETHERNET_BYTES)
			return LINK_SHORT;
		memcpy(header->ethernet, frame, LINK_ETHERNET_BYTES);
		header->captured_bytes = LINK_ETHERNET_BYTES;
		return LINK_FRAME;
	case DLT_LINUX_SLL:
		return read_cooked(&cooked_v1, frame, len, header);
	case DLT_LINUX_SLL2:
		return read_cooked(&cooked_v2, frame, len, header);
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		return len ? make(header, 0, type_of_version(*frame)) : LINK_SHORT;
	case DLT_NULL:
	case DLT_LOOP:
		if (len < FAMILY_BYTES)
			return LINK_SHORT;
		return make(header, FAMILY_BYTES, type_of_family(frame));
	default:
		return LINK_OTHER;
	}
}
