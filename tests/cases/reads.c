// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads: from the request to the end, and what is refused in each state. Tracker specification 7.3.
 */
#include "scene.h"

SCENARIO(read_of_one_short_block, .covers = "7.3 PENDING, FINAL, DONE")
{
	expect(REQUEST, client_rrq("pxelinux.0"));
	after_ms(1);
	expect(FIRST_REPLY, server_data(TID, 1, 100));
	after_ms(1);
	expect(ACK, client_ack(TID, 1));
	after_ms(1);
	expect(DATA, server_data(TID, 1, 100));
	expect(ACK, client_ack(TID, 1));
	expect(BEYOND_END, server_data(TID, 2, 100));
	expect(ACK_AHEAD, client_ack(TID, 2));
}

SCENARIO(read_of_several_blocks, .covers = "7.3 OFFER, ACTIVE, FINAL, DONE")
{
	read_begins(TID);
	read_goes_on(TID, 2, 20, 512);
	expect(DATA, server_data(TID, 21, 511));
	expect(BEYOND_END, server_data(TID, 22, 512));
	expect(DATA, server_data(TID, 21, 511));
	expect(ACK, client_ack(TID, 21));
	expect(BEYOND_END, server_data(TID, 22, 512));
	expect(ACK_AHEAD, client_ack(TID, 22));
	expect(DATA, server_data(TID, 20, 512));
	expect(ACK, client_ack(TID, 20));
}

SCENARIO(read_of_whole_blocks_ends_with_an_empty_one, .covers = "7.3 FINAL")
{
	read_begins(TID);
	expect(DATA, server_data(TID, 2, 0));
	expect(BEYOND_END, server_data(TID, 3, 512));
	expect(ACK, client_ack(TID, 2));
	expect(BEYOND_END, server_data(TID, 3, 512));
}

SCENARIO(read_of_an_empty_file, .covers = "7.3 FINAL")
{
	expect(REQUEST, client_rrq("empty"));
	expect(FIRST_REPLY, server_data(TID, 1, 0));
	expect(ACK, client_ack(TID, 1));
	expect(BEYOND_END, server_data(TID, 2, 0));
}

SCENARIO(read_with_options, .covers = "7.3, 7.5 blksize")
{
	expect(REQUEST, client_rrq("pxelinux.0", "blksize", "1432", "tsize", "0"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1432", "tsize", "42988"));
	expect(ACK, client_ack(TID, 0));
	read_goes_on(TID, 1, 4, 1432);
	expect(DATA_SIZE, server_data(TID, 5, 1433));
	expect(DATA, server_data(TID, 5, 1431));
	expect(ACK, client_ack(TID, 5));
	expect(BEYOND_END, server_data(TID, 6, 1432));
}

SCENARIO(read_whose_options_are_ignored, .covers = "7.3 PENDING, 9.8")
{
	expect(REQUEST, client_rrq("pxelinux.0", "blksize", "1432", "tsize", "0"));
	expect(DATA_SIZE, server_data(TID, 1, 513));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
	expect(DATA_SIZE, server_data(TID, 2, 1432));
	read_goes_on(TID, 2, 3, 512);
}

SCENARIO(read_answered_by_what_cannot_be, .covers = "7.3 PENDING")
{
	expect(REQUEST, client_rrq("pxelinux.0"));
	expect(REPLY_KIND, server_ack(TID, 0));
	expect(REPLY_KIND, server_ack(TID, 1));
	expect(REPLY_BLOCK, server_data(TID, 0, 512));
	expect(REPLY_BLOCK, server_data(TID, 2, 512));
	expect(REPLY_BLOCK, server_data(TID, 65535, 512));
	expect(DATA_SIZE, server_data(TID, 1, 513));
	expect(OACK_UNASKED, server_oack(TID, "blksize", "512"));
	expect(TFTP_SHORT, server_sends(TID, BYTES("\0\3\0")));
	expect(TFTP_SHORT, server_sends(TID, BYTES("")));
	/* None of them has used up the answer that the request may have. */
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(NO_CREDIT, server_data(TID2, 1, 512));
}

SCENARIO(first_reply_with_an_unknown_opcode, .covers = "7.3 PENDING")
{
	expect(REQUEST, client_rrq("pxelinux.0"));
	expect(REPLY_KIND, server_sends(TID, BYTES("\0\0\0\1")));
	expect(REPLY_KIND, server_sends(TID, BYTES("\0\7\0\1")));
	expect(REPLY_KIND, server_sends(TID, BYTES("\1\3\0\1")));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
}

SCENARIO(first_reply_may_come_from_any_port, .covers = "7.3 PENDING, 9.1")
{
	static const uint16_t ports[] = {1, 68, 69, 1023, 1024, 32768, 65535};

	for (unsigned int i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		client_port(2000 + i);
		expect(REQUEST, client_rrq("file"));
		expect(FIRST_REPLY, server_data(ports[i], 1, 512));
		expect(ACK, client_ack(ports[i], 1));
		expect(DATA, server_data(ports[i], 2, 512));
	}
}

SCENARIO(oack_is_acknowledged_before_data, .covers = "7.3 OFFER")
{
	expect(REQUEST, client_rrq("f", "blksize", "1000"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1000"));
	expect(DATA_BEFORE_ACK, server_data(TID, 1, 1000));
	expect(OACK, server_oack(TID, "blksize", "1000"));
	expect(DATA_BEFORE_ACK, server_data(TID, 1, 1000));
	expect(ACK_AHEAD, client_ack(TID, 1));
	expect(ACK, client_ack(TID, 0));
	/* The ACK was lost behind us, say: both sides repeat. */
	expect(OACK, server_oack(TID, "blksize", "1000"));
	expect(ACK, client_ack(TID, 0));
	expect(DATA, server_data(TID, 1, 1000));
	expect(OACK_LATE, server_oack(TID, "blksize", "1000"));
	expect(ACK, client_ack(TID, 0));
	expect(ACK, client_ack(TID, 1));
}

SCENARIO(offer_of_a_read, .covers = "7.3 OFFER, 7.2 F")
{
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(DATA, server_data(TID, 1, 512));
	/* Sent ahead without an agreed window: up to F = 8. */
	expect(DATA, server_data(TID, 2, 512));
	expect(DATA, server_data(TID, 8, 512));
	expect(BLOCK_WINDOW, server_data(TID, 9, 512));
	expect(BLOCK_WINDOW, server_data(TID, 65535, 512));
	expect(WRONG_ROLE, client_data(TID, 1, 512));
	expect(WRONG_ROLE, server_ack(TID, 1));
	expect(OACK_LATE, server_oack(TID, "blksize", "512"));
	expect(ACK_AHEAD, client_ack(TID, 9));
	expect(ACK, client_ack(TID, 3));
	expect(DATA, server_data(TID, 11, 512));
	expect(BLOCK_WINDOW, server_data(TID, 12, 512));
}

SCENARIO(ack_0_without_an_oack, .covers = "9.10")
{
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 0));
	expect(DATA, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
	read_goes_on(TID, 2, 3, 512);
}

SCENARIO(read_opcodes_are_bound_to_roles, .covers = "7.3 extra transition 3")
{
	read_begins(TID);
	read_goes_on(TID, 2, 5, 512);
	expect(WRONG_ROLE, client_data(TID, 6, 512));
	expect(WRONG_ROLE, server_ack(TID, 5));
	expect(WRONG_ROLE, client_sends(TID, BYTES("\0\6blksize\0"
						   "512\0")));
	expect(OACK_LATE, server_oack(TID, "blksize", "512"));
	expect(OPCODE, client_sends(TID, BYTES("\0\0\0\6")));
	expect(OPCODE, server_sends(TID, BYTES("\0\0\0\6")));
	expect(OPCODE, client_sends(TID, BYTES("\0\7\0\6")));
	expect(OPCODE, server_sends(TID, BYTES("\0\7\0\6")));
	expect(OPCODE, server_sends(TID, BYTES("\377\377\0\6")));
	expect(WRONG_ROLE, server_sends(TID, BYTES("\0\1f\0octet\0")));
	expect(WRONG_ROLE, client_sends(TID, BYTES("\0\2f\0octet\0")));
	expect(DATA, server_data(TID, 6, 512));
}

SCENARIO(read_packets_that_are_too_short, .covers = "7.3 ACTIVE")
{
	read_begins(TID);
	expect(TFTP_SHORT, server_sends(TID, BYTES("")));
	expect(TFTP_SHORT, server_sends(TID, BYTES("\0")));
	expect(TFTP_SHORT, server_sends(TID, BYTES("\0\3")));
	expect(TFTP_SHORT, server_sends(TID, BYTES("\0\3\0")));
	expect(TFTP_SHORT, client_sends(TID, BYTES("\0\4\0")));
	expect(TFTP_SHORT, client_sends(TID, BYTES("\0\5\0")));
	read_goes_on(TID, 2, 3, 512);
}

SCENARIO(read_acks_have_four_bytes, .covers = "7.2 ACK")
{
	read_begins(TID);
	expect(DATA, server_data(TID, 2, 512));
	expect(ACK_SIZE, client_ack_sized(TID, 2, 5));
	expect(ACK_SIZE, client_ack_sized(TID, 2, 6));
	expect(ACK_SIZE, client_ack_sized(TID, 2, 512));
	expect(ACK, client_ack(TID, 2));
}

SCENARIO(old_short_block_is_not_the_end, .covers = "7.2 DATA")
{
	read_begins(TID);
	read_goes_on(TID, 2, 5, 512);
	expect(DATA, server_data(TID, 4, 100));
	read_goes_on(TID, 6, 7, 512);
}

SCENARIO(reply_without_a_request, .covers = "7.3 none", .places = ROUTER | CLIENT_HOST | LOOPBACK)
{
	expect(UNSOLICITED, server_data(TID, 1, 512));
	expect(UNSOLICITED, server_data(TFTP_PORT, 1, 512));
	expect(UNSOLICITED, server_ack(TID, 0));
	expect(UNSOLICITED, server_oack(TID, "blksize", "512"));
	expect(UNSOLICITED, server_error(TID, 1, "File not found"));
	expect(UNSOLICITED, server_sends(TID, BYTES("")));
}

SCENARIO(transfer_without_a_request, .covers = "7.3 none",
	 .places = ROUTER | SERVER_HOST | LOOPBACK)
{
	expect(UNSOLICITED, client_ack(TID, 1));
	expect(UNSOLICITED, client_data(TID, 1, 512));
	expect(UNSOLICITED, client_error(TID, 0, "bye"));
	expect(NOT_A_REQUEST, client_ack(TFTP_PORT, 1));
	expect(NOT_A_REQUEST, client_data(TFTP_PORT, 1, 512));
	expect(NOT_A_REQUEST, client_error(TFTP_PORT, 0, "bye"));
	expect(NOT_A_REQUEST, client_sends(TFTP_PORT, BYTES("")));
	expect(NOT_A_REQUEST, client_sends(TFTP_PORT, BYTES("\0")));
	expect(NOT_A_REQUEST, client_sends(TFTP_PORT, BYTES("\0\3\0")));
}

SCENARIO(reply_must_fit_the_request_exactly, .covers = "7.1 PENDING, XFER",
	 .places = ROUTER | CLIENT_HOST)
{
	expect(REQUEST, client_rrq("f"));
	expect(UNSOLICITED, from_host(OTHER_SERVER, server_data(TID, 1, 512)));
	expect(UNSOLICITED, from_host(STRANGER, server_data(TID, 1, 512)));
	expect(UNSOLICITED, to_port(CLIENT_TID + 1, server_data(TID, 1, 512)));
	expect(UNSOLICITED, to_host(OTHER_CLIENT, server_data(TID, 1, 512)));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
	expect(UNSOLICITED, from_host(OTHER_SERVER, server_data(TID, 2, 512)));
	expect(UNSOLICITED, to_port(CLIENT_TID + 1, server_data(TID, 2, 512)));
	expect(DATA, server_data(TID, 2, 512));
}

SCENARIO(client_packets_must_fit_the_transfer, .covers = "7.1 XFER", .places = ROUTER | SERVER_HOST)
{
	read_begins(TID);
	expect(DATA, server_data(TID, 2, 512));
	expect(UNSOLICITED, from_host(OTHER_CLIENT, client_ack(TID, 2)));
	expect(UNSOLICITED, from_host(STRANGER, client_error(TID, 0, "spoofed")));
	expect(UNSOLICITED, from_port(CLIENT_TID + 1, client_ack(TID, 2)));
	expect(UNSOLICITED, client_ack(TID2, 2));
	expect(ACK, client_ack(TID, 2));
}

SCENARIO(injection_does_not_disturb, .covers = "7.3 ACTIVE")
{
	read_begins(TID);
	read_goes_on(TID, 2, 50, 512);
	/* Off the window, too large, of the other role: nothing of it takes effect. */
	expect(BLOCK_WINDOW, server_data(TID, 1000, 512));
	expect(BLOCK_WINDOW, server_data(TID, 30, 10));
	expect(DATA_SIZE, server_data(TID, 51, 600));
	expect(WRONG_ROLE, client_data(TID, 51, 3));
	expect(ACK_AHEAD, client_ack(TID, 51));
	read_goes_on(TID, 51, 53, 512);
}
