/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Local UDP listeners that a policy would cut off.
 */
#ifndef TIDEGATE_ENDANGERED_H
#define TIDEGATE_ENDANGERED_H

#include "guard.h"
#include "policy_image.h"

/* A change of the policy, and who is to know about what it cuts off. */
struct endangering {
	const struct maps *maps;
	const struct registry *registry;
	const struct policy_image *image;
	const struct guard *guard; /* the interfaces that will be guarded, already looked up */
	const size_t *zone;        /* of each, its index in the image */
	size_t count;
	const char *command; /* for the message */
	bool from_file;      /* the policy: so the way out is there */
	bool force;
};

/* 0, or -EADDRINUSE if something would become unreachable and `force` is not set; both explained. */
int endangered_check(const struct endangering *change);

#endif
