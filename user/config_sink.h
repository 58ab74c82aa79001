/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The blocks `sink` and `daemon`.
 */
#ifndef TIDEGATE_CONFIG_SINK_H
#define TIDEGATE_CONFIG_SINK_H

#include "config_scope.h"

#define SINKS_MAX         32          /* of all files together */
#define SINK_SYSLOG_PATH  "/dev/log"  /* unless said otherwise; also the next two */
#define SINK_SPOOL_MAX    (64U << 20) /* bytes */
#define DAEMON_GROUP      "tidegate"
#define DAEMON_GROUP_ROOM 33 /* longest name of a group, NUL included */

extern const struct choice config_sink_types[];   /* enum config_sink_type */
extern const struct choice config_sink_formats[]; /* enum record_format */
extern const struct quantity config_spool_max;    /* its bounds */

/* The format of a sink about which nothing was said. */
uint64_t config_sink_format(enum config_sink_type type);

/* Reads the sinks of a file, and its block `daemon`, if it has one. */
void take_sinks(struct config_scope *scope, cfg_t *tree);
void take_daemon(struct config_scope *scope, cfg_t *tree);

/* When all files are read: is there each zone that sinks name? 0, or -EINVAL, explained. */
int config_sink_check_zones(struct config_check *check);

/* What a sink, and what the daemon owns. */
void config_sink_free(struct config_sink *sink);
void config_daemon_free(struct config_daemon *daemon);

#endif
