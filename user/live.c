// SPDX-License-Identifier: GPL-2.0-or-later
#include "live.h"

#include "clock.h"
#include "log.h"
#include "tick.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int read_tick(const struct maps *maps, uint32_t *hz)
{
	struct tg_meta meta;
	uint32_t key = 0;
	int err = map_get(maps, MAP_meta, &key, &meta);

	if (err)
		log_error("map %s: it cannot be read: %s", map_name(MAP_meta), strerror(-err));
	else
		*hz = tick_hz(meta.tick_ns);
	return err;
}

int live_read(const struct maps *maps, struct live *live)
{
	struct tg_live value;
	uint64_t now, last;
	uint32_t key = 0, hz;
	int err = map_get(maps, MAP_live, &key, &value);

	if (err) {
		log_error("map %s: it cannot be read: %s", map_name(MAP_live), strerror(-err));
		return err;
	}
	*live = (struct live){.bank = value.choice & 1};
	last = value.choice >> 1;
	if (last == TG_LIVE_FOREVER)
		return 0;
	err = clock_jiffies(&now);
	if (!err)
		err = read_tick(maps, &hz);
	if (err)
		return err;
	if (now > last) {
		live->bank ^= 1;
		live->kind = LIVE_ENDED;
	} else {
		live->kind = LIVE_TRIAL;
		live->left_ms = (last - now) * 1000 / hz;
	}
	return 0;
}

/* The programs read it at any moment, so it has to change as a whole: map_put() would copy it. */
static int store(const struct maps *maps, uint64_t choice)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	struct tg_live *mapped =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, maps->fd[MAP_live], 0);

	if (mapped == MAP_FAILED) {
		int err = -errno;

		log_error("map %s: it cannot be mapped: %s", map_name(MAP_live), strerror(-err));
		return err;
	}
	__atomic_store_n(&mapped->choice, choice, __ATOMIC_SEQ_CST);
	munmap(mapped, size);
	return 0;
}

int live_settle(const struct maps *maps, uint32_t bank)
{
	return store(maps, TG_LIVE_FOREVER << 1 | bank);
}

int live_try(const struct maps *maps, uint32_t bank, uint64_t seconds)
{
	uint64_t now;
	uint32_t hz;
	int err = read_tick(maps, &hz);

	if (!err)
		err = clock_jiffies(&now);
	return err ? err : store(maps, (now + seconds * hz) << 1 | bank);
}
