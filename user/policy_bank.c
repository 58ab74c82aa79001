// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy_bank.h"

#include "log.h"
#include "zone.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Its policy's part of each map is one of these. */
static const enum map_id own_maps[] = {MAP_rule_sets, MAP_automata, MAP_texts};

/* A filling under way. */
struct filling {
	const struct maps *maps;
	const struct bpffs *dir;
	const struct policy_place *place;
	const struct policy_image *image;
};

static uint16_t settings_index(const struct filling *f, size_t zone)
{
	return (uint16_t)(f->place->bank * TG_SLOTS_MAX + f->place->zone_number[zone]);
}

/* Its generation says that there is something in the bank, so it comes first, and goes last. */
static int fill_policy(const struct filling *f)
{
	struct tg_policy policy = f->image->policy;

	policy.generation = f->place->generation;
	policy.applied_ns = f->place->applied_ns;
	policy.text_bytes = (uint32_t)f->place->text_bytes;
	return map_put(f->maps, MAP_policies, &f->place->bank, &policy);
}

static int fill_zones(const struct filling *f)
{
	int err = 0;

	for (size_t i = 0; i < f->image->zone_count && !err; i++) {
		struct tg_zone zone = f->image->zone[i];
		uint32_t key = settings_index(f, i);

		zone.hash_seed = f->place->hash_seed[i];
		err = map_put(f->maps, MAP_zones, &key, &zone);
	}
	return err;
}

static int fill_rules(const struct filling *f)
{
	int cpus = libbpf_num_possible_cpus(), err = cpus < 0 ? cpus : 0;
	struct tg_counter *zero = cpus < 0 ? NULL : calloc((size_t)cpus, sizeof(*zero));

	if (!zero)
		return err ? err : -ENOMEM;
	for (size_t i = 0; i < f->image->rule_count && !err; i++) {
		struct tg_rule rule = f->image->rule[i];
		uint32_t key = f->place->bank * TG_RULES_MAX + (uint32_t)i;

		rule.zone = f->place->zone_number[rule.zone];
		err = map_put(f->maps, MAP_rules, &key, &rule);
		if (!err)
			err = map_put(f->maps, MAP_rule_counters, &key, zero);
	}
	free(zero);
	return err;
}

static int fill_services(const struct filling *f)
{
	int err = 0;

	for (size_t i = 0; i < f->image->service_count && !err; i++) {
		const struct image_service *service = &f->image->service[i];
		struct tg_service_key key = {settings_index(f, service->zone), service->port_be};

		err = map_put(f->maps, MAP_services, &key, &service->side);
	}
	return err;
}

static int fill_members(const struct filling *f)
{
	int err = 0;

	for (size_t i = 0; i < f->image->member_count && !err; i++) {
		const struct image_member *member = &f->image->member[i];
		struct tg_group_key key = {
			.server = member->server,
			.settings = settings_index(f, member->zone),
		};

		err = map_put(f->maps, MAP_server_groups, &key, &member->first);
	}
	return err;
}

static int fill_prefixes(const struct filling *f)
{
	size_t count = f->image->prefix_count;
	struct tg_prefix_key *keys = calloc(count + 1, sizeof(*keys));
	uint32_t *values = calloc(count + 1, sizeof(*values));
	int err = keys && values ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && !err; i++) {
		const struct image_prefix *prefix = &f->image->prefix[i];

		keys[i].prefix_len = TG_PREFIX_LEN_MAX - 128 + prefix->bits;
		keys[i].bank = (uint16_t)f->place->bank;
		keys[i].side = prefix->side;
		memcpy(keys[i].address, prefix->address.bytes, sizeof(keys[i].address));
		values[i] = prefix->value;
	}
	if (!err)
		err = map_put_all(f->maps, MAP_prefixes, keys, values, count);
	free(values);
	free(keys);
	return err;
}

static int fill_vlans(const struct filling *f)
{
	int err = 0;

	for (size_t i = 0; i < f->image->vlan_count && !err; i++) {
		const struct image_vlan *vlan = &f->image->vlan[i];
		struct tg_vlan_key key = {(uint16_t)f->place->bank, vlan->vlan};

		err = map_put(f->maps, MAP_vlan_sets, &key, &vlan->set);
	}
	return err;
}

static int fill_text(const struct filling *f)
{
	size_t blocks = f->place->text_bytes / TG_TEXT_BLOCK + 1;
	struct tg_text_block *block = calloc(blocks, sizeof(*block));
	int err = -ENOMEM;

	if (block) {
		if (f->place->text_bytes)
			memcpy(block, f->place->text, f->place->text_bytes);
		err = bank_map_put(f->maps, f->dir, MAP_texts, f->place->bank, block, blocks);
	}
	free(block);
	return err;
}

/* What is not there, the programs take for empty; each that is costs a grace period. */
static int fill_own_maps(const struct filling *f)
{
	const struct rule_sets *sets = &f->image->sets;
	const struct automaton *automaton = &f->image->automaton;
	uint32_t bank = f->place->bank;
	int err = 0;

	if (f->image->rule_count)
		err = bank_map_put(f->maps, f->dir, MAP_rule_sets, bank, sets->set, sets->count);
	if (!err && automaton->cell_count)
		err = bank_map_put(f->maps, f->dir, MAP_automata, bank, automaton->cell,
				   automaton->cell_count);
	return err ? err : fill_text(f);
}

int policy_bank_fill(const struct maps *maps, const struct bpffs *dir,
		     const struct policy_place *place, const struct policy_image *image)
{
	static const struct {
		enum map_id map;
		int (*fill)(const struct filling *f);
	} parts[] = {
		{MAP_policies, fill_policy},   {MAP_zones, fill_zones},
		{MAP_rules, fill_rules},       {MAP_services, fill_services},
		{MAP_prefixes, fill_prefixes}, {MAP_server_groups, fill_members},
		{MAP_vlan_sets, fill_vlans},
	};
	const struct filling filling = {maps, dir, place, image};
	int err = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts) && !err; i++) {
		err = parts[i].fill(&filling);
		if (!err)
			continue;
		log_error("map %s: the policy cannot be stored: %s", map_name(parts[i].map),
			  strerror(-err));
		if (err == -E2BIG || err == -ENOSPC)
			log_hint("there is room for %u entries",
				 map_entries_max(maps, parts[i].map));
	}
	return err ? err : fill_own_maps(&filling);
}

int policy_bank_read(const struct maps *maps, uint32_t bank, struct tg_policy *policy)
{
	int err = map_get(maps, MAP_policies, &bank, policy);

	if (err)
		log_error("map %s: it cannot be read: %s", map_name(MAP_policies), strerror(-err));
	return err;
}

int policy_bank_zones(const struct maps *maps, uint32_t bank, struct tg_zone zone[TG_SLOTS_MAX])
{
	int err = map_get_array(maps, MAP_zones, bank * TG_SLOTS_MAX, TG_SLOTS_MAX, zone);

	if (err)
		log_error("map %s: it cannot be read: %s", map_name(MAP_zones), strerror(-err));
	return err;
}

struct tg_rule *policy_bank_rules(const struct maps *maps, uint32_t bank,
				  const struct tg_policy *policy)
{
	struct tg_rule *rule = calloc(policy->rules + 1, sizeof(*rule));
	int err = rule ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < policy->rules && !err; i++) {
		uint32_t key = bank * TG_RULES_MAX + i;

		err = map_get(maps, MAP_rules, &key, &rule[i]);
	}
	if (!err)
		return rule;
	log_error("map %s: it cannot be read: %s", map_name(MAP_rules), strerror(-err));
	free(rule);
	return NULL;
}

const struct tg_rule *policy_rule_find(const struct tg_rule *rules, uint32_t count, uint32_t id,
				       uint32_t *last)
{
	if (*last < count && rules[*last].id == id)
		return &rules[*last];
	for (*last = 0; *last < count; ++*last)
		if (rules[*last].id == id)
			return &rules[*last];
	return NULL;
}

int policy_bank_text(const struct bpffs *dir, uint32_t bank, const struct tg_policy *policy,
		     char **text)
{
	size_t blocks = policy->text_bytes / TG_TEXT_BLOCK + 1;
	int fd = bank_map_open(dir, MAP_texts, bank), err = fd < 0 ? fd : 0;

	*text = calloc(blocks, TG_TEXT_BLOCK);
	if (!*text)
		err = -ENOMEM;
	for (uint32_t i = 0; i < blocks && !err; i++)
		if (bpf_map_lookup_elem(fd, &i, *text + (size_t)i * TG_TEXT_BLOCK))
			err = -errno;
	if (fd >= 0)
		close(fd);
	if (!err) {
		(*text)[policy->text_bytes] = '\0';
		return 0;
	}
	free(*text);
	*text = NULL;
	return err;
}

/* Taking out what no program reads changes nothing for those that run, and the kernel waits for their end. */
int policy_bank_retire(const struct maps *maps, const struct bpffs *dir, uint32_t bank)
{
	return bank_map_drop(maps, dir, MAP_texts, bank);
}

/* The keys of one map that belong to the bank. */
struct gathering {
	uint32_t bank;
	size_t key_size;
	bool (*belongs)(const void *key, uint32_t bank);
	char *keys;
	size_t count;
	size_t room;
};

static int gather_key(const void *key, const void *value, void *context)
{
	struct gathering *g = context;

	(void)value;
	if (!g->belongs(key, g->bank))
		return 0;
	if (g->count == g->room) {
		size_t room = g->room * 2 + 256;
		char *grown = reallocarray(g->keys, room, g->key_size);

		if (!grown)
			return -ENOMEM;
		g->keys = grown;
		g->room = room;
	}
	memcpy(g->keys + g->count++ * g->key_size, key, g->key_size);
	return 0;
}

static bool service_belongs(const void *key, uint32_t bank)
{
	return ((const struct tg_service_key *)key)->settings / TG_SLOTS_MAX == bank;
}

static bool member_belongs(const void *key, uint32_t bank)
{
	return ((const struct tg_group_key *)key)->settings / TG_SLOTS_MAX == bank;
}

static bool prefix_belongs(const void *key, uint32_t bank)
{
	return ((const struct tg_prefix_key *)key)->bank == bank;
}

static bool vlan_belongs(const void *key, uint32_t bank)
{
	return ((const struct tg_vlan_key *)key)->bank == bank;
}

/* Deleted when all are known: a walk over a trie loses its place when its last key goes. */
static int clear_keys(const struct maps *maps, enum map_id id, struct gathering *g)
{
	int err = map_walk(maps, id, gather_key, g);

	for (size_t i = 0; i < g->count && !err; i++)
		err = map_delete(maps, id, g->keys + i * g->key_size);
	free(g->keys);
	return err == -ENOENT ? 0 : err;
}

static int clear_keyed(const struct maps *maps, uint32_t bank)
{
	const struct {
		enum map_id map;
		struct gathering keys;
	} keyed[] = {
		{MAP_services,
		 {.key_size = sizeof(struct tg_service_key), .belongs = service_belongs}},
		{MAP_server_groups,
		 {.key_size = sizeof(struct tg_group_key), .belongs = member_belongs}},
		{MAP_prefixes,
		 {.key_size = sizeof(struct tg_prefix_key), .belongs = prefix_belongs}},
		{MAP_vlan_sets, {.key_size = sizeof(struct tg_vlan_key), .belongs = vlan_belongs}},
	};
	int err = 0;

	for (size_t i = 0; i < sizeof(keyed) / sizeof(*keyed) && !err; i++) {
		struct gathering keys = keyed[i].keys;

		keys.bank = bank;
		err = clear_keys(maps, keyed[i].map, &keys);
	}
	return err;
}

static int clear_arrays(const struct maps *maps, uint32_t bank, uint32_t rules)
{
	static const struct tg_policy no_policy;
	static const struct tg_zone no_zone;
	static const struct tg_rule no_rule;
	int err = 0;

	for (uint32_t i = 0; i < TG_SLOTS_MAX && !err; i++) {
		uint32_t key = bank * TG_SLOTS_MAX + i;

		err = map_put(maps, MAP_zones, &key, &no_zone);
	}
	for (uint32_t i = 0; i < rules && i < TG_RULES_MAX && !err; i++) {
		uint32_t key = bank * TG_RULES_MAX + i;

		err = map_put(maps, MAP_rules, &key, &no_rule);
	}
	return err ? err : map_put(maps, MAP_policies, &bank, &no_policy);
}

int policy_bank_clear(const struct maps *maps, const struct bpffs *dir, uint32_t bank)
{
	struct tg_policy policy;
	int err = policy_bank_read(maps, bank, &policy);

	for (size_t i = 0; i < sizeof(own_maps) / sizeof(*own_maps) && !err; i++)
		err = bank_map_drop(maps, dir, own_maps[i], bank);
	if (err)
		return err;
	err = clear_keyed(maps, bank);
	if (!err)
		err = clear_arrays(maps, bank, policy.rules);
	if (err)
		log_error("%s: the old policy cannot be taken out: %s", dir->path, strerror(-err));
	return err;
}

uint64_t policy_bank_bytes(const struct bpffs *dir, uint32_t bank)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < sizeof(own_maps) / sizeof(*own_maps); i++)
		bytes += bank_map_memory_bytes(dir, own_maps[i], bank);
	return bytes;
}
