// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/followed.h"

#include "clock.h"
#include "daemon/mark.h"
#include "policy_bank.h"
#include "policy_install.h"
#include "tick.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void followed_init(struct followed *followed, const char *path, void (*closing)(void *context),
		   void *context)
{
	*followed = (struct followed){
		.path = path, .closing = closing, .context = context, .clock = -1, .mark = -1};
	pthread_mutex_init(&followed->lock.mutex, NULL);
}

static void forget_policy(struct followed *followed)
{
	free(followed->rules);
	followed->rules = NULL;
	config_free(&followed->config);
	followed->config = (struct config){0};
}

void followed_close(struct followed *followed)
{
	if (!followed->open)
		return;
	followed->closing(followed->context);
	forget_policy(followed);
	free(followed->registry);
	followed->registry = NULL;
	instance_close(&followed->instance);
	if (followed->clock >= 0)
		close(followed->clock);
	if (followed->mark >= 0)
		close(followed->mark);
	followed->clock = followed->mark = -1;
	followed->open = false;
}

static int read_policy(struct followed *followed)
{
	struct registry *registry = followed->registry;
	struct tg_policy other = {0};
	int err = registry_reread(registry);

	if (!err)
		err = policy_bank_read(registry->maps, registry->live.bank ^ 1, &other);
	forget_policy(followed);
	followed->other_generation = other.generation;
	if (!err && registry->policy.generation) {
		followed->rules =
			policy_bank_rules(registry->maps, registry->live.bank, &registry->policy);
		err = followed->rules ? 0 : -EIO;
	}
	/* Of another version, it is explained: then no zone is known to want interfaces that come. */
	if (!err && policy_running_config(&followed->instance, registry, &followed->config))
		followed->config = (struct config){0};
	return err;
}

static int open_parts(struct followed *followed)
{
	int err = 0;

	followed->hz = tick_hz(followed->instance.meta.tick_ns);
	followed->registry = registry_read(&followed->instance.maps);
	if (!followed->registry)
		return -EIO;
	followed->clock = clock_open();
	if (followed->clock < 0)
		return followed->clock;
	followed->mark = daemon_mark_take(&followed->instance.dir);
	if (followed->mark < 0)
		return followed->mark;
	err = read_policy(followed);
	return err;
}

static int open_anew(struct followed *followed)
{
	int err = instance_open(&followed->instance, followed->path, BPFFS_READ, false);

	if (err)
		return err == -ENOENT ? FOLLOWED_SAME : err;
	followed->open = true;
	err = open_parts(followed);
	if (!err)
		return FOLLOWED_OPENED;
	followed_close(followed);
	/* Somebody has just taken it down. */
	return err == -ENOENT ? FOLLOWED_SAME : err;
}

/* Are the pins still those of the maps that are open? */
static bool is_there(const struct followed *followed)
{
	const struct instance *instance = &followed->instance;
	struct maps pinned;
	bool same;
	int fd = bpffs_get(&instance->dir, map_name(MAP_meta));

	if (fd < 0)
		return false;
	maps_init(&pinned);
	pinned.fd[MAP_meta] = fd;
	same = map_kernel_id(&pinned, MAP_meta) == map_kernel_id(&instance->maps, MAP_meta);
	close(fd);
	return same && daemon_mark_is(&instance->dir, followed->mark);
}

static int has_changed(const struct followed *followed)
{
	const struct maps *maps = &followed->instance.maps;
	const struct registry *registry = followed->registry;
	struct tg_policy policy, other;
	struct live live;
	int err = live_read(maps, &live);

	if (!err)
		err = policy_bank_read(maps, registry->live.bank, &policy);
	if (!err)
		err = policy_bank_read(maps, registry->live.bank ^ 1, &other);
	if (err)
		return err;
	return live.bank != registry->live.bank || live.kind != registry->live.kind ||
	       policy.generation != registry->policy.generation ||
	       other.generation != followed->other_generation;
}

int followed_refresh(struct followed *followed, bool thoroughly)
{
	int changed;

	if (!followed->open)
		return open_anew(followed);
	if (thoroughly && !is_there(followed)) {
		followed->gone = true;
		followed_close(followed);
		followed->gone = false;
		changed = open_anew(followed);
		return changed == FOLLOWED_SAME ? FOLLOWED_CLOSED : changed;
	}
	changed = has_changed(followed);
	if (changed > 0)
		changed = read_policy(followed) ? -EIO : FOLLOWED_CHANGED;
	if (changed < 0)
		followed_close(followed);
	return changed;
}

int followed_reread(struct followed *followed)
{
	return registry_reread(followed->registry);
}

static int take_lock(struct followed *followed)
{
	int err = bpffs_enter(&followed->lock.dir, followed->path, BPFFS_TRY);

	if (err)
		return err;
	if (is_there(followed))
		return 0;
	bpffs_leave(&followed->lock.dir);
	return -ENOENT;
}

int followed_lock(struct followed *followed, bool alone)
{
	int err = 0;

	pthread_mutex_lock(&followed->lock.mutex);
	if (followed->lock.users && (alone || followed->lock.alone))
		err = -EWOULDBLOCK;
	else if (!followed->lock.users)
		err = take_lock(followed);
	if (!err) {
		followed->lock.users++;
		followed->lock.alone = alone;
	}
	pthread_mutex_unlock(&followed->lock.mutex);
	return err;
}

void followed_unlock(struct followed *followed)
{
	pthread_mutex_lock(&followed->lock.mutex);
	if (!--followed->lock.users)
		bpffs_leave(&followed->lock.dir);
	pthread_mutex_unlock(&followed->lock.mutex);
}

int followed_jiffies(const struct followed *followed, uint64_t *jiffies)
{
	return clock_read(followed->clock, jiffies);
}
