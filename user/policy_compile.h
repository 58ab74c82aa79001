/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of policy_compile(). Each adds to the image; 0, or a negative errno: -ENOMEM is explained by
 * policy_compile(), everything else where it is found. What was added so far belongs to the image then as well.
 */
#ifndef TIDEGATE_POLICY_COMPILE_H
#define TIDEGATE_POLICY_COMPILE_H

#include "policy_image.h"

/* For each bank, half of what bpf/maps.h has room for. */
#define COMPILE_PREFIXES_MAX (1 << 19)
#define COMPILE_SETTINGS_MAX 32768 /* services of all zones; also members of server groups */

struct policy_build {
	const struct config *config;
	struct policy_image *image;
	const struct config_rule **rule; /* by number, image->rule_count of them */
};

/* Rules by operation and mode, by VLAN, and those without patterns: `policy` and `vlan`. */
int compile_sets(struct policy_build *build);
/* `automaton`. Before any other sets are added, so that those that names lead to have the lowest numbers. */
int compile_patterns(struct policy_build *build);
/* `prefix` of clients and servers. */
int compile_prefixes(struct policy_build *build);
/* `service`, and `prefix` of those that not everybody may reach; `member`. */
int compile_services(struct policy_build *build);
/* tg_rule.id of every rule. */
int compile_ids(struct policy_build *build);

/* The number of the set, for `*number`. */
int compile_number(struct policy_build *build, const struct tg_rule_set *set, uint32_t *number);
int compile_add_prefix(struct policy_build *build, uint16_t side,
		       const struct config_prefix *prefix, uint32_t value);

/*
 * Room for one more element behind `count` of them, of `size` bytes: the array, which may have moved, or NULL; then it
 * is as it was.
 */
void *compile_grow(void *array, size_t count, size_t size);

#endif
