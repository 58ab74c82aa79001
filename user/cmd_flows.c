// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `tidegate flows`.
 */
#include "command.h"

#include "flow_json.h"
#include "flow_table.h"
#include "report.h"

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
	struct flow_zones zones;
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

int cmd_flows(const struct settings *settings)
{
	struct instance instance;
	int err;

	if (command_open_running(&instance, settings, "flows"))
		return EXIT_FAILED;
	err = print(&instance, settings);
	instance_close(&instance);
	return err ? EXIT_FAILED : report_finish();
}
