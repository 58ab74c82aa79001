/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet as a scenario describes it, before it becomes a frame. Between packets.c, frame.c and scene.c only.
 */
#ifndef TIDEGATE_TESTS_DATAGRAM_H
#define TIDEGATE_TESTS_DATAGRAM_H

#include "scene.h"

#define TAGS_MAX       4
#define EXTENSIONS_MAX 12
#define PATCHES_MAX    20
#define FRAME_MAX      (65535 + 200)
#define WHOLE          UINT32_MAX
#define AS_IT_IS       (-1L)

struct patch {
	unsigned int offset;
	uint8_t value;
};

struct extension {
	uint8_t type;
	uint8_t bytes;
};

struct datagram {
	enum host from, to;
	uint16_t from_port, to_port; /* host order */
	uint8_t *payload;            /* of UDP; lives as long as the recording goes on */
	uint32_t len;

	/* where it is seen */
	bool placed,
		through_set; /* direction and interface are given, not derived from the place */
	bool out;
	enum interface interface, came_by;

	/* Ethernet */
	uint16_t tpid[TAGS_MAX], tci[TAGS_MAX]; /* innermost first */
	unsigned int tags;
	long ethertype;         /* AS_IT_IS: what fits */
	uint32_t padding, keep; /* keep: WHOLE or the frame's length after cutting */

	/* IP */
	uint8_t protocol;
	unsigned int option_bytes;
	struct extension extensions[EXTENSIONS_MAX];
	unsigned int extension_count;
	long ip_length; /* AS_IT_IS: what fits */
	struct patch patches[PATCHES_MAX];
	unsigned int patch_count;
	bool fragmented, more;
	uint32_t fragment_id, fragment_offset,
		fragment_bytes; /* of the UDP datagram, header included */

	/* UDP */
	bool no_checksum;
	long udp_length; /* AS_IT_IS: what fits */
};

/* Memory that lives until the scenario is recorded; zeroed, never NULL. */
void *scene_memory(size_t bytes);
/* The client, its port and the port of its requests at this moment of the scenario. */
enum host scene_client_host(void);
uint16_t scene_client_port(void);
uint16_t scene_request_port(void);
/* Stops the test program: the scenario itself is wrong. */
void scene_mistake(const char *why) __attribute__((noreturn));

/*
 * Builds the frame of `d` into `frame` (FRAME_MAX bytes) and returns its length. *ip_bytes is the length of its IP
 * packet. Without `ethernet` it begins with the IP header.
 */
uint32_t frame_build(const struct datagram *d, enum place place, enum family family, bool ethernet,
		     uint8_t *frame, uint32_t *ip_bytes);

#endif
