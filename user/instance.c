// SPDX-License-Identifier: GPL-2.0-or-later
#include "instance.h"

#include "daemon/mark.h"
#include "interface.h"
#include "live.h"
#include "log.h"
#include "policy_mend.h"
#include "tick.h"
#include "xdp_leftovers.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reads `meta`, which may be of any ABI: only its first number is common to all. */
static int read_meta(struct instance *instance)
{
	int fd = bpffs_get(&instance->dir, map_name(MAP_meta)), err = 0;
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info), key = 0;
	char *value;

	if (fd < 0) {
		if (fd != -ENOENT)
			log_error("%s/%s: %s", instance->dir.path, map_name(MAP_meta),
				  strerror(-fd));
		return fd;
	}
	err = bpf_obj_get_info_by_fd(fd, &info, &len) ? -errno : 0;
	value = err ? NULL : calloc(1, info.value_size + sizeof(instance->meta));
	if (!err && !value)
		err = -ENOMEM;
	if (!err && bpf_map_lookup_elem(fd, &key, value))
		err = -errno;
	if (!err)
		memcpy(&instance->meta, value, sizeof(instance->meta));
	else
		log_error("%s/%s: it cannot be read: %s", instance->dir.path, map_name(MAP_meta),
			  strerror(-err));
	free(value);
	close(fd);
	return err;
}

static int refuse_abi(const struct instance *instance)
{
	if (instance->meta.abi == TG_ABI)
		log_error("%s: the maps there have another layout than this binary's",
			  instance->dir.path);
	else
		log_error("%s: the state there has ABI %u, this binary has ABI %u",
			  instance->dir.path, instance->meta.abi, TG_ABI);
	log_hint("use the binary that brought it up, or start anew with `tidegate up … "
		 "--discard-state`; `tidegate down` "
		 "takes it down");
	return -EPROTO;
}

static int check_netns(const struct instance *instance)
{
	uint64_t dev, ino;
	int err = netns_identity(&dev, &ino);

	if (err || (dev == instance->meta.netns_dev && ino == instance->meta.netns_ino))
		return err;
	log_error("%s: the state there belongs to another network namespace (net:[%llu], this is "
		  "net:[%llu])",
		  instance->dir.path, (unsigned long long)instance->meta.netns_ino,
		  (unsigned long long)ino);
	log_hint("give each network namespace its own directory with --bpffs DIR, or enter that "
		 "one; if it is gone, start "
		 "anew with --discard-state");
	return -EXDEV;
}

/* Takes the pinned maps over. -ENOENT, silently: there is no complete instance. */
static int adopt(struct instance *instance, bool any_abi)
{
	int err = read_meta(instance);

	if (!err && instance->meta.abi != TG_ABI)
		return any_abi ? -EPROTO : refuse_abi(instance);
	if (!err)
		err = check_netns(instance);
	if (!err)
		err = maps_open(&instance->maps, &instance->dir);
	if (!err && maps_check_layout(&instance->maps)) {
		maps_close(&instance->maps);
		return any_abi ? -EPROTO : refuse_abi(instance);
	}
	if (!err)
		instance->owner.map_id = map_kernel_id(&instance->maps, MAP_interfaces);
	return err;
}

static int enter(struct instance *instance, const char *path, enum bpffs_access access)
{
	*instance = (struct instance){0};
	maps_init(&instance->maps);
	instance->owner.dir = &instance->dir;
	return bpffs_enter(&instance->dir, path, access);
}

int instance_enter(struct instance *instance, const char *path)
{
	return enter(instance, path, BPFFS_CHANGE);
}

int instance_open(struct instance *instance, const char *path, enum bpffs_access access,
		  bool any_abi)
{
	int err = enter(instance, path, access);

	if (err)
		return err;
	err = adopt(instance, any_abi);
	if (err)
		instance_close(instance);
	return err;
}

void instance_close(struct instance *instance)
{
	maps_close(&instance->maps);
	bpffs_leave(&instance->dir);
}

/* The owner, by the pinned map alone: its ABI does not matter. */
static void find_owner(struct instance *instance)
{
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);
	int fd = bpffs_get(&instance->dir, map_name(MAP_interfaces));

	instance->owner.map_id = 0;
	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len))
		instance->owner.map_id = info.id;
	close(fd);
}

int instance_discard(struct instance *instance)
{
	struct if_nameindex *all;
	int err = 0;

	find_owner(instance);
	all = instance->owner.map_id ? if_nameindex() : NULL;
	for (size_t i = 0; all && all[i].if_index && !err; i++) {
		err = attachment_clear(&instance->owner, all[i].if_index);
		xdp_sweep(&instance->owner, all[i].if_index);
	}
	if (all)
		if_freenameindex(all);
	return err ? err : bpffs_empty(&instance->dir);
}

/* Loads each program once, to see that it can be. */
static int try_programs(const struct maps *maps)
{
	const struct program_target target = {.maps = maps};
	int err = 0;

	for (int place = 0; place < PLACES && !err; place++) {
		struct program program;

		err = program_open(&program, place, &target);
		if (err)
			break;
		err = program_load(&program);
		program_close(&program);
	}
	return err;
}

static int write_meta(struct instance *instance)
{
	struct tg_meta *meta = &instance->meta;
	uint32_t key = 0;
	uint64_t dev, ino;
	int err = netns_identity(&dev, &ino);

	if (err)
		return err;
	*meta = (struct tg_meta){
		.abi = TG_ABI, .tick_ns = tick_ns(), .netns_dev = dev, .netns_ino = ino};
	snprintf(meta->version, sizeof(meta->version), "%s", TG_VERSION);
	err = map_put(&instance->maps, MAP_meta, &key, meta);
	if (err)
		log_error("map %s: it cannot be written: %s", map_name(MAP_meta), strerror(-err));
	return err;
}

static int make_new(struct instance *instance, const struct map_sizes *sizes, bool cautious)
{
	int err = maps_create(&instance->maps, sizes);

	/* The first policy goes into the other bank. */
	if (!err)
		err = live_settle(&instance->maps, TG_BANKS - 1);
	if (!err && cautious)
		err = try_programs(&instance->maps);
	/* What is in the directory by now is of no use to anybody. */
	if (!err)
		err = instance_discard(instance);
	if (!err)
		err = write_meta(instance);
	if (!err) {
		instance->fresh = true;
		err = maps_pin(&instance->maps, &instance->dir);
	}
	if (err && instance->fresh)
		bpffs_empty(&instance->dir);
	if (!err)
		instance->owner.map_id = map_kernel_id(&instance->maps, MAP_interfaces);
	return err;
}

int instance_mend(struct instance *instance, struct registry **registry)
{
	int err;

	*registry = registry_read(&instance->maps);
	if (!*registry)
		return -EIO;
	err = policy_mend(*registry, &instance->owner);
	if (!err && (!registry_is_empty(*registry) || daemon_mark_held(&instance->dir)))
		return 0;
	free(*registry);
	*registry = NULL;
	return err ? err : -ENOENT;
}

/* A register without interfaces is what a killed `up` or `down` left, or a daemon: its state is of no use. */
static int mend_or_drop(struct instance *instance, struct registry **registry)
{
	int err = instance_mend(instance, registry);

	if (!err)
		return write_meta(instance);
	maps_close(&instance->maps);
	return err;
}

int instance_create(struct instance *instance, const char *path, const struct map_sizes *sizes,
		    bool discard, struct registry **registry)
{
	bool unusable;
	int err = enter(instance, path, BPFFS_CREATE);

	*registry = NULL;
	if (err)
		return err;
	err = adopt(instance, discard);
	unusable = err == -EPROTO || err == -EXDEV;
	if (!err)
		err = mend_or_drop(instance, registry);
	if (err == -ENOENT || (unusable && discard)) {
		if (unusable)
			log_notice("%s: the state there is discarded", path);
		err = make_new(instance, sizes, unusable);
		if (!err)
			*registry = registry_read(&instance->maps);
		if (!err && !*registry)
			err = -EIO;
	}
	if (err)
		instance_close(instance);
	return err;
}
