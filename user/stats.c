// SPDX-License-Identifier: GPL-2.0-or-later
#include "stats.h"

#include "log.h"
#include "reason_table.h"
#include "report.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Room for one counter of every CPU. */
struct cells {
	struct tg_counter *cpu;
	int cpus;
};

static int read_counter(const struct maps *maps, uint32_t slot, unsigned int reason,
			const struct cells *cells, struct tg_counter *sum)
{
	uint32_t key = slot * TG_REASON_SLOTS + reason;
	int err = map_get(maps, MAP_counters, &key, cells->cpu);

	*sum = (struct tg_counter){0};
	for (int i = 0; i < cells->cpus && !err; i++) {
		sum->packets += cells->cpu[i].packets;
		sum->bytes += cells->cpu[i].bytes;
	}
	if (err)
		log_error("the counters cannot be read: %s", strerror(-err));
	return err;
}

static int add_reasons(json_t *list, const struct maps *maps, uint32_t slot,
		       const struct cells *cells, bool zeros)
{
	for (size_t i = 0; i < reason_count; i++) {
		struct tg_counter sum;
		int err;

		if (reasons[i].number == TG_NOT_UDP)
			continue; /* never counted */
		err = read_counter(maps, slot, reasons[i].number, cells, &sum);
		if (err)
			return err;
		if (sum.packets || zeros)
			json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:I}", "reason",
							      reasons[i].key, "verdict",
							      verdict_name(reasons[i].verdict),
							      "packets", (json_int_t)sum.packets,
							      "bytes", (json_int_t)sum.bytes));
	}
	return 0;
}

json_t *stats_json(const struct instance *instance, const struct registry *registry, bool zeros)
{
	json_t *document = report_document(), *list = json_array();
	struct cells cells = {.cpus = libbpf_num_possible_cpus()};
	int err = cells.cpus < 0 ? cells.cpus : 0;

	json_object_set_new(document, "interfaces", list);
	if (!err) {
		cells.cpu = calloc((size_t)cells.cpus, sizeof(*cells.cpu));
		err = cells.cpu ? 0 : -ENOMEM;
	}
	for (uint32_t slot = 0; slot < TG_SLOTS_MAX && !err; slot++) {
		const struct tg_interface *record = &registry->interface[slot];
		json_t *counted = json_array();

		if (record->state != TG_SLOT_FREE) {
			err = add_reasons(counted, &instance->maps, slot, &cells, zeros);
			json_array_append_new(
				list,
				json_pack(
					"{s:o, s:i, s:o, s:O}", "name", report_text(record->name),
					"ifindex", (int)record->ifindex, "zone",
					report_text(registry->zone[registry_zone_of(registry, slot)]
							    .name),
					"reasons", counted));
		}
		json_decref(counted);
	}
	free(cells.cpu);
	if (!err)
		return document;
	json_decref(document);
	return NULL;
}
