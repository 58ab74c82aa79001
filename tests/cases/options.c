// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a server may grant, and what follows from it. Tracker specification 7.5.
 */
#include "scene.h"

SCENARIO(oack_blksize_bounds, .covers = "7.5 blksize")
{
	expect(REQUEST, client_rrq("f", "blksize", "1432"));
	expect(OACK_VALUE, server_oack(TID, "blksize", "1433"));
	expect(OACK_VALUE, server_oack(TID, "blksize", "65464"));
	expect(OACK_VALUE, server_oack(TID, "blksize", "65536"));
	expect(OACK_VALUE, server_oack(TID, "blksize", "7"));
	expect(OACK_VALUE, server_oack(TID, "blksize", "0"));
	expect(OACK_VALUE, server_oack(TID, "blksize", "4294967304"));
	expect(OACK_VALUE, server_oack(TID, "blksize", "18446744073709551624"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "8"));
	expect(ACK, client_ack(TID, 0));
	expect(DATA_SIZE, server_data(TID, 1, 9));
	expect(DATA, server_data(TID, 1, 8));
	expect(DATA, server_data(TID, 2, 7));
	expect(BEYOND_END, server_data(TID, 3, 7));
}

SCENARIO(oack_blksize_is_a_number, .covers = "7.5 blksize")
{
	static const char *const bad[] = {"",     "x",    "512x", "x512", "-512",
					  "+512", " 512", "5 12", "0x200"};

	expect(REQUEST, client_rrq("f", "blksize", "1432"));
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect(OACK_VALUE, server_oack(TID, "blksize", bad[i]));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "512"));
}

SCENARIO(oack_of_the_largest_blksize, .covers = "7.5 blksize")
{
	expect(REQUEST, client_rrq("f", "blksize", "70000"));
	expect(OACK_VALUE, server_oack(TID, "blksize", "65465"));
	expect(OACK_VALUE, server_oack(TID, "blksize", "70000"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "65464"));
	expect(ACK, client_ack(TID, 0));
	expect(DATA, server_data(TID, 1, 1400));
	expect(BEYOND_END, server_data(TID, 2, 1400));
}

/* Whole, as on links for such frames. */
SCENARIO(oack_of_blksize_beyond_a_page, .covers = "7.5 blksize")
{
	expect(REQUEST, client_rrq("f", "blksize", "9000"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "9000"));
	expect(ACK, client_ack(TID, 0));
	expect(DATA_SIZE, server_data(TID, 1, 9001));
	expect(DATA, server_data(TID, 1, 9000));
	expect(ACK, client_ack(TID, 1));
	expect(DATA, server_data(TID, 2, 8999));
}

SCENARIO(oack_of_blksize2, .covers = "7.5 blksize2")
{
	expect(REQUEST, client_rrq("f", "blksize2", "1024"));
	expect(OACK_VALUE, server_oack(TID, "blksize2", "2048"));
	expect(FIRST_REPLY, server_oack(TID, "blksize2", "1024"));
	expect(ACK, client_ack(TID, 0));
	expect(DATA_SIZE, server_data(TID, 1, 1025));
	expect(DATA, server_data(TID, 1, 1024));
}

SCENARIO(oack_windowsize_bounds, .covers = "7.5 windowsize")
{
	expect(REQUEST, client_rrq("f", "windowsize", "32"));
	expect(OACK_VALUE, server_oack(TID, "windowsize", "33"));
	expect(OACK_VALUE, server_oack(TID, "windowsize", "0"));
	expect(OACK_VALUE, server_oack(TID, "windowsize", "65536"));
	expect(OACK_VALUE, server_oack(TID, "windowsize", ""));
	expect(OACK_VALUE, server_oack(TID, "windowsize", "4x"));
	expect(FIRST_REPLY, server_oack(TID, "windowsize", "32"));
	expect(ACK, client_ack(TID, 0));
	expect(DATA, server_data(TID, 33, 512));
	expect(BLOCK_WINDOW, server_data(TID, 34, 512));
}

SCENARIO(oack_timeout_bounds, .covers = "7.5 timeout")
{
	expect(REQUEST, client_rrq("f", "timeout", "5"));
	expect(OACK_VALUE, server_oack(TID, "timeout", "0"));
	expect(OACK_VALUE, server_oack(TID, "timeout", "256"));
	expect(OACK_VALUE, server_oack(TID, "timeout", "5s"));
	expect(FIRST_REPLY, server_oack(TID, "timeout", "5"));
}

SCENARIO(oack_of_what_was_not_asked, .covers = "7.5, RFC 2347")
{
	expect(REQUEST, client_rrq("f", "tsize", "0"));
	expect(OACK_UNASKED, server_oack(TID, "blksize", "512"));
	expect(OACK_UNASKED, server_oack(TID, "blksize2", "512"));
	expect(OACK_UNASKED, server_oack(TID, "windowsize", "1"));
	expect(OACK_UNASKED, server_oack(TID, "msftwindow", "27182"));
	expect(OACK_UNASKED, server_oack(TID, "tsize", "9", "blksize", "512"));
	expect(FIRST_REPLY, server_oack(TID, "tsize", "9"));
}

SCENARIO(oack_without_any_option_asked, .covers = "7.3 PENDING")
{
	expect(REQUEST, client_rrq("f"));
	expect(OACK_UNASKED, server_oack(TID, "tsize", "9"));
	expect(OACK_UNASKED, server_oack(TID, "blksize", "512"));
	expect(OACK_UNASKED, server_oack(TID, "rollover", "0"));
	expect(FIRST_REPLY, server_data(TID, 1, 9));
}

SCENARIO(oack_options_without_effect, .covers = "7.5 tsize, rollover, unknown")
{
	expect(REQUEST, client_rrq("f", "blksize", "1024"));
	expect(FIRST_REPLY, server_oack(TID, "tsize", "1234", "rollover", "0", "x-unknown", "yes"));
	expect(ACK, client_ack(TID, 0));
	expect(DATA_SIZE, server_data(TID, 1, 1024));
	expect(DATA, server_data(TID, 1, 512));
}

SCENARIO(oack_in_any_case_and_order, .covers = "9.8")
{
	expect(REQUEST, client_rrq("f", "TSIZE", "0", "BlkSize", "1456", "windowSIZE", "4"));
	expect(OACK_VALUE, server_oack(TID, "BLKSIZE", "1457"));
	expect(FIRST_REPLY, server_oack(TID, "WindowSize", "4", "bLKsIZE", "1456", "Tsize", "99"));
	expect(ACK, client_ack(TID, 0));
	expect(DATA_SIZE, server_data(TID, 1, 1457));
	expect(DATA, server_data(TID, 1, 1456));
}

SCENARIO(oack_of_a_subset, .covers = "9.8")
{
	expect(REQUEST, client_rrq("f", "tsize", "0", "blksize", "1456", "windowsize", "16"));
	expect(FIRST_REPLY, server_oack(TID, "windowsize", "2"));
	expect(ACK, client_ack(TID, 0));
	expect(DATA_SIZE, server_data(TID, 1, 513));
	expect(DATA, server_data(TID, 8, 512));
	expect(BLOCK_WINDOW, server_data(TID, 9, 512));
}

SCENARIO(oack_with_trailing_garbage, .covers = "9.8, 3.17")
{
	client_port(2001);
	expect(REQUEST, client_rrq("f", "blksize", "1024"));
	expect(FIRST_REPLY, server_sends(TID, BYTES("\0\6blksize\0"
						    "1024\0\0\0\0\0")));
	client_port(2002);
	expect(REQUEST, client_rrq("f", "blksize", "1024"));
	expect(FIRST_REPLY, server_sends(TID, BYTES("\0\6blksize\0"
						    "1024\0garbage")));
	client_port(2003);
	expect(REQUEST, client_rrq("f", "blksize", "1024"));
	expect(FIRST_REPLY, server_sends(TID, BYTES("\0\6blksize\0"
						    "1024\0\0windowsize\0"
						    "9999\0")));
	client_port(2004);
	expect(REQUEST, client_rrq("f", "blksize", "1024"));
	expect(FIRST_REPLY, server_sends(TID, BYTES("\0\6blksize\0"
						    "1024\0windowsize\0")));
	expect(ACK, client_ack(TID, 0));
	expect(DATA, server_data(TID, 1, 1024));
}

SCENARIO(oack_repeats_an_option, .covers = "7.5")
{
	expect(REQUEST, client_rrq("f", "blksize", "1024"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1000", "blksize", "1000"));
	expect(ACK, client_ack(TID, 0));
	expect(DATA_SIZE, server_data(TID, 1, 1001));
	expect(DATA, server_data(TID, 1, 1000));
}

SCENARIO(first_occurrence_in_the_request_wins, .covers = "6")
{
	expect(REQUEST, client_rrq("f", "blksize", "1000", "blksize", "1400"));
	expect(OACK_VALUE, server_oack(TID, "blksize", "1400"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1000"));
}

SCENARIO(oack_of_multicast, .covers = "7.5 multicast, off")
{
	expect(REQUEST, client_rrq("f", "multicast", "", "blksize", "1024"));
	expect(OACK_MULTICAST, server_oack(TID, "multicast", "239.1.1.1,1758,1"));
	expect(OACK_MULTICAST, server_oack(TID, "blksize", "1024", "multicast", ",,0"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1024"));
}

SCENARIO(msftwindow, .covers = "7.5 msftwindow, 9.14")
{
	expect(REQUEST, client_rrq("boot.wim", "tsize", "0", "blksize", "1456", "windowsize", "4",
				   "msftwindow", "31416"));
	expect(FIRST_REPLY, server_oack(TID, "tsize", "9999999", "blksize", "1456", "windowsize",
					"4", "msftwindow", "27182"));
	expect(ACK, client_ack_sized(TID, 0, 5));
	expect(DATA, server_data(TID, 256, 1456));
	expect(BLOCK_WINDOW, server_data(TID, 257, 1456));
	expect(ACK, client_ack_sized(TID, 255, 5));
	expect(ACK_SIZE, client_ack_sized(TID, 256, 6));
	expect(DATA, server_data(TID, 1, 1456));
	expect(DATA, server_data(TID, 0, 1456));
	expect(BLOCK_WINDOW, server_data(TID, 65535, 1456));
}

SCENARIO(five_byte_acks_take_msftwindow, .covers = "7.2 ACK")
{
	expect(REQUEST, client_rrq("boot.wim", "blksize", "1456", "msftwindow", "31416"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1456"));
	expect(ACK_SIZE, client_ack_sized(TID, 0, 5));
	expect(ACK, client_ack(TID, 0));
}

SCENARIO(repeated_oack_is_judged_too, .covers = "7.3 OFFER")
{
	expect(REQUEST, client_rrq("f", "blksize", "1024"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "512"));
	expect(OACK_VALUE, server_oack(TID, "blksize", "2048"));
	expect(OACK_UNASKED, server_oack(TID, "windowsize", "64"));
	expect(OACK, server_oack(TID, "blksize", "512"));
	expect(ACK, client_ack(TID, 0));
	expect(DATA_SIZE, server_data(TID, 1, 1024));
	expect(DATA, server_data(TID, 1, 512));
}

SCENARIO(oack_of_garbage_only, .covers = "7.3 PENDING, 9.8")
{
	expect(REQUEST, client_rrq("f", "blksize", "1024"));
	/* It grants nothing: block size and window are the plain ones. */
	expect(FIRST_REPLY, server_sends(TID, BYTES("\0\6garbage")));
	expect(ACK, client_ack(TID, 0));
	expect(DATA_SIZE, server_data(TID, 1, 513));
	expect(DATA, server_data(TID, 1, 512));
}

SCENARIO(oack_after_the_end, .covers = "7.3 DONE")
{
	expect(REQUEST, client_rrq("empty", "tsize", "0"));
	expect(FIRST_REPLY, server_oack(TID, "tsize", "0"));
	expect(ACK, client_ack(TID, 0));
	expect(DATA, server_data(TID, 1, 0));
	expect(ACK, client_ack(TID, 1));
	expect(OACK_LATE, server_oack(TID, "tsize", "0"));
	client_port(2000);
	expect(REQUEST, client_wrq("empty", "tsize", "0"));
	expect(FIRST_REPLY, server_oack(TID, "tsize", "0"));
	expect(DATA, client_data(TID, 1, 0));
	expect(ACK, server_ack(TID, 1));
	expect(OACK_LATE, server_oack(TID, "tsize", "0"));
}
