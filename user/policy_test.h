/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `tidegate policy test`: what would become of a request.
 */
#ifndef TIDEGATE_POLICY_TEST_H
#define TIDEGATE_POLICY_TEST_H

#include "settings.h"

/* Reads the operands, looks at the policy and prints the answer. An enum exit_code. */
int policy_test(const struct settings *settings);

#endif
