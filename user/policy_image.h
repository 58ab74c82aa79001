/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A configuration compiled to what the maps hold: complete, in memory, for whichever bank it will go to.
 */
#ifndef TIDEGATE_POLICY_IMAGE_H
#define TIDEGATE_POLICY_IMAGE_H

#include "automaton.h"
#include "config.h"
#include "rule_sets.h"

struct image_prefix {
	uint16_t side; /* enum tg_prefix_side, or the number of a service's list */
	struct tg_addr address;
	unsigned int bits; /* of the address, 0 to 128 */
	uint32_t value;    /* number of a rule set; 1 for services */
};

struct image_vlan {
	uint16_t vlan;
	uint32_t set;
};

/* By the zone's index in the configuration. */
struct image_service {
	size_t zone;
	uint16_t port_be;
	uint32_t side; /* 0: everybody; else the list in `prefix` of who may */
};

struct image_member {
	size_t zone;
	struct tg_addr server;
	struct tg_addr first; /* of its group */
};

/* All arrays are owned. */
struct policy_image {
	struct tg_policy policy; /* without generation, applied_ns and text_bytes */
	struct tg_zone
		*zone; /* like config.zone; without hash_seed, whose owner is who installs it */
	size_t zone_count;
	struct tg_rule *
		rule; /* `zone` in it is the index in the configuration; who installs it puts the number */
	size_t rule_count;
	struct rule_sets sets;
	struct automaton automaton;
	struct image_prefix *prefix;
	size_t prefix_count;
	struct image_vlan *vlan;
	size_t vlan_count;
	struct image_service *service;
	size_t service_count;
	struct image_member *member;
	size_t member_count;
};

/*
 * Compiles a checked configuration for a kernel whose jiffy lasts `tick_ns`. Explains mistakes that only show as a
 * whole (patterns that are too large together, too many rules), with log_error() and the place in the file. 0, or a
 * negative errno; then there is nothing to free.
 */
int policy_compile(const struct config *config, uint32_t tick_ns, struct policy_image *image);
void policy_image_free(struct policy_image *image);

/* Warns (log_line) of rules that never decide anything, because rules before them always do. Takes its time. */
void policy_warn(const struct config *config, const struct policy_image *image);

#endif
