/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration file, tidegate.conf(5): read, checked, and as structures.
 */
#ifndef TIDEGATE_CONFIG_H
#define TIDEGATE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "settings.h"
#include "zone_settings.h"

struct record_filter;

/* Where something stands, for messages. */
struct config_where {
	const char *file; /* as it is shown; owned by the config. NULL: it came from nowhere */
	size_t line;
};

/* Addresses whose first `bits` bits are those of `address`; the others are zero. IPv4 is mapped, bits 96 to 128. */
struct config_prefix {
	struct tg_addr address;
	unsigned int bits; /* 0 to 128 */
};

struct prefix_list {
	struct config_prefix *prefix;
	size_t count;
};

struct config_pattern {
	char *text; /* as written; pattern_check() has accepted it */
	struct config_where where;
};

enum config_mode {
	CONFIG_OCTET = 1 << TG_OCTET,
	CONFIG_NETASCII = 1 << TG_NETASCII,
	CONFIG_BINARY = 1 << TG_BINARY,
};

/* Lists that are empty, and numbers that are 0, set no condition or limit. */
struct config_rule {
	char name[TG_RULE_NAME];
	enum tg_action action;
	/* what it decides about */
	uint64_t operation; /* enum tg_operation; 0: both */
	unsigned int modes; /* enum config_mode bits; 0: all */
	struct prefix_list clients;
	struct prefix_list servers;
	uint16_t *vlan; /* outer tags, 0: untagged */
	size_t vlan_count;
	struct config_pattern *pattern;
	size_t pattern_count;
	bool any_case; /* of the patterns */
	/* what it allows */
	uint64_t max_blksize;
	uint64_t max_windowsize;
	uint64_t max_size;      /* bytes */
	uint64_t rate_mhz;      /* requests of one client per 1000 s */
	uint64_t burst;         /* requests; at least 1 where there is a rate */
	uint64_t max_transfers; /* open at the same time, of one client */
	struct config_where where;
};

struct config_service {
	char name[TG_RULE_NAME];
	struct port_list ports;
	struct prefix_list sources; /* empty: everybody */
};

struct config_zone {
	char name[TG_ZONE_NAME];
	uint64_t hook;                /* enum tg_hook */
	char (*interface)[TG_IFNAME]; /* names, or patterns with * and ? */
	size_t interface_count;       /* at least 1 */
	char bridge
		[TG_IFNAME]; /* its patterns take only ports of this bridge; empty: any interface */
	struct zone_settings settings; /* its `allow_udp` is empty: see `service` */
	struct config_service *service;
	size_t service_count;
	struct config_rule *rule; /* the first that fits decides */
	size_t rule_count;
	bool default_deny; /* what no rule decides; said, or because there are rules */
	struct config_where where;
};

enum config_sink_type {
	SINK_FILE,
	SINK_STDOUT,
	SINK_STREAM,  /* a unix stream socket where somebody listens */
	SINK_JOURNAL, /* systemd's, in native fields */
	SINK_SYSLOG,  /* RFC 5424, to a unix datagram socket */
	SINK_SQLITE,
	SINK_POSTGRESQL,
	SINK_TYPES
};

/* Where the daemon writes records: a block `sink "NAME" { … }`. */
struct config_sink {
	char name[TG_RULE_NAME];
	enum config_sink_type type;
	char *path;       /* absolute; file, stream, syslog (default /dev/log), sqlite; else NULL */
	char *connection; /* postgresql: a libpq connection string, without a password; else NULL */
	char *spool; /* postgresql: directory for what waits, absolute; NULL: nothing is kept */
	uint64_t spool_max;           /* bytes */
	uint64_t format;              /* enum record_format; file, stdout, stream, syslog */
	struct record_filter *filter; /* owned; never NULL */
	struct config_where where;
};

/* What only the daemon needs: a block `daemon { … }`, at most one. */
struct config_daemon {
	char *group; /* that may read the socket; "tidegate" unless said otherwise, never NULL after loading */
	struct tg_addr listen;   /* of the metrics and the status page */
	uint16_t listen_port_be; /* 0: neither */
	bool status_page;
};

struct config {
	struct config_zone *zone; /* at least one, in the order of the file */
	struct config_sink *sink;
	size_t sink_count;
	struct config_daemon daemon;
	size_t zone_count;
	struct map_sizes sizes;
	char **file; /* paths for struct config_where; owned */
	size_t file_count;
};

/*
 * Reads the file and what it includes. Returns 0, or a negative errno after having explained every
 * mistake that was found; then `*config` is empty and there is nothing to free. Not reentrant.
 */
int config_load(const char *path, struct config *config);

/*
 * The same for text in memory, `len` bytes, which messages call `name`; it may not include anything. For the
 * policy that runs.
 */
int config_load_text(const char *name, const char *text, size_t len, struct config *config);

void config_free(struct config *config);

/*
 * The configuration as one file that config_load() reads as the same, without comments and includes; to be
 * freed. NULL if memory is short.
 */
char *config_print(const struct config *config);

#endif
