// SPDX-License-Identifier: GPL-2.0-or-later
#include "departed.h"

#include "clock.h"
#include "core_native.h"
#include "core/state.h"
#include "log.h"

#include <string.h>

struct departure {
	const struct registry *registry;
	const bool *gone; /* by slot */
	enum map_id map;
	uint64_t now; /* jiffies */
};

static bool concerned(const struct departure *departure, uint16_t slot)
{
	return slot < TG_SLOTS_MAX && departure->gone[slot];
}

/* The last moment at which what lives so long has just run out. */
static uint64_t last_seen(const struct departure *departure, uint32_t wait)
{
	return departure->now - wait - 1;
}

static int expire_request(const void *key, const void *value, void *context)
{
	const struct departure *departure = context;
	struct tg_request request;

	memcpy(&request, value, sizeof(request));
	if (!concerned(departure, request.slot) || !request_alive(&request, departure->now))
		return 0;
	request.asked_at = last_seen(departure, request.wait);
	return map_put(departure->registry->maps, MAP_requests, key, &request);
}

static int expire_transfer(const void *key, const void *value, void *context)
{
	const struct departure *departure = context;
	struct tg_pair_key pair;
	const struct tg_zone *zone;
	struct tg_transfer t;
	enum transfer_state state;
	uint64_t last;

	memcpy(&pair, key, sizeof(pair));
	memcpy(&t, value, sizeof(t));
	zone = &departure->registry->zone[pair.zone < TG_SLOTS_MAX ? pair.zone : 0];
	state = transfer_state(&t, departure->map == MAP_transfers);
	if (!concerned(departure, t.slot) || !transfer_alive(&t, state, zone, departure->now))
		return 0;
	last = last_seen(departure, transfer_wait(&t, state, zone));
	if (t.superseded)
		t.superseded_at = last;
	t.data_seen = t.ack_seen = last;
	return map_put(departure->registry->maps, departure->map, key, &t);
}

int departed_expire(const struct registry *registry, const bool gone[TG_SLOTS_MAX])
{
	struct departure departure = {.registry = registry, .gone = gone};
	int err = clock_jiffies(&departure.now);

	for (size_t i = 0; i < 3 && !err; i++) {
		static const enum map_id maps[] = {MAP_requests, MAP_offers, MAP_transfers};

		departure.map = maps[i];
		err = map_walk(registry->maps, departure.map,
			       departure.map == MAP_requests ? expire_request : expire_transfer,
			       &departure);
	}
	if (err)
		log_error("what the interfaces that are gone have left cannot be ended: %s",
			  strerror(-err));
	return err;
}
