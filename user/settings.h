/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that a command line can say, in the form that the commands use.
 */
#ifndef TIDEGATE_SETTINGS_H
#define TIDEGATE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "zone_settings.h"

/* Sizes of the state maps in entries; 0: not given. */
struct map_sizes {
	uint64_t requests;
	uint64_t offers;
	uint64_t transfers;
	uint64_t udp_flows;
	uint64_t fragments;
	uint64_t sources;
};

struct mac_address {
	uint8_t bytes[6];
	bool given;
};

struct settings {
	/* global */
	bool json;
	bool pretty;
	bool numeric;
	bool debug;
	bool help;
	bool version;
	const char *bpffs;

	/* up */
	uint64_t hook;    /* enum tg_hook */
	const char *zone; /* NULL: each interface its own; replay: the only one of the file */
	struct zone_settings zone_settings;
	struct map_sizes sizes;
	bool force;
	bool discard_state;
	uint64_t confirm_s; /* 0: the change is for good */

	/* up, replay, policy test */
	const char *config; /* NULL: none is named */

	/* policy test: the request */
	struct tg_addr from; /* all zero: not given; also the next */
	struct tg_addr to;
	struct mac_address mac;
	uint64_t vlan;
	uint64_t mode;    /* enum tg_mode */
	uint64_t blksize; /* 0: not asked for; also the next */
	uint64_t windowsize;
	uint64_t tsize; /* ~0: not asked for */

	/* run */
	const char *socket; /* NULL: HUB_SOCKET */
	bool down_on_exit;

	/* stats */
	bool zeros;

	/* what follows the command; points into argv */
	char **operands;
	int operand_count;
};

#endif
