/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a zone is made of besides its name and interfaces, as the user says it: on the command line or in the
 * configuration file.
 */
#ifndef TIDEGATE_ZONE_SETTINGS_H
#define TIDEGATE_ZONE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/types.h>

#include "abi.h"
#include "quantity.h"

#define PORTS_MAX         64 /* ports that one list takes */
#define GROUPS_MAX        16 /* server groups of one zone */
#define GROUP_MEMBERS_MAX 16

/* UDP ports in host order, each once. */
struct port_list {
	uint16_t port[PORTS_MAX];
	size_t count;
};

struct address_list {
	char name[TG_RULE_NAME]; /* of the group; "": given on the command line */
	struct tg_addr address[GROUP_MEMBERS_MAX];
	size_t count;
};

struct group_list {
	struct address_list group[GROUPS_MAX];
	size_t count;
};

/* In milliseconds; the names are those of struct tg_zone. */
struct zone_timers {
	uint64_t request_wait;
	uint64_t offer_wait;
	uint64_t idle_wait;
	uint64_t done_wait;
	uint64_t error_wait;
	uint64_t superseded_wait;
	uint64_t fragment_wait;
	uint64_t stale_wait;
	uint64_t udp_wait;
	uint64_t udp_replied_wait;
};

/* How much of one address the zone takes. 0 sets no limit. */
struct zone_abuse {
	uint64_t request_rate_mhz; /* requests in 1000 s */
	uint64_t request_burst;    /* requests; 0 without a rate, else at least 1 */
	uint64_t open_max; /* transfers open at the same time, unanswered requests included */
	/* These two are 0 if either span is. */
	uint64_t not_found_max; /* ERRORs "file not found" within the span */
	uint64_t names_max;     /* distinct file names */
	uint64_t within_ms;
	uint64_t hold_ms; /* for so long requests are then refused */
	/* To an address that acknowledges nothing; 0 if the span is. */
	uint64_t unacknowledged_packets;
	uint64_t unacknowledged_bytes;
	uint64_t unacknowledged_within_ms;
	/* Of all addresses together that have proved nothing. */
	uint64_t budget_rate_mhz; /* requests in 1000 s */
	uint64_t budget_burst;    /* requests; 0 without a rate, else at least 1 */
	uint64_t proved_ms;       /* 0: nobody ever has */
};

/* mask 0: packets keep their marks; else value is part of mask. */
struct zone_mark {
	uint32_t value;
	uint32_t mask;
};

struct zone_settings {
	bool monitor;
	uint64_t requests;  /* TG_ZONE_REQUESTS_IN and …_OUT */
	uint64_t unmatched; /* TG_ZONE_UNMATCHED_PASS or 0 */
	bool no_track_udp;
	struct port_list allow_udp;
	struct port_list tftp_ports; /* none: 69 */
	bool broadcast;
	bool multicast;
	bool udpport;
	bool single_port; /* with TG_HOOK_TC alone */
	struct zone_mark mark;
	bool mark_udp; /* only with a mark */
	struct group_list groups;
	uint64_t slack; /* blocks */
	struct zone_timers timers;
	struct zone_abuse abuse;
};

/* One timer of a zone: where its setting stands, where the programs read it, and its bounds. */
struct timer_spec {
	const char *name;   /* in the configuration file; NULL ends the table */
	const char *key;    /* in JSON */
	size_t offset;      /* into struct zone_timers */
	size_t zone_offset; /* into struct tg_zone */
	uint64_t value_ms;  /* unless said otherwise */
	uint64_t min_ms;
	uint64_t max_ms;
};

extern const struct timer_spec timer_specs[];

/* One member of struct zone_abuse. */
struct abuse_spec {
	const char *name;         /* in the configuration file; NULL ends the table */
	const char *key;          /* in JSON */
	size_t offset;            /* into struct zone_abuse */
	uint64_t value;           /* unless said otherwise */
	struct quantity quantity; /* its bounds */
};

extern const struct abuse_spec abuse_specs[];

/* The member of `abuse` that the entry is about. */
uint64_t *abuse_member(struct zone_abuse *abuse, const struct abuse_spec *spec);

/*
 * Do these settings go together, with this hook (enum tg_hook)? NULL, or the option (as option_named() has it) that does
 * not; `*why` says why not.
 */
const char *zone_settings_clash(const struct zone_settings *settings, uint64_t hook,
				struct complaint *why);

/* The settings of a zone about which nothing was said. */
void zone_settings_init(struct zone_settings *settings);

#endif
