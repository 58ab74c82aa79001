/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules of a zone.
 */
#ifndef TIDEGATE_CONFIG_RULE_H
#define TIDEGATE_CONFIG_RULE_H

#include "config_scope.h"
#include "quantity.h"

/* Reads a zone's rules, and what happens to requests that none decides. */
void take_rules(const struct config_scope *scope, cfg_t *zone_block, struct config_zone *zone);

/* One number among the limits of a rule. */
struct rule_limit {
	const char *name; /* in the configuration file; NULL ends the table */
	const char *key;  /* in JSON */
	size_t offset;    /* of the uint64_t in struct config_rule */
	struct quantity quantity;
};

extern const struct rule_limit rule_limits[];

uint64_t rule_limit_of(const struct config_rule *rule, const struct rule_limit *limit);

#endif
