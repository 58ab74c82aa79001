// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Block numbers beyond 65535: the next one is 0 nearly everywhere, 1 with some. Tracker specification 7.2, 9.13.
 */
#include "scene.h"

/* A read with the largest useful window; DATA and ACK jump to block 65530. */
static void read_up_to_65530(void)
{
	read_begins_with(TID, "8", "16384");
	for (unsigned int block = 16384; block <= 49152; block += 16384) {
		expect(DATA, server_data(TID, block, 8));
		expect(ACK, client_ack(TID, block));
	}
	expect(DATA, server_data(TID, 65530, 8));
	expect(ACK, client_ack(TID, 65530));
}

SCENARIO(read_of_more_than_65535_blocks, .covers = "9.13 rollover to 0", .places = SERVER_HOST)
{
	expect(REQUEST, client_rrq("big", "blksize", "8"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "8"));
	expect(ACK, client_ack(TID, 0));
	read_goes_on(TID, 1, 65535 + 20, 8);
	expect(DATA, server_data(TID, 20, 7));
	expect(BEYOND_END, server_data(TID, 21, 8));
	expect(ACK, client_ack(TID, 20));
}

SCENARIO(write_of_more_than_65535_blocks, .covers = "9.13 rollover to 1", .places = CLIENT_HOST)
{
	expect(REQUEST, client_wrq("big", "blksize", "8", "rollover", "1"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "8", "rollover", "1"));
	write_goes_on(TID, 1, 65535, 8);
	write_goes_on(TID, 1, 20, 8);
	expect(DATA, client_data(TID, 21, 0));
	expect(BEYOND_END, client_data(TID, 22, 8));
	expect(ACK, server_ack(TID, 21));
}

SCENARIO(read_rolls_over_to_0, .covers = "7.2, 9.13")
{
	read_up_to_65530();
	read_goes_on(TID, 65531, 65535, 8);
	read_goes_on(TID, 0, 3, 8);
	expect(DATA, server_data(TID, 4, 1));
	expect(BEYOND_END, server_data(TID, 5, 8));
	expect(ACK, client_ack(TID, 4));
}

SCENARIO(read_rolls_over_to_1, .covers = "7.2, 9.13")
{
	read_up_to_65530();
	read_goes_on(TID, 65531, 65535, 8);
	read_goes_on(TID, 1, 3, 8);
	expect(DATA, server_data(TID, 4, 1));
	expect(ACK, client_ack(TID, 4));
	expect(BEYOND_END, server_data(TID, 5, 8));
}

SCENARIO(last_block_is_65535, .covers = "7.2 fin")
{
	read_up_to_65530();
	read_goes_on(TID, 65531, 65534, 8);
	expect(DATA, server_data(TID, 65535, 0));
	expect(BEYOND_END, server_data(TID, 0, 8));
	expect(BEYOND_END, server_data(TID, 1, 8));
	expect(ACK, client_ack(TID, 65535));
}

SCENARIO(last_block_is_0, .covers = "7.2 fin")
{
	read_up_to_65530();
	read_goes_on(TID, 65531, 65535, 8);
	expect(DATA, server_data(TID, 0, 5));
	expect(BEYOND_END, server_data(TID, 1, 8));
	expect(DATA, server_data(TID, 65535, 8));
	expect(ACK, client_ack(TID, 0));
	expect(BEYOND_END, server_data(TID, 1, 8));
}

/* Lock step with the least slack: block 1 is two numbers behind 65535, and F = ws + 1 = 2. */
SCENARIO(rollover_to_1_in_lock_step, .covers = "7.2 F = ws + 1", .places = ROUTER)
{
	zone()->slack = 2;
	expect(REQUEST, client_rrq("big", "blksize", "8"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "8"));
	expect(ACK, client_ack(TID, 0));
	for (unsigned int block = 2; block <= 65534; block += 2) {
		expect(DATA, server_data(TID, block, 8));
		expect(ACK, client_ack(TID, block));
	}
	read_goes_on(TID, 65535, 65535, 8);
	expect(BLOCK_WINDOW, server_data(TID, 2, 8));
	expect(DATA, server_data(TID, 1, 8));
	expect(BLOCK_WINDOW, server_data(TID, 2, 8));
	expect(ACK, client_ack(TID, 1));
	read_goes_on(TID, 2, 3, 8);
}

SCENARIO(window_across_the_rollover, .covers = "7.2, 9.13")
{
	read_up_to_65530();
	for (unsigned int block = 65531; block <= 65535; block++)
		expect(DATA, server_data(TID, block, 8));
	for (unsigned int block = 0; block <= 7; block++)
		expect(DATA, server_data(TID, block, 8));
	/* 65534 got lost behind us. */
	expect(ACK, client_ack(TID, 65533));
	expect(DATA, server_data(TID, 65534, 8));
	expect(DATA, server_data(TID, 65535, 8));
	expect(DATA, server_data(TID, 0, 8));
	expect(DATA, server_data(TID, 8, 3));
	expect(ACK, client_ack(TID, 65535));
	expect(ACK, client_ack(TID, 0));
	expect(ACK_AHEAD, client_ack(TID, 9));
	expect(ACK, client_ack(TID, 8));
	expect(BEYOND_END, server_data(TID, 9, 8));
}

SCENARIO(ack_65535_where_0_is_expected, .covers = "9.13")
{
	read_up_to_65530();
	read_goes_on(TID, 65531, 65535, 8);
	expect(DATA, server_data(TID, 0, 8));
	expect(ACK, client_ack(TID, 65535));
	expect(DATA, server_data(TID, 1, 8));
	expect(ACK, client_ack(TID, 1));
}

/* tftp-hpa up to 5.2 answers the block that wraps to 0 as it answered the request. */
SCENARIO(oack_again_when_a_write_wraps, .covers = "7.3 ACTIVE, 9.10")
{
	expect(REQUEST, client_wrq("big", "blksize", "8", "windowsize", "16384"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "8", "windowsize", "16384"));
	for (unsigned int block = 16384; block <= 49152; block += 16384) {
		expect(DATA, client_data(TID, block, 8));
		expect(ACK, server_ack(TID, block));
	}
	expect(DATA, client_data(TID, 65535, 8));
	expect(ACK, server_ack(TID, 65535));
	expect(OACK_LATE, server_oack(TID, "blksize", "8", "windowsize", "16384"));
	expect(DATA, client_data(TID, 0, 8));
	expect(OACK, server_oack(TID, "blksize", "8", "windowsize", "16384"));
	expect(ACK, server_ack(TID, 65535));
	expect(ACK, server_ack(TID, 0));
	expect(DATA, client_data(TID, 1, 8));
	expect(ACK, server_ack(TID, 1));
	expect(OACK_LATE, server_oack(TID, "blksize", "8", "windowsize", "16384"));
	expect(DATA, client_data(TID, 2, 3));
	expect(ACK, server_ack(TID, 2));
}

SCENARIO(no_oack_when_a_read_has_wrapped_past_0, .covers = "7.3 ACTIVE")
{
	read_up_to_65530();
	read_goes_on(TID, 65531, 65535, 8);
	read_goes_on(TID, 0, 1, 8);
	expect(OACK_LATE, server_oack(TID, "blksize", "8", "windowsize", "16384"));
}
