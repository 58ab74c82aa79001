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

/* Values of an option that may be given several times; each points into argv. */
#define TEXTS_MAX 32
struct text_list {
	const char *text[TEXTS_MAX];
	size_t count;
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
	bool down_on_exit;

	/* run, events, top, flows --watch */
	const char *socket; /* the daemon's; NULL: HUB_SOCKET */

	/* events */
	uint64_t kinds;           /* bits 1 << enum record_kind; 0: all */
	uint64_t outcomes;        /* bits 1 << enum record_outcome; 0: all */
	struct text_list clients; /* each may hold several prefixes, with commas between them */
	struct text_list files;   /* shell patterns */
	uint64_t backlog;

	/* flows */
	uint64_t watch_ms; /* 0: once */

	/* top */
	bool batch;
	uint64_t interval_ms;
	uint64_t count; /* 0: until somebody ends it */
	uint64_t sort;  /* enum top_column */

	/* stats */
	bool zeros;

	/* what follows the command; points into argv */
	char **operands;
	int operand_count;
};

#endif
