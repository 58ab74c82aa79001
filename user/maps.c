// SPDX-License-Identifier: GPL-2.0-or-later
#include "maps.h"

#include "log.h"
#include "map_types.h"
#include "program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WALK_BATCH 4096

/* Notes of refused requests for each entry of `requests`. */
#define STRANGERS_EACH 128

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
	{MAP_proved, offsetof(struct map_sizes, sources), "max-sources"},
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

/* Elements of `strangers`: as built (32 MiB) for 65,536 requests or more, fewer for fewer. */
static uint32_t strangers_size(uint32_t built, uint64_t requests)
{
	uint64_t size = requests * STRANGERS_EACH / TG_STRANGERS;

	if (!requests || size > built)
		return built;
	return size ? (uint32_t)size : 1;
}

static void set_sizes(struct bpf_object *object, const struct map_sizes *sizes)
{
	struct bpf_map *strangers = bpf_object__find_map_by_name(object, names[MAP_strangers]);

	if (strangers)
		bpf_map__set_max_entries(strangers, strangers_size(bpf_map__max_entries(strangers),
								   sizes->requests));
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

static const char *bank_value_name(enum map_id id)
{
	switch (id) {
	case MAP_rule_sets:
		return "tg_rule_set";
	case MAP_automata:
		return "tg_cell";
	default:
		return "tg_text_block";
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

static int make_bank_map(enum map_id id, size_t count)
{
	struct tidegate *skeleton = program_skeleton(NULL);
	int fd = -ENOMEM;

	if (skeleton)
		fd = map_types_array(bpf_object__btf(program_skeleton_object(skeleton)),
				     bank_value_name(id), names[id], (uint32_t)count);
	program_skeleton_close(skeleton);
	return fd;
}

int bank_map_put(const struct maps *maps, const struct bpffs *dir, enum map_id id, uint32_t bank,
		 const void *values, size_t count)
{
	char pin[BANK_PIN_NAME];
	int fd = make_bank_map(id, count), err = fd < 0 ? fd : fill_bank_map(fd, values, count);

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

static int cursor_room(struct map_cursor *cursor, uint32_t room)
{
	free(cursor->keys);
	free(cursor->values);
	cursor->room = room;
	cursor->keys = calloc(room, cursor->key_size);
	cursor->values = calloc(room, cursor->value_size);
	return cursor->keys && cursor->values ? 0 : -ENOMEM;
}

int map_cursor_open(struct map_cursor *cursor, const struct maps *maps, enum map_id id,
		    uint32_t room)
{
	struct bpf_map_info info;
	int err = map_info(maps, id, &info);

	*cursor = (struct map_cursor){.fd = maps->fd[id]};
	if (!err && info.key_size > MAP_KEY_MAX)
		err = -E2BIG;
	if (err)
		return err;
	cursor->key_size = info.key_size;
	cursor->value_size = info.value_size;
	return cursor_room(cursor, room);
}

int map_cursor_next(struct map_cursor *cursor)
{
	int err;

	if (cursor->ended)
		cursor->begun = cursor->ended = false;
	for (;;) {
		cursor->count = cursor->room;
		err = bpf_map_lookup_batch(cursor->fd, cursor->begun ? cursor->position[0] : NULL,
					   cursor->position[1], cursor->keys, cursor->values,
					   &cursor->count, NULL)
			      ? -errno
			      : 0;
		if (err != -ENOSPC) /* a bucket with more entries than that */
			break;
		err = cursor_room(cursor, cursor->room * 2);
		if (err)
			break;
	}
	cursor->ended = err == -ENOENT;
	if (err && !cursor->ended) {
		cursor->count = 0;
		return err;
	}
	memcpy(cursor->position[0], cursor->position[1], sizeof(cursor->position[0]));
	cursor->begun = true;
	return 0;
}

void map_cursor_close(struct map_cursor *cursor)
{
	free(cursor->keys);
	free(cursor->values);
	*cursor = (struct map_cursor){.fd = -1};
}

int map_walk(const struct maps *maps, enum map_id id, map_visit visit, void *context)
{
	struct map_cursor cursor;
	int err = map_cursor_open(&cursor, maps, id, WALK_BATCH);

	while (!err && !cursor.ended) {
		err = map_cursor_next(&cursor);
		for (uint32_t i = 0; i < cursor.count && !err; i++)
			err = visit(cursor.keys + (size_t)i * cursor.key_size,
				    cursor.values + (size_t)i * cursor.value_size, context);
	}
	if (err < 0)
		log_error("map %s: it cannot be read: %s", names[id], strerror(-err));
	map_cursor_close(&cursor);
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

int map_add(const struct maps *maps, enum map_id id, const void *key, const void *value)
{
	return bpf_map_update_elem(maps->fd[id], key, value, BPF_NOEXIST) ? -errno : 0;
}

int map_delete(const struct maps *maps, enum map_id id, const void *key)
{
	return bpf_map_delete_elem(maps->fd[id], key) ? -errno : 0;
}

int map_take(const struct maps *maps, enum map_id id, const void *key, void *value)
{
	return bpf_map_lookup_and_delete_elem(maps->fd[id], key, value) ? -errno : 0;
}

int map_get_array(const struct maps *maps, enum map_id id, uint32_t first, uint32_t count,
		  void *values)
{
	uint32_t *keys = calloc(count, sizeof(*keys)), before = first - 1, next, got = count;
	int err = keys ? 0 : -ENOMEM;

	/* At the end of the array it says -ENOENT, and has given what there was. */
	if (!err && bpf_map_lookup_batch(maps->fd[id], first ? &before : NULL, &next, keys, values,
					 &got, NULL))
		err = errno == ENOENT && got == count ? 0 : -errno;
	free(keys);
	return err ? err : got == count ? 0 : -EIO;
}

int map_put_all(const struct maps *maps, enum map_id id, const void *keys, const void *values,
		size_t count)
{
	return put_batch(maps->fd[id], keys, values, count);
}
