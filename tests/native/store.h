/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The core's state in plain memory (bpf/core/store.h), for programs that include the core natively.
 *
 * As strict as maps: a value that was replaced or removed is freed at once, so that the address sanitizer notices
 * whoever still writes to it, and keys are compared byte by byte, padding included.
 */
#ifndef TIDEGATE_TESTS_STORE_H
#define TIDEGATE_TESTS_STORE_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/store.h"

enum table_id {
	TABLE_REQUESTS,
	TABLE_OFFERS,
	TABLE_TRANSFERS,
	TABLE_NAMES,
	TABLE_UDP_FLOWS,
	TABLE_FRAGMENTS,
	TABLE_FRAGMENT_HOSTS,
	TABLE_GROUPS,
	TABLE_MEMBERSHIPS,
	TABLE_SERVICES,
	TABLE_SERVER_GROUPS,
	TABLE_SOURCES,
	TABLE_PROVED,
	TABLE_BUDGETS,
	TABLE_BUDGET_SHARES,
	TABLE_STRANGERS,
	TABLE_TRANSLATIONS,
	TABLES,
};

struct table_entry {
	void *key;
	void *value;
};

struct table {
	size_t key_size;
	size_t value_size;
	size_t count;
	size_t capacity;
	size_t limit; /* puts of new keys fail beyond; 0: none */
	struct table_entry *entries;
};

static struct table tables[TABLES] = {
	[TABLE_REQUESTS] = {sizeof(struct tg_request_key), sizeof(struct tg_request), 0, 0, 0,
			    NULL},
	[TABLE_OFFERS] = {sizeof(struct tg_pair_key), sizeof(struct tg_transfer), 0, 0, 0, NULL},
	[TABLE_TRANSFERS] = {sizeof(struct tg_pair_key), sizeof(struct tg_transfer), 0, 0, 0, NULL},
	[TABLE_NAMES] = {sizeof(u64), sizeof(struct tg_name), 0, 0, 0, NULL},
	[TABLE_UDP_FLOWS] = {sizeof(struct tg_pair_key), sizeof(struct tg_udp_flow), 0, 0, 0, NULL},
	[TABLE_FRAGMENTS] = {sizeof(struct tg_fragment_key), sizeof(struct tg_fragment), 0, 0, 0,
			     NULL},
	[TABLE_FRAGMENT_HOSTS] = {sizeof(struct tg_hosts_key), sizeof(struct tg_fragment_hosts), 0,
				  0, 0, NULL},
	[TABLE_GROUPS] = {sizeof(struct tg_pair_key), sizeof(struct tg_group), 0, 0, 0, NULL},
	[TABLE_MEMBERSHIPS] = {sizeof(struct tg_pair_key), sizeof(struct tg_membership), 0, 0, 0,
			       NULL},
	[TABLE_SERVICES] = {sizeof(struct tg_service_key), sizeof(u32), 0, 0, 0, NULL},
	[TABLE_SERVER_GROUPS] = {sizeof(struct tg_group_key), sizeof(struct tg_addr), 0, 0, 0,
				 NULL},
	[TABLE_SOURCES] = {sizeof(struct tg_source_key), sizeof(struct tg_source), 0, 0, 0, NULL},
	[TABLE_PROVED] = {sizeof(struct tg_source_key), sizeof(struct tg_proved), 0, 0, 0, NULL},
	[TABLE_BUDGETS] = {sizeof(u32), sizeof(struct tg_budget), 0, 0, 0, NULL},
	[TABLE_BUDGET_SHARES] = {sizeof(u32), sizeof(u64), 0, 0, 0, NULL},
	[TABLE_STRANGERS] = {sizeof(u32), sizeof(struct tg_strangers), 0, 0, 0, NULL},
	[TABLE_TRANSLATIONS] = {sizeof(struct tg_request_key), sizeof(struct tg_translation), 0, 0,
				0, NULL},
};

static struct translation_seen translation_cpu[TRANSLATION_PLACES];
static u32 translation_gen[TRANSLATION_PLACES];
static bool translation_asked; /* so much is emptied only where there may be something */

/*
 * One policy, in every bank. Prefixes are those of all addresses (32 bits: bank and side) and of single ones; without any
 * set 1 is everybody's: all that the case table and the model need.
 */
#define STORE_SETS     16
#define STORE_PREFIXES 8
static struct {
	struct tg_policy policy;
	struct tg_rule rules[TG_RULES_MAX];
	struct tg_counter counters[TG_RULES_MAX];
	struct tg_rule_set sets[STORE_SETS];
	struct {
		struct tg_prefix_key key;
		u32 set;
	} prefixes[STORE_PREFIXES];
	size_t prefix_count;
} store_policy;

/* The records of one packet; whoever judges empties the list, and says what time it is and where. */
#define STORE_EVENTS_MAX 8
static struct {
	struct tg_event list[STORE_EVENTS_MAX];
	size_t count;
	size_t limit; /* further ones find no room */
	struct tg_event_counter counters[TG_EVENT_KINDS];
	struct tg_event_share shares[TG_EVENT_KINDS];
	u64 now_ns;
	u32 slot;
} store_events;

CORE void *store_copy(const void *bytes, size_t len)
{
	void *copy = malloc(len);

	if (!copy)
		abort();
	memcpy(copy, bytes, len);
	return copy;
}

CORE struct table_entry *table_entry(enum table_id id, const void *key)
{
	struct table *t = &tables[id];

	for (size_t i = t->count; i-- > 0;)
		if (!memcmp(t->entries[i].key, key, t->key_size))
			return &t->entries[i];
	return NULL;
}

CORE void *table_find(enum table_id id, const void *key)
{
	struct table_entry *entry = table_entry(id, key);

	return entry ? entry->value : NULL;
}

CORE long table_put(enum table_id id, const void *key, const void *value)
{
	struct table_entry *entry = table_entry(id, key);
	struct table *t = &tables[id];
	void *copy;

	if (!entry && t->limit && t->count >= t->limit)
		return -ENOMEM;
	copy = store_copy(value, t->value_size);
	if (entry) {
		free(entry->value);
		entry->value = copy;
		return 0;
	}
	if (t->count == t->capacity) {
		t->capacity = t->capacity ? t->capacity * 2 : 16;
		t->entries = reallocarray(t->entries, t->capacity, sizeof(*t->entries));
		if (!t->entries)
			abort();
	}
	t->entries[t->count++] = (struct table_entry){store_copy(key, t->key_size), copy};
	return 0;
}

CORE void table_remove(enum table_id id, const void *key)
{
	struct table_entry *entry = table_entry(id, key);
	struct table *t = &tables[id];

	if (!entry)
		return;
	free(entry->key);
	free(entry->value);
	*entry = t->entries[--t->count];
}

/* `known`, and which of its cells were asked for. */
#define STORE_KNOWN_MAX 65536
static struct {
	u32 cells[1 << TG_KNOWN_SHIFT];
	u32 asked[STORE_KNOWN_MAX];
	size_t count;
} store_known;

CORE u32 *known_cell(u32 index)
{
	u32 *cell = &store_known.cells[index];

	/* Their number is bounded by the packets of one scenario. */
	if (!*cell && store_known.count < STORE_KNOWN_MAX)
		store_known.asked[store_known.count++] = index;
	return cell;
}

CORE void store_forget_known(void)
{
	if (store_known.count == STORE_KNOWN_MAX)
		memset(store_known.cells, 0, sizeof(store_known.cells));
	while (store_known.count)
		store_known.cells[store_known.asked[--store_known.count]] = 0;
}

/* Only cells in which something stands have to be forgotten. */
CORE void store_settle_known(void)
{
	size_t count = 0;

	for (size_t i = 0; i < store_known.count; i++)
		if (store_known.cells[store_known.asked[i]])
			store_known.asked[count++] = store_known.asked[i];
	store_known.count = count;
}

/* Empties every table, forgets records and takes the limits off. */
CORE void store_clear(void)
{
	memset(&store_events, 0, sizeof(store_events));
	if (translation_asked) {
		memset(translation_cpu, 0, sizeof(translation_cpu));
		memset(translation_gen, 0, sizeof(translation_gen));
		translation_asked = false;
	}
	store_events.limit = STORE_EVENTS_MAX;
	store_forget_known();
	for (int id = 0; id < TABLES; id++) {
		struct table *t = &tables[id];

		while (t->count)
			table_remove(id, t->entries[t->count - 1].key);
		free(t->entries);
		t->entries = NULL;
		t->capacity = 0;
		t->limit = 0;
	}
}

/* ---- bpf/core/store.h ---------------------------------------------------------------------------------------- */

CORE struct tg_request *request_find(const struct tg_request_key *key)
{
	return table_find(TABLE_REQUESTS, key);
}

CORE long request_put(const struct tg_request_key *key, const struct tg_request *value)
{
	return table_put(TABLE_REQUESTS, key, value);
}

CORE struct tg_transfer *transfer_find(const struct tg_pair_key *key)
{
	return table_find(TABLE_TRANSFERS, key);
}

CORE long transfer_put(const struct tg_pair_key *key, const struct tg_transfer *value)
{
	return table_put(TABLE_TRANSFERS, key, value);
}

CORE void transfer_remove(const struct tg_pair_key *key)
{
	table_remove(TABLE_TRANSFERS, key);
}

CORE struct tg_transfer *offer_find(const struct tg_pair_key *key)
{
	return table_find(TABLE_OFFERS, key);
}

CORE long offer_put(const struct tg_pair_key *key, const struct tg_transfer *value)
{
	return table_put(TABLE_OFFERS, key, value);
}

CORE void offer_remove(const struct tg_pair_key *key)
{
	table_remove(TABLE_OFFERS, key);
}

CORE const struct tg_name *name_find(u64 request_hash)
{
	return table_find(TABLE_NAMES, &request_hash);
}

CORE void name_put(u64 request_hash, const struct tg_name *value)
{
	table_put(TABLE_NAMES, &request_hash, value);
}

CORE struct tg_udp_flow *udp_flow_find(const struct tg_pair_key *key)
{
	return table_find(TABLE_UDP_FLOWS, key);
}

CORE long udp_flow_put(const struct tg_pair_key *key, const struct tg_udp_flow *value)
{
	return table_put(TABLE_UDP_FLOWS, key, value);
}

CORE struct tg_fragment *fragment_find(const struct tg_fragment_key *key)
{
	return table_find(TABLE_FRAGMENTS, key);
}

CORE long fragment_put(const struct tg_fragment_key *key, const struct tg_fragment *value)
{
	return table_put(TABLE_FRAGMENTS, key, value);
}

CORE struct tg_fragment_hosts *fragment_hosts_find(const struct tg_hosts_key *key)
{
	return table_find(TABLE_FRAGMENT_HOSTS, key);
}

CORE long fragment_hosts_put(const struct tg_hosts_key *key, const struct tg_fragment_hosts *value)
{
	return table_put(TABLE_FRAGMENT_HOSTS, key, value);
}

CORE struct tg_group *group_find(const struct tg_pair_key *key)
{
	return table_find(TABLE_GROUPS, key);
}

CORE long group_put(const struct tg_pair_key *key, const struct tg_group *value)
{
	return table_put(TABLE_GROUPS, key, value);
}

CORE struct tg_membership *membership_find(const struct tg_pair_key *key)
{
	return table_find(TABLE_MEMBERSHIPS, key);
}

CORE long membership_put(const struct tg_pair_key *key, const struct tg_membership *value)
{
	return table_put(TABLE_MEMBERSHIPS, key, value);
}

CORE const struct tg_translation *translation_find(const struct tg_request_key *key)
{
	return table_find(TABLE_TRANSLATIONS, key);
}

CORE long translation_put(const struct tg_request_key *key, const struct tg_translation *value)
{
	return table_put(TABLE_TRANSLATIONS, key, value);
}

CORE void translation_remove(const struct tg_request_key *key)
{
	table_remove(TABLE_TRANSLATIONS, key);
}

CORE struct translation_seen *translation_seen(u32 place)
{
	return &translation_cpu[place];
}

CORE u32 *translation_generation(u32 place)
{
	translation_asked = true;
	return &translation_gen[place];
}

CORE struct tg_source *source_find(const struct tg_source_key *key)
{
	return table_find(TABLE_SOURCES, key);
}

CORE long source_put(const struct tg_source_key *key, const struct tg_source *value)
{
	return table_find(TABLE_SOURCES, key) ? -EEXIST : table_put(TABLE_SOURCES, key, value);
}

#ifndef STORE_OWN_BUDGETS /* who defines it has better ones for millions of requests */

/* So few that strangers meet. */
#define STORE_STRANGERS 4

CORE struct tg_proved *proved_find(const struct tg_source_key *key)
{
	return table_find(TABLE_PROVED, key);
}

CORE long proved_put(const struct tg_source_key *key, const struct tg_proved *value)
{
	return table_find(TABLE_PROVED, key) ? -EEXIST : table_put(TABLE_PROVED, key, value);
}

/* An array's element, all zero in the beginning. */
CORE void *table_element(enum table_id id, u32 number)
{
	static const u8 zero[sizeof(struct tg_strangers)];

	if (!table_find(id, &number))
		table_put(id, &number, zero);
	return table_find(id, &number);
}

CORE struct tg_budget *budget_find(u32 zone)
{
	return table_element(TABLE_BUDGETS, zone);
}

CORE u64 *budget_share_find(u32 number)
{
	return number < TG_BUDGET_SHARES ? table_element(TABLE_BUDGET_SHARES, number) : NULL;
}

CORE u32 store_strangers_number(u32 hash)
{
	return (u64)hash * STORE_STRANGERS >> 32;
}

CORE struct tg_strangers *strangers_find(u32 hash)
{
	return table_element(TABLE_STRANGERS, store_strangers_number(hash));
}

#endif

CORE const u32 *service_find(const struct tg_service_key *key)
{
	return table_find(TABLE_SERVICES, key);
}

CORE const struct tg_policy *policy_find(u32 bank)
{
	(void)bank;
	return &store_policy.policy;
}

CORE const struct tg_rule *rule_find(u32 bank, u32 number)
{
	(void)bank;
	return number < TG_RULES_MAX ? &store_policy.rules[number] : NULL;
}

CORE void rule_counter_add(u32 bank, u32 number, u32 bytes)
{
	(void)bank;
	store_policy.counters[number].packets++;
	store_policy.counters[number].bytes += bytes;
}

CORE const struct tg_rule_set *rule_set_find(u32 bank, u32 number)
{
	(void)bank;
	return number < STORE_SETS ? &store_policy.sets[number] : NULL;
}

CORE u32 prefix_find(const struct tg_prefix_key *key)
{
	u32 set = !store_policy.prefix_count && key->side <= TG_SIDE_SERVER;
	u32 longest = 0;

	for (size_t i = 0; i < store_policy.prefix_count; i++) {
		const struct tg_prefix_key *known = &store_policy.prefixes[i].key;

		if (known->side != key->side || known->prefix_len < longest)
			continue;
		if (known->prefix_len == TG_PREFIX_LEN_MAX &&
		    memcmp(known->address, key->address, sizeof(key->address)) != 0)
			continue;
		longest = known->prefix_len;
		set = store_policy.prefixes[i].set;
	}
	return set;
}

CORE const u32 *vlan_set_find(const struct tg_vlan_key *key)
{
	(void)key;
	return NULL;
}

CORE const struct tg_addr *server_group_find(const struct tg_group_key *key)
{
	return table_find(TABLE_SERVER_GROUPS, key);
}

/* The automaton that the tests put into each bank; borrowed. */
struct store_automaton {
	const struct tg_cell *cell;
	size_t count;
	size_t looked_up; /* cells that were asked for */
};
static struct store_automaton store_automata[TG_BANKS];

CORE const struct tg_cell *automaton_cell(u32 bank, u32 index)
{
	struct store_automaton *automaton = &store_automata[bank];

	automaton->looked_up++;
	return index < automaton->count ? &automaton->cell[index] : NULL;
}

/* What stands behind a text's NUL means nothing: leftovers of whatever was in the scratch memory. */
CORE void event_wipe(struct tg_event *e)
{
	size_t name = strnlen(e->name, sizeof(e->name));
	size_t text = strnlen(e->error_text, sizeof(e->error_text));

	memset(e->name + name, 0, sizeof(e->name) - name);
	memset(e->error_text + text, 0, sizeof(e->error_text) - text);
}

CORE long event_put(struct core_scratch *scratch)
{
	if (store_events.count >= store_events.limit)
		return -ENOSPC;
	store_events.list[store_events.count] = scratch->event;
	event_wipe(&store_events.list[store_events.count++]);
	return 0;
}

CORE struct tg_event_counter *event_counter(u32 kind)
{
	return &store_events.counters[kind];
}

CORE struct tg_event_share *event_share(u32 kind)
{
	return &store_events.shares[kind];
}

CORE u64 event_clock_ns(void)
{
	return store_events.now_ns;
}

CORE u32 event_slot(void)
{
	return store_events.slot;
}

CORE struct core_scratch *scratch_find(void)
{
	static struct core_scratch scratch;

	return &scratch;
}

CORE void repeat(u32 count, repeat_step step, void *context)
{
	for (u32 i = 0; i < count; i++)
		if (step(i, context))
			return;
}

#endif
