// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Block windows: exact edges, agreed and not. Tracker specification 7.2.
 */
#include "scene.h"

SCENARIO(window_edges_without_agreement, .covers = "7.2 F, B with A = 8")
{
	read_begins(TID);
	read_goes_on(TID, 2, 20, 512);
	expect(DATA, server_data(TID, 28, 512));
	expect(BLOCK_WINDOW, server_data(TID, 29, 512));
	expect(DATA, server_data(TID, 12, 512));
	expect(BLOCK_WINDOW, server_data(TID, 11, 512));
	expect(ACK, client_ack(TID, 12));
	expect(BLOCK_WINDOW, client_ack(TID, 11));
	expect(ACK_AHEAD, client_ack(TID, 29));
	expect(ACK, client_ack(TID, 28));
	expect(ACK, client_ack(TID, 20));
	expect(BLOCK_WINDOW, client_ack(TID, 19));
	expect(DATA, server_data(TID, 36, 512));
	expect(BLOCK_WINDOW, server_data(TID, 37, 512));
}

SCENARIO(window_edges_with_the_least_slack, .covers = "7.2 A = 2")
{
	zone()->slack = 2;
	read_begins(TID);
	read_goes_on(TID, 2, 10, 512);
	expect(DATA, server_data(TID, 12, 512));
	expect(BLOCK_WINDOW, server_data(TID, 13, 512));
	expect(DATA, server_data(TID, 8, 512));
	expect(BLOCK_WINDOW, server_data(TID, 7, 512));
	expect(ACK, client_ack(TID, 8));
	expect(BLOCK_WINDOW, client_ack(TID, 7));
}

SCENARIO(window_edges_with_the_largest_slack, .covers = "7.2 A = 64")
{
	zone()->slack = 64;
	read_begins(TID);
	read_goes_on(TID, 2, 100, 512);
	expect(DATA, server_data(TID, 164, 512));
	expect(BLOCK_WINDOW, server_data(TID, 165, 512));
	expect(DATA, server_data(TID, 36, 512));
	expect(BLOCK_WINDOW, server_data(TID, 35, 512));
}

SCENARIO(window_smaller_than_the_slack, .covers = "7.2 F = max(ws + 1, A)")
{
	read_begins_with(TID, "512", "4");
	for (unsigned int block = 1; block <= 8; block++)
		expect(DATA, server_data(TID, block, 512));
	expect(BLOCK_WINDOW, server_data(TID, 9, 512));
	expect(ACK, client_ack(TID, 8));
	expect(DATA, server_data(TID, 16, 512));
	expect(BLOCK_WINDOW, server_data(TID, 17, 512));
}

SCENARIO(window_larger_than_the_slack, .covers = "7.2 F = ws + 1, B = ws")
{
	read_begins_with(TID, "1024", "16");
	for (unsigned int window = 0; window < 4; window++) {
		for (unsigned int block = 1; block <= 16; block++)
			expect(DATA, server_data(TID, window * 16 + block, 1024));
		expect(ACK, client_ack(TID, window * 16 + 16));
	}
	expect(DATA, server_data(TID, 64 + 17, 1024));
	expect(BLOCK_WINDOW, server_data(TID, 64 + 18, 1024));
	expect(DATA, server_data(TID, 64 - 16, 1024));
	expect(BLOCK_WINDOW, server_data(TID, 64 - 17, 1024));
	expect(ACK, client_ack(TID, 64 - 16));
	expect(BLOCK_WINDOW, client_ack(TID, 64 - 17));
}

SCENARIO(window_of_a_write, .covers = "7.2 F, B")
{
	expect(REQUEST, client_wrq("f", "windowsize", "16"));
	expect(FIRST_REPLY, server_oack(TID, "windowsize", "16"));
	for (unsigned int block = 1; block <= 17; block++)
		expect(DATA, client_data(TID, block, 512));
	expect(BLOCK_WINDOW, client_data(TID, 18, 512));
	expect(ACK, server_ack(TID, 16));
	expect(DATA, client_data(TID, 33, 512));
	expect(BLOCK_WINDOW, client_data(TID, 34, 512));
	expect(DATA, client_data(TID, 1, 512));
	expect(DATA, client_data(TID, 0, 512));
	expect(BLOCK_WINDOW, client_data(TID, 65535, 512));
}

SCENARIO(window_is_clamped, .covers = "7.2 clamp to 16384")
{
	read_begins_with(TID, "512", "65535");
	expect(DATA, server_data(TID, 16384, 512));
	expect(BLOCK_WINDOW, server_data(TID, 16385, 512));
	expect(BLOCK_WINDOW, server_data(TID, 32768, 512));
	expect(ACK, client_ack(TID, 16384));
	expect(DATA, server_data(TID, 0, 512));
	expect(DATA, server_data(TID, 32768, 512));
	expect(BLOCK_WINDOW, server_data(TID, 32769, 512));
	expect(BLOCK_WINDOW, server_data(TID, 65535, 512));
}

SCENARIO(lost_block_of_a_window, .covers = "7.2, 9.11")
{
	read_begins_with(TID, "512", "8");
	for (unsigned int block = 1; block <= 8; block++)
		expect(DATA, server_data(TID, block, 512));
	/* Block 4 got lost behind us: the client acknowledges the last contiguous one, the server goes back. */
	expect(ACK, client_ack(TID, 3));
	for (unsigned int block = 4; block <= 11; block++)
		expect(DATA, server_data(TID, block, 512));
	expect(ACK, client_ack(TID, 11));
}

SCENARIO(whole_window_again, .covers = "9.11 go back N")
{
	read_begins_with(TID, "512", "8");
	for (unsigned int turn = 0; turn < 3; turn++)
		for (unsigned int block = 1; block <= 8; block++)
			expect(DATA, server_data(TID, block, 512));
	expect(ACK, client_ack(TID, 8));
	expect(ACK, client_ack(TID, 8));
}

SCENARIO(lost_block_in_the_last_window, .covers = "7.2 fin, 9.11")
{
	read_begins_with(TID, "512", "8");
	for (unsigned int block = 1; block <= 5; block++)
		expect(DATA, server_data(TID, block, 512));
	expect(DATA, server_data(TID, 6, 40));
	expect(ACK, client_ack(TID, 2));
	for (unsigned int block = 3; block <= 5; block++)
		expect(DATA, server_data(TID, block, 512));
	expect(DATA, server_data(TID, 6, 40));
	expect(ACK, client_ack(TID, 6));
	expect(BEYOND_END, server_data(TID, 7, 512));
}

SCENARIO(sent_ahead_without_agreement, .covers = "9.12")
{
	read_begins(TID);
	for (unsigned int first = 2; first < 40; first += 4) {
		for (unsigned int block = first; block < first + 4; block++)
			expect(DATA, server_data(TID, block, 512));
		for (unsigned int block = first; block < first + 4; block++)
			expect(ACK, client_ack(TID, block));
	}
}

SCENARIO(repeated_and_older_acks, .covers = "9.11")
{
	read_begins(TID);
	read_goes_on(TID, 2, 30, 512);
	expect(ACK, client_ack(TID, 30));
	expect(ACK, client_ack(TID, 29));
	expect(ACK, client_ack(TID, 22));
	expect(BLOCK_WINDOW, client_ack(TID, 21));
	read_goes_on(TID, 31, 32, 512);
}

SCENARIO(dropped_data_does_not_move_the_window, .covers = "7.2 hd")
{
	read_begins(TID);
	expect(BLOCK_WINDOW, server_data(TID, 10, 512));
	expect(ACK_AHEAD, client_ack(TID, 10));
	expect(ACK_AHEAD, client_ack(TID, 2));
	read_goes_on(TID, 2, 3, 512);
}
