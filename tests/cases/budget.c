// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests of addresses that have proved nothing, all together. Tracker specification 11.7. What a flood does to them is
 * in tests/native/test_budget.c.
 */
#include "scene.h"

#define FORGED_PORT 1000

/* What has no client behind it: each from an address or a port of its own. */
static struct datagram *forged(unsigned int number)
{
	return from_host(STRANGER, from_port(FORGED_PORT + number, client_rrq("f")));
}

static void forge(unsigned int first, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		expect(REQUEST, forged(first + i));
}

/* A burst of nine: seven are anybody's, and two are for prefixes that have not had their share, of three. */
static void budget_of_nine(void)
{
	zone()->abuse.budget = rate(1, 9);
	zone()->abuse.proved_wait = 60000;
}

/* The last two are not the stranger's, whose prefix has had enough. */
static void exhaust_for_others(void)
{
	expect(REQUEST, tagged(10, client_rrq("f")));
	expect(REQUEST, tagged(10, client_rrq("f")));
	expect(REQUEST_BUDGET, tagged(10, client_rrq("f")));
}

#define HERE (ROUTER | SERVER_HOST)

SCENARIO(budget_is_for_all_together, .covers = "11.7", .places = HERE)
{
	budget_of_nine();
	forge(0, 7);
	expect(REQUEST_BUDGET, forged(7));
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, from_host(OTHER_CLIENT, client_rrq("f")));
	expect(REQUEST_BUDGET, from_port(2000, client_rrq("f")));
	at_ms(999);
	expect(REQUEST_BUDGET, from_port(2001, client_rrq("f")));
	/* Each that was refused has made the next token come a sixteenth later. */
	at_ms(1050);
	expect(REQUEST_BUDGET, from_port(2002, client_rrq("f")));
	at_ms(1200);
	expect(REQUEST, from_port(2003, client_rrq("f")));
	expect(REQUEST_BUDGET, from_port(2004, client_rrq("f")));
}

SCENARIO(budget_lets_those_through_who_ask_again, .covers = "11.7", .places = HERE)
{
	budget_of_nine();
	forge(0, 7);
	exhaust_for_others();
	expect(REQUEST_BUDGET, client_rrq("f"));
	/* A copy is no repeat. */
	at_ms(100);
	expect(REQUEST_BUDGET, client_rrq("f"));
	at_ms(500);
	expect(REQUEST_BUDGET, from_port(2000, client_rrq("f")));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 100));
	expect(REQUEST_BUDGET, client_rrq("f"));
	at_ms(1000);
	expect(REQUEST, from_port(2000, client_rrq("another")));
}

SCENARIO(budget_forgets_who_asks_late, .covers = "11.7", .places = HERE)
{
	zone()->abuse.budget = rate(1, 1);
	for (unsigned int i = 0; i < 3; i++) {
		at_ms(i * 12250);
		expect(REQUEST, forged(i));
		expect(REQUEST_BUDGET, client_rrq("f"));
	}
	at_ms(2 * 12250 + 500);
	expect(REQUEST, client_rrq("f"));
}

SCENARIO(budget_has_a_reserve_no_larger_than_itself, .covers = "11.7", .places = HERE)
{
	budget_of_nine();
	forge(0, 7);
	exhaust_for_others();
	for (unsigned int i = 10; i < 18; i++)
		expect(REQUEST_BUDGET, forged(i));
	expect(REQUEST_BUDGET, from_port(2000, client_rrq("f")));
	expect(REQUEST_BUDGET, from_port(2001, client_rrq("f")));
	at_ms(500);
	forge(10, 7);
	expect(REQUEST_BUDGET, forged(17));
	expect(REQUEST, from_port(2000, client_rrq("f")));
	/* What is left is for neighbours of those who have proved something. */
	expect(REQUEST_BUDGET, from_port(2001, client_rrq("f")));
}

SCENARIO(budget_is_not_for_who_has_acknowledged, .covers = "11.7", .places = HERE)
{
	budget_of_nine();
	read_begins(TID);
	forge(0, 6);
	exhaust_for_others();
	for (unsigned int i = 0; i < 20; i++)
		expect(REQUEST, from_port(3000 + i, client_rrq("f")));
	expect(REQUEST_BUDGET, forged(6));
	/* The last acknowledgement counts; a minute after it the address is a stranger again. */
	at_ms(30000);
	client_port(4000);
	read_begins(TID2);
	at_ms(90000);
	forge(20, 7);
	exhaust_for_others();
	expect(REQUEST, client_rrq("f"));
	at_ms(90001);
	expect(REQUEST_BUDGET, client_rrq("f"));
}

SCENARIO(budget_is_not_for_who_refuses_what_it_was_offered, .covers = "11.7: EDK2's probe",
	 .places = HERE)
{
	budget_of_nine();
	expect(REQUEST, client_rrq("f", "tsize", "0"));
	expect(FIRST_REPLY, server_oack(TID, "tsize", "5"));
	expect(ERROR, client_error(TID, 8, "User aborted the transfer"));
	forge(0, 6);
	exhaust_for_others();
	for (unsigned int i = 0; i < 20; i++)
		expect(REQUEST, from_port(3000 + i, client_rrq("f")));
}

SCENARIO(budget_is_for_who_was_only_answered, .covers = "11.7", .places = HERE)
{
	budget_of_nine();
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_error(TID, 1, "File not found"));
	client_port(2000);
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	/* It does not know the TID. */
	expect_stray(UNSOLICITED, client_ack(TID2, 1));
	expect_stray(UNSOLICITED, client_error(TID2, 0, "no"));
	forge(0, 5);
	expect(REQUEST, from_port(3000, client_rrq("f")));
	expect(REQUEST_BUDGET, from_port(3001, client_rrq("f")));
}

/* The other client is its neighbour, the stranger is not. */
SCENARIO(budget_has_a_reserve_for_neighbours, .covers = "11.7", .places = HERE)
{
	budget_of_nine();
	read_begins(TID);
	forge(0, 6);
	exhaust_for_others();
	for (unsigned int i = 0; i < 7; i++)
		expect(REQUEST, from_host(OTHER_CLIENT, from_port(2000 + i, client_rrq("f"))));
	expect(REQUEST_BUDGET, from_host(OTHER_CLIENT, from_port(3000, client_rrq("f"))));
	expect(REQUEST_BUDGET, forged(6));
	/* Who was refused 60 s ago would count as one that asks again: notes have the time modulo 16 s. */
	at_ms(61000);
	forge(20, 7);
	exhaust_for_others();
	expect(REQUEST_BUDGET, from_host(OTHER_CLIENT, from_port(4000, client_rrq("f"))));
}

SCENARIO(budget_off, .covers = "11.7")
{
	for (unsigned int i = 0; i < 200; i++) {
		client_port(2000 + i);
		expect(REQUEST, client_rrq("f"));
	}
}

/* Nobody forges the host's own address on its way out. */
SCENARIO(budget_is_not_for_the_host_itself, .covers = "11.7", .places = CLIENT_HOST)
{
	zone()->abuse.budget = rate(1, 1);
	for (unsigned int i = 0; i < 20; i++) {
		client_port(2000 + i);
		expect(REQUEST, client_rrq("f"));
	}
	expect(REQUEST, forwarded(UNGUARDED, client_rrq("f")));
	expect(REQUEST_BUDGET, forwarded(UNGUARDED, from_port(3000, client_rrq("f"))));
}

SCENARIO(budget_of_each_zone, .covers = "11.7", .places = ROUTER)
{
	zone()->abuse.budget = rate(1, 1);
	other_zone()->abuse.budget = rate(1, 3);
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST_BUDGET, client_rrq("f"));
	expect(REQUEST, through(OTHER, client_rrq("f")));
	expect(REQUEST, through(OTHER, client_rrq("f")));
	expect(REQUEST_BUDGET, through(OTHER, client_rrq("f")));
}

SCENARIO(budget_is_monitored, .covers = "11.1, 11.7", .places = ROUTER)
{
	zone()->flags |= TG_ZONE_MONITOR;
	zone()->abuse.budget = rate(1, 1);
	expect(REQUEST, client_rrq("f"));
	client_port(2000);
	expect(REQUEST_BUDGET, client_rrq("f"));
	expect(UNSOLICITED, server_data(TID, 1, 512));
}

/* Before anything else is counted of the address. */
SCENARIO(budget_comes_before_the_rate, .covers = "11.1, 11.7", .places = ROUTER)
{
	zone()->abuse.budget = rate(1, 1);
	zone()->abuse.requests = rate(1, 1);
	expect(REQUEST_MODE, client_rrq_mode("nonsense", "f"));
	expect(REQUEST_BUDGET, client_rrq("f"));
	at_ms(1500);
	expect(REQUEST, client_rrq("f"));
	/* It asks again, but too often. */
	expect(SOURCE_RATE, client_rrq("f"));
	at_ms(1600);
	expect(REQUEST_BUDGET, client_rrq("f"));
}
