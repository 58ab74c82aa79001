/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Endpoints that any state is about: the address and port of a client that asked, or that sent other UDP outwards. What
 * has neither end among them fits no request, transfer or tracked exchange, and need not be looked up in their tables,
 * which is most of what an unsolicited packet would cost.
 *
 * A cell of the array `known` says until when one of the endpoints that share it may have state; every packet that
 * begins state or restarts its timer sees to that. So a stranger may be taken for known, but nobody known for a stranger.
 */
#ifndef TIDEGATE_KNOWN_H
#define TIDEGATE_KNOWN_H

#include "core/key.h"
#include "core/store.h"

/* Cells count in so many jiffies (as a power of two), so that a running transfer hardly ever looks at them. */
#define KNOWN_UNIT_SHIFT 12

/* No timer of a zone's transfers can be set to more; tracker specification 8. What the client negotiates can. */
#define KNOWN_SECONDS 300

#define KNOWN_MIX  0x9e3779b97f4a7c15ULL
#define KNOWN_MIX2 0xd6e8feb86659fd93ULL

CORE u32 known_index(const struct tg_addr *addr, u16 port_be)
{
	u64 mixed = (addr_half(addr, 1) ^ port_be) * KNOWN_MIX;

	mixed = ((mixed ^ mixed >> 32) + addr_half(addr, 0)) * KNOWN_MIX2;
	return mixed >> (64 - TG_KNOWN_SHIFT);
}

CORE u32 known_unit(u64 now)
{
	return now >> KNOWN_UNIT_SHIFT;
}

/*
 * Units wrap: a cell that nobody has written to for half of their range (2^43 jiffies) may count as known for the other
 * half.
 */
CORE bool known_lasts(u32 until, u64 now)
{
	return (int)(until - known_unit(now)) >= 0;
}

CORE bool known_alive(const u32 *cell, u64 now)
{
	return known_lasts(*(const volatile u32 *)cell, now);
}

/* May the endpoint have state? */
CORE bool known_end(const struct tg_addr *addr, u16 port_be, u64 now)
{
	const u32 *cell = known_cell(known_index(addr, port_be));

	return cell && known_alive(cell, now);
}

/* Is there possibly state that has one of the packet's ends? To whom DATA goes is mostly the client. */
CORE bool known_any(const struct packet *p)
{
	return known_end(&p->destination, p->destination_port_be, p->now) ||
	       known_end(&p->source, p->source_port_be, p->now);
}

/* Does `until` reach beyond what a cell says? */
CORE bool known_prolongs(u32 until, u32 was, u64 now)
{
	return !known_lasts(was, now) || (int)(until - was) > 0;
}

/* Once more where another CPU was faster, perhaps with a shorter time. */
CORE_SLOW int known_prolong(u32 *cell, u64 now, u32 until)
{
	u32 was;

	if (!cell)
		return 0;
	was = *(volatile u32 *)cell;
	for (int i = 0; i < 2 && known_prolongs(until, was, now); i++)
		was = __sync_val_compare_and_swap(cell, was, until);
	return 0;
}

/*
 * State of the cell's endpoint begins or goes on, and may last for `wait` jiffies from now. What is noted is the same for
 * all of a unit, so once in each is enough (known_noted()).
 */
CORE void known_note(u32 *cell, u64 now, u64 wait)
{
	u32 until = known_unit(now) + known_unit(wait) + 1;

	if (unlikely(known_prolongs(until, *(volatile u32 *)cell, now)))
		known_prolong(cell, now, until);
}

/* Was what begins or goes on now noted already by a packet at `last`, of the same state? */
CORE bool known_noted(u64 last, u64 now)
{
	return known_unit(last) == known_unit(now);
}

/* How long state of TFTP lasts, where `negotiated` jiffies are asked of it. */
CORE u64 known_wait(const struct tg_zone *zone, u32 negotiated)
{
	u64 most = (u64)zone->second * KNOWN_SECONDS;

	return negotiated > most ? negotiated : most;
}

CORE void known_note_end(const struct tg_addr *addr, u16 port_be, u64 now, u64 wait)
{
	u32 *cell = known_cell(known_index(addr, port_be));

	if (cell)
		known_note(cell, now, wait);
}

#endif
