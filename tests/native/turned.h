/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet and its answer, for tests of what both directions have in common.
 */
#ifndef TIDEGATE_TESTS_TURNED_H
#define TIDEGATE_TESTS_TURNED_H

#include "core/packet.h"

/* The packet with its two ends exchanged. */
static inline struct packet turned_round(struct packet p)
{
	struct packet back = p;

	back.source = p.destination;
	back.source_port_be = p.destination_port_be;
	back.destination = p.source;
	back.destination_port_be = p.source_port_be;
	return back;
}

#endif
