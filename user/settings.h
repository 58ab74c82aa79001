/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that a command line can say, in the form that the commands use.
 */
#ifndef TIDEGATE_SETTINGS_H
#define TIDEGATE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/types.h>

#include "abi.h"

#define PORTS_MAX         64 /* ports that one list option takes */
#define GROUPS_MAX        16 /* --server-group on one command line */
#define GROUP_MEMBERS_MAX 16

/* UDP ports in host order, each once. */
struct port_list {
	uint16_t port[PORTS_MAX];
	size_t count;
};

struct address_list {
	struct tg_addr address[GROUP_MEMBERS_MAX];
	size_t count;
};

struct group_list {
	struct address_list group[GROUPS_MAX];
	size_t count;
};

/* Sizes of the state maps in entries; 0: not given. */
struct map_sizes {
	uint64_t requests;
	uint64_t offers;
	uint64_t transfers;
	uint64_t udp_flows;
	uint64_t fragments;
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
	const char *zone; /* NULL: each interface its own */
	bool monitor;
	uint64_t requests;  /* TG_ZONE_REQUESTS_IN and …_OUT */
	uint64_t unmatched; /* TG_ZONE_UNMATCHED_PASS or 0 */
	bool no_track_udp;
	struct port_list allow_udp;
	struct port_list tftp_ports;
	bool broadcast;
	bool multicast;
	bool udpport;
	struct group_list groups;
	uint64_t slack;
	struct map_sizes sizes;
	bool force;
	bool discard_state;

	/* stats */
	bool zeros;

	/* what follows the command; points into argv */
	char **operands;
	int operand_count;
};

#endif
