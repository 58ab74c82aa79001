/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records of what happens (events.h): a transfer began or ended, a request was denied, and samples of other drops. Who
 * follows them is not waited for; what finds no room is counted.
 */
#ifndef TIDEGATE_EVENT_H
#define TIDEGATE_EVENT_H

#include "core/key.h"
#include "core/rules.h"
#include "core/store.h"
#include "core/tftp.h"

/* What clients that wanted to know a file's size say to end the transfer: most, and EDK2 (RFC 2347). */
#define ERROR_UNDEFINED 0
#define ERROR_OPTIONS   8

/* A record with nothing in it yet. */
CORE struct tg_event *event_new(struct core_scratch *scratch, enum tg_event_kind kind)
{
	struct tg_event *e = &scratch->event;

	__builtin_memset(e, 0, sizeof(*e));
	e->time_ns = event_clock_ns();
	e->kind = kind;
	return e;
}

CORE void event_send(struct core_scratch *scratch)
{
	struct tg_event_counter *counter = event_counter(scratch->event.kind);

	if (!counter)
		return;
	if (event_put(scratch)) {
		counter->lost++;
		return;
	}
	counter->sent++;
	counter->told += scratch->event.suppressed;
}

/* ---- transfers ------------------------------------------------------------------------------------------------- */

CORE void event_take_mac(struct tg_event *e, const u8 *mac)
{
	u8 any = 0;

	for (u32 i = 0; i < sizeof(e->mac); i++) {
		e->mac[i] = mac[i];
		any |= mac[i];
	}
	if (any)
		e->flags |= TG_EVENT_MAC;
}

/* All that is known of the transfer whose key is scratch->pair; the file's name, if it is kept. */
CORE_SLOW int event_describe(const struct tg_transfer *t, u32 kind)
{
	struct core_scratch *scratch = scratch_find();
	const struct tg_pair_key *pair;
	const struct tg_name *name;
	struct tg_event *e;
	bool client_high;

	if (!t || !scratch)
		return 0;
	e = event_new(scratch, kind);
	pair = &scratch->pair;
	client_high = t->flags & TG_CLIENT_HIGH;
	addr_copy(&e->client, client_high ? &pair->high : &pair->low);
	addr_copy(&e->server, client_high ? &pair->low : &pair->high);
	e->client_port_be = client_high ? pair->high_port_be : pair->low_port_be;
	e->server_port_be = client_high ? pair->low_port_be : pair->high_port_be;
	e->zone = pair->zone;
	e->vlan_outer = pair->vlan_outer;
	e->vlan_inner = pair->vlan_inner;
	e->slot = t->slot;
	event_take_mac(e, t->mac);
	e->began_ns = t->began_ns;
	e->bytes = t->data_bytes;
	e->data_packets = t->data_packets;
	e->data_repeats = t->data_repeats;
	e->ack_packets = t->ack_packets;
	e->rule = t->rule;
	e->operation = t->operation;
	e->mode = t->mode;
	e->options = t->options;
	e->asked_options = t->asked_options;
	e->tsize = t->options & TG_OPT_TSIZE ? t->tsize : 0;
	e->blksize = t->blksize;
	e->asked_blksize = t->asked_blksize;
	e->windowsize = t->windowsize;
	e->asked_windowsize = t->asked_windowsize;
	e->timeout_s = t->timeout_s;
	e->asked_timeout_s = t->asked_timeout_s;
	if (t->final_known)
		e->flags |= TG_EVENT_FINAL;
	if (t->flags & TG_GOT_OACK)
		e->flags |= TG_EVENT_GOT_OACK;
	if (t->flags & TG_ANY_SERVER)
		e->flags |= TG_EVENT_ANY_SERVER;
	name = name_find(t->request_hash);
	if (name) {
		e->name_len = name->len;
		__builtin_memcpy(e->name, name->name, sizeof(e->name));
	}
	return 0;
}

/* Of a request that is known better than by `names`. */
CORE void event_name(struct tg_event *e, const struct tg_transfer *t, const struct tg_request *r)
{
	if (!r || r->hash != t->request_hash)
		return;
	e->name_len = r->name_len;
	__builtin_memcpy(e->name, r->name, sizeof(e->name));
}

/*
 * The transfer, whose key is scratch->pair, begins, or the client has come back to it. `r`: the latest request of its
 * port, or NULL.
 */
CORE_SLOW int event_begin(struct tg_transfer *t, const struct tg_request *r)
{
	struct core_scratch *scratch = scratch_find();
	u32 told;

	if (!t || !scratch)
		return 0;
	told = *(volatile u32 *)&t->told;
	if ((told & TG_TOLD_BEGIN) && !(told & TG_TOLD_LEFT))
		return 0;
	if (__sync_val_compare_and_swap(&t->told, told, TG_TOLD_BEGIN) != told)
		return 0;
	event_describe(t, TG_EVENT_BEGIN);
	event_name(&scratch->event, t, r);
	if (told)
		scratch->event.flags |= TG_EVENT_RESUMED;
	event_send(scratch);
	return 0;
}

CORE void event_take_error(struct tg_event *e, const struct packet *p, const struct tftp_text *text)
{
	u32 len = text->len - TFTP_HEADER_BYTES;

	e->error_code = p->block;
	__builtin_memcpy(e->error_text, text->bytes + TFTP_HEADER_BYTES, TG_ERROR_TEXT);
	if (len < TG_ERROR_TEXT)
		e->error_text[len & (TG_ERROR_TEXT - 1)] = 0;
}

/* The transfer, whose key is scratch->pair, has ended, if it had begun: `outcome` is one of enum tg_outcome. */
CORE_SLOW int event_end(struct tg_transfer *t, const struct packet *p, u32 outcome,
			const struct tg_request *r)
{
	struct core_scratch *scratch = scratch_find();
	u32 told, tells = TG_TOLD_BEGIN | TG_TOLD_END;

	if (!t || !p || !scratch)
		return 0;
	told = *(volatile u32 *)&t->told;
	if (outcome == TG_END_SUPERSEDED)
		tells |= TG_TOLD_LEFT;
	if (told != TG_TOLD_BEGIN ||
	    __sync_val_compare_and_swap(&t->told, TG_TOLD_BEGIN, tells) != TG_TOLD_BEGIN)
		return 0;
	event_describe(t, TG_EVENT_END);
	event_name(&scratch->event, t, r);
	scratch->event.outcome = outcome;
	if (outcome == TG_END_CLIENT_ERROR || outcome == TG_END_SERVER_ERROR ||
	    outcome == TG_END_PROBE)
		event_take_error(&scratch->event, p, &scratch->text);
	event_send(scratch);
	return 0;
}

/* Did the client only want to know the file's size: does it say so before it has acknowledged any block? */
CORE bool event_is_probe(const struct tg_transfer *t, u32 code)
{
	if (code != ERROR_UNDEFINED && code != ERROR_OPTIONS)
		return false;
	return t->operation == TG_READ && (t->flags & TG_GOT_OACK) &&
	       (t->asked_options & TG_OPT_TSIZE) && !t->ack_block &&
	       t->data_bytes <= (u64)t->blksize * t->windowsize; /* ack_block wraps */
}

/* How a transfer that is over has ended, with the packet at hand. */
CORE enum tg_outcome event_outcome(const struct tg_transfer *t, const struct packet *p,
				   bool from_client)
{
	if (t->done)
		return TG_END_DONE;
	if (!from_client)
		return TG_END_SERVER_ERROR;
	return event_is_probe(t, p->block) ? TG_END_PROBE : TG_END_CLIENT_ERROR;
}

/* ---- what is refused --------------------------------------------------------------------------------------------- */

/* Is there a record of the kind left for this second? */
CORE bool event_may(u32 kind, u32 rate, const struct tg_zone *zone, u64 now, u64 *suppressed)
{
	struct tg_event_counter *counter = event_counter(kind);
	struct tg_event_share *share = event_share(kind);
	u64 since;

	if (!counter || !share)
		return false;
	since = *(volatile u64 *)&share->since;
	if (now - since >= zone->second &&
	    __sync_val_compare_and_swap(&share->since, since, now) == since)
		*(volatile u32 *)&share->taken = 0;
	/* Under a flood all CPUs read this, and none writes. */
	if (*(volatile u32 *)&share->taken >= rate ||
	    __sync_fetch_and_add(&share->taken, 1) >= rate) {
		counter->suppressed++;
		return false;
	}
	*suppressed = counter->suppressed - counter->told;
	return true;
}

CORE void event_packet(struct tg_event *e, const struct packet *p, const struct tg_zone *zone,
		       enum tg_reason reason)
{
	addr_copy(&e->client, &p->source);
	addr_copy(&e->server, &p->destination);
	e->client_port_be = p->source_port_be;
	e->server_port_be = p->destination_port_be;
	e->zone = p->zone;
	e->slot = event_slot();
	e->vlan_outer = p->vlan_outer;
	e->vlan_inner = p->vlan_inner;
	e->bytes = p->ip_bytes;
	e->reason = reason;
	if (zone->flags & TG_ZONE_MONITOR)
		e->flags |= TG_EVENT_PASSED;
	if (p->egress)
		e->flags |= TG_EVENT_EGRESS;
}

/* What the request asks for. */
CORE void event_asked(struct tg_event *e, const struct tftp_text *text)
{
	e->name_len = text->name_len;
	e->mode = text->mode <= TG_BINARY ? text->mode : 0;
	e->asked_options = text->options & ~text->malformed;
	e->asked_blksize = text->blksize > 0xffff ? 0xffff : text->blksize;
	e->asked_windowsize = text->windowsize > 0xffff ? 0xffff : text->windowsize;
	e->asked_timeout_s = text->timeout <= 0xff ? text->timeout : 0;
	e->tsize = text->tsize;
}

/* The request was refused. Where it was not read, for its rate or its length, its name is what stands there. */
CORE_SLOW int event_denied(const struct packet *p, const struct tg_zone *zone, u32 reason)
{
	struct core_scratch *scratch = scratch_find();
	const struct tftp_text *text;
	const struct tg_rule *rule;
	struct tg_event *e;
	u64 suppressed;
	u32 len;

	if (!p || !zone || !scratch ||
	    !event_may(TG_EVENT_DENIED, TG_DENIED_RATE, zone, p->now, &suppressed))
		return 0;
	text = &scratch->text;
	e = event_new(scratch, TG_EVENT_DENIED);
	e->suppressed = suppressed;
	event_packet(e, p, zone, reason);
	e->operation = p->opcode;
	if (p->has_mac)
		event_take_mac(e, p->source_mac);
	if (tftp_has_text(p)) {
		__builtin_memcpy(e->name, text->bytes + sizeof(u16), sizeof(e->name) - 1);
		len = text->len - sizeof(u16);
		if (len < sizeof(e->name))
			e->name[len & (sizeof(e->name) - 1)] = 0;
	}
	if (scratch->request_read) {
		event_asked(e, text);
		rule = rules_deciding(p, scratch);
		e->rule = rule ? rule->id : 0;
	}
	event_send(scratch);
	return 0;
}

/* Another packet was refused. */
CORE_SLOW int event_drop(const struct packet *p, const struct tg_zone *zone, u32 reason)
{
	struct core_scratch *scratch = scratch_find();
	struct tg_event *e;
	u64 suppressed;

	if (!p || !zone || !scratch ||
	    !event_may(TG_EVENT_DROP, TG_DROP_RATE, zone, p->now, &suppressed))
		return 0;
	e = event_new(scratch, TG_EVENT_DROP);
	e->suppressed = suppressed;
	event_packet(e, p, zone, reason);
	e->opcode = p->opcode;
	e->block = p->block;
	event_send(scratch);
	return 0;
}

#endif
