// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `tidegate check`: is the configuration file right? Needs no privileges and changes nothing.
 */
#include "command.h"

#include "config.h"
#include "zone_json.h"
#include "policy_image.h"
#include "report.h"
#include "text.h"
#include "tick.h"

#include <stdio.h>

struct sums {
	size_t zones;
	size_t rules;
	size_t patterns;
};

static struct sums count(const struct config *config)
{
	struct sums sums = {.zones = config->zone_count};

	for (size_t i = 0; i < config->zone_count; i++) {
		const struct config_zone *zone = &config->zone[i];

		sums.rules += zone->rule_count;
		for (size_t j = 0; j < zone->rule_count; j++)
			sums.patterns += zone->rule[j].pattern_count;
	}
	return sums;
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

static void print_text(const char *path, const struct config *config)
{
	struct sums sums = count(config);

	char sinks[40] = "";

	if (config->sink_count)
		snprintf(sinks, sizeof(sinks), ", %zu sink%s", config->sink_count,
			 text_plural(config->sink_count));
	report_line("%s: %zu zone%s, %zu rule%s, %zu pattern%s%s, fine", path, sums.zones,
		    text_plural(sums.zones), sums.rules, text_plural(sums.rules), sums.patterns,
		    text_plural(sums.patterns), sinks);
}

/* What only shows when the rules are taken together. */
static int check_policy(const struct config *config)
{
	struct policy_image image;

	if (policy_compile(config, tick_ns(), &image))
		return EXIT_FAILED;
	policy_warn(config, &image);
	policy_image_free(&image);
	return EXIT_FINE;
}

int cmd_check(const struct settings *settings)
{
	const char *path = settings->operand_count ? settings->operands[0] : CONFIG_FILE;
	struct config config;
	int status;

	if (config_load(path, &config))
		return EXIT_FAILED;
	status = check_policy(&config);
	if (status == EXIT_FINE) {
		if (settings->json)
			print_json(path, &config, settings);
		else
			print_text(path, &config);
		status = report_finish();
	}
	config_free(&config);
	return status;
}
