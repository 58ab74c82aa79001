// SPDX-License-Identifier: GPL-2.0-or-later
#include "maps.h"

#include "log.h"
#include "program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WALK_BATCH   4096
#define WALK_KEY_MAX 64 /* bytes of a key */

#define MAPS_NAME(name) #name,
static const char *const names[MAPS] = {TG_MAPS(MAPS_NAME)};
#undef MAPS_NAME

const char *map_name(enum map_id id)
{
	return names[id];
}

void maps_init(struct maps *maps)
{
	for (int i = 0; i < MAPS; i++)
		maps->fd[i] = -1;
}

void maps_close(struct maps *maps)
{
	for (int i = 0; i < MAPS; i++)
		if (maps->fd[i] >= 0)
			close(maps->fd[i]);
	maps_init(maps);
}

/* Which option sets the size of which map. */
static const struct sized {
	enum map_id id;
	size_t offset; /* into struct map_sizes */
	const char *option;
} sized[] = {
	{MAP_requests, offsetof(struct map_sizes, requests), "max-requests"},
	{MAP_offers, offsetof(struct map_sizes, offers), "max-offers"},
	{MAP_transfers, offsetof(struct map_sizes, transfers), "max-transfers"},
	{MAP_names, offsetof(struct map_sizes, transfers), "max-transfers"},
	{MAP_translations, offsetof(struct map_sizes, transfers), "max-transfers"},
	{MAP_udp_flows, offsetof(struct map_sizes, udp_flows), "max-udp-flows"},
	{MAP_fragments, offsetof(struct map_sizes, fragments), "max-fragments"},
	{MAP_sources, offsetof(struct map_sizes, sources), "max-sources"},
};

void map_sizes_merge(struct map_sizes *sizes, const struct map_sizes *other)
{
	for (size_t i = 0; i < sizeof(sized) / sizeof(*sized); i++) {
		uint64_t size = *(const uint64_t *)((const char *)other + sized[i].offset);

		if (size)
			*(uint64_t *)((char *)sizes + sized[i].offset) = size;
	}
}

static uint32_t size_asked(const struct map_sizes *sizes, const struct sized *s)
{
	return (uint32_t) * (const uint64_t *)((const char *)sizes + s->offset);
}

static void set_sizes(struct bpf_object *object, const struct map_sizes *sizes)
{
	for (size_t i = 0; i < sizeof(sized) / sizeof(*sized); i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(object, names[sized[i].id]);
		uint32_t size = size_asked(sizes, &sized[i]);

		if (map && size)
			bpf_map__set_max_entries(map, size);
	}
}

/* Keeps descriptors of the maps beyond the life of the object that made them. */
static int keep_maps(struct maps *maps, const struct bpf_object *object)
{
	for (int i = 0; i < MAPS; i++) {
		int fd = bpf_object__find_map_fd_by_name(object, names[i]);

		if (fd >= 0)
			maps->fd[i] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (maps->fd[i] < 0) {
			int err = fd < 0 ? fd : -errno;

			log_error("map %s: it cannot be kept: %s", names[i], strerror(-err));
			if (err == -EMFILE)
				log_hint("raise the limit of open files (ulimit -n)");
			return err;
		}
	}
	return 0;
}

int maps_create(struct maps *maps, const struct map_sizes *sizes)
{
	struct tidegate *skeleton = program_skeleton(NULL);
	struct bpf_object *object;
	int err;

	maps_init(maps);
	if (!skeleton)
		return -ENOMEM;
	object = program_skeleton_object(skeleton);
	set_sizes(object, sizes);
	err = bpf_object__load(object);
	if (err) {
		log_error("the maps cannot be made: %s", strerror(-err));
		if (err == -ENOMEM || err == -E2BIG)
			log_hint("memory is short for the --max-… sizes that were asked for");
		else
			program_explain_failure(object, err);
	} else {
		err = keep_maps(maps, object);
	}
	if (err)
		maps_close(maps);
	program_skeleton_close(skeleton);
	return err;
}

int maps_pin(const struct maps *maps, const struct bpffs *dir)
{
	for (int i = 0; i < MAPS; i++) {
		int err = i == MAP_meta ? 0 : bpffs_pin(dir, maps->fd[i], names[i]);

		if (err)
			return err;
	}
	return bpffs_pin(dir, maps->fd[MAP_meta], names[MAP_meta]);
}

int maps_open(struct maps *maps, const struct bpffs *dir)
{
	maps_init(maps);
	for (int i = 0; i < MAPS; i++) {
		int fd = bpffs_get(dir, names[i]);

		if (fd < 0) {
			maps_close(maps);
			if (fd != -ENOENT)
				log_error("%s/%s: %s", dir->path, names[i], strerror(-fd));
			return fd;
		}
		maps->fd[i] = fd;
	}
	return 0;
}

static int map_info(const struct maps *maps, enum map_id id, struct bpf_map_info *info)
{
	uint32_t len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(maps->fd[id], info, &len) ? -errno : 0;
}

int maps_check_layout(const struct maps *maps)
{
	struct tidegate *skeleton = program_skeleton(NULL);
	struct bpf_object *object;
	int err = 0;

	if (!skeleton)
		return -ENOMEM;
	object = program_skeleton_object(skeleton);
	for (int i = 0; i < MAPS && !err; i++) {
		const struct bpf_map *map = bpf_object__find_map_by_name(object, names[i]);
		struct bpf_map_info info;

		if (!map || map_info(maps, i, &info) || info.type != bpf_map__type(map) ||
		    info.key_size != bpf_map__key_size(map) ||
		    info.value_size != bpf_map__value_size(map))
			err = -EPROTO;
	}
	program_skeleton_close(skeleton);
	return err;
}

int maps_check_sizes(const struct maps *maps, const struct map_sizes *sizes)
{
	for (size_t i = 0; i < sizeof(sized) / sizeof(*sized); i++) {
		uint32_t asked = size_asked(sizes, &sized[i]),
			 is = map_entries_max(maps, sized[i].id);

		if (!asked || asked == is)
			continue;
		log_error("--%s %u, or the same in sizes { … }: the running firewall has room for "
			  "%u",
			  sized[i].option, asked, is);
		log_hint("sizes are set by the first `up`; take everything down first, or leave "
			 "this one out");
		return -EEXIST;
	}
	return 0;
}

int maps_lend(const struct maps *maps, struct bpf_object *object)
{
	for (int i = 0; i < MAPS; i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(object, names[i]);
		int err = map ? bpf_map__reuse_fd(map, maps->fd[i]) : -ENOENT;

		if (err) {
			log_error("map %s: it cannot be shared: %s", names[i], strerror(-err));
			return err;
		}
	}
	return 0;
}

uint32_t map_entries_max(const struct maps *maps, enum map_id id)
{
	struct bpf_map_info info;

	return map_info(maps, id, &info) ? 0 : info.max_entries;
}

uint32_t map_kernel_id(const struct maps *maps, enum map_id id)
{
	struct bpf_map_info info;

	return map_info(maps, id, &info) ? 0 : info.id;
}

static uint64_t memory_bytes(int fd)
{
	unsigned long long bytes = 0;
	char path[64], line[128];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	fclose(file);
	return bytes;
}

uint64_t map_memory_bytes(const struct maps *maps, enum map_id id)
{
	return memory_bytes(maps->fd[id]);
}

uint64_t bank_map_memory_bytes(const struct bpffs *dir, enum map_id id, uint32_t bank)
{
	int fd = bank_map_open(dir, id, bank);
	uint64_t bytes = fd < 0 ? 0 : memory_bytes(fd);

	if (fd >= 0)
		close(fd);
	return bytes;
}

static int put_batch(int fd, const void *keys, const void *values, size_t count)
{
	uint32_t done = (uint32_t)count;

	return count && bpf_map_update_batch(fd, keys, values, &done, NULL) ? -errno : 0;
}

#define BANK_PIN_NAME 48
static void bank_pin_name(char name[BANK_PIN_NAME], enum map_id id, uint32_t bank)
{
	snprintf(name, BANK_PIN_NAME, "banks/%s-%u", names[id], bank);
}

static uint32_t bank_value_size(enum map_id id)
{
	switch (id) {
	case MAP_rule_sets:
		return sizeof(struct tg_rule_set);
	case MAP_automata:
		return sizeof(struct tg_cell);
	default:
		return sizeof(struct tg_text_block);
	}
}

static int fill_bank_map(int fd, const void *values, size_t count)
{
	uint32_t *keys = calloc(count, sizeof(*keys));
	int err = keys ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && !err; i++)
		keys[i] = (uint32_t)i;
	if (!err)
		err = put_batch(fd, keys, values, count);
	free(keys);
	return err;
}

int bank_map_put(const struct maps *maps, const struct bpffs *dir, enum map_id id, uint32_t bank,
		 const void *values, size_t count)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_INNER_MAP);
	char pin[BANK_PIN_NAME];
	int err, fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, names[id], sizeof(uint32_t),
				     bank_value_size(id), (uint32_t)count, &opts);

	err = fd < 0 ? -errno : fill_bank_map(fd, values, count);
	if (!err && bpf_map_update_elem(maps->fd[id], &bank, &fd, BPF_ANY))
		err = -errno;
	if (err)
		log_error("map %s: %zu entries cannot be stored: %s", names[id], count,
			  strerror(-err));
	bank_pin_name(pin, id, bank);
	if (!err && dir)
		err = bpffs_pin(dir, fd, pin);
	if (fd >= 0)
		close(fd);
	return err;
}

int bank_map_drop(const struct maps *maps, const struct bpffs *dir, enum map_id id, uint32_t bank)
{
	char pin[BANK_PIN_NAME];
	uint32_t number;
	int err = 0;

	/* The kernel waits until every program that runs has ended: not for nothing. */
	if (!bpf_map_lookup_elem(maps->fd[id], &bank, &number) &&
	    bpf_map_delete_elem(maps->fd[id], &bank))
		err = -errno;
	if (err)
		log_error("map %s: the old policy cannot be taken out: %s", names[id],
			  strerror(-err));
	bank_pin_name(pin, id, bank);
	if (!err)
		bpffs_unpin(dir, pin);
	return err;
}

int bank_map_open(const struct bpffs *dir, enum map_id id, uint32_t bank)
{
	char pin[BANK_PIN_NAME];

	bank_pin_name(pin, id, bank);
	return bpffs_get(dir, pin);
}

struct walk {
	int fd;
	uint32_t key_size;
	uint32_t value_size;
	uint32_t room; /* entries that the buffers take */
	char *keys;
	char *values;
};

static int walk_room(struct walk *w, uint32_t room)
{
	free(w->keys);
	free(w->values);
	w->room = room;
	w->keys = calloc(room, w->key_size);
	w->values = calloc(room, w->value_size);
	return w->keys && w->values ? 0 : -ENOMEM;
}

static int walk_batches(struct walk *w, map_visit visit, void *context)
{
	char position[2][WALK_KEY_MAX] = {
		0}; /* opaque to us: 4 bytes for hash maps, a key for tries */
	bool first = true;
	int err = 0;

	while (!err) {
		uint32_t count = w->room;
		bool last;

		err = bpf_map_lookup_batch(w->fd, first ? NULL : position[0], position[1], w->keys,
					   w->values, &count, NULL)
			      ? -errno
			      : 0;
		if (err == -ENOSPC) { /* a bucket with more entries than that */
			err = walk_room(w, w->room * 2);
			continue;
		}
		last = err == -ENOENT;
		if (err && !last)
			return err;
		err = 0;
		for (uint32_t i = 0; i < count && !err; i++)
			err = visit(w->keys + (size_t)i * w->key_size,
				    w->values + (size_t)i * w->value_size, context);
		if (last)
			return err;
		memcpy(position[0], position[1], sizeof(position[0]));
		first = false;
	}
	return err;
}

int map_walk(const struct maps *maps, enum map_id id, map_visit visit, void *context)
{
	struct walk w = {.fd = maps->fd[id]};
	struct bpf_map_info info;
	int err = map_info(maps, id, &info);

	if (!err && info.key_size > WALK_KEY_MAX)
		err = -E2BIG;
	if (!err) {
		w.key_size = info.key_size;
		w.value_size = info.value_size;
		err = walk_room(&w, WALK_BATCH);
	}
	if (!err)
		err = walk_batches(&w, visit, context);
	if (err < 0)
		log_error("map %s: it cannot be read: %s", names[id], strerror(-err));
	free(w.keys);
	free(w.values);
	return err;
}

int map_get(const struct maps *maps, enum map_id id, const void *key, void *value)
{
	return bpf_map_lookup_elem(maps->fd[id], key, value) ? -errno : 0;
}

int map_put(const struct maps *maps, enum map_id id, const void *key, const void *value)
{
	return bpf_map_update_elem(maps->fd[id], key, value, BPF_ANY) ? -errno : 0;
}

int map_delete(const struct maps *maps, enum map_id id, const void *key)
{
	return bpf_map_delete_elem(maps->fd[id], key) ? -errno : 0;
}

int map_put_all(const struct maps *maps, enum map_id id, const void *keys, const void *values,
		size_t count)
{
	return put_batch(maps->fd[id], keys, values, count);
}
