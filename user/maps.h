/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shared maps: made, pinned, adopted, read.
 */
#ifndef TIDEGATE_MAPS_H
#define TIDEGATE_MAPS_H

#include "bpffs.h"
#include "settings.h"

#define MAPS_ENUM(name) MAP_##name,
enum map_id { TG_MAPS(MAPS_ENUM) MAPS };
#undef MAPS_ENUM

struct maps {
	int fd[MAPS]; /* -1: not open */
};

struct bpf_object;

/* The pin's name, which is the map's. */
const char *map_name(enum map_id id);

void maps_init(struct maps *maps);
void maps_close(struct maps *maps);

/* Sets those sizes of `sizes` that `other` gives. */
void map_sizes_merge(struct map_sizes *sizes, const struct map_sizes *other);

/* Makes new maps, unpinned; sizes of 0 mean the default. 0 or a negative errno. */
int maps_create(struct maps *maps, const struct map_sizes *sizes);

/*
 * Pins all of them, `meta` last: a directory without it is one that never came to be. 0 or a
 * negative errno.
 */
int maps_pin(const struct maps *maps, const struct bpffs *dir);

/* Opens the pinned maps. 0, or a negative errno; -ENOENT, silently, if one is missing. */
int maps_open(struct maps *maps, const struct bpffs *dir);

/*
 * The maps whose entries are maps have one for each bank (bpf/abi.h): an array of `count` values, all of them there
 * before the programs see any. It is pinned too, unless `dir` is NULL, since the kernel does not give it back by its
 * number without CAP_SYS_ADMIN.
 */
int bank_map_put(const struct maps *maps, const struct bpffs *dir, enum map_id id, uint32_t bank,
		 const void *values, size_t count);

/*
 * Takes the bank's map away; no matter if there is none. When this returns, no program that ran before sees it any
 * more. 0 or a negative errno.
 */
int bank_map_drop(const struct maps *maps, const struct bpffs *dir, enum map_id id, uint32_t bank);

/* Opens the bank's pinned map. A descriptor, or a negative errno, silently: -ENOENT if there is none. */
int bank_map_open(const struct bpffs *dir, enum map_id id, uint32_t bank);

/* Are the open maps laid out as this binary's programs expect? -EPROTO if not (silent). */
int maps_check_layout(const struct maps *maps);

/* Do the open maps have the sizes that were asked for, where any were? 0 or -EEXIST. */
int maps_check_sizes(const struct maps *maps, const struct map_sizes *sizes);

/* Lets an opened, not yet loaded object use them. 0 or a negative errno. */
int maps_lend(const struct maps *maps, struct bpf_object *object);

/* Entries that fit, and bytes of kernel memory that are taken; 0 where the kernel does not say. */
uint32_t map_entries_max(const struct maps *maps, enum map_id id);
uint64_t map_memory_bytes(const struct maps *maps, enum map_id id);
uint64_t bank_map_memory_bytes(const struct bpffs *dir, enum map_id id, uint32_t bank);

/* The kernel's number of a map, 0 if it cannot be read. */
uint32_t map_kernel_id(const struct maps *maps, enum map_id id);

/*
 * Goes through a hash map in batches, which may lie apart in time. An entry that stays is met, perhaps twice; of those that
 * come and go meanwhile some may be missed.
 */
#define MAP_KEY_MAX 64 /* bytes */
struct map_cursor {
	int fd;
	uint32_t key_size;
	uint32_t value_size;
	uint32_t room;  /* entries that the buffers take */
	uint32_t count; /* of the present batch, with keys and values one after the other */
	char *keys;
	char *values;
	char position[2][MAP_KEY_MAX]; /* opaque to us: 4 bytes for hash maps, a key for tries */
	bool begun;
	bool ended; /* the present batch is the last one */
};

/* 0 or a negative errno, silently; map_cursor_close() follows in both cases. `room`: entries of a batch. */
int map_cursor_open(struct map_cursor *cursor, const struct maps *maps, enum map_id id,
		    uint32_t room);
/* The next batch, or after the last one the first again. 0 or a negative errno, silently. */
int map_cursor_next(struct map_cursor *cursor);
void map_cursor_close(struct map_cursor *cursor);

/*
 * Calls visit(key, value, context) for every entry of a hash map, from copies taken in batches: the
 * map may change meanwhile, and visit() may delete entries. Stops at the first non-zero result and
 * returns it; a negative errno if the map cannot be read.
 */
typedef int (*map_visit)(const void *key, const void *value, void *context);
int map_walk(const struct maps *maps, enum map_id id, map_visit visit, void *context);

/* Single entries. 0, or a negative errno, silently: -ENOENT where there is no such key. */
int map_get(const struct maps *maps, enum map_id id, const void *key, void *value);
int map_put(const struct maps *maps, enum map_id id, const void *key, const void *value);
int map_add(const struct maps *maps, enum map_id id, const void *key,
	    const void *value); /* -EEXIST if it is there */
int map_delete(const struct maps *maps, enum map_id id, const void *key);
int map_take(const struct maps *maps, enum map_id id, const void *key,
	     void *value); /* gets it, and deletes that */

/* `count` values of an array, from number `first` on, one after the other. 0 or a negative errno, silently. */
int map_get_array(const struct maps *maps, enum map_id id, uint32_t first, uint32_t count,
		  void *values);

/* Many entries at once; `keys` and `values` lie one after the other. 0, or a negative errno, silently. */
int map_put_all(const struct maps *maps, enum map_id id, const void *keys, const void *values,
		size_t count);

#endif
