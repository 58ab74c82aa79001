/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Metrics for Prometheus and a status page, over HTTP; off unless configured. Whoever may connect may read them:
 * nothing that is asked changes anything, and there is no password.
 */
#ifndef TIDEGATE_WEB_H
#define TIDEGATE_WEB_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "flows.h"
#include "records/record_log.h"
#include "sinks/sink.h"
#include "web/measures.h"

/*
 * How the web part gets at what it shows. It calls these from threads of its own, never two at the same time. What
 * they return negative (an errno, explained) is shown as missing.
 */
struct web_sources {
	void *context;
	/* Fills `*measures`, which is zero; measures_free() follows, after a failure too. */
	int (*measure)(void *context, struct measures *measures);
	/* What is alive, and the names of zones by number; flows_free() follows, unless it failed. */
	int (*flows)(void *context, struct flow_list lists[FLOW_KINDS],
		     char zone[TG_SLOTS_MAX][TG_ZONE_NAME]);
	/* sinks_count() and what it takes; NULL: there are no sinks. Called as the others. */
	bool (*sink)(struct sink_set *sinks, size_t number, const char **name,
		     struct sink_counts *counts);
	struct sink_set *sinks;
};

/*
 * Those of a running instance, without sinks; it is borrowed until web_sources_free(), and its maps stay open as they
 * are. NULL if memory is short.
 */
struct web_sources *web_sources_new(const struct instance *instance);
void web_sources_free(struct web_sources *sources);

struct web;

/*
 * Listens where `config` says and starts two threads; the log and the sources are borrowed until web_stop(). NULL,
 * explained, if that is not possible. Not to be called if config->listen_port_be is 0. All that needs rights beyond those of the
 * sources (a port below 1024) is done when this returns, and no thread begins later.
 */
struct web *web_start(const struct config_daemon *config, struct record_log *log,
		      const struct web_sources *sources);

/* Hangs up on everybody and ends the threads. */
void web_stop(struct web *web);

#endif
