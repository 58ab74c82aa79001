// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/loader.h"

#include "guard.h"
#include "log.h"
#include "time_now.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define STOCK_ETHERNET 4                    /* interfaces that may come at the same time */
#define STOCK          (STOCK_ETHERNET + 1) /* and one whose frames begin with the IP header */
#define JOBS           TG_SLOTS_MAX
#define LOCK_PAUSE_MS  10
#define LOCK_ATTEMPTS  1000
#define STOCK_WAIT_S   10
#define NICE           5
#define FAILURE_PAUSE  30 /* seconds after which loading a spare is tried again */

struct jobs {
	struct loader_job item[JOBS];
	size_t count;
};

struct loader {
	struct followed *followed;
	pthread_t thread;
	pthread_mutex_t mutex; /* of all that follows */
	pthread_cond_t changed;
	int fd;
	bool paused;
	bool busy;
	bool ending;
	time_t not_before; /* spares: CLOCK_MONOTONIC */
	bool in_stock[STOCK];
	struct spare stock[STOCK]; /* the last one without Ethernet */
	struct jobs asked;
	struct jobs done;
};

void spare_release(struct spare *spare)
{
	if (spare->ingress >= 0)
		close(spare->ingress);
	if (spare->egress >= 0)
		close(spare->egress);
	*spare = (struct spare){.ingress = -1, .egress = -1};
}

/* ---- the thread ---------------------------------------------------------------------------------------------------- */

static int load(const struct loader *loader, enum place place, uint32_t slot, bool no_ethernet)
{
	const struct program_target target = {
		.maps = &loader->followed->instance.maps,
		.slot = slot,
		.no_ethernet = no_ethernet,
	};
	struct program program;
	int err = program_open(&program, place, &target), fd;

	if (err)
		return err;
	err = program_load(&program);
	fd = program.fd;
	program.fd = -1; /* kept */
	program_close(&program);
	return err ? err : fd;
}

static int load_spare(const struct loader *loader, uint32_t slot, bool no_ethernet,
		      struct spare *spare)
{
	*spare = (struct spare){.slot = slot, .ingress = -1, .egress = -1};
	spare->egress = load(loader, PLACE_EGRESS, slot, no_ethernet);
	if (spare->egress >= 0)
		spare->ingress = load(loader, PLACE_INGRESS, slot, no_ethernet);
	if (spare->ingress >= 0)
		return 0;
	spare_release(spare);
	return -EIO;
}

static bool may_load(const struct loader *loader)
{
	return time_now_s(CLOCK_MONOTONIC) >= loader->not_before;
}

/* Which place of the stock is empty? STOCK: none is, or it is too early. With the mutex held. */
static size_t missing(const struct loader *loader)
{
	if (may_load(loader))
		for (size_t i = 0; i < STOCK; i++)
			if (!loader->in_stock[i])
				return i;
	return STOCK;
}

/* Nothing in stock for the next interface that comes: that goes before what guarded ones still lack. */
static bool is_bare(const struct loader *loader)
{
	for (size_t i = 0; i < STOCK_ETHERNET; i++)
		if (loader->in_stock[i])
			return false;
	return may_load(loader);
}

/* A slot that is free, and for which there are no programs in stock. -1: none. */
static int slot_for_spare(struct loader *loader, struct registry *registry)
{
	for (size_t i = 0; i < STOCK; i++)
		if (loader->in_stock[i])
			registry->interface[loader->stock[i].slot].state = TG_SLOT_CHANGING;
	return registry_free_slot(registry);
}

static void stock_up(struct loader *loader, size_t place)
{
	struct registry *registry = registry_read(&loader->followed->instance.maps);
	struct spare spare = {0};
	int slot = -1;

	if (registry) {
		pthread_mutex_lock(&loader->mutex);
		slot = slot_for_spare(loader, registry);
		pthread_mutex_unlock(&loader->mutex);
	}
	free(registry);
	if (slot >= 0 && !load_spare(loader, (uint32_t)slot, place >= STOCK_ETHERNET, &spare)) {
		pthread_mutex_lock(&loader->mutex);
		loader->stock[place] = spare;
		loader->in_stock[place] = true;
		pthread_mutex_unlock(&loader->mutex);
		return;
	}
	pthread_mutex_lock(&loader->mutex);
	loader->not_before = time_now_s(CLOCK_MONOTONIC) + FAILURE_PAUSE;
	pthread_mutex_unlock(&loader->mutex);
}

/* Commands come and go; nobody keeps the lock for long. */
static int wait_for_lock(const struct loader *loader)
{
	const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000000L};
	int err = followed_lock(loader->followed, false);

	for (int i = 0; i < LOCK_ATTEMPTS && err == -EWOULDBLOCK; i++) {
		if (__atomic_load_n(&loader->paused, __ATOMIC_RELAXED))
			break;
		nanosleep(&pause, NULL);
		err = followed_lock(loader->followed, false);
	}
	return err;
}

/* The settings of the interface's zone, under the policy that is live. 0 or a negative errno. */
static int read_zone(const struct loader *loader, const struct guard *guard, struct tg_zone *zone)
{
	uint32_t key = guard->bank * TG_SLOTS_MAX + guard->zone;

	return map_get(&loader->followed->instance.maps, MAP_zones, &key, zone);
}

static int guard_again(const struct loader *loader, struct registry *registry,
		       const struct loader_job *job)
{
	const struct instance *instance = &loader->followed->instance;
	const struct tg_interface *record = &registry->interface[job->slot];
	struct guard guard = {
		.hook = job->hook,
		.bank = registry->live.bank,
		.zone = record->zone[registry->live.bank],
	};
	char name[IF_NAMESIZE];
	struct tg_zone zone;
	int err;

	/* It may have gone, or been taken down by hand. */
	if (record->state != TG_SLOT_UP || record->ifindex != job->ifindex || !guard.zone ||
	    !interface_name(job->ifindex, name))
		return 0;
	err = interface_find(name, &guard.interface);
	if (!err)
		err = read_zone(loader, &guard, &zone);
	if (err)
		return err;
	guard.marks = guard_marks(job->hook, zone.mark_mask);
	guard_find(&guard, registry);
	err = guard_up(&guard, instance, registry);
	if (err)
		guard_undo(&guard, instance, registry);
	guard_release(&guard);
	return err;
}

static int do_job(const struct loader *loader, const struct loader_job *job)
{
	struct registry *registry;
	int err = wait_for_lock(loader);

	if (err)
		return err;
	registry = registry_read(&loader->followed->instance.maps);
	err = registry ? guard_again(loader, registry, job) : -EIO;
	free(registry);
	followed_unlock(loader->followed);
	return err;
}

static void finish_job(struct loader *loader, const struct loader_job *job)
{
	static const uint64_t one = 1;
	ssize_t written;

	if (loader->done.count < JOBS)
		loader->done.item[loader->done.count++] = *job;
	written = write(loader->fd, &one, sizeof(one)); /* fails only if it is readable already */
	(void)written;
}

static bool wanted(const struct loader *loader)
{
	return !loader->paused && (loader->asked.count || missing(loader) < STOCK);
}

static void wait_for_work(struct loader *loader)
{
	struct timespec deadline;

	while (!loader->ending && !wanted(loader)) {
		clock_gettime(CLOCK_MONOTONIC, &deadline);
		deadline.tv_sec += FAILURE_PAUSE;
		pthread_cond_timedwait(&loader->changed, &loader->mutex, &deadline);
	}
}

static void *work(void *context)
{
	struct loader *loader = context;

	setpriority(PRIO_PROCESS, 0, NICE); /* of this thread: what cannot wait is in stock */
	pthread_mutex_lock(&loader->mutex);
	for (wait_for_work(loader); !loader->ending; wait_for_work(loader)) {
		struct loader_job job = {0};
		size_t place = missing(loader);
		bool has_job = loader->asked.count && !is_bare(loader);

		if (has_job) {
			job = loader->asked.item[0];
			loader->asked.count--;
			memmove(loader->asked.item, loader->asked.item + 1,
				loader->asked.count * sizeof(job));
		}
		loader->busy = true;
		pthread_mutex_unlock(&loader->mutex);
		if (has_job)
			job.result = do_job(loader, &job);
		else
			stock_up(loader, place);
		pthread_mutex_lock(&loader->mutex);
		loader->busy = false;
		if (has_job)
			finish_job(loader, &job);
		pthread_cond_broadcast(&loader->changed);
	}
	pthread_mutex_unlock(&loader->mutex);
	return NULL;
}

/* ---- for others ---------------------------------------------------------------------------------------------------- */

struct loader *loader_start(struct followed *followed)
{
	struct loader *loader = calloc(1, sizeof(*loader));
	pthread_condattr_t attributes;
	int err;

	if (!loader)
		return NULL;
	loader->followed = followed;
	loader->paused = true;
	loader->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&loader->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&loader->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	err = loader->fd < 0 ? errno : pthread_create(&loader->thread, NULL, work, loader);
	if (!err)
		return loader;
	log_error("a thread cannot be started: %s", strerror(err));
	if (loader->fd >= 0)
		close(loader->fd);
	free(loader);
	return NULL;
}

void loader_pause(struct loader *loader)
{
	pthread_mutex_lock(&loader->mutex);
	__atomic_store_n(&loader->paused, true, __ATOMIC_RELAXED);
	while (loader->busy)
		pthread_cond_wait(&loader->changed, &loader->mutex);
	for (size_t i = 0; i < STOCK; i++) {
		if (loader->in_stock[i])
			spare_release(&loader->stock[i]);
		loader->in_stock[i] = false;
	}
	loader->asked.count = loader->done.count = 0;
	loader->not_before = 0;
	pthread_mutex_unlock(&loader->mutex);
}

void loader_resume(struct loader *loader)
{
	pthread_mutex_lock(&loader->mutex);
	loader->paused = false;
	pthread_cond_broadcast(&loader->changed);
	pthread_mutex_unlock(&loader->mutex);
}

void loader_stop(struct loader *loader)
{
	if (!loader)
		return;
	loader_pause(loader);
	pthread_mutex_lock(&loader->mutex);
	loader->ending = true;
	pthread_cond_broadcast(&loader->changed);
	pthread_mutex_unlock(&loader->mutex);
	pthread_join(loader->thread, NULL);
	close(loader->fd);
	free(loader);
}

void loader_wait(struct loader *loader)
{
	struct timespec deadline;
	int err = 0;

	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += STOCK_WAIT_S;
	pthread_mutex_lock(&loader->mutex);
	while (!err && !loader->paused && is_bare(loader))
		err = pthread_cond_timedwait(&loader->changed, &loader->mutex, &deadline);
	pthread_mutex_unlock(&loader->mutex);
}

int loader_take(struct loader *loader, const struct registry *registry, bool no_ethernet,
		struct spare *spare)
{
	size_t end = no_ethernet ? STOCK : STOCK_ETHERNET;
	bool found = false;
	int none;

	pthread_mutex_lock(&loader->mutex);
	for (size_t i = no_ethernet ? STOCK_ETHERNET : 0; i < end && !found; i++) {
		if (!loader->in_stock[i])
			continue;
		loader->in_stock[i] = false;
		*spare = loader->stock[i];
		/* A command may have given the slot to another interface. */
		found = registry->interface[spare->slot].state == TG_SLOT_FREE;
		if (!found)
			spare_release(spare);
	}
	none = loader->paused || !may_load(loader) ? -ENOENT : -EAGAIN;
	pthread_cond_broadcast(&loader->changed);
	pthread_mutex_unlock(&loader->mutex);
	return found ? 0 : none;
}

void loader_ask(struct loader *loader, const struct loader_job *job)
{
	bool there = false;

	pthread_mutex_lock(&loader->mutex);
	for (size_t i = 0; i < loader->asked.count; i++)
		there |= loader->asked.item[i].slot == job->slot;
	if (!there && loader->asked.count < JOBS)
		loader->asked.item[loader->asked.count++] = *job;
	pthread_cond_broadcast(&loader->changed);
	pthread_mutex_unlock(&loader->mutex);
}

bool loader_done(struct loader *loader, struct loader_job *job)
{
	uint64_t count;
	ssize_t got = read(loader->fd, &count, sizeof(count));
	bool any;

	(void)got; /* without news it fails, and no harm done */
	pthread_mutex_lock(&loader->mutex);
	any = loader->done.count;
	if (any)
		*job = loader->done.item[--loader->done.count];
	pthread_mutex_unlock(&loader->mutex);
	return any;
}

int loader_fd(const struct loader *loader)
{
	return loader->fd;
}
