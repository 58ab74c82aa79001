// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/sweep.h"

#include "core_native.h"
#include "core/state.h"
#include "daemon/sweep_rules.h"
#include "daemon/unclear.h"
#include "lifetime.h"
#include "log.h"
#include "time_now.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH          512 /* entries */
#define KEPT_S         30  /* what is over stays in its table for so long, */
#define KEPT_REQUEST_S 120 /* and requests, which transfers refer to */
#define TOLD_A_PASS \
	TG_DENIED_RATE /* records of requests and offers that came to nothing, at the most */

enum stage { AT_REQUESTS, AT_OFFERS, AT_TRANSFERS, AT_UDP, AT_FRAGMENTS, STAGES };

struct sweep {
	const struct followed *followed;
	struct teller *teller;
	struct ledger *ledger;
	struct ring *ring;
	struct lifetime lifetime;
	struct sweep_span span;
	struct unclear unclear; /* requests whose answer the transfers may tell */
	bool under_way;
	enum stage stage;
	struct map_cursor cursor; /* of the stage's map */
	uint32_t told;            /* in this pass, of TOLD_A_PASS */
	uint64_t suppressed;      /* left out beyond, and not yet told how many */
};

static const enum map_id maps_of_stages[STAGES] = {
	[AT_REQUESTS] = MAP_requests,   [AT_OFFERS] = MAP_offers,
	[AT_TRANSFERS] = MAP_transfers, [AT_UDP] = MAP_udp_flows,
	[AT_FRAGMENTS] = MAP_fragments,
};

struct sweep *sweep_new(const struct followed *followed, struct teller *teller,
			struct ledger *ledger, struct ring *ring)
{
	struct sweep *sweep = calloc(1, sizeof(*sweep));

	if (!sweep)
		return NULL;
	*sweep = (struct sweep){
		.followed = followed,
		.teller = teller,
		.ledger = ledger,
		.ring = ring,
		.lifetime = {&followed->instance.maps, followed->registry, 0},
		.cursor = {.fd = -1},
	};
	return sweep;
}

void sweep_free(struct sweep *sweep)
{
	if (!sweep)
		return;
	map_cursor_close(&sweep->cursor);
	free(sweep);
}

/* ---- points in time --------------------------------------------------------------------------------------------- */

/* CLOCK_BOOTTIME of a jiffy in the past; as good as the clock runs beside the jiffies. */
static uint64_t boot_ns_of(const struct sweep *sweep, uint64_t jiffies)
{
	uint64_t now = time_now_ns(CLOCK_BOOTTIME), ago = 0;

	if (sweep->lifetime.now > jiffies)
		ago = (sweep->lifetime.now - jiffies) * 1000 / sweep->followed->hz * 1000000;
	return now > ago ? now - ago : 0;
}

static bool kept_long(const struct sweep *sweep, uint64_t until, uint32_t seconds)
{
	return sweep->lifetime.now > until + (uint64_t)seconds * sweep->followed->hz;
}

/* ---- telling ------------------------------------------------------------------------------------------------------- */

/* Is there a record left in this pass? Under a flood of requests nobody reads them all. */
static bool may_tell(struct sweep *sweep, struct tg_event *event)
{
	if (sweep->told >= TOLD_A_PASS) {
		sweep->suppressed++;
		return false;
	}
	sweep->told++;
	event->suppressed = sweep->suppressed;
	sweep->suppressed = 0;
	return true;
}

static void tell_unanswered(const struct tg_request_key *key, const struct tg_request *request,
			    void *context)
{
	struct sweep *sweep = context;
	struct tg_event event;

	sweep_describe_request(key, request, &event);
	if (!may_tell(sweep, &event))
		return;
	event.began_ns = boot_ns_of(sweep, request->first_at);
	event.time_ns = boot_ns_of(sweep, request->asked_at + request->wait);
	teller_tell_end(sweep->teller, &event, OUTCOME_UNANSWERED);
}

static void join_name(const struct sweep *sweep, const struct tg_transfer *t,
		      const struct tg_request *request, struct tg_event *event)
{
	struct tg_name name;

	if (request && request->hash == t->request_hash) {
		event->name_len = request->name_len;
		memcpy(event->name, request->name, sizeof(event->name));
	} else if (!map_get(sweep->lifetime.maps, MAP_names, &t->request_hash, &name)) {
		event->name_len = name.len;
		memcpy(event->name, name.name, sizeof(event->name));
	}
}

/* Is the entry still as it was copied: has no packet said anything since? */
static bool is_unchanged(const struct sweep *sweep, enum map_id map, const struct tg_pair_key *key,
			 const struct tg_transfer *t)
{
	struct tg_transfer now;

	return !map_get(sweep->lifetime.maps, map, key, &now) && now.began_ns == t->began_ns &&
	       now.told == t->told && now.data_seen == t->data_seen && now.ack_seen == t->ack_seen;
}

/* ---- removing ------------------------------------------------------------------------------------------------------ */

/*
 * Removes a transfer that is over, unless another has begun on its ports since it was copied. One that begins between the
 * look and the removal is put back at once. (The kernel has no way to remove an entry on a condition.)
 */
static void remove_transfer(const struct sweep *sweep, enum map_id map,
			    const struct tg_pair_key *key, const struct tg_transfer *t)
{
	struct tg_transfer gone;

	if (!is_unchanged(sweep, map, key, t) || map_take(sweep->lifetime.maps, map, key, &gone))
		return;
	if (gone.began_ns != t->began_ns || transfer_last(&gone) != transfer_last(t))
		map_add(sweep->lifetime.maps, map, key, &gone);
}

/* Its transfer may need it until that is over, too. */
static void remove_request(const struct sweep *sweep, const struct tg_request_key *key,
			   const struct tg_request *request)
{
	struct tg_event chosen = {
		.client = key->client,
		.server = request->chosen_server,
		.client_port_be = key->client_port_be,
		.server_port_be = request->chosen_port_be,
		.zone = key->zone,
		.vlan_outer = key->vlan_outer,
		.vlan_inner = key->vlan_inner,
	};
	struct tg_pair_key pair;
	struct tg_transfer t;
	struct tg_request now, gone;

	sweep_pair_key(&pair, &chosen);
	if (request->chosen_port_be && !map_get(sweep->lifetime.maps, MAP_transfers, &pair, &t))
		return;
	if (map_get(sweep->lifetime.maps, MAP_requests, key, &now) ||
	    now.asked_at != request->asked_at)
		return;
	if (!map_take(sweep->lifetime.maps, MAP_requests, key, &gone) &&
	    gone.asked_at != request->asked_at)
		map_add(sweep->lifetime.maps, MAP_requests, key, &gone);
}

/* ---- one entry ----------------------------------------------------------------------------------------------------- */

static void meet_request(struct sweep *sweep, const struct tg_request_key *key,
			 const struct tg_request *request)
{
	uint64_t until = request->asked_at + request->wait;

	if (sweep_age(&sweep->span, until) == SWEEP_ALIVE)
		return;
	if (sweep_age(&sweep->span, until) == SWEEP_NEWS) {
		enum sweep_answer answer = sweep_request_answer(request);

		if (answer == SWEEP_UNCLEAR && !unclear_add(&sweep->unclear, key, request))
			answer = SWEEP_UNANSWERED;
		if (answer == SWEEP_UNANSWERED)
			tell_unanswered(key, request, sweep);
	}
	if (kept_long(sweep, until, KEPT_REQUEST_S))
		remove_request(sweep, key, request);
}

/* A transfer whose BEGIN was told, and its END not. */
static void meet_open(struct sweep *sweep, enum map_id map, const struct tg_pair_key *key,
		      const struct tg_transfer *t, uint64_t until)
{
	enum sweep_age age = sweep_age(&sweep->span, until);
	struct tg_event event;

	sweep_describe(key, t, &event);
	if (age == SWEEP_OLD)
		ledger_told(sweep->ledger, &event);
	if (age == SWEEP_ALIVE && !ledger_meet(sweep->ledger, &event)) {
		join_name(sweep, t, NULL, &event);
		ledger_begin(sweep->ledger, &event);
	}
	if (age == SWEEP_NEWS && is_unchanged(sweep, map, key, t) &&
	    ledger_tell(sweep->ledger, &event)) {
		join_name(sweep, t, NULL, &event);
		event.time_ns = boot_ns_of(sweep, until);
		teller_tell_end(sweep->teller, &event, OUTCOME_IDLE);
	}
	ledger_meet(sweep->ledger, &event);
}

static void tell_unacknowledged(struct sweep *sweep, const struct tg_pair_key *key,
				const struct tg_transfer *t, uint64_t until)
{
	struct tg_request request;
	struct tg_event event;
	bool known = lifetime_request(&sweep->lifetime, key, t, &request);
	int state = lifetime_state(key, t, false, known ? &request : NULL);

	if (sweep_outcome(t, state) != OUTCOME_UNACKNOWLEDGED ||
	    !is_unchanged(sweep, MAP_offers, key, t))
		return;
	sweep_describe(key, t, &event);
	if (!may_tell(sweep, &event))
		return;
	join_name(sweep, t, known ? &request : NULL, &event);
	event.time_ns = boot_ns_of(sweep, until);
	teller_tell_end(sweep->teller, &event, OUTCOME_UNACKNOWLEDGED);
}

static void meet_transfer(struct sweep *sweep, enum map_id map, const struct tg_pair_key *key,
			  const struct tg_transfer *t)
{
	int state = lifetime_state(key, t, map == MAP_transfers, NULL);
	uint64_t until = lifetime_until(&sweep->lifetime, key, t, state);
	enum sweep_age age = sweep_age(&sweep->span, until);

	unclear_answer(&sweep->unclear, key, t);
	if (sweep_outcome(t, state) == OUTCOME_IDLE)
		meet_open(sweep, map, key, t, until);
	else if (age == SWEEP_NEWS && map == MAP_offers)
		tell_unacknowledged(sweep, key, t, until);
	if (age != SWEEP_ALIVE && kept_long(sweep, until, KEPT_S))
		remove_transfer(sweep, map, key, t);
}

static void meet_udp(const struct sweep *sweep, const struct tg_pair_key *key,
		     const struct tg_udp_flow *flow)
{
	const struct tg_zone *zone = lifetime_zone(&sweep->lifetime, key->zone);
	uint32_t wait = flow->replied ? zone->udp_replied_wait : zone->udp_wait;
	struct tg_udp_flow now, gone;

	if (!kept_long(sweep, flow->seen + wait, KEPT_S) ||
	    map_get(sweep->lifetime.maps, MAP_udp_flows, key, &now) || now.seen != flow->seen ||
	    map_take(sweep->lifetime.maps, MAP_udp_flows, key, &gone))
		return;
	if (gone.seen != flow->seen)
		map_add(sweep->lifetime.maps, MAP_udp_flows, key, &gone);
}

static void meet_fragment(const struct sweep *sweep, const struct tg_fragment_key *key,
			  const struct tg_fragment *fragment)
{
	const struct tg_zone *zone = lifetime_zone(&sweep->lifetime, key->zone);

	if (kept_long(sweep, fragment->seen + zone->fragment_wait, KEPT_S))
		map_delete(sweep->lifetime.maps, MAP_fragments, key);
}

static void meet(struct sweep *sweep, const void *key, const void *value)
{
	switch (sweep->stage) {
	case AT_REQUESTS:
		meet_request(sweep, key, value);
		break;
	case AT_OFFERS:
	case AT_TRANSFERS:
		meet_transfer(sweep, maps_of_stages[sweep->stage], key, value);
		break;
	case AT_UDP:
		meet_udp(sweep, key, value);
		break;
	default:
		meet_fragment(sweep, key, value);
		break;
	}
}

/* ---- a pass -------------------------------------------------------------------------------------------------------- */

static int explain(const struct sweep *sweep, int err)
{
	log_error("map %s: it cannot be swept: %s", map_name(maps_of_stages[sweep->stage]),
		  strerror(-err));
	return err;
}

static int enter_stage(struct sweep *sweep, enum stage stage)
{
	int err;

	map_cursor_close(&sweep->cursor);
	sweep->stage = stage;
	if (stage == STAGES)
		return 0;
	err = map_cursor_open(&sweep->cursor, sweep->lifetime.maps, maps_of_stages[stage], BATCH);
	return err ? explain(sweep, err) : 0;
}

/* A packet that is being judged as this jiffy begins may still reach what has run out. */
static uint64_t surely_over(uint64_t now, uint32_t hz)
{
	return now > hz / 2 ? now - hz / 2 : 0;
}

static int read_from(const struct sweep *sweep, uint64_t *from)
{
	struct tg_event_share share;
	uint32_t nobody = 0;
	int err = map_get(sweep->lifetime.maps, MAP_event_shares, &nobody, &share);

	*from = err ? 0 : share.since;
	return err;
}

static int write_from(const struct sweep *sweep, uint64_t from)
{
	const struct tg_event_share share = {.since = from};
	uint32_t nobody = 0;

	return map_put(sweep->lifetime.maps, MAP_event_shares, &nobody, &share);
}

int sweep_begin(struct sweep *sweep)
{
	int err;

	if (sweep->under_way)
		return 0;
	err = followed_jiffies(sweep->followed, &sweep->lifetime.now);
	if (!err)
		err = read_from(sweep, &sweep->span.from);
	if (err)
		return explain(sweep, err);
	sweep->span.to = surely_over(sweep->lifetime.now, sweep->followed->hz);
	sweep->unclear.count = 0;
	sweep->told = 0;
	ledger_pass(sweep->ledger);
	sweep->under_way = true;
	return enter_stage(sweep, AT_REQUESTS);
}

/* A transfer that was known and not met. */
static bool sort_out(const struct tg_event *event, bool open, void *context)
{
	static const enum map_id maps[] = {MAP_transfers, MAP_offers};
	struct sweep *sweep = context;
	struct tg_pair_key key;
	struct tg_transfer t;
	struct tg_event end = *event;

	sweep_pair_key(&key, event);
	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++) {
		if (map_get(sweep->lifetime.maps, maps[i], &key, &t) ||
		    t.began_ns != event->began_ns)
			continue;
		/* It came back meanwhile; or its END found no room, and was counted. */
		return t.told & TG_TOLD_END;
	}
	/* Its END stood in `events` before it went. */
	if (!open || ring_drain(sweep->ring) < 0 || !ledger_is_open(sweep->ledger, event))
		return true;
	end.time_ns = time_now_ns(CLOCK_BOOTTIME);
	teller_tell_end(sweep->teller, &end, OUTCOME_EVICTED);
	return true;
}

static int end_pass(struct sweep *sweep)
{
	int err;

	unclear_tell(&sweep->unclear, tell_unanswered, sweep);
	if (ring_drain(sweep->ring) >= 0)
		ledger_sort_out(sweep->ledger, sort_out, sweep);
	record_log_flush(sweep->teller->log);
	err = write_from(sweep, sweep->span.to);
	sweep->under_way = false;
	return err ? explain(sweep, err) : 0;
}

int sweep_step(struct sweep *sweep)
{
	int err;

	if (!sweep->under_way)
		return 0;
	if (sweep->stage == STAGES)
		return end_pass(sweep);
	err = map_cursor_next(&sweep->cursor);
	if (err) {
		sweep->under_way = false;
		return explain(sweep, err);
	}
	teller_set_clock(sweep->teller);
	for (uint32_t i = 0; i < sweep->cursor.count; i++)
		meet(sweep, sweep->cursor.keys + (size_t)i * sweep->cursor.key_size,
		     sweep->cursor.values + (size_t)i * sweep->cursor.value_size);
	if (sweep->cursor.ended) {
		err = enter_stage(sweep, sweep->stage + 1);
		sweep->under_way = !err;
	}
	return err ? err : 1;
}

static bool give_up(const struct tg_event *event, bool open, void *context)
{
	struct teller *teller = context;
	struct tg_event end = *event;

	end.time_ns = time_now_ns(CLOCK_BOOTTIME);
	if (open)
		teller_tell_end(teller, &end, OUTCOME_EVICTED);
	return true;
}

void sweep_give_up(struct teller *teller, struct ledger *ledger)
{
	teller_set_clock(teller);
	ledger_clear(ledger, give_up, teller);
	record_log_flush(teller->log);
}
