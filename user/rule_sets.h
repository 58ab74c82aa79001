/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of rules, each kept once and known by a number: what `rule_sets` is filled from.
 */
#ifndef TIDEGATE_RULE_SETS_H
#define TIDEGATE_RULE_SETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/types.h>

#include "abi.h"

/* All zero: there is the empty set alone, which has number 0. */
struct rule_sets {
	struct tg_rule_set *set; /* by number; owned. NULL as long as nothing was added */
	size_t count;
	uint32_t *bucket; /* hash table of numbers + 1 */
	size_t bucket_count;
};

/* The number of the set with these members, a new one if there is none yet. A negative errno if memory is short. */
int64_t rule_sets_number(struct rule_sets *sets, const struct tg_rule_set *set);
void rule_sets_free(struct rule_sets *sets);

/* Members, by the number of the rule in its bank. */
void rule_set_add(struct tg_rule_set *set, size_t rule);
bool rule_set_has(const struct tg_rule_set *set, size_t rule);
void rule_set_join(struct tg_rule_set *set, const struct tg_rule_set *other);

#endif
