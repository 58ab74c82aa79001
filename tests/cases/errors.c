// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ERROR packets: every shape, in every state, and what still flows after one. Tracker specification 7.2, 7.3 ERR.
 */
#include "scene.h"

SCENARIO(error_answers_a_read, .covers = "7.3 PENDING to ERR")
{
	expect(REQUEST, client_rrq("missing"));
	expect(FIRST_REPLY, server_error(TID, 1, "File not found"));
	expect(ERROR, server_error(TID, 1, "File not found"));
	expect(NO_CREDIT, server_error(TID2, 1, "File not found"));
}

SCENARIO(error_answers_a_write, .covers = "7.3 PENDING to ERR")
{
	expect(REQUEST, client_wrq("forbidden"));
	expect(FIRST_REPLY, server_error(TID, 2, "Access violation"));
	expect(NO_CREDIT, server_ack(TID2, 0));
}

SCENARIO(error_answers_options_and_is_retried_without, .covers = "1 RFC 1785, RFC 2347")
{
	expect(REQUEST, client_rrq("f", "blksize", "1432"));
	expect(FIRST_REPLY, server_error(TID, 8, "no options, please"));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(ACK, client_ack(TID2, 1));
	read_goes_on(TID2, 2, 3, 512);
}

SCENARIO(error_shapes, .covers = "7.2 ERROR, 3.8, 9.9")
{
	read_begins(TID);
	expect(ERROR, client_sends(TID, BYTES("\0\5\0\0")));
	expect(ERROR, server_sends(TID, BYTES("\0\5\0\0")));
	expect(ERROR, client_sends(TID, BYTES("\0\5\0\0x")));
	expect(ERROR, client_sends(TID, BYTES("\0\5\0\0\0")));
	expect(ERROR, client_sends(TID, BYTES("\0\5\0\0\0\0")));
	expect(ERROR, server_sends(TID, BYTES("\0\5\0\5no end")));
	expect(ERROR, server_sends(TID, BYTES("\0\5\0\5two ends\0\0")));
	expect(ERROR, server_error(TID, 9, "End of Transfer"));
	expect(ERROR, server_error(TID, 99, "anything"));
	expect(ERROR, server_error(TID, 62620, "from Windows"));
	expect(ERROR, server_error(TID, 65535, ""));
	expect(TFTP_SHORT, client_sends(TID, BYTES("\0\5\0")));
	expect(TFTP_SHORT, server_sends(TID, BYTES("\0\5")));
}

SCENARIO(error_codes_in_a_first_reply, .covers = "7.2 ERROR")
{
	for (unsigned int code = 0; code <= 9; code++) {
		client_port(50000 + code);
		expect(REQUEST, client_rrq("f"));
		expect(FIRST_REPLY, server_error(TID, code, ""));
	}
	client_port(50010);
	expect(REQUEST, client_rrq("f"));
	expect(TFTP_SHORT, server_sends(TID, BYTES("\0\5\0")));
	expect(FIRST_REPLY, server_sends(TID, BYTES("\0\5\0\1")));
}

SCENARIO(client_aborts_after_the_oack, .covers = "3.7, 9.9")
{
	static const unsigned int codes[] = {0, 8};

	for (unsigned int i = 0; i < 4; i++) {
		client_port(50000 + i);
		expect(REQUEST, client_rrq("f", "tsize", "0"));
		expect(FIRST_REPLY, server_oack(TID, "tsize", "5000"));
		if (i >= 2)
			expect(ACK, client_ack(TID, 0));
		expect(ERROR, client_error(TID, codes[i % 2], "TFTP Aborted"));
		/* What was on its way. */
		expect(OACK, server_oack(TID, "tsize", "5000"));
		if (i >= 2)
			expect(DATA, server_data(TID, 1, 512));
		client_port(50100 + i);
		expect(REQUEST, client_rrq("f", "blksize", "1456"));
		expect(FIRST_REPLY, server_oack(TID2, "blksize", "1456"));
		expect(ACK, client_ack(TID2, 0));
	}
}

SCENARIO(error_is_answered, .covers = "7.3 ERR, 9.9")
{
	read_begins(TID);
	expect(DATA, server_data(TID, 2, 512));
	expect(ERROR, server_error(TID, 0, "bye"));
	/* By an ACK of what the ERROR seems to be (tftp-hpa), by an ERROR (tftpy, fbtftp). */
	expect(ACK, client_ack(TID, 2));
	expect(ACK, client_ack(TID, 3));
	expect(ACK_AHEAD, client_ack(TID, 4));
	/* Half the ring from the last DATA is not behind that ACK. */
	expect(ACK_AHEAD, client_ack(TID, 2 + 32768));
	expect(ERROR, client_error(TID, 4, "what?"));
	expect(ERROR, server_error(TID, 4, "nothing"));
}

SCENARIO(errors_do_not_open_the_window, .covers = "7.3 ERR")
{
	read_begins(TID);
	read_goes_on(TID, 2, 20, 512);
	expect(ERROR, client_error(TID, 0, "bye"));
	expect(DATA, server_data(TID, 21, 512));
	expect(BLOCK_WINDOW, server_data(TID, 29, 512));
	expect(DATA_SIZE, server_data(TID, 22, 513));
	expect(WRONG_ROLE, client_data(TID, 21, 512));
	expect(OPCODE, server_sends(TID, BYTES("\0\11\0\0")));
	expect(BLOCK_WINDOW, client_ack(TID, 2));
}

/* lwIP sends ERROR 5 in the middle of a transfer, and goes on. */
SCENARIO(transfer_goes_on_after_an_error, .covers = "9.18")
{
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
	expect(ERROR, client_error(TID, 5, "Wrong block number"));
	for (unsigned int block = 2; block < 40; block++) {
		after_ms(9000);
		expect(DATA, server_data(TID, block, 512));
		expect(ACK, client_ack(TID, block));
	}
	expect(DATA, server_data(TID, 40, 4));
	expect(BEYOND_END, server_data(TID, 41, 512));
	expect(ACK, client_ack(TID, 40));
}

SCENARIO(write_goes_on_after_an_error, .covers = "9.18")
{
	write_begins(TID);
	expect(ERROR, server_error(TID, 5, "Wrong block number"));
	for (unsigned int block = 2; block < 10; block++) {
		after_ms(9000);
		expect(DATA, client_data(TID, block, 512));
		expect(ACK, server_ack(TID, block));
	}
}

/* Its repeat interval is 10 s and a tick, and one packet of each kind is lost in front of the firewall. */
SCENARIO(lost_packet_after_an_error_does_not_end_the_transfer, .covers = "9.18, 10.15")
{
	read_begins(TID);
	expect(ERROR, client_error(TID, 5, "Wrong block number"));
	after_ms(10050);
	expect(DATA, server_data(TID, 2, 512));
	expect(ACK, client_ack(TID, 2));
	expect(DATA, server_data(TID, 3, 512));
	after_ms(10050);
	expect(ACK, client_ack(TID, 3));
	expect(DATA, server_data(TID, 4, 4));
	expect(ACK, client_ack(TID, 4));
}

/* ERROR 5 to a TID that the client did not choose has nothing to do with the one that it did. */
SCENARIO(unknown_tid_leaves_the_transfer_alone, .covers = "1 RFC 1350 4, 10.15")
{
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(ACK, client_ack(TID, 1));
	expect(ERROR, client_error(TID2, 5, "Unknown TID"));
	expect(ERROR, server_error(TID2, 5, "Unknown TID"));
	after_ms(100000);
	read_goes_on(TID, 2, 3, 512);
}

SCENARIO(error_after_the_end, .covers = "7.3 DONE, 9.15")
{
	read_begins(TID);
	expect(DATA, server_data(TID, 2, 10));
	expect(ACK, client_ack(TID, 2));
	expect(ERROR, client_error(TID, 0, "closed"));
	expect(ERROR, server_error(TID, 0, "whatever"));
	/* The transfer is over all the same: repeats pass, new blocks don't. */
	expect(DATA, server_data(TID, 2, 10));
	expect(ACK, client_ack(TID, 2));
	expect(BEYOND_END, server_data(TID, 3, 10));
}

SCENARIO(error_in_final, .covers = "7.3 FINAL to ERR")
{
	read_begins(TID);
	expect(DATA, server_data(TID, 2, 10));
	expect(ERROR, client_error(TID, 3, "Disk full"));
	expect(DATA, server_data(TID, 2, 10));
	expect(BEYOND_END, server_data(TID, 3, 10));
	expect(ACK, client_ack(TID, 2));
}

SCENARIO(error_of_the_size_of_a_packet, .covers = "7.2 ERROR: text never checked")
{
	char text[1400];

	for (unsigned int i = 0; i < sizeof(text); i++)
		text[i] = i < sizeof(text) - 1 ? 'x' : 0;
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_error(TID, 0, text));
	expect(ERROR, client_error(TID, 0, text));
}

SCENARIO(ack_in_err_does_not_commit, .covers = "10.6")
{
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_error(TID, 0, "busy"));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(ACK, client_ack(TID, 0));
	expect(DATA, server_data(TID2, 1, 512));
	expect(ACK, client_ack(TID2, 1));
	read_goes_on(TID2, 2, 3, 512);
}

SCENARIO(errors_of_either_side_end_a_read, .covers = "7.3 ERR, 8 T_err")
{
	no_udp_tracking();
	client_port(2001);
	read_begins(TID);
	client_port(2002);
	read_begins(TID);
	at_ms(31000);
	expect(ERROR, server_error(TID, 0, "gave up"));
	client_port(2001);
	expect(ERROR, client_error(TID, 3, "Disk full"));
	at_ms(43001);
	expect_stray(EXPIRED, client_ack(TID, 1));
	client_port(2002);
	expect_stray(EXPIRED, client_ack(TID, 1));
}

SCENARIO(errors_of_either_side_end_a_write, .covers = "7.3 ERR, 8 T_err")
{
	no_udp_tracking();
	client_port(2001);
	write_begins(TID);
	client_port(2002);
	write_begins(TID);
	at_ms(31000);
	expect(ERROR, server_error(TID, 3, "Disk full"));
	client_port(2001);
	expect(ERROR, client_error(TID, 0, "gave up"));
	at_ms(43001);
	expect_stray(EXPIRED, client_data(TID, 2, 512));
	client_port(2002);
	expect_stray(EXPIRED, client_data(TID, 2, 512));
}

/* Its ERROR 5 told one TID that it was not wanted; then the client changes its mind. */
SCENARIO(error_to_a_left_tid_does_not_end_it, .covers = "7.3 SUP")
{
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(ACK, client_ack(TID, 1));
	expect(ERROR, client_error(TID2, 5, "Unknown transfer ID"));
	expect(ACK, client_ack(TID2, 1));
	after_ms(60000);
	expect(DATA, server_data(TID2, 2, 512));
}
