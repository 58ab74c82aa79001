/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ICMP errors and the packet that they quote: whoever gets one knows the packet with the ports of its own side
 * (docs/netfilter-design.md). An error is sent to the source of what it quotes, so it always crosses the hook the other
 * way round.
 */
#ifndef TIDEGATE_QUOTE_H
#define TIDEGATE_QUOTE_H

#include "core/parse_quote.h"
#include "core/track.h"
#include "core/translate.h"

/* The transfer of the quoted packet, if its client's side sees it as one with a service port; NULL otherwise. */
CORE const struct tg_transfer *quote_transfer(const struct packet *p, struct core_scratch *scratch)
{
	const struct tg_transfer *t;
	bool committed;

	pair_key_of(&scratch->pair, p);
	t = translate_find(&scratch->pair, &committed);
	return t && t->service_port_be ? t : NULL;
}

/* Which port of the quote the receiver of the error knows by another number: into p->new_…_port_be. */
CORE_SLOW int quote_judge(struct packet *p, const struct tg_zone *zone)
{
	struct core_scratch *scratch = scratch_find();
	const struct tg_transfer *t;

	if (!p || !zone || !scratch)
		return 0;
	if (policy_is_tftp_port(zone, p->source_port_be)) {
		/* A server's packet, as the client's side saw it. */
		p->new_source_port_be = translate_behind(p, zone, false);
		return 0;
	}
	t = quote_transfer(p, scratch);
	/* The client's, as the server's side saw it. */
	if (t && endpoint_above(&p->source, p->source_port_be, &p->destination,
				p->destination_port_be) == !!(t->flags & TG_CLIENT_HIGH))
		p->new_destination_port_be = t->service_port_be;
	return 0;
}

#endif
