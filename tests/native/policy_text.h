/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A policy from a configuration as text, for tests.
 */
#ifndef TIDEGATE_TESTS_POLICY_TEXT_H
#define TIDEGATE_TESTS_POLICY_TEXT_H

#include "config.h"
#include "policy_image.h"

#define POLICY_TICK_NS 4000000 /* HZ = 250 */

struct policy_text {
	struct config config;
	struct policy_image image;
};

/* Loads and compiles; fails the test if either fails or says anything. The file is called `t`. */
void policy_from(const char *text, struct policy_text *policy);
void policy_text_free(struct policy_text *policy);

/* The same for one zone "z", of which this is the inside, in lines of its own from line 2 on. */
void policy_of_zone(const char *inside, struct policy_text *policy);

#endif
