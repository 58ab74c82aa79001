/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the firewall counts and holds at one moment, for metrics and the status page.
 */
#ifndef TIDEGATE_MEASURES_H
#define TIDEGATE_MEASURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

#include "abi.h"

struct measured_interface {
	char name[TG_IFNAME];
	char zone[TG_ZONE_NAME];                   /* empty: none by now */
	struct tg_counter reason[TG_REASON_SLOTS]; /* of all CPUs; since it is guarded */
};

struct measured_zone {
	char name[TG_ZONE_NAME];
	bool enforces;                  /* false: it monitors */
	uint64_t running[TG_WRITE + 1]; /* transfers that go on by now, by enum tg_operation */
};

struct measured_rule {
	char zone[TG_ZONE_NAME];
	char name[TG_RULE_NAME];
	enum tg_action action;
	struct tg_counter decided; /* requests, since the policy was applied */
};

struct measured_table {
	const char *name;     /* the map's */
	uint64_t entries;     /* stored; may hold some whose time has run out */
	uint64_t entries_max; /* that fit */
};

#define MEASURED_TABLES 10

struct measures {
	uint64_t generation; /* of the live policy, 0: none */
	uint64_t applied_ns; /* CLOCK_REALTIME */
	uint32_t rules;
	bool trial;
	uint64_t memory_bytes;                /* of all maps, as the kernel has it */
	struct measured_interface *interface; /* owned, as all lists */
	size_t interface_count;
	struct measured_zone *zone;
	size_t zone_count;
	struct measured_rule *rule;
	size_t rule_count;
	struct measured_table table[MEASURED_TABLES];
	size_t table_count;
	struct tg_event_counter events[TG_EVENT_KINDS]; /* by kind, of all CPUs */
};

void measures_free(struct measures *measures); /* the lists; leaves it empty */

#endif
