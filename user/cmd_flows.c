// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `tidegate flows`.
 */
#include "command.h"

#include "flow_json.h"
#include "flow_table.h"
#include "privilege.h"
#include "report.h"
#include "views/flows_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void print_json(const struct flow_list lists[FLOW_KINDS], const struct flow_zones *zones,
		       const struct settings *settings)
{
	struct report_stream stream;

	report_stream_begin(&stream, settings);
	for (int kind = 0; kind < FLOW_KINDS; kind++) {
		report_stream_list(&stream, flow_list_name(kind));
		for (size_t i = 0; i < lists[kind].count; i++) {
			const struct flow *flow = &lists[kind].flow[i];

			report_stream_item(
				&stream,
				flow_json(flow, kind, zones->name[flow->zone % TG_SLOTS_MAX]));
		}
	}
	report_stream_end(&stream);
}

static void name_zones(const struct registry *registry, struct flow_zones *zones)
{
	for (size_t i = 0; i < TG_SLOTS_MAX; i++)
		memcpy(zones->name[i], registry->zone[i].name, TG_ZONE_NAME);
}

static int print(const struct instance *instance, const struct settings *settings)
{
	struct registry *registry = registry_read(&instance->maps);
	struct flow_list lists[FLOW_KINDS];
	struct flow_zones zones = {0};
	int err = registry ? flows_read(instance, registry, lists) : -EIO;

	if (!err) {
		name_zones(registry, &zones);
		if (settings->json)
			print_json(lists, &zones, settings);
		else
			flow_table_print(lists, &zones);
		flows_free(lists);
	}
	free(registry);
	return err;
}

struct watched {
	const struct instance *instance;
	const struct settings *settings;
};

static int print_watched(void *context)
{
	const struct watched *watched = context;

	return print(watched->instance, watched->settings);
}

/* Whoever may read the maps needs no daemon. */
static bool wants_daemon(const struct settings *settings)
{
	return settings->socket || (settings->watch_ms && !privilege_held(PRIVILEGE_READ));
}

int cmd_flows(const struct settings *settings)
{
	struct instance instance;
	int err;

	if (wants_daemon(settings))
		return flows_watch_daemon(settings);
	if (command_open_running(&instance, settings, "flows"))
		return EXIT_FAILED;
	err = settings->watch_ms
		      ? flows_watch(settings, print_watched, &(struct watched){&instance, settings})
		      : print(&instance, settings);
	instance_close(&instance);
	return err ? EXIT_FAILED : report_finish();
}
