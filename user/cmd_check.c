// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `tidegate check`: is the configuration file right? Needs no privileges and changes nothing.
 */
#include "command.h"

#include "config.h"
#include "options.h"
#include "report.h"

static const char *hook_word(uint64_t hook)
{
	const struct choice *c = option_named("hook")->choices;

	while (c->word && c->value != hook)
		c++;
	return c->word ? c->word : "?";
}

static json_t *zone_json(const struct config_zone *zone)
{
	json_t *interfaces = json_array();

	for (size_t i = 0; i < zone->interface_count; i++)
		json_array_append_new(interfaces, report_text(zone->interface[i]));
	return json_pack("{s:s, s:o, s:s, s:s}", "name", zone->name, "interfaces", interfaces,
			 "hook", hook_word(zone->hook), "mode",
			 zone->settings.monitor ? "monitor" : "enforce");
}

static void print_json(const char *path, const struct config *config,
		       const struct settings *settings)
{
	json_t *document = report_document(), *zones = json_array();

	for (size_t i = 0; i < config->zone_count; i++)
		json_array_append_new(zones, zone_json(&config->zone[i]));
	json_object_set_new(document, "file", report_text(path));
	json_object_set_new(document, "zones", zones);
	report_json(document, settings);
}

int cmd_check(const struct settings *settings)
{
	const char *path = settings->operand_count ? settings->operands[0] : CONFIG_FILE;
	struct config config;

	if (config_load(path, &config))
		return EXIT_FAILED;
	if (settings->json)
		print_json(path, &config, settings);
	else
		report_line("%s: %zu zone%s, fine", path, config.zone_count,
			    config.zone_count == 1 ? "" : "s");
	config_free(&config);
	return report_finish();
}
