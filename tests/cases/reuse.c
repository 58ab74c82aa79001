// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The same client port, or the same two ports, used again: the next file, and clients that have started anew.
 * Tracker specification 7.3, extra transitions 1 and 2; 9.3, 9.6.
 */
#include "scene.h"

SCENARIO(next_file_from_the_same_port, .covers = "9.3")
{
	expect(REQUEST, client_rrq("first"));
	expect(FIRST_REPLY, server_data(TID, 1, 10));
	expect(ACK, client_ack(TID, 1));
	expect(REQUEST, client_rrq("second"));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	/* The final ACK was lost: the server of the first file repeats. */
	expect(DATA, server_data(TID, 1, 10));
	expect(ACK, client_ack(TID2, 1));
	expect(SUPERSEDED, server_data(TID, 1, 10));
	read_goes_on(TID2, 2, 3, 512);
}

SCENARIO(same_ports_after_the_end, .covers = "7.3 extra transition 1: DONE, 9.3")
{
	for (unsigned int turn = 0; turn < 3; turn++) {
		expect(REQUEST, client_rrq("same"));
		expect(FIRST_REPLY, server_data(TID, 1, 512));
		expect(ACK, client_ack(TID, 1));
		expect(DATA, server_data(TID, 2, 10));
		expect(ACK, client_ack(TID, 2));
		expect(BEYOND_END, server_data(TID, 3, 512));
	}
}

SCENARIO(same_ports_other_options, .covers = "7.3 extra transition 1: DONE")
{
	expect(REQUEST, client_rrq("f", "blksize", "1432"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1432"));
	expect(ACK, client_ack(TID, 0));
	expect(DATA, server_data(TID, 1, 10));
	expect(ACK, client_ack(TID, 1));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
	expect(DATA_SIZE, server_data(TID, 2, 1432));
	expect(DATA, server_data(TID, 2, 512));
}

SCENARIO(same_ports_after_an_error, .covers = "7.3 extra transition 1: ERR")
{
	expect(REQUEST, client_rrq("missing"));
	expect(FIRST_REPLY, server_error(TID, 1, "File not found"));
	expect(REQUEST, client_rrq("missing"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
	read_goes_on(TID, 2, 20, 512);
}

SCENARIO(same_ports_from_read_to_write, .covers = "7.3 extra transition 1")
{
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 10));
	expect(ACK, client_ack(TID, 1));
	expect(REQUEST, client_wrq("f"));
	expect(FIRST_REPLY, server_ack(TID, 0));
	expect(DATA, client_data(TID, 1, 512));
	expect(ACK, server_ack(TID, 1));
	expect(WRONG_ROLE, server_data(TID, 1, 10));
	write_goes_on(TID, 2, 3, 512);
}

/* The ERROR that ends the first transfer is still on its way, or never comes. */
SCENARIO(same_ports_while_a_differing_one_runs,
	 .covers = "7.3 extra transition 1: hash differs, 9.6")
{
	expect(REQUEST, client_rrq("f", "tsize", "0"));
	expect(FIRST_REPLY, server_oack(TID, "tsize", "5000"));
	expect(ACK, client_ack(TID, 0));
	expect(DATA, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
	after_ms(1);
	expect(REQUEST, client_rrq("f", "blksize", "1456"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1456"));
	expect(ACK, client_ack(TID, 0));
	expect(DATA, server_data(TID, 1, 1456));
	expect(ACK, client_ack(TID, 1));
	read_goes_on(TID, 2, 12, 1456);
}

SCENARIO(same_ports_while_an_offer_waits, .covers = "7.3 extra transition 1: hash differs")
{
	expect(REQUEST, client_rrq("f", "tsize", "0"));
	expect(FIRST_REPLY, server_oack(TID, "tsize", "5000"));
	expect(REQUEST, client_rrq("f", "blksize", "1456"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1456"));
	expect(ACK, client_ack(TID, 0));
	expect(DATA, server_data(TID, 1, 1456));
}

/* A single-port server that begins anew at a repeated request (dnsmasq). */
SCENARIO(same_ports_same_request_restarts,
	 .covers = "7.3 extra transition 1: invalid in the present state")
{
	read_begins(TFTP_PORT);
	read_goes_on(TFTP_PORT, 2, 50, 512);
	expect(REQUEST, client_rrq("pxelinux.0"));
	expect(FIRST_REPLY, server_data(TFTP_PORT, 1, 512));
	expect(ACK, client_ack(TFTP_PORT, 1));
	expect(BLOCK_WINDOW, server_data(TFTP_PORT, 51, 512));
	read_goes_on(TFTP_PORT, 2, 20, 512);
}

/* The request comes twice, the OACK again behind the first DATA: the transfer that runs is not begun anew. */
SCENARIO(late_repeat_does_not_restart_its_transfer, .covers = "10.13")
{
	expect(REQUEST, client_rrq("f", "blksize", "1456"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1456"));
	expect(ACK, client_ack(TID, 0));
	expect(REQUEST, client_rrq("f", "blksize", "1456"));
	expect(DATA, server_data(TID, 1, 1456));
	expect(OACK_LATE, server_oack(TID, "blksize", "1456"));
	expect(ACK, client_ack(TID, 1));
	read_goes_on(TID, 2, 3, 1456);
}

/* A, B, A: the present request is the one that the transfer answers. */
SCENARIO(request_between_two_like_ones_does_not_count, .covers = "10.13")
{
	expect(REQUEST, client_rrq("a"));
	expect(FIRST_REPLY, server_data(TFTP_PORT, 1, 512));
	expect(ACK, client_ack(TFTP_PORT, 1));
	expect(REQUEST, client_rrq("b"));
	expect(REQUEST, client_rrq("a"));
	expect(DATA, server_data(TFTP_PORT, 2, 512));
	expect(DATA, server_data(TFTP_PORT, 1, 512));
	expect(ACK, client_ack(TFTP_PORT, 2));
	expect(SURPLUS_TID, server_data(TID, 1, 512));
}

SCENARIO(same_ports_same_request_repeated_early,
	 .covers = "7.3 extra transition 1: valid in the present state")
{
	read_begins(TID);
	expect(DATA, server_data(TID, 2, 512));
	expect(REQUEST, client_rrq("pxelinux.0"));
	expect(DATA, server_data(TID, 1, 512));
	expect(DATA, server_data(TID, 3, 512));
	expect(ACK, client_ack(TID, 3));
}

SCENARIO(same_ports_without_credit, .covers = "7.3 extra transition 1: credit > 0")
{
	expect(REQUEST, client_rrq("f", "blksize", "1456"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1456"));
	expect(ACK, client_ack(TID, 0));
	read_goes_on(TID, 1, 50, 1456);
	expect(OACK_LATE, server_oack(TID, "blksize", "1456"));
	expect(BLOCK_WINDOW, server_data(TID, 1, 512));
	read_goes_on(TID, 51, 52, 1456);
}

SCENARIO(same_ports_with_an_illegal_first_reply,
	 .covers = "7.3 extra transition 1: a legal first reply")
{
	expect(REQUEST, client_rrq("first"));
	expect(FIRST_REPLY, server_data(TID, 1, 10));
	expect(ACK, client_ack(TID, 1));
	expect(REQUEST, client_rrq("second"));
	expect(BEYOND_END, server_data(TID, 2, 512));
	expect(DATA_SIZE, server_data(TID, 1, 513));
	expect(WRONG_ROLE, server_ack(TID, 0));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
	read_goes_on(TID, 2, 3, 512);
}

SCENARIO(client_started_anew_on_its_port, .covers = "7.3 extra transition 2")
{
	client_port(25300);
	read_begins(TID);
	read_goes_on(TID, 2, 9, 512);
	after_ms(2001);
	expect(REQUEST, client_rrq("pxelinux.0"));
	expect(SUPERSEDED, server_data(TID, 10, 512));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(ACK, client_ack(TID2, 1));
	expect(SUPERSEDED, server_data(TID, 10, 512));
	read_goes_on(TID2, 2, 3, 512);
}

SCENARIO(young_transfer_is_left_alone, .covers = "7.3 extra transition 2: silent for more than 2 s")
{
	read_begins(TID);
	read_goes_on(TID, 2, 9, 512);
	after_ms(2000);
	expect(REQUEST, client_rrq("pxelinux.0"));
	expect(DATA, server_data(TID, 10, 512));
	expect(ACK, client_ack(TID, 10));
}

SCENARIO(started_anew_on_the_same_ports, .covers = "7.3 extra transitions 1 and 2: SUP")
{
	read_begins(TFTP_PORT);
	read_goes_on(TFTP_PORT, 2, 5, 512);
	after_ms(6000);
	expect(REQUEST, client_rrq("pxelinux.0"));
	expect(FIRST_REPLY, server_data(TFTP_PORT, 1, 512));
	expect(ACK, client_ack(TFTP_PORT, 1));
	read_goes_on(TFTP_PORT, 2, 20, 512);
}

SCENARIO(started_anew_but_goes_on_with_the_old, .covers = "7.3 SUP")
{
	read_begins(TID);
	read_goes_on(TID, 2, 9, 512);
	after_ms(3000);
	expect(REQUEST, client_rrq("pxelinux.0"));
	expect(SUPERSEDED, server_data(TID, 10, 512));
	expect(ACK, client_ack(TID, 9));
	read_goes_on(TID, 10, 11, 512);
}

/* Intel's PXE ROM: the size is asked for, and the request for the file overtakes the ERROR of the first. */
SCENARIO(request_overtakes_the_error, .covers = "9.6, 9.9")
{
	expect(REQUEST, client_rrq("f", "tsize", "0"));
	expect(FIRST_REPLY, server_oack(TID, "tsize", "5000"));
	expect(REQUEST, client_rrq("f", "blksize", "1456"));
	expect(ERROR, client_error(TID, 0, "TFTP Aborted"));
	expect(FIRST_REPLY, server_oack(TID2, "blksize", "1456"));
	expect(ACK, client_ack(TID2, 0));
	read_goes_on(TID2, 1, 3, 1456);
}

SCENARIO(request_overtakes_the_error_on_the_same_ports, .covers = "9.6")
{
	expect(REQUEST, client_rrq("f", "tsize", "0"));
	expect(FIRST_REPLY, server_oack(TFTP_PORT, "tsize", "5000"));
	expect(ACK, client_ack(TFTP_PORT, 0));
	expect(REQUEST, client_rrq("f", "blksize", "1456"));
	expect(ERROR, client_error(TFTP_PORT, 0, "TFTP Aborted"));
	expect(FIRST_REPLY, server_oack(TFTP_PORT, "blksize", "1456"));
	expect(ACK, client_ack(TFTP_PORT, 0));
	read_goes_on(TFTP_PORT, 1, 3, 1456);
}

SCENARIO(never_aborted_probe, .covers = "9.6")
{
	expect(REQUEST, client_rrq("f", "tsize", "0"));
	expect(FIRST_REPLY, server_oack(TID, "tsize", "5000"));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(OACK, server_oack(TID, "tsize", "5000"));
	expect(ACK, client_ack(TID2, 1));
	expect(SUPERSEDED, server_oack(TID, "tsize", "5000"));
	read_goes_on(TID2, 2, 3, 512);
}

SCENARIO(second_session_without_pause, .covers = "9.3 write after read, same port, other TIDs")
{
	for (unsigned int turn = 0; turn < 20; turn++) {
		uint16_t tid = TID + turn;

		expect(REQUEST, client_wrq("upload"));
		expect(FIRST_REPLY, server_ack(tid, 0));
		expect(DATA, client_data(tid, 1, 33));
		expect(ACK, server_ack(tid, 1));
		expect(REQUEST, client_rrq("upload"));
		expect(FIRST_REPLY, server_data(tid + 100, 1, 33));
		expect(ACK, client_ack(tid + 100, 1));
	}
}

SCENARIO(finished_transfer_gives_way, .covers = "10.7")
{
	read_begins(TID);
	expect(DATA, server_data(TID, 2, 10));
	expect(ACK, client_ack(TID, 2));
	after_ms(2001);
	expect(REQUEST, client_rrq("next"));
	expect(SUPERSEDED, server_data(TID, 2, 10));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(ACK, client_ack(TID2, 1));
}

SCENARIO(same_ports_after_a_refused_write, .covers = "7.3 extra transition 1: ERR")
{
	expect(REQUEST, client_wrq("f"));
	expect(FIRST_REPLY, server_error(TID, 2, "Access violation"));
	expect(REQUEST, client_wrq("f"));
	expect(FIRST_REPLY, server_ack(TID, 0));
	expect(DATA, client_data(TID, 1, 512));
	expect(ACK, server_ack(TID, 1));
}

/* The answer to the second request would pass for a repeat of the first one's, and means something else. */
SCENARIO(same_ports_while_a_like_offer_waits,
	 .covers = "7.3 extra transition 1: hash differs, 10.13")
{
	expect(REQUEST, client_rrq("first", "blksize", "1024"));
	expect(FIRST_REPLY, server_oack(TFTP_PORT, "blksize", "1024"));
	expect(REQUEST, client_rrq("second", "blksize", "1000"));
	expect(FIRST_REPLY, server_oack(TFTP_PORT, "blksize", "1000"));
	expect(ACK, client_ack(TFTP_PORT, 0));
	read_goes_on(TFTP_PORT, 1, 3, 1000);
}

SCENARIO(same_ports_while_a_like_one_runs, .covers = "7.3 extra transition 1: hash differs, 10.13")
{
	expect(REQUEST, client_rrq("first"));
	expect(FIRST_REPLY, server_data(TFTP_PORT, 1, 512));
	expect(ACK, client_ack(TFTP_PORT, 1));
	read_goes_on(TFTP_PORT, 2, 5, 512);
	expect(REQUEST, client_rrq("second"));
	expect(FIRST_REPLY, server_data(TFTP_PORT, 1, 512));
	expect(ACK, client_ack(TFTP_PORT, 1));
	expect(BLOCK_WINDOW, server_data(TFTP_PORT, 10, 512));
	read_goes_on(TFTP_PORT, 2, 3, 512);
}

/* From a TID of its own it is a repeat, and leaves the new request its answer. */
SCENARIO(repeats_from_a_tid_do_not_answer_the_next_request, .covers = "10.13")
{
	expect(REQUEST, client_rrq("first"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
	expect(REQUEST, client_rrq("second"));
	expect(DATA, server_data(TID, 1, 512));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(ACK, client_ack(TID2, 1));
}

/* Two hosts fetch from each other, all of it between two ports 69. */
SCENARIO(roles_reversed_between_two_ports_69, .covers = "10.13",
	 .places = ROUTER | SERVER_HOST | CLIENT_HOST)
{
	client_port(TFTP_PORT);
	read_begins(TFTP_PORT);
	expect(DATA, server_data(TFTP_PORT, 2, 10));
	expect(ACK, client_ack(TFTP_PORT, 2));
	expect(REQUEST, server_sends(TFTP_PORT, BYTES("\0\1f\0octet\0")));
	expect(FIRST_REPLY, client_data(TFTP_PORT, 1, 512));
	expect(ACK, server_ack(TFTP_PORT, 1));
	expect(DATA, client_data(TFTP_PORT, 2, 10));
	expect(BEYOND_END, client_data(TFTP_PORT, 3, 10));
	expect(ACK, server_ack(TFTP_PORT, 2));
}
