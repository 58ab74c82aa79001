/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frames of each kind of flood, as templates.
 */
#ifndef TIDEGATE_BENCH_SENDER_FRAMES_H
#define TIDEGATE_BENCH_SENDER_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "sender.h"

/* An address, and how many of its bits are a prefix. */
struct place {
	uint8_t bytes[16]; /* IPv4: the first four */
	unsigned int prefix_bits;
	uint16_t port; /* 0: drawn for each frame */
	uint8_t mac[6];
};

struct plan {
	bool ipv6;
	struct place source, destination;
	const char *file;       /* that requests name */
	unsigned int transfers; /* kind running */
	unsigned int first;     /* and from which of its ports clients and server count up */
};

/* What a kind sends: first the templates of the flood, then, in their order and once, those that begin its transfers. */
struct frames {
	struct template *list; /* malloc()ed */
	unsigned int flood, opening;
	unsigned int bytes_max; /* the longest frame */
};

struct kind {
	const char *name;
	const char *help;
	/* True where there was memory and the plan is possible. */
	bool (*make)(const struct plan *plan, struct frames *frames);
};
extern const struct kind kinds[];
extern const unsigned int kinds_count;

#endif
