// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Several transfer identifiers for one client port: credit, commit, supersede and back. Tracker specification 7.1.
 */
#include "scene.h"

SCENARIO(one_answer_for_each_request_datagram, .covers = "7.1 credit, 9.4")
{
	expect(REQUEST, client_rrq("f"));
	after_ms(1000);
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(NO_CREDIT, server_data(TID3, 1, 512));
	/* Repeats of a known one cost nothing. */
	expect(DATA, server_data(TID, 1, 512));
	expect(DATA, server_data(TID2, 1, 512));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID3, 1, 512));
	expect(NO_CREDIT, server_data(TID3 + 1, 1, 512));
}

SCENARIO(credit_is_capped_at_64, .covers = "7.1 credit <= 64")
{
	for (unsigned int i = 0; i < 70; i++) {
		after_ms(100);
		expect(REQUEST, client_rrq("f"));
	}
	for (unsigned int i = 0; i < 64; i++)
		expect(FIRST_REPLY, server_data(TID + i, 1, 512));
	expect(NO_CREDIT, server_data(TID + 64, 1, 512));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID + 65, 1, 512));
	expect(NO_CREDIT, server_data(TID + 66, 1, 512));
}

SCENARIO(credit_after_answers_is_capped_again, .covers = "7.1 credit <= 64")
{
	for (unsigned int i = 0; i < 10; i++)
		expect(REQUEST, client_rrq("f"));
	for (unsigned int i = 0; i < 10; i++)
		expect(FIRST_REPLY, server_data(TID + i, 1, 512));
	for (unsigned int i = 0; i < 64; i++)
		expect(REQUEST, client_rrq("f"));
	for (unsigned int i = 10; i < 74; i++)
		expect(FIRST_REPLY, server_data(TID + i, 1, 512));
	expect(NO_CREDIT, server_data(TID + 74, 1, 512));
}

SCENARIO(refused_replies_cost_no_credit, .covers = "7.1 credit")
{
	expect(REQUEST, client_rrq("f", "blksize", "1024"));
	for (unsigned int i = 0; i < 100; i++)
		expect(OACK_VALUE, server_oack(TID + i, "blksize", "9999"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1024"));
}

SCENARIO(client_chooses_any_of_five, .covers = "9.4")
{
	for (unsigned int i = 0; i < 5; i++)
		expect(REQUEST, client_rrq("f", "tsize", "0"));
	for (unsigned int i = 0; i < 5; i++)
		expect(FIRST_REPLY, server_oack(3606 + i, "tsize", "1000"));
	expect(ACK, client_ack(3608, 0));
	expect(DATA, server_data(3608, 1, 512));
	expect(SUPERSEDED, server_oack(3606, "tsize", "1000"));
	expect(SUPERSEDED, server_oack(3610, "tsize", "1000"));
	expect(ACK, client_ack(3608, 1));
	expect(DATA, server_data(3608, 2, 488));
	expect(ACK, client_ack(3608, 2));
}

SCENARIO(commit_ends_the_credit, .covers = "7.1 commit")
{
	for (unsigned int i = 0; i < 3; i++)
		expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
	expect(SURPLUS_TID, server_data(TID2, 1, 512));
	expect(SURPLUS_TID, server_data(TID3, 1, 512));
	expect(DATA, server_data(TID, 2, 512));
	/* A further datagram may have a further answer; the transfer goes on beside it. */
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(SURPLUS_TID, server_data(TID3, 1, 512));
	expect(ACK, client_ack(TID, 2));
	expect(DATA, server_data(TID, 3, 512));
	/* The client went on with the first: the second answer is left behind. */
	expect(SUPERSEDED, server_data(TID2, 1, 512));
}

SCENARIO(commit_of_a_write_ends_the_credit, .covers = "7.1 commit")
{
	expect(REQUEST, client_wrq("f"));
	expect(REQUEST, client_wrq("f"));
	expect(REQUEST, client_wrq("f"));
	expect(FIRST_REPLY, server_ack(TID, 0));
	expect(FIRST_REPLY, server_ack(TID2, 0));
	expect(DATA, client_data(TID2, 1, 512));
	expect(SURPLUS_TID, server_ack(TID3, 0));
	expect(SUPERSEDED, server_ack(TID, 0));
	expect(ACK, server_ack(TID2, 1));
}

SCENARIO(error_to_a_surplus_tid, .covers = "7.3 SUP, 9.5")
{
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(ACK, client_ack(TID, 1));
	expect(ERROR, client_error(TID2, 5, "Unknown transfer ID"));
	expect(SUPERSEDED, server_data(TID2, 1, 512));
	expect(ERROR, server_error(TID2, 5, "so be it"));
	expect(DATA, server_data(TID, 2, 512));
	expect(ACK, client_ack(TID, 2));
}

/* Some clients write ERROR 5 before they have acknowledged the TID of their choice. */
SCENARIO(error_to_one_offer_leaves_the_other, .covers = "7.3 OFFER, 9.5")
{
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(ERROR, client_error(TID2, 5, "Unknown transfer ID"));
	expect(ACK, client_ack(TID, 1));
	read_goes_on(TID, 2, 3, 512);
}

SCENARIO(client_follows_the_last_speaker, .covers = "7.3 SUP, 9.5")
{
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(ACK, client_ack(TID2, 1));
	expect(SUPERSEDED, server_data(TID, 2, 512));
	expect(DATA, server_data(TID2, 2, 512));
	after_ms(5000);
	/* And back. */
	expect(ACK, client_ack(TID, 1));
	expect(DATA, server_data(TID, 2, 512));
	expect(SUPERSEDED, server_data(TID2, 3, 512));
	expect(ACK, client_ack(TID, 2));
	expect(ACK, client_ack(TID2, 2));
	expect(DATA, server_data(TID2, 3, 512));
	expect(SUPERSEDED, server_data(TID, 3, 512));
}

SCENARIO(flipping_client_with_two_offers, .covers = "7.3 SUP, 9.5")
{
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(ACK, client_ack(TID, 1));
	expect(ACK, client_ack(TID2, 1));
	expect(SUPERSEDED, server_data(TID, 2, 512));
	expect(DATA, server_data(TID2, 2, 512));
	expect(ACK, client_ack(TID2, 2));
	expect(DATA, server_data(TID2, 3, 30));
	expect(ACK, client_ack(TID2, 3));
}

SCENARIO(writer_follows_the_last_speaker, .covers = "7.3 SUP, 9.5")
{
	expect(REQUEST, client_wrq("f"));
	expect(REQUEST, client_wrq("f"));
	expect(FIRST_REPLY, server_ack(TID, 0));
	expect(FIRST_REPLY, server_ack(TID2, 0));
	expect(DATA, client_data(TID, 1, 512));
	expect(SUPERSEDED, server_ack(TID2, 0));
	expect(DATA, client_data(TID2, 1, 512));
	expect(ACK, server_ack(TID2, 1));
	expect(SUPERSEDED, server_ack(TID, 1));
}

SCENARIO(left_tid_is_not_taken_up_by_what_does_not_fit, .covers = "7.3 SUP")
{
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(ACK, client_ack(TID, 1));
	expect(ACK_AHEAD, client_ack(TID2, 2));
	expect(WRONG_ROLE, client_data(TID2, 1, 512));
	expect(DATA, server_data(TID, 2, 512));
	expect(SUPERSEDED, server_data(TID2, 1, 512));
}

SCENARIO(differing_request_keeps_the_credit, .covers = "7.1 PENDING")
{
	expect(REQUEST, client_rrq("first", "blksize", "1024"));
	expect(REQUEST, client_rrq("second"));
	/* The late answer to the first is judged by the second, and does not eat its answer. */
	expect(OACK_UNASKED, server_oack(TID, "blksize", "1024"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(NO_CREDIT, server_data(TID3, 1, 512));
}

SCENARIO(differing_request_replaces_the_operation, .covers = "7.1 PENDING")
{
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, client_wrq("f"));
	expect(REPLY_KIND, server_data(TID, 1, 512));
	expect(FIRST_REPLY, server_ack(TID, 0));
	expect(DATA, client_data(TID, 1, 512));
}

SCENARIO(differing_request_replaces_the_options, .covers = "7.1 PENDING")
{
	expect(REQUEST, client_rrq("f", "blksize", "8192", "windowsize", "64"));
	expect(REQUEST, client_rrq("f", "blksize", "1024"));
	expect(OACK_VALUE, server_oack(TID, "blksize", "8192"));
	expect(OACK_UNASKED, server_oack(TID, "windowsize", "64"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1024"));
}

SCENARIO(ports_of_one_client_are_independent, .covers = "3.2")
{
	for (unsigned int i = 0; i < 8; i++) {
		client_port(50000 + i);
		expect(REQUEST, client_rrq("f"));
	}
	for (unsigned int i = 0; i < 8; i++) {
		client_port(50000 + i);
		expect(FIRST_REPLY, server_data(TID + i, 1, 512));
		expect(NO_CREDIT, server_data(TID + 100 + i, 1, 512));
		expect(ACK, client_ack(TID + i, 1));
	}
	for (unsigned int i = 0; i < 8; i++) {
		client_port(50000 + i);
		read_goes_on(TID + i, 2, 3, 512);
	}
}

SCENARIO(one_tid_serves_several_ports, .covers = "7.1 XFER")
{
	for (unsigned int i = 0; i < 3; i++) {
		client_port(50000 + i);
		expect(REQUEST, client_rrq("f"));
		expect(FIRST_REPLY, server_data(TID, 1, 512));
		expect(ACK, client_ack(TID, 1));
	}
	client_port(50001);
	read_goes_on(TID, 2, 2, 512);
	client_port(50000);
	expect(ACK_AHEAD, client_ack(TID, 2));
	read_goes_on(TID, 2, 2, 10);
}

SCENARIO(repeat_of_an_old_ack_does_not_choose_again, .covers = "10.2")
{
	read_begins(TID);
	read_goes_on(TID, 2, 3, 512);
	expect(REQUEST, client_rrq("pxelinux.0"));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(ACK, client_ack(TID, 3));
	expect(DATA, server_data(TID2, 1, 512));
	expect(ACK, client_ack(TID2, 1));
	expect(SUPERSEDED, server_data(TID, 4, 512));
}

SCENARIO(commit_does_not_void_a_newer_request, .covers = "10.1, 9.6")
{
	expect(REQUEST, client_rrq("f", "tsize", "0"));
	expect(FIRST_REPLY, server_oack(TID, "tsize", "5000"));
	expect(REQUEST, client_rrq("f", "blksize", "1024"));
	/* Overtaken by the new request. */
	expect(ACK, client_ack(TID, 0));
	expect(DATA, server_data(TID, 1, 512));
	expect(FIRST_REPLY, server_oack(TID2, "blksize", "1024"));
	expect(ACK, client_ack(TID2, 0));
	expect(SUPERSEDED, server_data(TID, 2, 512));
	read_goes_on(TID2, 1, 2, 1024);
}

SCENARIO(answer_to_a_younger_datagram_is_a_new_offer, .covers = "10.5")
{
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(ACK, client_ack(TID, 1));
	expect(SUPERSEDED, server_data(TID2, 1, 512));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID3, 1, 512));
	expect(DATA, server_data(TID3, 1, 512));
	expect(SUPERSEDED, server_data(TID2, 2, 512));
}

SCENARIO(late_ack_of_an_older_request_leaves_its_other_tids, .covers = "10.1, 10.5")
{
	expect(REQUEST, client_rrq("a"));
	expect(REQUEST, client_rrq("a"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(REQUEST, client_rrq("b"));
	expect(ACK, client_ack(TID, 1));
	expect(SUPERSEDED, server_data(TID2, 2, 512));
	expect(FIRST_REPLY, server_data(TID3, 1, 512));
	expect(ACK, client_ack(TID3, 1));
}

SCENARIO(repeated_last_ack_does_not_choose_again, .covers = "7.3 DONE, 10.2")
{
	expect(REQUEST, client_rrq("same"));
	expect(FIRST_REPLY, server_data(TID, 1, 10));
	expect(ACK, client_ack(TID, 1));
	expect(REQUEST, client_rrq("same"));
	expect(ACK, client_ack(TID, 1));
	expect(FIRST_REPLY, server_data(TID2, 1, 10));
	expect(ACK, client_ack(TID, 1));
	expect(DATA, server_data(TID2, 1, 10));
	expect(ACK, client_ack(TID2, 1));
}

SCENARIO(duplicate_of_an_older_request_is_left, .covers = "10.1")
{
	expect(REQUEST, client_rrq("a"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(REQUEST, client_rrq("a"));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(REQUEST, client_rrq("b"));
	expect(FIRST_REPLY, server_data(TID3, 1, 512));
	expect(ACK, client_ack(TID, 1));
	expect(SUPERSEDED, server_data(TID2, 2, 512));
	expect(DATA, server_data(TID3, 1, 512));
	expect(ACK, client_ack(TID3, 1));
}

SCENARIO(what_was_left_stays_left, .covers = "10.5")
{
	expect(REQUEST, client_rrq("a"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(REQUEST, client_rrq("b"));
	expect(REQUEST, client_rrq("b"));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(FIRST_REPLY, server_data(TID3, 1, 512));
	expect(ACK, client_ack(TID2, 1));
	/* Back to the older one: that does not bring the third back. */
	expect(ACK, client_ack(TID, 1));
	expect(SUPERSEDED, server_data(TID3, 1, 512));
}

SCENARIO(own_duplicate_counts_in_spite_of_another_request, .covers = "10.2")
{
	expect(REQUEST, client_rrq("a"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
	expect(REQUEST, client_rrq("a"));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(REQUEST, client_rrq("b"));
	expect(DATA, server_data(TID, 2, 512));
	expect(ACK, client_ack(TID, 2));
	expect(SUPERSEDED, server_data(TID2, 2, 512));
	expect(FIRST_REPLY, server_data(TID3, 1, 512));
}

/* An offer learns that it was left when its next packet comes. */
SCENARIO(silent_offer_is_left_by_the_latest_choice, .covers = "10.5, 8 T_sup")
{
	no_udp_tracking();
	for (unsigned int i = 0; i < 4; i++)
		expect(REQUEST, client_rrq("f"));
	for (unsigned int i = 0; i < 4; i++)
		expect(FIRST_REPLY, server_data(TID + i, 1, 512));
	expect(ACK, client_ack(TID, 1));
	at_ms(5000);
	expect(SUPERSEDED, server_data(TID + 2, 1, 512));
	at_ms(6000);
	expect(ACK, client_ack(TID + 1, 1));
	at_ms(15000);
	expect(ERROR, client_error(TID + 3, 5, "Unknown TID"));
	expect_stray(EXPIRED, client_error(TID + 2, 5, "Unknown TID"));
	at_ms(16001);
	expect_stray(EXPIRED, client_error(TID + 3, 5, "Unknown TID"));
}

/* The ACK that returns to a TID may be its last one. */
SCENARIO(last_ack_returns_to_a_tid_that_was_left, .covers = "7.3 SUP, 10.6")
{
	no_udp_tracking();
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
	expect(DATA, server_data(TID, 2, 10));
	after_ms(2001);
	expect(REQUEST, client_rrq("g"));
	expect(ACK, client_ack(TID, 2));
	after_ms(35001);
	expect_stray(EXPIRED, client_ack(TID, 2));
}
