// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy_test.h"

#include "address.h"
#include "command.h"
#include "policy_edit.h"
#include "log.h"
#include "policy_decide.h"
#include "policy_install.h"
#include "reason_table.h"
#include "report.h"
#include "tick.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define USAGE "usage: tidegate policy test --from CLIENT --to SERVER [options] read|write NAME"

static int usage(void)
{
	log_hint(USAGE);
	return EXIT_USAGE;
}

static int check_operands(const struct settings *settings)
{
	char **words = settings->operands;

	if (strcmp(words[0], "test")) {
		log_error("policy: '%.40s' is not known", words[0]);
		return usage();
	}
	if (settings->operand_count != 3 ||
	    (strcmp(words[1], "read") && strcmp(words[1], "write"))) {
		log_error("policy test: read or write, and the name of a file are missing");
		return usage();
	}
	if (address_is_zero(&settings->from) || address_is_zero(&settings->to)) {
		log_error("policy test: --from and --to are needed");
		return usage();
	}
	if (address_is_ipv4(&settings->from) != address_is_ipv4(&settings->to)) {
		log_error("policy test: --from and --to are of different families");
		return usage();
	}
	return EXIT_FINE;
}

static int load_running(const struct settings *settings, struct config *config)
{
	struct registry *registry;
	struct instance instance;
	int err = command_open_running(&instance, settings, "policy test");

	if (err)
		return err;
	registry = registry_read(&instance.maps);
	err = registry ? policy_running_config(&instance, registry, config) : -EIO;
	free(registry);
	instance_close(&instance);
	return err;
}

/* NULL, explained, if there is no such zone, or several without --zone. */
static const struct config_zone *choose_zone(const struct config *config,
					     const struct settings *settings)
{
	ssize_t index = settings->zone ? config_zone_named(config, settings->zone) : -1;

	if (!settings->zone && config->zone_count == 1)
		index = 0;
	if (index >= 0)
		return &config->zone[index];
	if (settings->zone)
		log_error("policy test: there is no zone %s", settings->zone);
	else
		log_error("policy test: there are %zu zones", config->zone_count);
	log_hint("choose one with --zone:");
	for (size_t i = 0; i < config->zone_count; i++)
		log_detail("%s", config->zone[i].name);
	return NULL;
}

static struct policy_question question_of(const struct settings *settings, size_t zone)
{
	struct policy_question question = {
		.zone = zone,
		.client = settings->from,
		.server = settings->to,
		.operation = strcmp(settings->operands[1], "read") ? TG_WRITE : TG_READ,
		.mode = (enum tg_mode)settings->mode,
		.name = settings->operands[2],
		.vlan = (uint16_t)settings->vlan,
		.has_mac = settings->mac.given,
		.blksize = settings->blksize,
		.windowsize = settings->windowsize,
		.has_tsize = settings->tsize != UINT64_MAX,
		.tsize = settings->tsize == UINT64_MAX ? 0 : settings->tsize,
	};

	memcpy(question.mac, settings->mac.bytes, sizeof(question.mac));
	return question;
}

static void print_json(const struct config_zone *zone, const struct config_rule *rule,
		       const struct reason *reason, const struct settings *settings)
{
	json_t *document = report_document();

	json_object_set_new(document, "zone", report_text(zone->name));
	json_object_set_new(document, "verdict", json_string(verdict_name(reason->verdict)));
	json_object_set_new(document, "reason", json_string(reason->key));
	json_object_set_new(document, "monitor", json_boolean(zone->settings.monitor));
	if (rule)
		json_object_set_new(
			document, "rule",
			json_pack("{s:o, s:o, s:I}", "name", report_text(rule->name), "file",
				  rule->where.file ? report_text(rule->where.file) : json_null(),
				  "line", (json_int_t)rule->where.line));
	else
		json_object_set_new(document, "rule", json_null());
	report_json(document, settings);
}

static void print_text(const struct config_zone *zone, const struct config_rule *rule,
		       const struct reason *reason)
{
	report_line("%s: %s", verdict_name(reason->verdict), reason->key);
	if (rule && rule->where.file)
		report_line("  rule \"%s\" of zone %s (%s:%zu)", rule->name, zone->name,
			    rule->where.file, rule->where.line);
	else if (rule)
		report_line("  rule \"%s\" of zone %s", rule->name, zone->name);
	else
		report_line("  no rule of zone %s decides; its default is %s", zone->name,
			    zone->default_deny ? "deny" : "allow");
	report_line("  %s", reason->meaning);
	if (zone->settings.monitor && reason->verdict == TG_DROP)
		report_line("  The zone only monitors: the request passes all the same.");
}

static int answer(const struct config *config, const struct settings *settings)
{
	const struct config_zone *zone = choose_zone(config, settings);
	const struct config_rule *rule = NULL;
	struct policy_question question;
	struct policy_image image;
	struct policy_answer said;
	size_t index;

	if (!zone || policy_compile(config, tick_ns(), &image))
		return EXIT_FAILED;
	index = (size_t)(zone - config->zone);
	question = question_of(settings, index);
	said = policy_decide(&image, &question);
	if (said.rule != POLICY_NO_RULE)
		rule = &zone->rule[said.rule - image.zone[index].rule_first];
	policy_image_free(&image);
	if (settings->json)
		print_json(zone, rule, reason_numbered(said.reason), settings);
	else
		print_text(zone, rule, reason_numbered(said.reason));
	return EXIT_FINE;
}

int policy_test(const struct settings *settings)
{
	struct config config;
	int code = check_operands(settings);

	if (code)
		return code;
	if (settings->config ? config_load(settings->config, &config)
			     : load_running(settings, &config))
		return EXIT_FAILED;
	code = answer(&config, settings);
	config_free(&config);
	return code;
}
