/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every map, and the typed accessors that the core calls (core/store.h). Sizes given here are defaults; user space
 * sets those of the state tables before it loads.
 */
#ifndef TIDEGATE_MAPS_H
#define TIDEGATE_MAPS_H

#include "core/store.h"
#include <bpf/bpf_helpers.h>

#define STATE_ENTRIES     65536
#define FRAGMENT_ENTRIES  16384
#define STRANGERS_ENTRIES (1 << 18)
#define GROUP_ENTRIES     4096
#define SETTING_ENTRIES   65536 /* services and group members, of all zones */
#define PREFIX_ENTRIES    (1 << 20)

#define STATE_MAP(map_name, map_type, key_type, value_type, entries) \
	struct {                                                     \
		__uint(type, map_type);                              \
		__uint(max_entries, entries);                        \
		__type(key, key_type);                               \
		__type(value, value_type);                           \
	} map_name SEC(".maps")

/* What follows from packets. A flood of requests can push entries out of `requests` and `offers`, never out of
 * `transfers`, which holds only what both ends have confirmed. */
STATE_MAP(requests, BPF_MAP_TYPE_LRU_HASH, struct tg_request_key, struct tg_request, STATE_ENTRIES);
STATE_MAP(offers, BPF_MAP_TYPE_LRU_HASH, struct tg_pair_key, struct tg_transfer, STATE_ENTRIES);
STATE_MAP(transfers, BPF_MAP_TYPE_LRU_HASH, struct tg_pair_key, struct tg_transfer, STATE_ENTRIES);
STATE_MAP(names, BPF_MAP_TYPE_LRU_HASH, __u64, struct tg_name, STATE_ENTRIES);
STATE_MAP(udp_flows, BPF_MAP_TYPE_LRU_HASH, struct tg_pair_key, struct tg_udp_flow, STATE_ENTRIES);
STATE_MAP(fragments, BPF_MAP_TYPE_LRU_HASH, struct tg_fragment_key, struct tg_fragment,
	  FRAGMENT_ENTRIES);
STATE_MAP(fragment_hosts, BPF_MAP_TYPE_LRU_HASH, struct tg_hosts_key, struct tg_fragment_hosts,
	  FRAGMENT_ENTRIES);

STATE_MAP(groups, BPF_MAP_TYPE_LRU_HASH, struct tg_pair_key, struct tg_group, GROUP_ENTRIES);
STATE_MAP(memberships, BPF_MAP_TYPE_LRU_HASH, struct tg_pair_key, struct tg_membership,
	  GROUP_ENTRIES);

STATE_MAP(translations, BPF_MAP_TYPE_LRU_HASH, struct tg_request_key, struct tg_translation,
	  STATE_ENTRIES);
STATE_MAP(translation_cpu, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct translation_seen,
	  TRANSLATION_PLACES);
STATE_MAP(translation_gen, BPF_MAP_TYPE_ARRAY, __u32, __u32, TRANSLATION_PLACES);

STATE_MAP(sources, BPF_MAP_TYPE_LRU_HASH, struct tg_source_key, struct tg_source, STATE_ENTRIES);

/* Mapped by tests, which empty it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << TG_KNOWN_SHIFT);
	__type(key, __u32);
	__type(value, __u32);
} known SEC(".maps");

/* Only who knows an answer's TID gets into `proved`: no flood pushes anybody out. */
STATE_MAP(proved, BPF_MAP_TYPE_LRU_HASH, struct tg_source_key, struct tg_proved, STATE_ENTRIES);
STATE_MAP(budgets, BPF_MAP_TYPE_ARRAY, __u32, struct tg_budget, TG_SLOTS_MAX);
STATE_MAP(budget_shares, BPF_MAP_TYPE_ARRAY, __u32, __u64, TG_BUDGET_SHARES);
STATE_MAP(strangers, BPF_MAP_TYPE_ARRAY, __u32, struct tg_strangers, STRANGERS_ENTRIES);
const volatile __u32 strangers_entries = STRANGERS_ENTRIES; /* that the map really has */

/* What user space sets. */
STATE_MAP(interfaces, BPF_MAP_TYPE_ARRAY, __u32, struct tg_interface, TG_SLOTS_MAX);
STATE_MAP(zones, BPF_MAP_TYPE_ARRAY, __u32, struct tg_zone, TG_BANKS *TG_SLOTS_MAX);
STATE_MAP(policies, BPF_MAP_TYPE_ARRAY, __u32, struct tg_policy, TG_BANKS);
STATE_MAP(rules, BPF_MAP_TYPE_ARRAY, __u32, struct tg_rule, TG_BANKS *TG_RULES_MAX);
STATE_MAP(rule_counters, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct tg_counter,
	  TG_BANKS *TG_RULES_MAX);
STATE_MAP(meta, BPF_MAP_TYPE_ARRAY, __u32, struct tg_meta, 1);

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, TG_SLOTS_MAX);
	__type(key, __u32);   /* ifindex */
	__type(value, __u32); /* slot */
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, SETTING_ENTRIES);
	__type(key, struct tg_service_key);
	__type(value, __u32); /* a side of `prefixes`, 0: everybody */
} services SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, SETTING_ENTRIES);
	__type(key, struct tg_group_key);
	__type(value, struct tg_addr);
} server_groups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tg_live);
} live SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, PREFIX_ENTRIES);
	__type(key, struct tg_prefix_key);
	__type(value, __u32);
} prefixes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, TG_BANKS * 4096);
	__type(key, struct tg_vlan_key);
	__type(value, __u32);
} vlan_sets SEC(".maps");

/* Tables of one bank each, as long as its policy needs; what is declared here is a bank that needs nothing. With
 * types, as user space makes them (map_types.h): 6.1 takes no inner map that has types for one that has none, or the
 * reverse (bpf_map_meta_equal() compares where a timer would be: -ENOENT in a structure without one, -EINVAL without types). */
#define BANKED_MAP(map_name, value_type)                            \
	struct {                                                    \
		__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);           \
		__uint(max_entries, TG_BANKS);                      \
		__type(key, __u32);                                 \
		__array(                                            \
			values, struct {                            \
				__uint(type, BPF_MAP_TYPE_ARRAY);   \
				__uint(map_flags, BPF_F_INNER_MAP); \
				__uint(max_entries, 1);             \
				__type(key, __u32);                 \
				__type(value, value_type);          \
			});                                         \
	} map_name SEC(".maps")
/* clang tells of types in full only where they are not just pointed to. */
const volatile struct {
	__u64 zero;
	struct tg_rule_set rule_sets[0];
	struct tg_cell cells[0];
	struct tg_text_block texts[0];
} bank_types = {0};
BANKED_MAP(rule_sets, struct tg_rule_set);
BANKED_MAP(automata, struct tg_cell);
BANKED_MAP(texts, struct tg_text_block);

STATE_MAP(counters, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct tg_counter,
	  TG_SLOTS_MAX *TG_REASON_SLOTS);
STATE_MAP(scratch, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct core_scratch, 1);

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, TG_EVENTS_BYTES);
} events SEC(".maps");
STATE_MAP(event_counters, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, struct tg_event_counter,
	  TG_EVENT_KINDS);
STATE_MAP(event_shares, BPF_MAP_TYPE_ARRAY, __u32, struct tg_event_share, TG_EVENT_KINDS);

CORE struct tg_request *request_find(const struct tg_request_key *key)
{
	return bpf_map_lookup_elem(&requests, key);
}

CORE long request_put(const struct tg_request_key *key, const struct tg_request *value)
{
	return bpf_map_update_elem(&requests, key, value, BPF_ANY);
}

CORE u32 *known_cell(u32 index)
{
	return bpf_map_lookup_elem(&known, &index);
}

CORE struct tg_transfer *transfer_find(const struct tg_pair_key *key)
{
	return bpf_map_lookup_elem(&transfers, key);
}

CORE long transfer_put(const struct tg_pair_key *key, const struct tg_transfer *value)
{
	return bpf_map_update_elem(&transfers, key, value, BPF_ANY);
}

CORE void transfer_remove(const struct tg_pair_key *key)
{
	bpf_map_delete_elem(&transfers, key);
}

CORE struct tg_transfer *offer_find(const struct tg_pair_key *key)
{
	return bpf_map_lookup_elem(&offers, key);
}

CORE long offer_put(const struct tg_pair_key *key, const struct tg_transfer *value)
{
	return bpf_map_update_elem(&offers, key, value, BPF_ANY);
}

CORE void offer_remove(const struct tg_pair_key *key)
{
	bpf_map_delete_elem(&offers, key);
}

CORE const struct tg_name *name_find(u64 request_hash)
{
	return bpf_map_lookup_elem(&names, &request_hash);
}

CORE void name_put(u64 request_hash, const struct tg_name *value)
{
	bpf_map_update_elem(&names, &request_hash, value, BPF_ANY);
}

CORE struct tg_udp_flow *udp_flow_find(const struct tg_pair_key *key)
{
	return bpf_map_lookup_elem(&udp_flows, key);
}

CORE long udp_flow_put(const struct tg_pair_key *key, const struct tg_udp_flow *value)
{
	return bpf_map_update_elem(&udp_flows, key, value, BPF_ANY);
}

CORE struct tg_fragment *fragment_find(const struct tg_fragment_key *key)
{
	return bpf_map_lookup_elem(&fragments, key);
}

CORE long fragment_put(const struct tg_fragment_key *key, const struct tg_fragment *value)
{
	return bpf_map_update_elem(&fragments, key, value, BPF_ANY);
}

CORE struct tg_fragment_hosts *fragment_hosts_find(const struct tg_hosts_key *key)
{
	return bpf_map_lookup_elem(&fragment_hosts, key);
}

CORE long fragment_hosts_put(const struct tg_hosts_key *key, const struct tg_fragment_hosts *value)
{
	return bpf_map_update_elem(&fragment_hosts, key, value, BPF_ANY);
}

CORE struct tg_group *group_find(const struct tg_pair_key *key)
{
	return bpf_map_lookup_elem(&groups, key);
}

CORE long group_put(const struct tg_pair_key *key, const struct tg_group *value)
{
	return bpf_map_update_elem(&groups, key, value, BPF_ANY);
}

CORE struct tg_membership *membership_find(const struct tg_pair_key *key)
{
	return bpf_map_lookup_elem(&memberships, key);
}

CORE long membership_put(const struct tg_pair_key *key, const struct tg_membership *value)
{
	return bpf_map_update_elem(&memberships, key, value, BPF_ANY);
}

CORE const struct tg_translation *translation_find(const struct tg_request_key *key)
{
	return bpf_map_lookup_elem(&translations, key);
}

CORE long translation_put(const struct tg_request_key *key, const struct tg_translation *value)
{
	return bpf_map_update_elem(&translations, key, value, BPF_ANY);
}

CORE void translation_remove(const struct tg_request_key *key)
{
	bpf_map_delete_elem(&translations, key);
}

CORE struct translation_seen *translation_seen(u32 place)
{
	return bpf_map_lookup_elem(&translation_cpu, &place);
}

CORE u32 *translation_generation(u32 place)
{
	return bpf_map_lookup_elem(&translation_gen, &place);
}

CORE struct tg_source *source_find(const struct tg_source_key *key)
{
	return bpf_map_lookup_elem(&sources, key);
}

CORE long source_put(const struct tg_source_key *key, const struct tg_source *value)
{
	return bpf_map_update_elem(&sources, key, value, BPF_NOEXIST);
}

CORE struct tg_proved *proved_find(const struct tg_source_key *key)
{
	return bpf_map_lookup_elem(&proved, key);
}

CORE long proved_put(const struct tg_source_key *key, const struct tg_proved *value)
{
	return bpf_map_update_elem(&proved, key, value, BPF_NOEXIST);
}

CORE struct tg_budget *budget_find(u32 zone)
{
	return bpf_map_lookup_elem(&budgets, &zone);
}

CORE u64 *budget_share_find(u32 number)
{
	return bpf_map_lookup_elem(&budget_shares, &number);
}

CORE struct tg_strangers *strangers_find(u32 hash)
{
	u32 number = (u64)hash * strangers_entries >> 32;

	return bpf_map_lookup_elem(&strangers, &number);
}

CORE const u32 *service_find(const struct tg_service_key *key)
{
	return bpf_map_lookup_elem(&services, key);
}

CORE const struct tg_policy *policy_find(u32 bank)
{
	return bpf_map_lookup_elem(&policies, &bank);
}

CORE const struct tg_rule *rule_find(u32 bank, u32 number)
{
	u32 index = bank * TG_RULES_MAX + number;

	return bpf_map_lookup_elem(&rules, &index);
}

CORE void rule_counter_add(u32 bank, u32 number, u32 bytes)
{
	u32 index = bank * TG_RULES_MAX + number;
	struct tg_counter *counter = bpf_map_lookup_elem(&rule_counters, &index);

	if (!counter)
		return;
	counter->packets++;
	counter->bytes += bytes;
}

CORE const struct tg_rule_set *rule_set_find(u32 bank, u32 number)
{
	void *sets = bpf_map_lookup_elem(&rule_sets, &bank);

	return sets ? bpf_map_lookup_elem(sets, &number) : NULL;
}

CORE const struct tg_cell *automaton_cell(u32 bank, u32 index)
{
	void *cells = bpf_map_lookup_elem(&automata, &bank);

	return cells ? bpf_map_lookup_elem(cells, &index) : NULL;
}

CORE u32 prefix_find(const struct tg_prefix_key *key)
{
	const u32 *value = bpf_map_lookup_elem(&prefixes, key);

	return value ? *value : 0;
}

CORE const u32 *vlan_set_find(const struct tg_vlan_key *key)
{
	return bpf_map_lookup_elem(&vlan_sets, key);
}

CORE const struct tg_addr *server_group_find(const struct tg_group_key *key)
{
	return bpf_map_lookup_elem(&server_groups, key);
}

CORE struct core_scratch *scratch_find(void)
{
	u32 only = 0;

	return bpf_map_lookup_elem(&scratch, &only);
}

CORE long event_put(struct core_scratch *scratch)
{
	return bpf_ringbuf_output(&events, &scratch->event, sizeof(scratch->event), 0);
}

CORE struct tg_event_counter *event_counter(u32 kind)
{
	return bpf_map_lookup_elem(&event_counters, &kind);
}

CORE struct tg_event_share *event_share(u32 kind)
{
	return bpf_map_lookup_elem(&event_shares, &kind);
}

/* ---- for the hooks ---- */

CORE const struct tg_interface *interface_find(u32 slot)
{
	return bpf_map_lookup_elem(&interfaces, &slot);
}

/* `settings`: as tg_service_key has it. */
CORE const struct tg_zone *zone_find(u32 settings)
{
	return bpf_map_lookup_elem(&zones, &settings);
}

/* tg_live.choice; a trial of nothing (which ends in bank 0) if user space has not filled it. */
CORE u64 live_choice(void)
{
	u32 only = 0;
	const volatile struct tg_live *value = bpf_map_lookup_elem(&live, &only);

	return value ? value->choice : 0;
}

/* The zone of the guarded interface `ifindex`, or -1 if it is not guarded. */
CORE int zone_of_ifindex(u32 ifindex, u32 bank)
{
	const struct tg_interface *interface;
	const u32 *slot = bpf_map_lookup_elem(&slots, &ifindex);

	if (!slot)
		return -1;
	interface = interface_find(*slot);
	return interface && interface->zone[bank & 1] ? interface->zone[bank & 1] : -1;
}

CORE void counter_add(u32 slot, enum tg_reason reason, u32 bytes)
{
	u32 index = slot * TG_REASON_SLOTS + reason;
	struct tg_counter *counter = bpf_map_lookup_elem(&counters, &index);

	if (!counter)
		return;
	counter->packets++;
	counter->bytes += bytes;
}

#endif
