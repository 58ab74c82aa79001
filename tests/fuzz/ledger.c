// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See ledger.h. Two lists: what each client port asked, and each TID's exchange.
 */
#include <stddef.h>
#include <string.h>

#include "books.h"
#include "engine.h"
#include "must.h"

void ledger_open(const struct recording *recording)
{
	memset(books.passed, 0, sizeof(books.passed));
	books.recording = recording;
	books.asked_count = books.exchange_count = books.trace_count = books.behind_count = 0;
	books.commits = books.first_fragments = books.moved = 0;
}

/* ---- requests ---------------------------------------------------------------------------------------------------- */

static struct asked *asked_find(const struct end *client, const struct tg_addr *server)
{
	for (size_t i = 0; i < books.asked_count; i++) {
		struct asked *q = &books.asked[i];

		if (same_segment(&q->segment, &at.segment) && same_end(&q->client, client) &&
		    same_addr(&q->server, server))
			return q;
	}
	return NULL;
}

static struct asked *asked_entry(const struct end *client, const struct tg_addr *server)
{
	struct asked *q = asked_find(client, server);

	if (q)
		return q;
	must(books.asked_count < ENTRIES_MAX, "the ledger's own size");
	q = &books.asked[books.asked_count++];
	memset(q, 0, sizeof(*q));
	q->segment = at.segment;
	q->client = *client;
	q->server = *server;
	return q;
}

static void take_request(void)
{
	static const struct tg_addr all;
	struct tg_addr server = at.a->to_group ? all : group_of(&at.to.addr);
	struct asked *q = asked_entry(&at.from, &server);
	const struct grammar_value *timeout;
	struct grammar_request request;

	must(!at.a->first_fragment && !at.a->later_fragment, "a request in fragments");
	must(is_tftp_port(at.to.port), "a request to another port");
	must(at.a->payload_bytes >= TG_REQUEST_MIN &&
		     at.a->payload_bytes <= zone_here()->request_max,
	     "a request of such a length");
	grammar_read_request(at.payload, at.present, &request);
	must(request.reason == TG_REQUEST && payload16(0) >= 1 && payload16(0) <= 2,
	     "a request that is none");
	must(!at.a->to_group || (zone_here()->flags & TG_ZONE_BROADCAST), "a request to all");
	if (at.event->step->at > q->at + q->wait)
		q->credit = 0;
	if (q->credit < TG_CREDIT_MAX)
		q->credit++;
	q->datagrams++;
	q->at = at.event->step->at;
	timeout = &request.options.values[GRAMMAR_TIMEOUT];
	q->wait = zone_here()->request_wait;
	if (timeout->there && timeout->number && timeout->value >= 1 && timeout->value <= 255 &&
	    2 * timeout->value * SECOND > q->wait)
		q->wait = 2 * timeout->value * SECOND;
	q->text = hash_of(at.payload, at.present);
	q->service = at.event->came_to;
	q->write = payload16(0) == 2;
	grammar_ask(&request, &q->options);
}

/* ---- traces --------------------------------------------------------------------------------------------------------- */

static struct trace trace_here(enum trace_kind kind)
{
	struct trace t = {.segment = at.segment, .kind = kind, .at = at.event->step->at};

	t.from = at.from;
	if (kind != TRACE_GROUP)
		t.to = at.to;
	if (kind == TRACE_FRAGMENT) {
		t.from.port = t.to.port = 0;
		t.id = at.a->fragment_id;
	}
	return t;
}

static void remember(enum trace_kind kind)
{
	must(books.trace_count < ENTRIES_MAX, "the ledger's own size");
	books.traces[books.trace_count++] = trace_here(kind);
}

/* Did that pass, at most `wait` ago? */
static struct trace *remembered(const struct trace *t, uint64_t wait)
{
	for (size_t i = books.trace_count; i-- > 0;) {
		struct trace *old = &books.traces[i];

		if (old->kind == t->kind && old->id == t->id && t->at <= old->at + wait &&
		    same_segment(&old->segment, &t->segment) && same_end(&old->from, &t->from) &&
		    same_end(&old->to, &t->to))
			return old;
	}
	return NULL;
}

/* ---- TIDs -------------------------------------------------------------------------------------------------------- */

static struct exchange *exchange_find(const struct end *client, const struct end *server,
				      bool committed)
{
	for (size_t i = 0; i < books.exchange_count; i++) {
		struct exchange *x = &books.exchanges[i];

		if (x->committed == committed && same_segment(&x->segment, &at.segment) &&
		    same_end(&x->client, client) && same_end(&x->server, server))
			return x;
	}
	return NULL;
}

/* The exchange between the packet's two ends. */
static struct exchange *exchange_here(bool committed)
{
	struct exchange *x = exchange_find(&at.from, &at.to, committed);

	return x ? x : exchange_find(&at.to, &at.from, committed);
}

static void exchange_drop(struct exchange *x)
{
	if (x)
		*x = books.exchanges[--books.exchange_count];
}

/* What the first reply says, in a new exchange. */
static void begin(struct exchange *x, struct asked *q, const struct grammar_options *granted)
{
	memset(x, 0, sizeof(*x));
	x->segment = at.segment;
	x->client = at.to;
	x->server = at.from;
	x->asked = q;
	x->text = q->text;
	x->any_option = q->options.options;
	x->write = q->write;
	x->last = at.event->step->at;
	grammar_agree(granted, zone_here()->slack, &x->agreed);
	x->wait = zone_here()->idle_wait;
	if (4 * x->agreed.timeout_s * SECOND > x->wait)
		x->wait = 4 * x->agreed.timeout_s * SECOND;
	x->multicast = granted && granted->values[GRAMMAR_MULTICAST].there;
	x->msftwindow = granted && granted->values[GRAMMAR_MSFTWINDOW].there;
	x->error = payload16(0) == 5;
	x->acks = payload16(0) == 4;
	if (payload16(0) == 3) {
		x->data = x->hd = 1;
		x->least_bytes = at.a->payload_bytes - 4;
	}
}

static void exchange_add(const struct exchange *x)
{
	exchange_drop(exchange_find(&x->client, &x->server, false));
	exchange_drop(exchange_find(&x->server, &x->client, false));
	must(books.exchange_count < ENTRIES_MAX, "the ledger's own size");
	books.exchanges[books.exchange_count++] = *x;
}

/* May this be the first packet of a TID that answers the request? Tracker specification 7.3, PENDING. */
static void first_reply_fits(const struct asked *q, const struct grammar_options *granted)
{
	must(!at.a->first_fragment, "a first reply in fragments");
	switch (payload16(0)) {
	case 3:
		must(!q->write && payload16(2) == 1 && at.a->payload_bytes <= 4 + 512,
		     "first DATA that does not answer the request");
		return;
	case 4:
		must(q->write && payload16(2) == 0 && at.a->payload_bytes == 4,
		     "first ACK that does not answer the request");
		return;
	case 5:
		must(at.a->payload_bytes >= 4, "first ERROR without a code");
		return;
	case 6:
		must(grammar_may_grant(granted, &q->options, zone_here()->flags),
		     "an OACK that grants what was not asked");
		return;
	default:
		must(false, "a first reply of no kind");
	}
}

/* The request that the state has charged for the answer. */
static struct asked *asked_charged(void)
{
	struct end client;

	must(at.charged, "a first reply that no request paid for");
	client.addr = at.charged->client;
	client.port = __builtin_bswap16(at.charged->client_port_be);
	must(same_end(&client, &at.to), "an answer to another client's request");
	return asked_find(&client, &at.charged->server);
}

static void take_first_reply(void)
{
	static const struct tg_addr all;
	struct tg_addr server = group_of(&at.from.addr);
	size_t text_len = at.present < TG_REQUEST_MAX ? at.present : TG_REQUEST_MAX;
	struct asked *q = asked_charged();
	struct grammar_options granted = {};
	struct exchange x;

	must(q, "a transfer without a request");
	must(same_addr(&q->server, &server) || same_addr(&q->server, &all),
	     "an answer to another server's request");
	must(q->credit && ++q->answers <= q->datagrams, "more TIDs than request datagrams");
	must(at.event->step->at <= q->at + q->wait, "an answer to a request whose time is over");
	q->credit--;
	if (payload16(0) == 6)
		grammar_read_options(at.payload + 2, text_len - 2, &granted);
	first_reply_fits(q, &granted);
	begin(&x, q, payload16(0) == 6 ? &granted : NULL);
	x.twin = payload16(0) == 6 && granted.values[GRAMMAR_UDPPORT].there;
	sides_begin(&x, q);
	exchange_drop(exchange_here(true));
	exchange_add(&x);
	if (x.multicast)
		remember(TRACE_GROUP);
	if (x.twin) {
		x.server.port = granted.values[GRAMMAR_UDPPORT].value;
		sides_begin(&x, q);
		exchange_add(&x);
		books.moved++;
	}
}

/* ---- running transfers ------------------------------------------------------------------------------------------- */

static void take_data(struct exchange *x)
{
	uint32_t bytes = at.a->payload_bytes - 4;
	uint16_t block = payload16(2);
	int ahead = distance(block, x->ha);

	must(at.a->payload_bytes >= 4 && bytes <= x->agreed.blksize, "too large a block");
	must(same_end(&at.from, x->write ? &x->client : &x->server), "DATA from the wrong side");
	must(ahead <= (int)x->agreed.ahead && ahead >= -(int)x->agreed.behind,
	     "DATA outside the window");
	x->data++;
	if (distance(block, x->hd) > 0) {
		x->hd = block;
		x->least_bytes += bytes;
	} else {
		x->repeats++;
	}
}

static void take_ack(struct exchange *x)
{
	uint16_t block = payload16(2);

	must(at.a->payload_bytes == 4 || (at.a->payload_bytes == 5 && x->msftwindow),
	     "an ACK of the wrong size");
	must(same_end(&at.from, x->write ? &x->server : &x->client), "an ACK from the wrong side");
	must(x->multicast || distance(block, x->hd) <= x->error, "an ACK of what was not sent");
	must(x->multicast || distance(block, x->ha) >= -(int)x->agreed.behind,
	     "an ACK outside the window");
	x->acks++;
	if (distance(block, x->ha) > 0)
		x->ha = block;
}

/* The client chose this TID: no further answer to the same request until it is sent again. */
static void take_commit(struct exchange *x)
{
	struct asked *q = (struct asked *)x->asked;

	must(same_end(&at.from, &x->client) && (payload16(0) == 3 || payload16(0) == 4),
	     "a transfer that the client did not choose");
	exchange_drop(exchange_here(true));
	x = exchange_here(false); /* it may have moved */
	x->committed = true;
	books.commits++;
	if (q->text == x->text)
		q->credit = 0;
}

/* Do the counters of the state add up with what passed? */
static void counters_agree(const struct exchange *x, const struct tg_transfer *t)
{
	must(t->data_packets == x->data, "the DATA packets' number");
	must(t->data_repeats == x->repeats, "the number of repeats");
	must(t->ack_packets == x->acks, "the ACKs' number");
	must(t->data_block == x->hd && t->ack_block == x->ha, "the highest block or ACK");
	must(t->data_bytes >= x->least_bytes &&
		     t->data_bytes <= (uint64_t)t->data_packets * t->blksize * TG_WINDOW_CLAMP * 2,
	     "the file's bytes");
	must(t->operation == (x->write ? TG_WRITE : TG_READ), "the operation");
	must(t->blksize == x->agreed.blksize && t->windowsize == x->agreed.windowsize,
	     "what was agreed");
	must(t->ahead == x->agreed.ahead && t->behind == x->agreed.behind, "F and B");
	must(x->multicast || (distance(t->data_block, t->ack_block) >= -1 &&
			      distance(t->data_block, t->ack_block) <= (int)t->ahead),
	     "the window's width");
}

static void take_running(void)
{
	struct exchange *x = exchange_here(at.committed && !at.committing);

	if (!x && !at.transfer)
		x = exchange_here(true); /* a repeat within the same jiffy changes nothing */
	must(x, "a packet of a transfer that never began");
	must(x->multicast || at.event->step->at <= x->last + x->wait,
	     "a packet of a transfer whose time is over");
	must(at.a->payload_bytes >= 4 || at.event->reason == TG_OACK, "less than a TFTP header");
	x->last = at.event->step->at;
	sides_go_on(x, at.committing);
	if (at.event->reason == TG_DATA)
		take_data(x);
	else if (at.event->reason == TG_ACK)
		take_ack(x);
	else if (at.event->reason == TG_ERROR)
		x->error = true;
	else
		must(same_end(&at.from, &x->server) && x->any_option,
		     "an OACK from the wrong side, or unasked");
	if (at.transfer)
		counters_agree(x, at.transfer);
	if (at.committing)
		take_commit(x);
}

/* ---- what is no packet of one TID --------------------------------------------------------------------------------- */

/* Is there a transfer between the packet's hosts whose blocks may need fragments? */
static bool fragments_expected(void)
{
	for (size_t i = 0; i < books.exchange_count; i++) {
		const struct exchange *x = &books.exchanges[i];

		if (x->agreed.blksize <= 548 || !same_segment(&x->segment, &at.segment))
			continue;
		if ((same_addr(&x->client.addr, &at.from.addr) &&
		     same_addr(&x->server.addr, &at.to.addr)) ||
		    (same_addr(&x->client.addr, &at.to.addr) &&
		     same_addr(&x->server.addr, &at.from.addr)))
			return true;
	}
	return false;
}

static void take_udp_reply(void)
{
	struct trace asked = trace_here(TRACE_UDP);
	struct trace *old;

	asked.from = at.to;
	asked.to = at.from;
	old = remembered(&asked, zone_here()->udp_replied_wait);
	must(old, "an answer to UDP that never left");
	old->at = at.event->step->at;
}

static void take_fragment(enum tg_reason reason)
{
	struct trace first = trace_here(TRACE_FRAGMENT);

	must(at.a->later_fragment, "a later fragment that is none");
	if (reason == TG_FRAGMENT_FOLLOWS)
		must(remembered(&first, zone_here()->fragment_wait),
		     "a fragment whose first one did not pass");
	else
		must(fragments_expected(), "a fragment between hosts without large blocks");
}

static void take_group_data(void)
{
	struct trace granted = trace_here(TRACE_GROUP);
	struct trace *old = remembered(&granted, zone_here()->idle_wait);

	must(at.a->to_group && (zone_here()->flags & TG_ZONE_MULTICAST) && payload16(0) == 3,
	     "DATA to a group where there is none");
	must(old, "DATA to a group from a TID without a multicast transfer");
	old->at = at.event->step->at;
}

/* ---- the whole ------------------------------------------------------------------------------------------------------ */

/* With single-port: nothing but its knowledge of an answer, since one to another request came from the same server. */
static bool answer_forgotten(const struct tg_request *before, const struct tg_request *after)
{
	const size_t from = offsetof(struct tg_request, behind_port_be);
	const size_t to = from + sizeof(before->behind_port_be);
	const uint8_t *was = (const uint8_t *)before, *is = (const uint8_t *)after;

	return (zone_here()->flags & TG_ZONE_SINGLE_PORT) && before->behind_port_be &&
	       !after->behind_port_be && same_addr(&after->behind_server, &at.from.addr) &&
	       !memcmp(was, is, from) && !memcmp(was + to, is + to, sizeof(*before) - to);
}

static void look(enum engine_table table, const void *key, const void *before, const void *after,
		 void *context)
{
	(void)context;
	if (table == ENGINE_REQUESTS) {
		const struct tg_request *was = before, *is = after;

		must(is, "a request was forgotten");
		if (at.event->reason == TG_FIRST_REPLY && !(was && answer_forgotten(was, is))) {
			must(was && is->answered != was->answered && !at.charged,
			     "an answer that was not charged once");
			at.charged = key;
		}
	}
	if (table != ENGINE_OFFERS && table != ENGINE_TRANSFERS)
		return;
	if (!pair_here(key))
		return;
	if (table == ENGINE_OFFERS && before && !after)
		at.committing = at.event->reason != TG_FIRST_REPLY;
	if (after && at.event->reason != TG_FIRST_REPLY) {
		at.transfer = after;
		at.committed = table == ENGINE_TRANSFERS;
	}
}

static void take(enum tg_reason reason)
{
	switch (reason) {
	case TG_REQUEST:
		return take_request();
	case TG_FIRST_REPLY:
		return take_first_reply();
	case TG_DATA:
	case TG_ACK:
	case TG_OACK:
	case TG_ERROR:
		return take_running();
	case TG_UDP_REPLY:
		return take_udp_reply();
	case TG_FRAGMENT_FOLLOWS:
	case TG_FRAGMENT_AHEAD:
		return take_fragment(reason);
	case TG_GROUP_DATA:
		return take_group_data();
	default:
		return;
	}
}

/* No more entries than what passed can have made. */
static void entries_are_bounded(void)
{
	const unsigned long *passed = books.passed;
	size_t tids = passed[TG_FIRST_REPLY] + books.moved;

	must(engine_count(ENGINE_REQUESTS) <= passed[TG_REQUEST], "more requests than came");
	must(engine_count(ENGINE_OFFERS) + engine_count(ENGINE_TRANSFERS) <= tids,
	     "more transfers than first replies");
	must(engine_count(ENGINE_TRANSFERS) <= books.commits, "more transfers than choices");
	must(engine_count(ENGINE_NAMES) <= books.commits, "more names than transfers");
	must(engine_count(ENGINE_UDP_FLOWS) <= passed[TG_OUTGOING], "more flows than UDP left");
	must(engine_count(ENGINE_FRAGMENTS) <= books.first_fragments, "more fragments than came");
	must(engine_count(ENGINE_GROUPS) <= passed[TG_FIRST_REPLY] &&
		     engine_count(ENGINE_MEMBERSHIPS) <= passed[TG_FIRST_REPLY],
	     "more groups than answers");
}

static void requests_agree(void)
{
	for (size_t i = 0; i < books.asked_count; i++) {
		const struct asked *q = &books.asked[i];
		struct tg_request_key key = {
			.client = q->client.addr,
			.server = q->server,
			.client_port_be = __builtin_bswap16(q->client.port),
			.zone = q->segment.zone,
			.vlan_outer = q->segment.vlan_outer,
			.vlan_inner = q->segment.vlan_inner,
		};
		const struct tg_request *r = engine_find(ENGINE_REQUESTS, &key);
		uint32_t used;

		must(r, "a request is not remembered");
		must(r->asked == q->datagrams, "the number of request datagrams");
		used = (int)(r->voided - r->answered) > 0 ? r->voided : r->answered;
		must(r->asked - used <= q->credit || at.event->step->at > q->at + q->wait,
		     "more credit than is due");
	}
}

bool ledger_waits_long(void)
{
	for (size_t i = 0; i < books.asked_count; i++)
		if (books.asked[i].wait > books.recording->zone.offer_wait)
			return true;
	return false;
}

void ledger_enter(const struct event *event)
{
	enum tg_reason reason = event->reason;

	books.passed[reason]++;
	if (reason == TG_NOT_UDP)
		return;
	at_take(event);
	sides_check();
	if (!(TG_REASON_PASSES(reason)))
		return;
	must(event->anatomy, "a packet passes that can't be read");
	engine_changes(MOMENT_BEFORE, look, NULL);
	take(reason);
	if (event->anatomy->first_fragment) {
		remember(TRACE_FRAGMENT);
		books.first_fragments++;
	}
	if (reason == TG_OUTGOING)
		remember(TRACE_UDP);
	entries_are_bounded();
	requests_agree();
}
