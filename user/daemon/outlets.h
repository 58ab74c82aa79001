/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the daemon's records go besides the socket: its sinks, metrics and the status page, as its configuration says.
 */
#ifndef TIDEGATE_OUTLETS_H
#define TIDEGATE_OUTLETS_H

#include <jansson.h>
#include <stdbool.h>

#include "config.h"
#include "instance.h"
#include "records/record_log.h"

struct outlets;

/* Starts them; takes the configuration, also if it fails: NULL, explained. The log is borrowed until outlets_stop(). */
struct outlets *outlets_start(struct config *config, struct record_log *log);

/*
 * Takes a configuration that was read anew: files are opened again. Sinks and metrics that the file has changed begin anew,
 * and records that are told just then may be missing in them; what cannot be started is explained, and stays as it was.
 */
void outlets_reload(struct outlets *outlets, struct config *config);

/* The firewall is there, or (NULL) is gone: for metrics. When this returns, nobody uses the one before. */
void outlets_follow(struct outlets *outlets, const struct instance *instance);

/* An array of the sinks' counts; any thread. NULL has none. */
json_t *outlets_counts(struct outlets *outlets);

/*
 * Writes what is in the log, for a few seconds at the most. After record_log_close(). False: something hangs, so that the log has
 * to stay as it is until the process ends.
 */
bool outlets_stop(struct outlets *outlets);

#endif
