// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/outlets.h"

#include "log.h"
#include "sinks/sink.h"
#include "web/web.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SINKS_END_MS 3000

struct outlets {
	struct config config;
	struct record_log *log;
	struct sink_set *sinks; /* NULL: the configuration has none; refers to it */
	struct web_sources *sources;
	struct web *web; /* NULL: not configured */
};

static int start_sinks(struct outlets *outlets)
{
	if (outlets->config.sink_count) {
		outlets->sinks = sinks_start(&outlets->config, outlets->log);
		if (!outlets->sinks)
			return -EIO;
	}
	web_sources_sinks(outlets->sources, outlets->sinks);
	return 0;
}

static void stop_sinks(struct outlets *outlets)
{
	web_sources_sinks(outlets->sources, NULL);
	if (outlets->sinks)
		sinks_stop(outlets->sinks, SINKS_END_MS);
	outlets->sinks = NULL;
}

static int start_web(struct outlets *outlets)
{
	if (!outlets->config.daemon.listen_port_be)
		return 0;
	outlets->web = web_start(&outlets->config.daemon, outlets->log, outlets->sources);
	return outlets->web ? 0 : -EIO;
}

struct outlets *outlets_start(struct config *config, struct record_log *log, const char *bpffs)
{
	struct outlets *outlets = calloc(1, sizeof(*outlets));

	(void)bpffs;
	if (outlets)
		outlets->sources = web_sources_new();
	if (!outlets || !outlets->sources) {
		log_error("sinks and metrics cannot be started: %s", strerror(ENOMEM));
		free(outlets);
		return NULL;
	}
	outlets->config = *config;
	outlets->log = log;
	if (!start_sinks(outlets) && !start_web(outlets))
		return outlets;
	stop_sinks(outlets);
	web_sources_free(outlets->sources);
	free(outlets);
	return NULL;
}

/* Counters go on where nothing about them has changed. */
static bool same_web(const struct config_daemon *a, const struct config_daemon *b)
{
	return !memcmp(&a->listen, &b->listen, sizeof(a->listen)) &&
	       a->listen_port_be == b->listen_port_be && a->status_page == b->status_page;
}

void outlets_reload(struct outlets *outlets, struct config *config)
{
	bool same = same_web(&outlets->config.daemon, &config->daemon);

	stop_sinks(outlets);
	if (!same) {
		web_stop(outlets->web);
		outlets->web = NULL;
	}
	config_free(&outlets->config);
	outlets->config = *config;
	if (start_sinks(outlets))
		log_notice("records go to no sink until the configuration is right and read again");
	if (!same && start_web(outlets))
		log_notice("there are no metrics until the configuration is right and read again");
}

void outlets_follow(struct outlets *outlets, const struct instance *instance)
{
	web_sources_follow(outlets->sources, instance);
}

json_t *outlets_counts(struct outlets *outlets)
{
	json_t *list = json_array();
	char name[TG_RULE_NAME];
	struct sink_counts counts;

	for (size_t i = 0; outlets->sources->sink(outlets->sources->context, i, name, &counts); i++)
		json_array_append_new(list, json_pack("{s:s, s:b, s:I, s:I, s:I, s:I}", "name",
						      name, "open", counts.open, "written",
						      (json_int_t)counts.written, "lost",
						      (json_int_t)counts.lost, "errors",
						      (json_int_t)counts.errors, "spooled",
						      (json_int_t)counts.spooled));
	return list;
}

void outlets_stop(struct outlets *outlets)
{
	if (!outlets)
		return;
	web_stop(outlets->web);
	stop_sinks(outlets);
	web_sources_free(outlets->sources);
	config_free(&outlets->config);
	free(outlets);
}
