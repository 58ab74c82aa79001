// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What user space sets before a scenario runs, and the state that it finds: none.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "map_types.h"
#include "rig.h"

/* Goes on before it deletes: from a key that is gone it would look for the next one from the start. */
static void empty(int fd)
{
	unsigned char keys[2][256];
	int at = 0;
	bool more = !bpf_map_get_next_key(fd, NULL, keys[at]);

	for (; more; at = !at) {
		more = !bpf_map_get_next_key(fd, keys[at], keys[!at]);
		bpf_map_delete_elem(fd, keys[at]);
	}
}

static int put(const struct rig *rig, const char *map, const void *key, const void *value)
{
	int error = bpf_map_update_elem(rig_map(rig, map), key, value, BPF_ANY);

	if (error)
		fprintf(stderr, "kernel tests: fill %s: %s\n", map, strerror(-error));
	return error;
}

static int put_interface(const struct rig *rig, enum interface interface, const struct recording *r)
{
	uint32_t slot = RIG_SLOT(interface), ifindex = RIG_IFINDEX(interface);
	struct tg_interface value = {
		.ifindex = ifindex,
		.mtu = r->mtu,
		.untagged_vlan = r->untagged_vlan,
		.zone = {interface == OTHER ? OTHER_ZONE : ZONE},
		.no_ethernet = interface == TUNNEL,
		.state = TG_SLOT_UP,
	};
	int error = put(rig, "interfaces", &slot, &value);

	return error ? error : put(rig, "slots", &ifindex, &slot);
}

static int put_services(const struct rig *rig, const struct recording *r)
{
	static const uint16_t zones[] = {ZONE, OTHER_ZONE};
	const uint32_t listed = 0;
	int error = 0;

	for (size_t i = 0; i < r->service_count * 2 && !error; i++) {
		struct tg_service_key key = {
			.settings = zones[i % 2],
			.port_be = __builtin_bswap16(r->services[i / 2]),
		};

		error = put(rig, "services", &key, &listed);
	}
	return error;
}

static int put_groups(const struct rig *rig, const struct recording *r)
{
	int error = 0;

	for (size_t i = 0; i < r->group_count && !error; i++) {
		struct tg_addr first = host_address(r->groups[i].first, r->place, r->family);
		struct tg_group_key key = {
			.server = host_address(r->groups[i].member, r->place, r->family),
			.settings = ZONE,
		};

		error = put(rig, "server_groups", &key, &first);
	}
	return error;
}

/* The bank's inner map is made once: the kernel waits for a grace period with each one that goes in. */
static int make_sets(struct rig *rig)
{
	uint32_t bank = 0;
	int made, error;

	if (rig->rule_sets)
		return 0;
	made = map_types_array(bpf_object__btf(rig->loads[0][0].object), "tg_rule_set", "rule_sets",
			       RECORDING_SETS);
	if (made < 0)
		return made;
	error = put(rig, "rule_sets", &bank, &made);
	if (error)
		close(made);
	else
		rig->rule_sets = made;
	return error;
}

static int put_sets(struct rig *rig, const struct recorded_policy *recorded)
{
	int error = make_sets(rig);

	for (uint32_t i = 0; i < RECORDING_SETS && !error; i++)
		error = bpf_map_update_elem(rig->rule_sets, &i, &recorded->sets[i], BPF_ANY);
	empty(rig_map(rig, "prefixes"));
	for (size_t i = 0; i < recorded->prefix_count && !error; i++)
		error = put(rig, "prefixes", &recorded->prefixes[i].key,
			    &recorded->prefixes[i].set);
	return error;
}

static int put_policy(struct rig *rig, const struct recording *r)
{
	struct recorded_policy recorded;
	struct tg_live forever = {.choice = TG_LIVE_FOREVER << 1};
	uint32_t bank = 0;
	int error = put(rig, "live", &bank, &forever);

	recording_policy(r, &recorded);
	if (!error)
		error = put(rig, "policies", &bank, &recorded.policy);
	for (uint32_t i = 0; i < RULES_OF_A_SCENE && !error; i++)
		error = put(rig, "rules", &i, &r->rules[i]);
	return error || !r->rule_count ? error : put_sets(rig, &recorded);
}

/* Nothing was told, and nothing left out. */
static int forget_events(const struct rig *rig)
{
	const struct tg_event_share share = {};
	struct tg_event_counter *none = calloc(rig->cpus, sizeof(*none));
	int error = none ? 0 : -ENOMEM;

	ring_buffer__consume(rig->ring);
	for (uint32_t kind = 0; kind < TG_EVENT_KINDS && !error; kind++) {
		error = put(rig, "event_counters", &kind, none);
		if (!error)
			error = put(rig, "event_shares", &kind, &share);
	}
	free(none);
	return error;
}

/* No endpoint is known; nobody is asked for each of a million cells. */
static void empty_known(struct rig *rig)
{
	if (!rig->known_empty)
		memset(rig->known, 0, RIG_KNOWN_CELLS * sizeof(*rig->known));
	rig->known_empty = false;
}

void rig_forget_known(struct rig *rig, const uint32_t *cells, size_t count)
{
	for (size_t i = 0; i < count; i++)
		rig->known[cells[i]] = 0;
	rig->known_empty = true;
}

bool rig_known_is_empty(struct rig *rig)
{
	uint64_t any = 0;

	for (size_t i = 0; i < RIG_KNOWN_CELLS; i++)
		any |= rig->known[i];
	rig->known_empty = !any;
	return rig->known_empty;
}

/* Every element of an array becomes zero. */
static int wipe(const struct rig *rig, const char *map, uint32_t count)
{
	static const struct tg_strangers zero; /* the largest of them */
	int error = 0;

	for (uint32_t i = 0; i < count && !error; i++)
		error = put(rig, map, &i, &zero);
	return error;
}

/* All requests that there may be can come. */
static int forget_budgets(const struct rig *rig)
{
	int error = wipe(rig, "budgets", OTHER_ZONE + 1);

	if (!error)
		error = wipe(rig, "budget_shares", TG_BUDGET_SHARES);
	return error ? error : wipe(rig, "strangers", RIG_STRANGERS);
}

/* `translations` is empty: no CPU believes what it has at hand. The programs add to generations, so the steps are large. */
static int forget_translations(struct rig *rig)
{
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	static uint32_t places[RIG_PLACES_MAX], generations[RIG_PLACES_MAX];
	int fd = rig_map(rig, "translation_gen");
	struct bpf_map_info info = {};
	uint32_t bytes = sizeof(info), count;
	int error = bpf_obj_get_info_by_fd(fd, &info, &bytes);

	if (error || info.max_entries > RIG_PLACES_MAX)
		return error ? error : -E2BIG;
	rig->generation += 1 << 16;
	for (uint32_t i = 0; i < info.max_entries; i++) {
		places[i] = i;
		generations[i] = rig->generation;
	}
	count = info.max_entries;
	return bpf_map_update_batch(fd, places, generations, &count, &opts);
}

int rig_configure(struct rig *rig, const struct recording *r)
{
	struct tg_zone zone = recording_zone(r, &r->zone),
		       other = recording_zone(r, &r->other_zone);
	uint32_t number = ZONE, other_number = OTHER_ZONE;
	int error;

	for (unsigned int i = 0; i < rig->map_count; i++) {
		enum bpf_map_type type = bpf_map__type(rig->maps[i]);

		if (type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_HASH)
			empty(bpf_map__fd(rig->maps[i]));
	}
	empty_known(rig);
	error = forget_events(rig);
	if (!error && (r->zone.abuse.budget.interval || r->other_zone.abuse.budget.interval))
		error = forget_budgets(rig);
	if (!error && ((r->zone.flags | r->other_zone.flags) & TG_ZONE_SINGLE_PORT))
		error = forget_translations(rig);
	if (!error)
		error = put(rig, "zones", &number, &zone);
	if (!error)
		error = put(rig, "zones", &other_number, &other);
	for (int interface = 0; interface < INTERFACES && !error; interface++)
		error = put_interface(rig, interface, r);
	if (!error)
		error = put_services(rig, r);
	if (!error)
		error = put_groups(rig, r);
	return error ? error : put_policy(rig, r);
}
