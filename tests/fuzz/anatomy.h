/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plain reading of a frame, to hold the core's parser against: RFC 894, 802.1Q, RFC 791, RFC 8200, RFC 768; and of
 * ICMP errors, RFC 792 and RFC 4443.
 */
#ifndef TIDEGATE_TESTS_ANATOMY_H
#define TIDEGATE_TESTS_ANATOMY_H

#include "scene.h"

struct anatomy {
	struct tg_addr source, destination;
	uint16_t source_port, destination_port; /* host order; not of later fragments */
	uint16_t vlan_outer, vlan_inner;
	bool to_group; /* of the link or of IP */
	bool v6;
	bool first_fragment, later_fragment;
	uint32_t fragment_id;
	size_t ip_end; /* behind the IP packet */
	size_t datagram_end; /* behind what of the UDP datagram is in this packet; not of later fragments */
	size_t payload_at;    /* likewise */
	size_t payload_bytes; /* of the whole datagram, by UDP's length */
};

/*
 * Is the frame a UDP datagram, or a fragment of one, that is all there? Whatever tidegate admits as TFTP or as an answer
 * is.
 */
bool anatomy_read(const uint8_t *frame, size_t len, bool ethernet, struct anatomy *a);

struct anatomy_quote {
	struct anatomy quoted; /* only its addresses and ports, and the frame's VLANs */
	size_t icmp_at, udp_at;
	bool has_checksum; /* the quoted datagram */
};

/* Is the frame an ICMP error, not in fragments, that quotes the beginning of a UDP datagram with its ports? */
bool anatomy_read_quote(const uint8_t *frame, size_t len, bool ethernet, struct anatomy_quote *q);

#endif
