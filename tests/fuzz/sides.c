// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Single-port translation in the books: which TID stands behind the service port of each client, and what of a packet
 * may be another behind the hook. docs/tracker.md 12.
 */
#include "books.h"
#include "must.h"

/* What a packet that passes for this reason belongs to is one exchange. */
static bool is_of_exchange(enum tg_reason reason)
{
	return reason == TG_FIRST_REPLY || reason == TG_DATA || reason == TG_ACK ||
	       reason == TG_OACK || reason == TG_ERROR;
}

static struct behind *behind_find(const struct end *client, const struct tg_addr *server)
{
	for (size_t i = 0; i < books.behind_count; i++) {
		struct behind *b = &books.behinds[i];

		if (same_segment(&b->segment, &at.segment) && same_end(&b->client, client) &&
		    same_addr(&b->server, server))
			return b;
	}
	return NULL;
}

static struct behind *behind_entry(const struct exchange *x)
{
	struct behind *b = behind_find(&x->client, &x->server.addr);

	if (b)
		return b;
	must(books.behind_count < ENTRIES_MAX, "the ledger's own size");
	b = &books.behinds[books.behind_count++];
	*b = (struct behind){.segment = at.segment, .client = x->client, .server = x->server.addr};
	return b;
}

/* Did the packet's source begin an exchange, with its destination, that is seen as one with this port? */
static bool is_seen_as(uint16_t service)
{
	for (size_t i = 0; i < books.exchange_count; i++) {
		const struct exchange *x = &books.exchanges[i];

		if (x->service == service && same_segment(&x->segment, &at.segment) &&
		    same_end(&x->server, &at.from) && same_end(&x->client, &at.to))
			return true;
	}
	return false;
}

static void destination_check(void)
{
	const struct behind *b = behind_find(&at.from, &at.to.addr);

	must(is_tftp_port(at.event->came_to), "a packet to no service port got another one");
	must(b, "a packet went to a TID although this client has none");
	must(b->told || b->tid == at.event->ports.destination,
	     "a packet went to another TID than the client's");
}

void sides_check(void)
{
	const struct engine_ports *ports = &at.event->ports;
	enum tg_reason reason = at.event->reason;

	/* Nobody writes into what is dropped. */
	if (!(TG_REASON_PASSES(reason)) && !(zone_here()->flags & TG_ZONE_MONITOR))
		return;
	if (!ports->source && !ports->destination)
		return;
	must(zone_here()->flags & TG_ZONE_SINGLE_PORT, "a new port in a zone without single-port");
	must(!ports->source || !ports->destination, "a packet with two new ports");
	must(!(TG_REASON_PASSES(reason)) || is_of_exchange(reason),
	     "a new port in what is no packet of a transfer");
	if (ports->destination)
		destination_check();
	else if (reason != TG_FIRST_REPLY)
		must(is_seen_as(ports->source), "a server's packet got a port that nobody asked");
}

void sides_begin(struct exchange *x, const struct asked *q)
{
	const struct engine_ports *ports = &at.event->ports;

	if (!(zone_here()->flags & TG_ZONE_SINGLE_PORT))
		return;
	x->service = q->service;
	behind_entry(x)->tid = x->server.port;
	if (ports->destination)
		return; /* one end is both client and server */
	must((ports->source ? ports->source : at.from.port) == x->service,
	     "a first reply from another port than the one that was asked");
}

void sides_go_on(const struct exchange *x, bool commits)
{
	const struct engine_ports *ports = &at.event->ports;
	struct behind *b;

	if (!x->service)
		return;
	b = behind_entry(x);
	if (same_end(&at.from, &x->client)) {
		if (!is_tftp_port(at.event->came_to))
			b->told = true;
		if (commits)
			b->tid = x->server.port;
		return;
	}
	must((ports->source ? ports->source : at.from.port) == x->service,
	     "a server's packet with another port than the one that was asked");
	must(x->twin || b->told || b->tid == x->server.port, "two TIDs speak as one port");
}
