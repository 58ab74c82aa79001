// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/ring.h"

#include "daemon/incident.h"
#include "daemon/ring_window.h"
#include "log.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ring {
	const struct followed *followed;
	struct teller *teller;
	struct ledger *ledger;
	struct ring_window window;
	struct tg_event_counter *cpu; /* room for those of all CPUs */
	int cpus;
};

static void take(const void *record, size_t bytes, void *context)
{
	const struct tg_event *event = record;
	struct ring *ring = context;

	if (bytes < sizeof(*event))
		return;
	if (event->kind == TG_EVENT_BEGIN)
		ledger_begin(ring->ledger,
			     event); /* without memory it is not known if it is pushed out */
	if (event->kind == TG_EVENT_END && !ledger_end(ring->ledger, event))
		return;
	teller_tell(ring->teller, event);
}

struct ring *ring_open(const struct followed *followed, struct teller *teller,
		       struct ledger *ledger)
{
	struct ring *ring = calloc(1, sizeof(*ring));
	int err = -ENOMEM;

	if (!ring)
		return NULL;
	*ring = (struct ring){
		.followed = followed,
		.teller = teller,
		.ledger = ledger,
		.cpus = libbpf_num_possible_cpus(),
	};
	if (ring->cpus > 0)
		ring->cpu = calloc((size_t)ring->cpus, sizeof(*ring->cpu));
	if (ring->cpu)
		err = ring_window_open(&ring->window, ring_fd(ring),
				       map_entries_max(&followed->instance.maps, MAP_events));
	if (!err)
		return ring;
	log_error("map %s: it cannot be read: %s", map_name(MAP_events), strerror(-err));
	ring_close(ring);
	return NULL;
}

void ring_close(struct ring *ring)
{
	if (!ring)
		return;
	ring_window_close(&ring->window);
	free(ring->cpu);
	free(ring);
}

int ring_fd(const struct ring *ring)
{
	return ring->followed->instance.maps.fd[MAP_events];
}

int ring_drain(struct ring *ring)
{
	int count;

	teller_set_clock(ring->teller);
	count = ring_window_read(&ring->window, take, ring);
	if (count > 0)
		record_log_flush(ring->teller->log);
	else if (count < 0)
		log_error("map %s: it cannot be read: %s", map_name(MAP_events), strerror(-count));
	return count;
}

static int read_lost(const struct ring *ring, uint32_t kind, uint32_t *lost)
{
	int err = map_get(&ring->followed->instance.maps, MAP_event_counters, &kind, ring->cpu);

	*lost = 0;
	for (int i = 0; i < ring->cpus && !err; i++)
		*lost += (uint32_t)ring->cpu[i].lost;
	return err;
}

/* How many of the kind were lost since it was told last, which is noted where the next daemon finds it. */
static int count_kind(const struct ring *ring, uint32_t kind, uint32_t *count)
{
	const struct maps *maps = &ring->followed->instance.maps;
	struct tg_event_share share;
	uint32_t lost;
	int err = read_lost(ring, kind, &lost);

	if (!err)
		err = map_get(maps, MAP_event_shares, &kind, &share);
	*count = err ? 0 : lost - share.reported;
	if (err || !*count)
		return err;
	/* The programs' part of it is as it was a moment ago: at worst a few more are told in this second. */
	share.reported = lost;
	return map_put(maps, MAP_event_shares, &kind, &share);
}

int ring_count_lost(struct ring *ring)
{
	struct record record = incident_new(INCIDENT_RECORDS_LOST);
	static const char *const names[TG_EVENT_KINDS] = {
		[TG_EVENT_BEGIN] = "begin",
		[TG_EVENT_END] = "end",
		[TG_EVENT_DENIED] = "denied",
		[TG_EVENT_DROP] = "drop",
	};
	size_t used = 0;

	for (uint32_t kind = TG_EVENT_BEGIN; kind < TG_EVENT_KINDS; kind++) {
		uint32_t count;
		int err = count_kind(ring, kind, &count);

		if (err)
			return err;
		if (!count)
			continue;
		record.count += count;
		used += (size_t)snprintf(record.detail + used, sizeof(record.detail) - used,
					 "%s%s %u", used ? ", " : "", names[kind], count);
	}
	if (!record.count)
		return 0;
	record_log_append(ring->teller->log, &record);
	record_log_flush(ring->teller->log);
	return 0;
}
