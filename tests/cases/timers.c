// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every timer, just before and just after it runs out. Tracker specification 8.
 */
#include "scene.h"

SCENARIO(request_timer, .covers = "8 T_req 30 s")
{
	no_udp_tracking();
	client_port(2001);
	expect(REQUEST, client_rrq("f"));
	client_port(2002);
	expect(REQUEST, client_rrq("f"));
	at_ms(29999);
	client_port(2001);
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	at_ms(30001);
	client_port(2002);
	expect_stray(EXPIRED, server_data(TID, 1, 512));
}

SCENARIO(request_timer_is_restarted_by_each_request, .covers = "8 T_req")
{
	no_udp_tracking();
	expect(REQUEST, client_rrq("f"));
	at_ms(20000);
	expect(REQUEST, client_rrq("f"));
	at_ms(49999);
	/* The first datagram's answer may still come, too. */
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	at_ms(50001);
	expect_stray(EXPIRED, server_data(TID3, 1, 512));
}

SCENARIO(credit_does_not_outlive_the_request_timer, .covers = "8 T_req, 7.1 credit")
{
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, client_rrq("f"));
	at_ms(30001);
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(NO_CREDIT, server_data(TID2, 1, 512));
}

SCENARIO(request_timer_with_timeout_option, .covers = "8 T_req = max(30, 2 timeout)")
{
	no_udp_tracking();
	client_port(2001);
	expect(REQUEST, client_rrq("f", "timeout", "255"));
	client_port(2002);
	expect(REQUEST, client_rrq("f", "timeout", "255"));
	at_ms(509999);
	client_port(2001);
	expect(FIRST_REPLY, server_oack(TID, "timeout", "255"));
	at_ms(510001);
	client_port(2002);
	expect_stray(EXPIRED, server_oack(TID, "timeout", "255"));
}

SCENARIO(request_timer_with_a_small_timeout_option, .covers = "8 T_req = max(30, 2 timeout)")
{
	expect(REQUEST, client_rrq("f", "timeout", "1"));
	at_ms(29999);
	expect(FIRST_REPLY, server_oack(TID, "timeout", "1"));
}

SCENARIO(offer_timer, .covers = "8 T_offer 45 s")
{
	no_udp_tracking();
	client_port(2001);
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	client_port(2002);
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	at_ms(44999);
	client_port(2001);
	expect(ACK, client_ack(TID, 1));
	at_ms(45001);
	client_port(2002);
	expect_stray(EXPIRED, client_ack(TID, 1));
	expect_stray(EXPIRED, server_data(TID, 1, 512));
}

SCENARIO(offer_timer_is_restarted_by_the_server, .covers = "8 T_offer")
{
	no_udp_tracking();
	expect(REQUEST, client_rrq("f", "blksize", "1024"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1024"));
	at_ms(34000);
	expect(OACK, server_oack(TID, "blksize", "1024"));
	at_ms(68000);
	expect(OACK, server_oack(TID, "blksize", "1024"));
	at_ms(68000 + 44999);
	expect(ACK, client_ack(TID, 0));
	expect(DATA, server_data(TID, 1, 1024));
}

SCENARIO(offer_timer_is_not_restarted_by_what_is_dropped, .covers = "8 T_offer")
{
	no_udp_tracking();
	expect(REQUEST, client_rrq("f", "blksize", "1024"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1024"));
	at_ms(40000);
	expect(DATA_BEFORE_ACK, server_data(TID, 1, 512));
	expect(ACK_AHEAD, client_ack(TID, 1));
	at_ms(45001);
	expect_stray(EXPIRED, client_ack(TID, 0));
}

SCENARIO(offer_timer_with_agreed_timeout, .covers = "8 T_offer = max(45, 4 timeout)")
{
	no_udp_tracking();
	client_port(2001);
	expect(REQUEST, client_rrq("f", "timeout", "60"));
	expect(FIRST_REPLY, server_oack(TID, "timeout", "60"));
	client_port(2002);
	expect(REQUEST, client_rrq("f", "timeout", "60"));
	expect(FIRST_REPLY, server_oack(TID, "timeout", "60"));
	at_ms(239999);
	client_port(2001);
	expect(ACK, client_ack(TID, 0));
	at_ms(240001);
	client_port(2002);
	expect_stray(EXPIRED, client_ack(TID, 0));
}

/* So long that all which is remembered of the client from the beginning has run out. */
SCENARIO(transfer_goes_on_for_long, .covers = "8 T_idle")
{
	no_udp_tracking();
	read_begins(TID);
	for (unsigned int block = 2; block <= 120; block++) {
		after_ms(3000);
		expect(DATA, server_data(TID, block, 512));
		expect(ACK, client_ack(TID, block));
	}
	expect(DATA, server_data(TID, 121, 100));
	expect(ACK, client_ack(TID, 121));
}

SCENARIO(idle_timer, .covers = "8 T_idle 120 s")
{
	no_udp_tracking();
	client_port(2001);
	read_begins(TID);
	client_port(2002);
	read_begins(TID);
	at_ms(119999);
	client_port(2001);
	expect(DATA, server_data(TID, 2, 512));
	at_ms(120001);
	client_port(2002);
	expect_stray(EXPIRED, server_data(TID, 2, 512));
	expect_stray(EXPIRED, client_ack(TID, 1));
	/* The other one was re-armed. */
	at_ms(239998);
	client_port(2001);
	expect(ACK, client_ack(TID, 2));
}

SCENARIO(idle_timer_is_restarted_by_either_side, .covers = "8 T_idle")
{
	no_udp_tracking();
	read_begins(TID);
	at_ms(118000);
	expect(DATA, server_data(TID, 2, 512));
	at_ms(236000);
	expect(DATA, server_data(TID, 2, 512));
	at_ms(354000);
	expect(ACK, client_ack(TID, 2));
	at_ms(472000);
	expect(ACK, client_ack(TID, 2));
	at_ms(472000 + 120001);
	expect_stray(EXPIRED, client_ack(TID, 2));
}

SCENARIO(idle_timer_is_not_restarted_by_what_is_dropped, .covers = "8 T_idle")
{
	no_udp_tracking();
	read_begins(TID);
	at_ms(100000);
	expect(BLOCK_WINDOW, server_data(TID, 1000, 512));
	expect(DATA_SIZE, server_data(TID, 2, 513));
	expect(ACK_AHEAD, client_ack(TID, 2));
	expect(WRONG_ROLE, client_data(TID, 2, 5));
	at_ms(120001);
	expect_stray(EXPIRED, server_data(TID, 2, 512));
}

SCENARIO(idle_timer_with_agreed_timeout, .covers = "8 T_idle = max(120, 4 timeout)")
{
	no_udp_tracking();
	client_port(2001);
	expect(REQUEST, client_rrq("f", "timeout", "255"));
	expect(FIRST_REPLY, server_oack(TID, "timeout", "255"));
	expect(ACK, client_ack(TID, 0));
	client_port(2002);
	expect(REQUEST, client_rrq("f", "timeout", "255"));
	expect(FIRST_REPLY, server_oack(TID, "timeout", "255"));
	expect(ACK, client_ack(TID, 0));
	at_ms(1019999);
	client_port(2001);
	expect(DATA, server_data(TID, 1, 512));
	at_ms(1020001);
	client_port(2002);
	expect_stray(EXPIRED, server_data(TID, 1, 512));
}

SCENARIO(idle_timer_with_utimeout, .covers = "7.5 utimeout")
{
	expect(REQUEST, client_rrq("f", "utimeout", "59500000"));
	expect(FIRST_REPLY, server_oack(TID, "utimeout", "59500000"));
	expect(ACK, client_ack(TID, 0));
	at_ms(237999);
	expect(DATA, server_data(TID, 1, 512));
}

SCENARIO(timeout_that_was_only_asked, .covers = "7.5 timeout: agreed, not asked",
	 .places = ROUTER | CLIENT_HOST | LOOPBACK)
{
	expect(REQUEST, client_rrq("f", "timeout", "255", "blksize", "1024"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1024"));
	expect(ACK, client_ack(TID, 0));
	at_ms(120001);
	expect(EXPIRED, server_data(TID, 1, 1024));
}

SCENARIO(idle_timer_in_final, .covers = "8 T_idle in FINAL")
{
	no_udp_tracking();
	client_port(2001);
	read_begins(TID);
	expect(DATA, server_data(TID, 2, 10));
	client_port(2002);
	read_begins(TID);
	expect(DATA, server_data(TID, 2, 10));
	at_ms(119999);
	client_port(2001);
	expect(ACK, client_ack(TID, 2));
	at_ms(120001);
	client_port(2002);
	expect_stray(EXPIRED, client_ack(TID, 2));
}

SCENARIO(done_timer, .covers = "8 T_done 35 s, restarted")
{
	no_udp_tracking();
	read_begins(TID);
	expect(DATA, server_data(TID, 2, 10));
	expect(ACK, client_ack(TID, 2));
	at_ms(34999);
	expect(DATA, server_data(TID, 2, 10));
	at_ms(34999 * 2);
	expect(ACK, client_ack(TID, 2));
	at_ms(34999 * 2 + 35001);
	expect_stray(EXPIRED, server_data(TID, 2, 10));
	expect_stray(EXPIRED, client_ack(TID, 2));
}

SCENARIO(done_timer_ignores_an_agreed_timeout, .covers = "8 T_done",
	 .places = ROUTER | CLIENT_HOST | LOOPBACK)
{
	expect(REQUEST, client_rrq("f", "timeout", "255"));
	expect(FIRST_REPLY, server_oack(TID, "timeout", "255"));
	expect(ACK, client_ack(TID, 0));
	expect(DATA, server_data(TID, 1, 10));
	expect(ACK, client_ack(TID, 1));
	at_ms(35001);
	expect(EXPIRED, server_data(TID, 1, 10));
}

SCENARIO(error_timer, .covers = "8 T_err 12 s, re-armed")
{
	no_udp_tracking();
	read_begins(TID);
	at_ms(30000);
	expect(ERROR, server_error(TID, 3, "Disk full"));
	after_ms(11999);
	expect(ACK, client_ack(TID, 1));
	after_ms(11999);
	expect(ERROR, client_error(TID, 0, "too bad"));
	after_ms(12001);
	expect_stray(EXPIRED, server_data(TID, 2, 512));
	expect_stray(EXPIRED, client_ack(TID, 1));
	expect_stray(EXPIRED, server_error(TID, 3, "Disk full"));
}

SCENARIO(error_timer_without_re_arming, .covers = "8 T_err")
{
	no_udp_tracking();
	expect(REQUEST, client_rrq("missing"));
	expect(FIRST_REPLY, server_error(TID, 1, "File not found"));
	at_ms(12001);
	expect_stray(EXPIRED, client_error(TID, 0, "oh"));
}

SCENARIO(superseded_timer, .covers = "8 T_sup 10 s")
{
	no_udp_tracking();
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(ACK, client_ack(TID, 1));
	at_ms(9999);
	expect(ERROR, server_error(TID2, 0, "gave up"));
	expect(SUPERSEDED, server_data(TID2, 1, 512));
}

SCENARIO(superseded_timer_has_run_out, .covers = "8 T_sup 10 s")
{
	no_udp_tracking();
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(ACK, client_ack(TID2, 1));
	at_ms(10001);
	expect_stray(EXPIRED, client_ack(TID, 1));
	at_ms(31000);
	/* Its request's time has run out, too. */
	expect_stray(EXPIRED, server_data(TID, 2, 512));
	expect(DATA, server_data(TID2, 2, 512));
}

SCENARIO(stale_threshold, .covers = "8 stale threshold 2 s")
{
	zone()->stale_wait = 5000;
	read_begins(TID);
	after_ms(5000);
	expect(REQUEST, client_rrq("pxelinux.0"));
	expect(DATA, server_data(TID, 2, 512));
	expect(ACK, client_ack(TID, 2));
	after_ms(5001);
	expect(REQUEST, client_rrq("pxelinux.0"));
	expect(SUPERSEDED, server_data(TID, 3, 512));
}

SCENARIO(timers_are_settings, .covers = "8 bounds")
{
	no_udp_tracking();
	zone()->request_wait = 300000;
	zone()->offer_wait = 120000;
	zone()->idle_wait = 300000;
	zone()->done_wait = 60000;
	zone()->error_wait = 30000;
	expect(REQUEST, client_rrq("f"));
	after_ms(299999);
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	after_ms(119999);
	expect(ACK, client_ack(TID, 1));
	after_ms(299999);
	expect(DATA, server_data(TID, 2, 10));
	expect(ACK, client_ack(TID, 2));
	after_ms(59999);
	expect(ACK, client_ack(TID, 2));
	after_ms(60001);
	expect_stray(EXPIRED, client_ack(TID, 2));
}

SCENARIO(error_timer_of_a_refused_write, .covers = "7.3 PENDING to ERR, 8 T_err")
{
	no_udp_tracking();
	expect(REQUEST, client_wrq("forbidden"));
	expect(FIRST_REPLY, server_error(TID, 2, "Access violation"));
	expect(WRONG_ROLE, client_ack(TID, 0));
	at_ms(12001);
	expect_stray(EXPIRED, client_data(TID, 1, 512));
}

SCENARIO(request_timer_with_an_impossible_timeout_option, .covers = "8 T_req, 7.5 timeout 1..255")
{
	no_udp_tracking();
	expect(REQUEST, client_rrq("f", "timeout", "256"));
	at_ms(30001);
	expect_stray(EXPIRED, server_data(TID, 1, 512));
}

SCENARIO(expired_transfer_is_not_superseded, .covers = "7.3 extra transition 2, 8 T_idle")
{
	no_udp_tracking();
	read_begins(TID);
	at_ms(120001);
	expect(REQUEST, client_rrq("pxelinux.0"));
	/* It does not come back to life in SUP. */
	expect_stray(EXPIRED, client_ack(TID, 1));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
}

SCENARIO(superseded_timer_runs_from_the_request, .covers = "7.3 extra transition 2, 8 T_sup")
{
	no_udp_tracking();
	read_begins(TID);
	at_ms(8000);
	expect(REQUEST, client_rrq("pxelinux.0"));
	at_ms(13000);
	expect(REQUEST, client_rrq("pxelinux.0"));
	at_ms(17999);
	expect(SUPERSEDED, server_data(TID, 2, 512));
	at_ms(18001);
	expect_stray(EXPIRED, client_error(TID, 0, "late"));
}

SCENARIO(expired_offer_does_not_come_back, .covers = "8 T_offer")
{
	no_udp_tracking();
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	at_ms(45001);
	expect(REQUEST, client_rrq("f"));
	expect_stray(EXPIRED, client_ack(TID, 1));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
}

SCENARIO(superseded_timer_runs_from_the_choice, .covers = "10.5, 8 T_sup")
{
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	at_ms(20000);
	expect(ACK, client_ack(TID, 1));
	at_ms(29999);
	expect(SUPERSEDED, server_data(TID2, 1, 512));
	expect(ERROR, server_error(TID2, 0, "gave up"));
}

SCENARIO(superseded_timer_of_a_committed_transfer, .covers = "8 T_sup")
{
	read_begins(TID);
	at_ms(1500);
	expect(REQUEST, client_rrq("pxelinux.0"));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	at_ms(9000);
	expect(ACK, client_ack(TID2, 1));
	at_ms(18999);
	expect(SUPERSEDED, server_data(TID, 2, 512));
	expect(ERROR, server_error(TID, 0, "gave up"));
}

SCENARIO(superseded_timer_is_not_restarted_by_a_choice, .covers = "8 T_sup")
{
	no_udp_tracking();
	read_begins(TID);
	at_ms(3000);
	expect(REQUEST, client_rrq("pxelinux.0"));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	at_ms(11000);
	expect(ACK, client_ack(TID2, 1));
	at_ms(13001);
	expect_stray(EXPIRED, client_ack(TID, 1));
}

SCENARIO(offer_timer_of_a_write_is_restarted_by_the_server, .covers = "8 T_offer")
{
	expect(REQUEST, client_wrq("f", "blksize", "1024"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1024"));
	at_ms(34000);
	expect(OACK, server_oack(TID, "blksize", "1024"));
	at_ms(34000 + 44999);
	expect(DATA, client_data(TID, 1, 1024));
}
