// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/sweep_rules.h"

#include "core_native.h"
#include "core_stateless.h"
#include "policy_store.h"
#include "core/event.h"
#include "core/state.h"

#include <string.h>

enum sweep_age sweep_age(const struct sweep_span *span, uint64_t until)
{
	if (until >= span->to)
		return SWEEP_ALIVE;
	return until >= span->from ? SWEEP_NEWS : SWEEP_OLD;
}

/*
 * Credits are taken by answers, whichever text they answer (tracker specification 7.1): `answered` is at least as large as
 * what was voided when one was taken. So what lies above all datagrams before this text is an answer to it, and what
 * lies above what was voided may be one.
 */
enum sweep_answer sweep_request_answer(const struct tg_request *r)
{
	uint32_t before = r->first_generation - 1;

	if (r->chosen_port_be && r->chosen_at >= r->first_at &&
	    (int)(r->chosen_generation - r->first_generation) >= 0)
		return SWEEP_ANSWERED;
	if ((int)(r->answered - r->voided) <= 0)
		return SWEEP_UNANSWERED;
	return (int)(r->answered - before) > 0 ? SWEEP_ANSWERED : SWEEP_UNCLEAR;
}

enum record_outcome sweep_outcome(const struct tg_transfer *t, int state)
{
	if (t->told == TG_TOLD_BEGIN)
		return OUTCOME_IDLE;
	return state == STATE_OFFER && !t->told ? OUTCOME_UNACKNOWLEDGED : OUTCOME_NONE;
}

void sweep_pair_key(struct tg_pair_key *key, const struct tg_event *event)
{
	const struct packet p = {
		.zone = event->zone,
		.vlan_outer = event->vlan_outer,
		.vlan_inner = event->vlan_inner,
	};

	pair_key_make(key, &p, &event->client, event->client_port_be, &event->server,
		      event->server_port_be);
}

void sweep_describe_request(const struct tg_request_key *key, const struct tg_request *request,
			    struct tg_event *event)
{
	*event = (struct tg_event){
		.tsize = request->options & TG_OPT_TSIZE ? request->tsize : 0,
		.client = key->client,
		.server = key->server,
		.rule = request->rule,
		.client_port_be = key->client_port_be,
		.zone = key->zone,
		.slot = request->slot,
		.vlan_outer = key->vlan_outer,
		.vlan_inner = key->vlan_inner,
		.asked_blksize = request->blksize,
		.asked_windowsize = request->windowsize,
		.name_len = request->name_len,
		.kind = TG_EVENT_END,
		.operation = request->operation,
		.mode = request->mode,
		.asked_options = request->options,
		.asked_timeout_s = request->timeout_s,
	};
	event_take_mac(event, request->mac);
	if (addr_equal(&key->server, &(struct tg_addr){}))
		event->flags |= TG_EVENT_ANY_SERVER;
	memcpy(event->name, request->name, sizeof(event->name));
}

void sweep_describe(const struct tg_pair_key *key, const struct tg_transfer *t,
		    struct tg_event *event)
{
	struct core_scratch *scratch = scratch_find();

	scratch->pair = *key;
	event_describe(t, TG_EVENT_END);
	*event = scratch->event;
}
