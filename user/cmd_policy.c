// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `tidegate policy`: the policy that runs, as text or with what its rules have decided.
 */
#include "command.h"

#include "log.h"
#include "policy_bank.h"
#include "policy_install.h"
#include "policy_test.h"
#include "report.h"
#include "status.h"
#include "zone.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Room for one counter of every CPU. */
struct cells {
	struct tg_counter *cpu;
	int cpus;
};

static int read_counter(const struct maps *maps, uint32_t key, const struct cells *cells,
			struct tg_counter *sum)
{
	int err = map_get(maps, MAP_rule_counters, &key, cells->cpu);

	*sum = (struct tg_counter){0};
	for (int i = 0; i < cells->cpus && !err; i++) {
		sum->packets += cells->cpu[i].packets;
		sum->bytes += cells->cpu[i].bytes;
	}
	if (err)
		log_error("the counters of the rules cannot be read: %s", strerror(-err));
	return err;
}

static int add_rules(json_t *list, const struct instance *instance, const struct registry *registry,
		     const struct tg_zone *zone, const struct tg_rule *rule,
		     const struct cells *cells)
{
	for (uint32_t i = zone->rule_first; i < zone->rule_end && i < registry->policy.rules; i++) {
		struct tg_counter sum;
		int err = read_counter(&instance->maps, registry->live.bank * TG_RULES_MAX + i,
				       cells, &sum);

		if (err)
			return err;
		json_array_append_new(list, json_pack("{s:o, s:s, s:I, s:I}", "name",
						      report_text(rule[i].name), "action",
						      rule[i].action == TG_ALLOW ? "allow" : "deny",
						      "packets", (json_int_t)sum.packets, "bytes",
						      (json_int_t)sum.bytes));
	}
	return 0;
}

static int add_zones(json_t *list, const struct instance *instance, struct registry *registry,
		     const struct cells *cells)
{
	struct tg_rule *rule = policy_running_rules(registry);
	int err = rule ? 0 : -EIO;

	for (uint32_t number = 0; number < TG_SLOTS_MAX && !err; number++) {
		const struct tg_zone *zone = &registry->zone[number];
		json_t *rules;

		if (!zone_filled(zone))
			continue;
		rules = json_array();
		err = add_rules(rules, instance, registry, zone, rule, cells);
		json_array_append_new(
			list,
			json_pack("{s:o, s:s, s:o}", "name", report_text(zone->name), "default",
				  zone->flags & TG_ZONE_DEFAULT_DENY ? "deny" : "allow", "rules",
				  rules));
	}
	free(rule);
	return err;
}

static int print_json(const struct instance *instance, struct registry *registry,
		      const struct settings *settings)
{
	struct cells cells = {.cpus = libbpf_num_possible_cpus()};
	json_t *document = report_document(), *zones = json_array();
	int err = cells.cpus < 0 ? cells.cpus : 0;

	if (!err)
		cells.cpu = calloc((size_t)cells.cpus, sizeof(*cells.cpu));
	if (!cells.cpu)
		err = err ? err : -ENOMEM;
	if (!err)
		err = add_zones(zones, instance, registry, &cells);
	json_object_set_new(document, "policy", status_policy(instance, registry));
	json_object_set_new(document, "zones", zones);
	free(cells.cpu);
	if (err)
		json_decref(document);
	else
		report_json(document, settings);
	return err;
}

static int print_text(const struct instance *instance, struct registry *registry)
{
	char *text = policy_running_text(instance, registry);

	if (!text)
		return -EIO;
	report_part("%s", text);
	free(text);
	return 0;
}

static int print_running(const struct settings *settings)
{
	struct registry *registry;
	struct instance instance;
	int err = command_open_running(&instance, settings, "policy");

	if (err)
		return err;
	registry = registry_read(&instance.maps);
	err = registry ? 0 : -EIO;
	if (!err)
		err = settings->json ? print_json(&instance, registry, settings)
				     : print_text(&instance, registry);
	free(registry);
	instance_close(&instance);
	return err;
}

int cmd_policy(const struct settings *settings)
{
	if (settings->operand_count) {
		int code = policy_test(settings);

		return code ? code : report_finish();
	}
	if (settings->config) {
		log_error("policy: without `test`, it prints the policy that runs; --config has no "
			  "place there");
		log_hint("`tidegate check FILE` checks a file");
		return EXIT_USAGE;
	}
	return print_running(settings) ? EXIT_FAILED : report_finish();
}
