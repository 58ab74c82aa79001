/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules as tidegate.conf(5) tells them, one after the other: nothing is compiled, and nothing shared with the compiler.
 */
#ifndef TIDEGATE_TESTS_POLICY_NAIVE_H
#define TIDEGATE_TESTS_POLICY_NAIVE_H

#include "policy_decide.h"

struct policy_answer naive_decide(const struct config *config,
				  const struct policy_question *question);

/* Does the pattern match the name, once `\` is `/` and what means nothing is left out? */
bool naive_match(const char *pattern, bool any_case, const struct policy_question *question);

#endif
