/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random policies and requests over small alphabets, so that they meet. The same numbers come from the same seed.
 */
#ifndef TIDEGATE_TESTS_POLICY_RANDOM_H
#define TIDEGATE_TESTS_POLICY_RANDOM_H

#include "config.h"
#include "policy_decide.h"

#define RANDOM_NAME 128

void random_seed(uint64_t seed);
/* 0 to n - 1. */
uint32_t random_below(uint32_t n);
/* So often in a hundred. */
bool random_percent(uint32_t often);

/* A configuration with that many rules in a few zones; config_free() frees it. */
void random_config(struct config *config, size_t rules, bool with_patterns);
/* A request, half of the time one that a rule of its zone may take. `name` keeps the file name. */
void random_question(const struct config *config, struct policy_question *question,
		     char name[RANDOM_NAME]);

#endif
