// SPDX-License-Identifier: GPL-2.0-or-later
#include "web/web.h"

#include "log.h"
#include "policy_bank.h"
#include "reason_table.h"
#include "zone.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The context of a running instance's sources. */
struct running {
	const struct instance *instance;
	struct registry registry; /* read again for each measure */
	int cpus;
	void *cells; /* room for one value of every CPU, of any per-CPU map that is read here */
};

static int explain(enum map_id id, int err)
{
	if (err)
		log_error("map %s: it cannot be read: %s", map_name(id), strerror(-err));
	return err;
}

static int read_counter(const struct running *r, enum map_id id, uint32_t key,
			struct tg_counter *sum)
{
	const struct tg_counter *cpu = r->cells;
	int err = map_get(&r->instance->maps, id, &key, r->cells);

	*sum = (struct tg_counter){0};
	for (int i = 0; i < r->cpus && !err; i++) {
		sum->packets += cpu[i].packets;
		sum->bytes += cpu[i].bytes;
	}
	return explain(id, err);
}

static int measure_interfaces(const struct running *r, struct measures *m)
{
	const struct registry *registry = &r->registry;
	int err = 0;

	m->interface = calloc(TG_SLOTS_MAX, sizeof(*m->interface));
	if (!m->interface)
		return -ENOMEM;
	for (uint32_t slot = 0; slot < TG_SLOTS_MAX && !err; slot++) {
		const struct tg_interface *record = &registry->interface[slot];
		struct measured_interface *interface = &m->interface[m->interface_count];

		if (record->state == TG_SLOT_FREE)
			continue;
		m->interface_count++;
		memcpy(interface->name, record->name, sizeof(interface->name));
		memcpy(interface->zone, registry->zone[registry_zone_of(registry, slot)].name,
		       sizeof(interface->zone));
		for (size_t i = 0; i < reason_count && !err; i++)
			if (reasons[i].number != TG_NOT_UDP)
				err = read_counter(r, MAP_counters,
						   slot * TG_REASON_SLOTS + reasons[i].number,
						   &interface->reason[reasons[i].number]);
	}
	return err;
}

static int measure_rules(const struct running *r, struct measures *m)
{
	const struct registry *registry = &r->registry;
	struct tg_rule *rules =
		policy_bank_rules(&r->instance->maps, registry->live.bank, &registry->policy);
	int err = rules ? 0 : -EIO;

	m->rule = calloc(TG_RULES_MAX, sizeof(*m->rule));
	if (!m->rule)
		err = -ENOMEM;
	for (uint32_t i = 0; !err && i < registry->policy.rules && i < TG_RULES_MAX; i++) {
		struct measured_rule *rule = &m->rule[m->rule_count++];

		memcpy(rule->name, rules[i].name, sizeof(rule->name));
		memcpy(rule->zone, registry->zone[rules[i].zone % TG_SLOTS_MAX].name,
		       sizeof(rule->zone));
		rule->action = rules[i].action;
		err = read_counter(r, MAP_rule_counters, registry->live.bank * TG_RULES_MAX + i,
				   &rule->decided);
	}
	free(rules);
	return err;
}

static bool goes_on(const struct flow *flow)
{
	return !strcmp(flow->state, "active") || !strcmp(flow->state, "final");
}

static int measure_zones(struct running *r, struct measures *m)
{
	struct measured_zone *of[TG_SLOTS_MAX] = {NULL};
	struct flow_list lists[FLOW_KINDS];
	int err;

	m->zone = calloc(TG_SLOTS_MAX, sizeof(*m->zone));
	if (!m->zone)
		return -ENOMEM;
	for (uint32_t number = 0; number < TG_SLOTS_MAX; number++) {
		const struct tg_zone *zone = &r->registry.zone[number];

		if (!zone_filled(zone))
			continue;
		of[number] = &m->zone[m->zone_count++];
		memcpy(of[number]->name, zone->name, sizeof(of[number]->name));
		of[number]->enforces = !(zone->flags & TG_ZONE_MONITOR);
	}
	err = flows_read(r->instance, &r->registry, lists);
	if (err)
		return err;
	for (size_t i = 0; i < lists[FLOW_TRANSFER].count; i++) {
		const struct flow *flow = &lists[FLOW_TRANSFER].flow[i];

		if (of[flow->zone % TG_SLOTS_MAX] && goes_on(flow))
			of[flow->zone % TG_SLOTS_MAX]
				->running[flow->operation == TG_WRITE ? TG_WRITE : TG_READ]++;
	}
	flows_free(lists);
	return 0;
}

static int count_entry(const void *key, const void *value, void *context)
{
	(void)key;
	(void)value;
	++*(uint64_t *)context;
	return 0;
}

static int measure_tables(const struct running *r, struct measures *m)
{
	static const enum map_id tables[] = {
		MAP_requests, MAP_offers,    MAP_transfers,      MAP_names,  MAP_udp_flows,
		MAP_sources,  MAP_fragments, MAP_fragment_hosts, MAP_proved, MAP_translations};
	const struct instance *instance = r->instance;
	int err = 0;

	_Static_assert(sizeof(tables) / sizeof(*tables) <= MEASURED_TABLES, "room for all");
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables) && !err; i++) {
		struct measured_table *table = &m->table[m->table_count++];

		table->name = map_name(tables[i]);
		table->entries_max = map_entries_max(&instance->maps, tables[i]);
		err = explain(tables[i],
			      map_walk(&instance->maps, tables[i], count_entry, &table->entries));
	}
	for (int id = 0; id < MAPS; id++) {
		m->memory_bytes += map_memory_bytes(&instance->maps, id);
		for (uint32_t bank = 0; bank < TG_BANKS; bank++)
			m->memory_bytes += bank_map_memory_bytes(&instance->dir, id, bank);
	}
	return err;
}

static int measure_events(const struct running *r, struct measures *m)
{
	const struct tg_event_counter *cpu = r->cells;
	int err = 0;

	for (uint32_t kind = 0; kind < TG_EVENT_KINDS && !err; kind++) {
		struct tg_event_counter *sum = &m->events[kind];

		err = map_get(&r->instance->maps, MAP_event_counters, &kind, r->cells);
		for (int i = 0; i < r->cpus && !err; i++) {
			sum->sent += cpu[i].sent;
			sum->lost += cpu[i].lost;
			sum->suppressed += cpu[i].suppressed;
			sum->told += cpu[i].told;
		}
	}
	return explain(MAP_event_counters, err);
}

static int measure(void *context, struct measures *m)
{
	struct running *r = context;
	int err = registry_reread(&r->registry);

	if (err)
		return err;
	m->generation = r->registry.policy.generation;
	m->applied_ns = r->registry.policy.applied_ns;
	m->rules = r->registry.policy.rules;
	m->trial = r->registry.live.kind == LIVE_TRIAL;
	err = measure_interfaces(r, m);
	if (!err)
		err = measure_rules(r, m);
	if (!err)
		err = measure_zones(r, m);
	if (!err)
		err = measure_tables(r, m);
	return err ? err : measure_events(r, m);
}

static int flows(void *context, struct flow_list lists[FLOW_KINDS],
		 char zone[TG_SLOTS_MAX][TG_ZONE_NAME])
{
	struct running *r = context;
	int err = registry_reread(&r->registry);

	for (uint32_t number = 0; number < TG_SLOTS_MAX && !err; number++)
		memcpy(zone[number], r->registry.zone[number].name, TG_ZONE_NAME);
	return err ? err : flows_read(r->instance, &r->registry, lists);
}

struct web_sources *web_sources_new(const struct instance *instance)
{
	struct web_sources *sources = calloc(1, sizeof(*sources));
	struct running *r = calloc(1, sizeof(*r));
	size_t cell = sizeof(struct tg_event_counter) > sizeof(struct tg_counter)
			      ? sizeof(struct tg_event_counter)
			      : sizeof(struct tg_counter);

	if (sources && r) {
		r->cpus = libbpf_num_possible_cpus();
		r->cells = r->cpus > 0 ? calloc((size_t)r->cpus, cell) : NULL;
	}
	if (!sources || !r || !r->cells) {
		free(sources);
		free(r);
		return NULL;
	}
	r->instance = instance;
	r->registry.maps = &instance->maps;
	*sources = (struct web_sources){.context = r, .measure = measure, .flows = flows};
	return sources;
}

void web_sources_free(struct web_sources *sources)
{
	struct running *r = sources ? sources->context : NULL;

	if (!r)
		return;
	free(r->cells);
	free(r);
	free(sources);
}
