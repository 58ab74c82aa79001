// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes: from the request to the end, and what is refused in each state. Tracker specification 7.3.
 */
#include "scene.h"

SCENARIO(write_of_one_short_block, .covers = "7.3 PENDING, OFFER, FINAL, DONE")
{
	expect(REQUEST, client_wrq("core.dump"));
	expect(FIRST_REPLY, server_ack(TID, 0));
	expect(DATA, client_data(TID, 1, 17));
	expect(ACK, server_ack(TID, 1));
	/* The final ACK got lost. */
	expect(DATA, client_data(TID, 1, 17));
	expect(ACK, server_ack(TID, 1));
	expect(BEYOND_END, client_data(TID, 2, 17));
	expect(ACK_AHEAD, server_ack(TID, 2));
}

SCENARIO(write_of_several_blocks, .covers = "7.3 ACTIVE, FINAL, DONE")
{
	write_begins(TID);
	write_goes_on(TID, 2, 20, 512);
	expect(DATA, client_data(TID, 21, 0));
	expect(BEYOND_END, client_data(TID, 22, 512));
	expect(ACK, server_ack(TID, 21));
	expect(BEYOND_END, client_data(TID, 22, 512));
}

SCENARIO(write_of_an_empty_file, .covers = "7.3 FINAL")
{
	expect(REQUEST, client_wrq("empty"));
	expect(FIRST_REPLY, server_ack(TID, 0));
	expect(DATA, client_data(TID, 1, 0));
	expect(ACK, server_ack(TID, 1));
	expect(BEYOND_END, client_data(TID, 2, 0));
}

SCENARIO(write_with_options, .covers = "7.3, 7.5")
{
	expect(REQUEST, client_wrq("core.dump", "blksize", "1024", "tsize", "2048"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1024", "tsize", "2048"));
	expect(OACK, server_oack(TID, "blksize", "1024", "tsize", "2048"));
	expect(DATA_SIZE, client_data(TID, 1, 1025));
	expect(DATA, client_data(TID, 1, 1024));
	expect(OACK, server_oack(TID, "blksize", "1024", "tsize", "2048"));
	expect(ACK, server_ack(TID, 1));
	expect(OACK_LATE, server_oack(TID, "blksize", "1024", "tsize", "2048"));
	write_goes_on(TID, 2, 4, 1024);
	expect(OACK_LATE, server_oack(TID, "blksize", "1024", "tsize", "2048"));
	expect(DATA, client_data(TID, 5, 1023));
	expect(ACK, server_ack(TID, 5));
}

SCENARIO(write_whose_options_are_ignored, .covers = "9.8")
{
	expect(REQUEST, client_wrq("core.dump", "blksize", "1024"));
	expect(FIRST_REPLY, server_ack(TID, 0));
	expect(DATA_SIZE, client_data(TID, 1, 1024));
	expect(DATA, client_data(TID, 1, 512));
}

SCENARIO(write_answered_by_what_cannot_be, .covers = "7.3 PENDING")
{
	expect(REQUEST, client_wrq("core.dump"));
	expect(REPLY_KIND, server_data(TID, 0, 512));
	expect(REPLY_KIND, server_data(TID, 1, 512));
	expect(REPLY_BLOCK, server_ack(TID, 1));
	expect(REPLY_BLOCK, server_ack(TID, 65535));
	expect(ACK_SIZE, server_ack_sized(TID, 0, 5));
	expect(OACK_UNASKED, server_oack(TID, "tsize", "17"));
	expect(TFTP_SHORT, server_ack_sized(TID, 0, 3));
	expect(FIRST_REPLY, server_ack(TID, 0));
	expect(NO_CREDIT, server_ack(TID2, 0));
}

SCENARIO(offer_of_a_write, .covers = "7.3 OFFER, 7.2 F")
{
	expect(REQUEST, client_wrq("core.dump"));
	expect(FIRST_REPLY, server_ack(TID, 0));
	expect(ACK, server_ack(TID, 0));
	expect(ACK_AHEAD, server_ack(TID, 1));
	expect(WRONG_ROLE, server_data(TID, 1, 512));
	expect(WRONG_ROLE, client_ack(TID, 0));
	expect(BLOCK_WINDOW, client_data(TID, 9, 512));
	expect(DATA, client_data(TID, 1, 512));
}

SCENARIO(offer_of_a_write_sent_ahead, .covers = "7.3 OFFER, 7.2 F")
{
	expect(REQUEST, client_wrq("core.dump"));
	expect(FIRST_REPLY, server_ack(TID, 0));
	expect(DATA, client_data(TID, 8, 512));
	expect(DATA, client_data(TID, 1, 512));
	expect(BLOCK_WINDOW, client_data(TID, 9, 512));
	expect(ACK, server_ack(TID, 8));
	expect(DATA, client_data(TID, 9, 512));
}

SCENARIO(write_that_begins_with_block_0, .covers = "2.2 tftpd64")
{
	expect(REQUEST, client_wrq("core.dump"));
	expect(FIRST_REPLY, server_ack(TID, 0));
	expect(DATA, client_data(TID, 0, 512));
	expect(ACK, server_ack(TID, 0));
	expect(DATA, client_data(TID, 1, 512));
	expect(ACK, server_ack(TID, 1));
}

SCENARIO(write_opcodes_are_bound_to_roles, .covers = "7.3 extra transition 3")
{
	write_begins(TID);
	expect(WRONG_ROLE, client_ack(TID, 1));
	expect(WRONG_ROLE, server_data(TID, 2, 512));
	expect(WRONG_ROLE, client_sends(TID, BYTES("\0\6blksize\0"
						   "512\0")));
	expect(OPCODE, client_sends(TID, BYTES("\0\10\0\2")));
	expect(OPCODE, server_sends(TID, BYTES("\0\0\0\2")));
	expect(DATA, client_data(TID, 2, 512));
	expect(ACK_SIZE, server_ack_sized(TID, 2, 5));
	expect(ACK, server_ack(TID, 2));
}

SCENARIO(write_may_not_be_acknowledged_ahead, .covers = "7.2 ACK")
{
	write_begins(TID);
	expect(ACK_AHEAD, server_ack(TID, 2));
	expect(DATA, client_data(TID, 2, 512));
	expect(ACK, server_ack(TID, 2));
	expect(ACK, server_ack(TID, 1));
	expect(ACK_AHEAD, server_ack(TID, 3));
}

SCENARIO(write_answered_twice_before_data, .covers = "7.3 OFFER")
{
	expect(REQUEST, client_wrq("core.dump", "tsize", "17"));
	expect(FIRST_REPLY, server_ack(TID, 0));
	expect(ACK, server_ack(TID, 0));
	/* The answer was an ACK: an OACK cannot follow it. */
	expect(OACK_LATE, server_oack(TID, "tsize", "17"));
	expect(DATA, client_data(TID, 1, 17));
}
