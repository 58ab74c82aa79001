// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `tidegate stats`: the counters, by interface and reason.
 */
#include "command.h"

#include "instance.h"
#include "report.h"
#include "stats.h"

#include <errno.h>
#include <stdlib.h>

static void print_text(const json_t *document)
{
	static const struct table_column columns[] = {
		{"INTERFACE", false}, {"VERDICT", false}, {"REASON", false},
		{"PACKETS", true},    {"BYTES", true},
	};
	struct table *table = table_new(columns, sizeof(columns) / sizeof(*columns));
	const json_t *interface, *entry;
	size_t i, j, rows = 0;

	json_array_foreach(json_object_get(document, "interfaces"), i, interface)
	{
		json_array_foreach(json_object_get(interface, "reasons"), j, entry)
		{
			table_cell(table, "%s",
				   json_string_value(json_object_get(interface, "name")));
			table_cell(table, "%s",
				   json_string_value(json_object_get(entry, "verdict")));
			table_cell(table, "%s",
				   json_string_value(json_object_get(entry, "reason")));
			table_cell(table, "%lld",
				   json_integer_value(json_object_get(entry, "packets")));
			table_cell(table, "%lld",
				   json_integer_value(json_object_get(entry, "bytes")));
			rows++;
		}
	}
	table_print(table);
	if (!rows)
		report_line("no UDP packet was judged yet");
}

static int print(const struct instance *instance, const struct settings *settings)
{
	struct registry *registry = registry_read(&instance->maps);
	json_t *document = registry ? stats_json(instance, registry, settings->zeros) : NULL;

	free(registry);
	if (!document)
		return -EIO;
	if (settings->json) {
		report_json(document, settings);
		return 0;
	}
	print_text(document);
	json_decref(document);
	return 0;
}

int cmd_stats(const struct settings *settings)
{
	struct instance instance;
	int err;

	if (command_open_running(&instance, settings, "stats"))
		return EXIT_FAILED;
	err = print(&instance, settings);
	instance_close(&instance);
	return err ? EXIT_FAILED : report_finish();
}
