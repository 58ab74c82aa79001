// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/outlets.h"

#include "log.h"
#include "report.h"
#include "sinks/sink.h"
#include "web/web.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define LAST_MS 5000 /* for what is in the log when the daemon ends */

struct outlets {
	struct config config; /* that sinks and metrics were started with */
	struct record_log *log;
	struct sink_set *sinks;
	struct web *web;               /* NULL: not configured */
	struct web_sources sources;    /* what `web` asks: whatever is followed by then */
	struct web_sources *following; /* NULL while nothing is up */
	pthread_mutex_t mutex;         /* of `following` and `sinks` */
};

/* ---- for the metrics ----------------------------------------------------------------------------------------------- */

static int measure(void *context, struct measures *measures)
{
	struct outlets *outlets = context;
	int err = -ENOENT;

	pthread_mutex_lock(&outlets->mutex);
	if (outlets->following)
		err = outlets->following->measure(outlets->following->context, measures);
	pthread_mutex_unlock(&outlets->mutex);
	return err;
}

static int flows(void *context, struct flow_list lists[FLOW_KINDS],
		 char zone[TG_SLOTS_MAX][TG_ZONE_NAME])
{
	struct outlets *outlets = context;
	int err = -ENOENT;

	pthread_mutex_lock(&outlets->mutex);
	if (outlets->following)
		err = outlets->following->flows(outlets->following->context, lists, zone);
	pthread_mutex_unlock(&outlets->mutex);
	return err;
}

void outlets_follow(struct outlets *outlets, const struct instance *instance)
{
	struct web_sources *fresh = instance ? web_sources_new(instance) : NULL, *old;

	pthread_mutex_lock(&outlets->mutex);
	old = outlets->following;
	outlets->following = fresh;
	pthread_mutex_unlock(&outlets->mutex);
	if (old)
		web_sources_free(old);
}

/* ---- together ------------------------------------------------------------------------------------------------------ */

static int start(struct outlets *outlets, const struct config *config)
{
	struct sink_set *sinks = sinks_start(config, outlets->log);
	struct web *web = NULL;

	if (!sinks)
		return -EIO;
	outlets->sources = (struct web_sources){
		.context = outlets,
		.measure = measure,
		.flows = flows,
		.sink = sinks_count,
		.sinks = sinks,
	};
	if (config->daemon.listen_port_be)
		web = web_start(&config->daemon, outlets->log, &outlets->sources);
	if (config->daemon.listen_port_be && !web) {
		sinks_stop(sinks, 0);
		return -EIO;
	}
	pthread_mutex_lock(&outlets->mutex);
	outlets->sinks = sinks;
	pthread_mutex_unlock(&outlets->mutex);
	outlets->web = web;
	return 0;
}

static bool stop(struct outlets *outlets)
{
	struct sink_set *sinks = outlets->sinks;

	if (outlets->web)
		web_stop(outlets->web);
	outlets->web = NULL;
	pthread_mutex_lock(&outlets->mutex);
	outlets->sinks = NULL;
	pthread_mutex_unlock(&outlets->mutex);
	return sinks_stop(sinks, LAST_MS);
}

struct outlets *outlets_start(struct config *config, struct record_log *log)
{
	struct outlets *outlets = calloc(1, sizeof(*outlets));

	if (outlets) {
		outlets->log = log;
		pthread_mutex_init(&outlets->mutex, NULL);
		if (!start(outlets, config)) {
			outlets->config = *config;
			return outlets;
		}
	}
	free(outlets);
	config_free(config);
	return NULL;
}

/* The configuration's part that matters here, as text; to be freed. */
static char *print(const struct config *config)
{
	struct config part = *config;

	part.zone_count = 0;
	part.sizes = (struct map_sizes){0};
	return config_print(&part);
}

static bool is_same(const struct config *a, const struct config *b)
{
	char *text_a = print(a), *text_b = print(b);
	bool same = text_a && text_b && !strcmp(text_a, text_b);

	free(text_a);
	free(text_b);
	return same;
}

void outlets_reload(struct outlets *outlets, struct config *config)
{
	if (is_same(&outlets->config, config)) {
		if (outlets->sinks)
			sinks_reopen(outlets->sinks);
		config_free(config);
		return;
	}
	if (!stop(outlets)) {
		/* What hangs still has the old configuration. */
		outlets->config = (struct config){0};
	}
	if (!start(outlets, config)) {
		config_free(&outlets->config);
		outlets->config = *config;
		return;
	}
	log_notice("sinks and metrics stay as they were");
	config_free(config);
	if (start(outlets, &outlets->config))
		log_error("sinks and metrics cannot be started again: records go nowhere but to "
			  "readers "
			  "of the socket");
}

static json_t *count(const char *name, const struct sink_counts *counts)
{
	return json_pack("{s:o, s:I, s:I, s:I, s:I, s:b}", "name", report_text(name), "written",
			 (json_int_t)counts->written, "lost", (json_int_t)counts->lost, "errors",
			 (json_int_t)counts->errors, "spooled", (json_int_t)counts->spooled, "open",
			 counts->open);
}

json_t *outlets_counts(struct outlets *outlets)
{
	json_t *list = json_array();
	struct sink_counts counts;
	const char *name;

	if (!outlets)
		return list;
	pthread_mutex_lock(&outlets->mutex);
	for (size_t i = 0; outlets->sinks && sinks_count(outlets->sinks, i, &name, &counts); i++)
		json_array_append_new(list, count(name, &counts));
	pthread_mutex_unlock(&outlets->mutex);
	return list;
}

bool outlets_stop(struct outlets *outlets)
{
	if (!outlets)
		return true;
	if (!stop(outlets))
		return false;
	outlets_follow(outlets, NULL);
	config_free(&outlets->config);
	free(outlets);
	return true;
}
