// SPDX-License-Identifier: GPL-2.0-or-later
#include "flows.h"

#include "clock.h"
#include "core_native.h"
#include "core/state.h"
#include "flow_json.h"
#include "lifetime.h"
#include "policy_bank.h"
#include "policy_install.h"
#include "tick.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct reading {
	const struct maps *maps;
	const struct registry *registry;
	const struct tg_rule *rules; /* of the live policy */
	uint32_t rule;               /* number of the one that was looked up last */
	struct flow_list *lists;
	struct lifetime lifetime;
	uint64_t now; /* jiffies */
	uint32_t hz;
};

static const struct tg_zone *zone_of(const struct reading *reading, uint16_t zone)
{
	return lifetime_zone(&reading->lifetime, zone);
}

/* Packets go on while we read, so points in time may lie after `now`. */
static uint64_t ms_since(const struct reading *reading, uint64_t jiffies)
{
	return reading->now > jiffies ? (reading->now - jiffies) * 1000 / reading->hz : 0;
}

static uint64_t ms_until(const struct reading *reading, uint64_t jiffies)
{
	return jiffies > reading->now ? (jiffies - reading->now) * 1000 / reading->hz : 0;
}

static struct flow *new_flow(const struct reading *reading, enum flow_kind kind)
{
	struct flow_list *list = &reading->lists[kind];
	struct flow *grown;

	if (list->count == list->room) {
		list->room = list->room * 2 + 256;
		grown = reallocarray(list->flow, list->room, sizeof(*grown));
		if (!grown)
			return NULL;
		list->flow = grown;
	}
	memset(&list->flow[list->count], 0, sizeof(*list->flow));
	return &list->flow[list->count++];
}

static void set_name(struct flow *flow, const char *name, uint16_t bytes)
{
	memcpy(flow->file, name, sizeof(flow->file));
	flow->file[sizeof(flow->file) - 1] = '\0';
	flow->file_bytes = bytes;
}

static void set_rule(struct reading *reading, struct flow *flow, uint32_t id)
{
	const struct tg_rule *rule = NULL;

	if (id)
		rule = policy_rule_find(reading->rules, reading->registry->policy.rules, id,
					&reading->rule);
	if (rule)
		memcpy(flow->rule, rule->name, sizeof(flow->rule));
}

static int take_request(const void *key, const void *value, void *context)
{
	const struct tg_request_key *k = key;
	const struct tg_request *r = value;
	struct reading *reading = context;
	struct flow *flow;

	if (!request_credit(r) || !request_alive(r, reading->now))
		return 0;
	flow = new_flow(reading, FLOW_REQUEST);
	if (!flow)
		return -ENOMEM;
	flow->zone = k->zone;
	flow->vlan_outer = k->vlan_outer;
	flow->vlan_inner = k->vlan_inner;
	flow->client = k->client;
	flow->client_port_be = k->client_port_be;
	flow->server = k->server;
	flow->age_ms = ms_since(reading, r->first_at);
	flow->expires_ms = ms_until(reading, r->asked_at + r->wait);
	flow->state = FLOW_PENDING;
	flow->operation = r->operation;
	flow->mode = r->mode;
	flow->options = r->options;
	flow->timeout_s = r->timeout_s;
	flow->blksize = r->blksize;
	flow->windowsize = r->windowsize;
	flow->tsize = r->tsize;
	flow->credit = request_credit(r);
	set_rule(reading, flow, r->rule);
	set_name(flow, r->name, r->name_len);
	return 0;
}

static void set_endpoints(struct flow *flow, const struct tg_pair_key *key, bool client_high)
{
	flow->zone = key->zone;
	flow->vlan_outer = key->vlan_outer;
	flow->vlan_inner = key->vlan_inner;
	flow->client = client_high ? key->high : key->low;
	flow->client_port_be = client_high ? key->high_port_be : key->low_port_be;
	flow->server = client_high ? key->low : key->high;
	flow->server_port_be = client_high ? key->low_port_be : key->high_port_be;
}

static void join_name(const struct reading *reading, struct flow *flow, const struct tg_transfer *t,
		      const struct tg_request *request)
{
	struct tg_name name;

	if (request && request->hash == t->request_hash)
		set_name(flow, request->name, request->name_len);
	else if (!map_get(reading->maps, MAP_names, &t->request_hash, &name))
		set_name(flow, name.name, name.len);
}

static void set_transfer(struct reading *reading, struct flow *flow, const struct tg_transfer *t)
{
	flow->age_ms = ms_since(reading, t->began);
	flow->operation = t->operation;
	flow->mode = t->mode;
	flow->options = t->options;
	flow->timeout_s = t->timeout_s;
	flow->blksize = t->blksize;
	flow->windowsize = t->windowsize;
	flow->tsize = t->tsize;
	flow->block = t->data_block;
	flow->acknowledged = t->ack_block;
	flow->bytes = t->data_bytes;
	flow->packets = (uint64_t)t->data_packets + t->ack_packets;
	flow->repeats = t->data_repeats;
	set_rule(reading, flow, t->rule);
}

static int add_transfer(struct reading *reading, const struct tg_pair_key *key,
			const struct tg_transfer *t, bool committed)
{
	struct flow found = {0}, *flow;
	struct tg_request request;
	bool known = false;
	uint64_t until;
	int state;

	set_endpoints(&found, key, t->flags & TG_CLIENT_HIGH);
	if (!committed)
		known = lifetime_request(&reading->lifetime, key, t, &request);
	state = lifetime_state(key, t, committed, known ? &request : NULL);
	until = lifetime_until(&reading->lifetime, key, t, state);
	if (until < reading->now)
		return 0;
	flow = new_flow(reading, committed ? FLOW_TRANSFER : FLOW_OFFER);
	if (!flow)
		return -ENOMEM;
	*flow = found;
	flow->state = flow_state_name(state);
	flow->expires_ms = ms_until(reading, until);
	set_transfer(reading, flow, t);
	join_name(reading, flow, t, known ? &request : NULL);
	return 0;
}

static int take_offer(const void *key, const void *value, void *context)
{
	return add_transfer(context, key, value, false);
}

static int take_transfer(const void *key, const void *value, void *context)
{
	return add_transfer(context, key, value, true);
}

static int take_udp(const void *key, const void *value, void *context)
{
	const struct tg_pair_key *k = key;
	const struct tg_udp_flow *u = value;
	struct reading *reading = context;
	const struct tg_zone *zone = zone_of(reading, k->zone);
	uint32_t wait = u->replied ? zone->udp_replied_wait : zone->udp_wait;
	struct flow *flow;

	if (!within(reading->now, u->seen, wait))
		return 0;
	flow = new_flow(reading, FLOW_UDP);
	if (!flow)
		return -ENOMEM;
	set_endpoints(flow, k, false);
	flow->age_ms = ms_since(reading, u->opened);
	flow->expires_ms = ms_until(reading, u->seen + wait);
	flow->replied = u->replied;
	return 0;
}

static int by_zone_and_age(const void *a, const void *b)
{
	const struct flow *left = a, *right = b;

	if (left->zone != right->zone)
		return left->zone < right->zone ? -1 : 1;
	if (left->age_ms != right->age_ms)
		return left->age_ms > right->age_ms ? -1 : 1;
	return 0;
}

int flows_read(const struct instance *instance, struct registry *registry,
	       struct flow_list lists[FLOW_KINDS])
{
	static const struct {
		enum map_id map;
		map_visit take;
	} sources[FLOW_KINDS] = {
		[FLOW_REQUEST] = {MAP_requests, take_request},
		[FLOW_OFFER] = {MAP_offers, take_offer},
		[FLOW_TRANSFER] = {MAP_transfers, take_transfer},
		[FLOW_UDP] = {MAP_udp_flows, take_udp},
	};
	struct reading reading = {
		.maps = &instance->maps,
		.registry = registry,
		.lists = lists,
		.hz = tick_hz(instance->meta.tick_ns),
	};
	struct tg_rule *rules = policy_running_rules(registry);
	int err = rules ? clock_jiffies(&reading.now) : -EIO;

	reading.rules = rules;
	reading.lifetime = (struct lifetime){&instance->maps, registry, reading.now};
	memset(lists, 0, FLOW_KINDS * sizeof(*lists));
	for (int i = 0; i < FLOW_KINDS && !err; i++) {
		err = map_walk(&instance->maps, sources[i].map, sources[i].take, &reading);
		if (!err && lists[i].count)
			qsort(lists[i].flow, lists[i].count, sizeof(*lists[i].flow),
			      by_zone_and_age);
	}
	free(rules);
	if (err)
		flows_free(lists);
	return err;
}

void flows_free(struct flow_list lists[FLOW_KINDS])
{
	for (int i = 0; i < FLOW_KINDS; i++)
		free(lists[i].flow);
	memset(lists, 0, FLOW_KINDS * sizeof(*lists));
}
