// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a rule that allows a request limits: how often one client may ask, how many of its transfers may be open, how
 * large a file may be. Tracker specification 11.
 */
#include "scene.h"

SCENARIO(rule_rate, .covers = "11.2", .places = ROUTER | SERVER_HOST)
{
	add_rule()->rate = rate(10, 2);
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, client_rrq("g"));
	expect(RULE_RATE, client_rrq("f"));
	client_port(2001);
	expect(RULE_RATE, client_rrq("f"));
	expect(REQUEST, from_host(OTHER_CLIENT, client_rrq("f")));
	at_ms(99);
	expect(RULE_RATE, client_rrq("f"));
	at_ms(100);
	expect(REQUEST, client_rrq("f"));
	expect(RULE_RATE, client_rrq("f"));
	/* The answers pass. */
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
}

SCENARIO(rule_rate_counts_what_the_rule_allows, .covers = "11.2")
{
	struct tg_rule *rule = add_rule();

	rule->rate = rate(1, 2);
	rule->blksize_max = 1024;
	expect(REQUEST_MODE, client_rrq_mode("nonsense", "f"));
	expect(RULE_BLKSIZE, client_rrq("f", "blksize", "1025"));
	expect(REQUEST, client_rrq("f", "blksize", "1024"));
	expect(REQUEST, client_rrq("f"));
	expect(RULE_RATE, client_rrq("f"));
}

SCENARIO(rule_rate_and_other_limits, .covers = "11.2, 11.4: no token for nothing")
{
	add_rule()->rate = rate(1, 2);
	zone()->abuse.open_max = 1;
	expect(REQUEST, client_rrq("f"));
	client_port(2001);
	expect(SOURCE_TRANSFERS, client_rrq("f"));
	expect(SOURCE_TRANSFERS, client_rrq("f"));
	client_port(CLIENT_TID);
	expect(REQUEST, client_rrq("f"));
	expect(RULE_RATE, client_rrq("f"));
}

SCENARIO(rule_rate_and_the_zone_s, .covers = "11.2")
{
	add_rule()->rate = rate(1, 1);
	zone()->abuse.requests = rate(10, 3);
	expect(REQUEST, client_rrq("f"));
	expect(RULE_RATE, client_rrq("f"));
	/* Whatever becomes of a request, it is one of its address. */
	expect(RULE_RATE, client_rrq("f"));
	expect(SOURCE_RATE, client_rrq("f"));
	at_ms(1000);
	expect(REQUEST, client_rrq("f"));
}

SCENARIO(rule_transfers, .covers = "11.4", .places = ROUTER | SERVER_HOST)
{
	no_udp_tracking();
	add_rule()->transfers_max = 2;
	client_port(2001);
	read_begins(TID);
	client_port(2002);
	expect(REQUEST, client_rrq("f"));
	client_port(2003);
	expect(RULE_TRANSFERS, client_rrq("f"));
	expect_stray(UNSOLICITED, server_data(TID, 1, 512));
	expect(REQUEST, from_host(OTHER_CLIENT, client_rrq("f")));
	/* A repeat is no other transfer. */
	client_port(2002);
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_error(TID, 1, "File not found"));
	client_port(2003);
	expect(REQUEST, client_rrq("f"));
	client_port(2001);
	expect(DATA, server_data(TID, 2, 0));
	expect(RULE_TRANSFERS, client_rrq("other"));
	expect(ACK, client_ack(TID, 2));
	client_port(2004);
	expect(REQUEST, client_rrq("f"));
	client_port(2005);
	expect(RULE_TRANSFERS, client_rrq("f"));
}

SCENARIO(rule_transfers_that_last, .covers = "11.4")
{
	add_rule()->transfers_max = 1;
	client_port(2001);
	read_begins(TID);
	for (unsigned int block = 2; block < 10; block++) {
		after_ms(60000);
		client_port(2002);
		expect(RULE_TRANSFERS, client_rrq("f"));
		client_port(2001);
		expect(DATA, server_data(TID, block, 512));
	}
	after_ms(120000);
	client_port(2002);
	expect(RULE_TRANSFERS, client_rrq("f"));
	after_ms(60001);
	expect(REQUEST, client_rrq("f"));
}

SCENARIO(rule_transfers_make_room_for_the_same_port, .covers = "11.4")
{
	add_rule()->transfers_max = 1;
	zone()->abuse.open_max = 3;
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, client_rrq("g"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
	expect(RULE_TRANSFERS, client_rrq("f"));
	after_ms(2001);
	expect(REQUEST, client_rrq("f"));
	client_port(2001);
	expect(RULE_TRANSFERS, client_rrq("f"));
}

SCENARIO(rule_transfers_and_the_zone_s, .covers = "11.4")
{
	add_rule()->transfers_max = 2;
	zone()->abuse.open_max = 1;
	client_port(2001);
	expect(REQUEST, client_rrq("f"));
	client_port(2002);
	expect(SOURCE_TRANSFERS, client_rrq("f"));
	client_port(2001);
	expect(FIRST_REPLY, server_error(TID, 1, "File not found"));
	client_port(2002);
	expect(REQUEST, client_rrq("f"));
}

SCENARIO(rule_size_of_a_read, .covers = "11.6")
{
	add_rule()->size_max = 512 * 3 + 100;
	read_begins(TID);
	read_goes_on(TID, 2, 3, 512);
	expect(RULE_SIZE, server_data(TID, 4, 101));
	expect(RULE_SIZE, server_data(TID, 4, 512));
	/* It had no effect. */
	expect(ACK_AHEAD, client_ack(TID, 4));
	expect(DATA, server_data(TID, 3, 512));
	expect(DATA, server_data(TID, 2, 512));
	expect(DATA, server_data(TID, 4, 100));
	expect(ACK, client_ack(TID, 4));
}

SCENARIO(rule_size_counts_blocks_that_were_lost, .covers = "11.6")
{
	add_rule()->size_max = 512 * 3;
	read_begins(TID);
	expect(RULE_SIZE, server_data(TID, 4, 1));
	expect(DATA, server_data(TID, 4, 0));
}

SCENARIO(rule_size_of_the_first_block, .covers = "11.6")
{
	add_rule()->size_max = 100;
	client_port(2001);
	expect(REQUEST, client_rrq("f"));
	expect(RULE_SIZE, server_data(TID, 1, 101));
	expect(FIRST_REPLY, server_data(TID, 1, 100));
	expect(ACK, client_ack(TID, 1));
}

SCENARIO(rule_size_of_a_write, .covers = "11.6")
{
	add_rule()->size_max = 1000;
	write_begins(TID);
	expect(RULE_SIZE, client_data(TID, 2, 489));
	expect(WRONG_ROLE, client_ack(TID, 2));
	expect(ACK_AHEAD, server_ack(TID, 2));
	expect(DATA, client_data(TID, 2, 488));
	expect(ACK, server_ack(TID, 2));
	client_port(2001);
	expect(RULE_SIZE, client_wrq("f", "tsize", "1001"));
	expect(REQUEST, client_wrq("f", "tsize", "1000"));
	expect(FIRST_REPLY, server_oack(TID, "tsize", "1000"));
	/* What was announced binds nobody. */
	expect(DATA, client_data(TID, 1, 512));
	expect(RULE_SIZE, client_data(TID, 2, 489));
}

SCENARIO(rule_size_as_announced, .covers = "11.6, 7.5 tsize")
{
	add_rule()->size_max = 1000;
	expect(REQUEST, client_rrq("f", "tsize", "0"));
	expect(RULE_SIZE, server_oack(TID, "tsize", "1001"));
	expect(FIRST_REPLY, server_oack(TID, "tsize", "1000"));
	expect(RULE_SIZE, server_oack(TID, "tsize", "1001"));
	expect(ACK, client_ack(TID, 0));
}

SCENARIO(rule_size_behind_a_wrap, .covers = "11.6, 7.2 rollover", .places = ROUTER)
{
	/* 65536 blocks of 8 bytes and one of 3; the number after 65535 is 1. */
	add_rule()->size_max = 8 * 65536 + 3;
	read_begins_with(TID, "8", "64");
	for (unsigned int block = 50; block < 65535; block += 50) {
		expect(DATA, server_data(TID, block, 8));
		expect(ACK, client_ack(TID, block));
	}
	expect(DATA, server_data(TID, 65535, 8));
	expect(ACK, client_ack(TID, 65535));
	expect(DATA, server_data(TID, 1, 8));
	expect(RULE_SIZE, server_data(TID, 2, 4));
	expect(DATA, server_data(TID, 2, 3));
}
