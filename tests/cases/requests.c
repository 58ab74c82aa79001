// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The request grammar, and every way to miss it. Tracker specification 6.
 */
#include <string.h>

#include "scene.h"

/* A request for a name of this many bytes, mode octet: name + 9 bytes. */
static struct datagram *rrq_of_name_length(unsigned int bytes)
{
	static char name[2000];

	memset(name, 'n', bytes);
	name[bytes] = 0;
	return client_rrq(name);
}

SCENARIO(smallest_request, .covers = "6 length 10")
{
	expect(REQUEST, client_sends(TFTP_PORT, BYTES("\0\1f\0octet\0")));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
}

SCENARIO(request_lengths, .covers = "6 length 10 to 516")
{
	expect(REQUEST_LENGTH, client_sends(TFTP_PORT, BYTES("\0\1")));
	expect(REQUEST_LENGTH, client_sends(TFTP_PORT, BYTES("\0\2\0")));
	expect(REQUEST_LENGTH, client_sends(TFTP_PORT, BYTES("\0\1f\0octe\0")));
	expect(REQUEST, rrq_of_name_length(516 - 9));
	expect(REQUEST_LENGTH, rrq_of_name_length(517 - 9));
	expect(REQUEST_LENGTH, rrq_of_name_length(1400));
}

SCENARIO(request_length_is_a_setting, .covers = "6 limit tunable")
{
	zone()->request_max = 1024;
	expect(REQUEST, rrq_of_name_length(1024 - 9));
	expect(REQUEST_LENGTH, rrq_of_name_length(1025 - 9));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
}

SCENARIO(request_length_is_a_smaller_setting, .covers = "6 limit tunable")
{
	zone()->request_max = 64;
	expect(REQUEST, rrq_of_name_length(64 - 9));
	expect(REQUEST_LENGTH, rrq_of_name_length(65 - 9));
}

SCENARIO(request_without_a_name, .covers = "6 filename")
{
	expect(REQUEST_NAME, client_sends(TFTP_PORT, BYTES("\0\1\0octet\0x\0")));
	expect(REQUEST_NAME, client_sends(TFTP_PORT, BYTES("\0\2\0netascii\0")));
	expect(REQUEST_NAME, client_sends(TFTP_PORT, BYTES("\0\1endless name")));
	expect(REQUEST_NAME, client_sends(TFTP_PORT, BYTES("\0\1\0\0\0\0\0\0\0\0\0\0")));
}

SCENARIO(request_modes, .covers = "6 mode")
{
	expect(REQUEST, client_rrq_mode("octet", "f"));
	expect(REQUEST, client_rrq_mode("OCTET", "f"));
	expect(REQUEST, client_rrq_mode("oCtEt", "f"));
	expect(REQUEST, client_rrq_mode("netascii", "f"));
	expect(REQUEST, client_rrq_mode("NetASCII", "f"));
	expect(REQUEST, client_rrq_mode("binary", "f"));
	expect(REQUEST, client_rrq_mode("BINARY", "f"));
	expect(REQUEST_MAIL, client_rrq_mode("mail", "user@host"));
	expect(REQUEST_MAIL, client_rrq_mode("Mail", "user@host"));
	expect(REQUEST_MODE, client_rrq_mode("octets", "f"));
	expect(REQUEST_MODE, client_rrq_mode("octe", "file"));
	expect(REQUEST_MODE, client_rrq_mode("xoctet", "f"));
	expect(REQUEST_MODE, client_rrq_mode("ascii", "f"));
	expect(REQUEST_MODE, client_rrq_mode("mails", "f"));
	expect(REQUEST_MODE, client_rrq_mode("", "longer-name"));
	expect(REQUEST_MODE, client_rrq_mode("netasciinetasciinetascii", "f"));
	expect(REQUEST_MODE, client_sends(TFTP_PORT, BYTES("\0\1f\0octet-without-end")));
	expect(REQUEST_MODE, client_sends(TFTP_PORT, BYTES("\0\1long-name\0octet")));
	expect(REQUEST_MODE, client_sends(TFTP_PORT, BYTES("\0\1long-name\0")));
}

SCENARIO(request_names, .covers = "6 no character filter")
{
	expect(REQUEST, client_rrq("/"));
	expect(REQUEST, client_rrq("\\Boot\\x64\\wdsnbp.com"));
	expect(REQUEST, client_rrq("name with spaces"));
	expect(REQUEST, client_rrq("http://host/boot.php?mac=00:11:22"));
	expect(REQUEST, client_rrq("\303\251\342\202\254"));
	expect(REQUEST, client_rrq("\377\376\001\002"));
	expect(REQUEST, client_rrq("octet"));
	expect(REQUEST, rrq_of_name_length(127));
	expect(REQUEST, rrq_of_name_length(128));
	expect(REQUEST, rrq_of_name_length(255));
}

SCENARIO(request_names_that_leave_the_directory, .covers = "6 a part `..`")
{
	expect(NAME_PARENT, client_rrq("../../etc/passwd"));
	expect(NAME_PARENT, client_rrq("..\\windows"));
	expect(NAME_PARENT, client_rrq("/.."));
	expect(NAME_PARENT, client_rrq("boot/.."));
	expect(NAME_PARENT, client_rrq("boot/x/..\\..//./shadow"));
	expect(NAME_PARENT, client_wrq("boot/./../x"));
	expect(REQUEST, client_rrq("..."));
	expect(REQUEST, client_rrq("..boot"));
	expect(REQUEST, client_rrq("boot../x"));
	expect(REQUEST, client_rrq("a..b/./c"));
}

SCENARIO(request_with_trailing_garbage, .covers = "6 options, 3.17, 9.8")
{
	uint8_t hp[516];

	/* HP PA-RISC: a buffer with whatever was in it. */
	memset(hp, 0xff, sizeof(hp));
	memcpy(hp, "\0\1/f\0octet\0", 11);
	expect(REQUEST, client_sends(TFTP_PORT, hp, sizeof(hp)));
	expect(REQUEST, client_sends(TFTP_PORT, BYTES("\0\1f\0octet\0\0\0\0")));
	expect(REQUEST, client_sends(TFTP_PORT, BYTES("\0\1f\0octet\0garbage")));
	expect(REQUEST, client_sends(TFTP_PORT, BYTES("\0\1f\0octet\0name-without-value\0")));
	expect(REQUEST, client_sends(TFTP_PORT, BYTES("\0\1f\0octet\0blksize\0"
						      "14")));
}

SCENARIO(options_before_the_garbage_count, .covers = "6 stop at the first malformed pair")
{
	expect(REQUEST, client_sends(TFTP_PORT, BYTES("\0\1f\0octet\0blksize\0"
						      "1024\0\0\0windowsize\0"
						      "64\0")));
	expect(OACK_UNASKED, server_oack(TID, "windowsize", "64"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1024"));
}

SCENARIO(cut_option_was_not_asked, .covers = "6 stop at the first malformed pair")
{
	expect(REQUEST, client_sends(TFTP_PORT, BYTES("\0\1f\0octet\0tsize\0"
						      "0\0blksize\0"
						      "1024")));
	expect(OACK_UNASKED, server_oack(TID, "blksize", "1024"));
	expect(FIRST_REPLY, server_oack(TID, "tsize", "77"));
}

SCENARIO(request_options, .covers = "6 options")
{
	expect(REQUEST, client_rrq("f", "multicast", ""));
	expect(REQUEST, client_rrq("f", "x-unknown", "value", "y", ""));
	expect(REQUEST,
	       client_rrq("f", "tsize", "0", "timeout", "5", "blksize", "1024", "multicast", "",
			  "password", "secret", "windowsize", "8", "rollover", "0", "utimeout",
			  "1000000", "msftwindow", "31416", "blksize2", "2048", "udpport", "0"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1024", "windowsize", "8", "tsize", "1"));
}

SCENARIO(request_with_odd_numbers, .covers = "6: the numbers are the server's business")
{
	client_port(2001);
	expect(REQUEST, client_rrq("f", "blksize", "abc"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	client_port(2002);
	expect(REQUEST, client_rrq("f", "blksize", "70000000000"));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "65464"));
	client_port(2003);
	expect(REQUEST, client_rrq("f", "timeout", "0"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	client_port(2004);
	expect(REQUEST, client_rrq("f", "timeout", "100000"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
}

SCENARIO(refused_request_opens_nothing, .covers = "6, 7.3 none", .places = ROUTER | LOOPBACK)
{
	expect(REQUEST_NAME, client_sends(TFTP_PORT, BYTES("\0\1\0octet\0x\0")));
	expect(UNSOLICITED, server_data(TID, 1, 512));
	expect(REQUEST_MODE, client_rrq_mode("ascii", "f"));
	expect(UNSOLICITED, server_data(TID, 1, 512));
	expect(REQUEST_MAIL, client_rrq_mode("mail", "user"));
	expect(UNSOLICITED, server_data(TID, 1, 512));
	expect(REQUEST_LENGTH, rrq_of_name_length(1000));
	expect(UNSOLICITED, server_data(TID, 1, 512));
	expect(UNSOLICITED, server_error(TFTP_PORT, 0, "unwanted"));
}

SCENARIO(refused_request_changes_nothing, .covers = "6")
{
	expect(REQUEST, client_rrq("f", "blksize", "1024"));
	expect(REQUEST_MODE, client_rrq_mode("ascii", "f"));
	expect(REQUEST_LENGTH, rrq_of_name_length(1000));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "1024"));
	expect(NO_CREDIT, server_oack(TID2, "blksize", "1024"));
}

SCENARIO(write_requests, .covers = "6 opcode 2")
{
	expect(REQUEST, client_wrq("f"));
	expect(REQUEST_LENGTH, client_sends(TFTP_PORT, BYTES("\0\2f\0octe\0")));
	expect(REQUEST_MODE, client_sends(TFTP_PORT, BYTES("\0\2f\0octave\0")));
	expect(REQUEST_MAIL, client_request(2, "mail", (const char *const[]){"user", NULL}));
	expect(FIRST_REPLY, server_ack(TID, 0));
}

SCENARIO(requests_go_to_the_service_port, .covers = "7.3 extra transition 3",
	 .places = ROUTER | SERVER_HOST)
{
	expect(UNSOLICITED, client_sends(70, BYTES("\0\1f\0octet\0")));
	expect(UNSOLICITED, client_sends(TID, BYTES("\0\1f\0octet\0")));
	expect(NOT_A_REQUEST, client_sends(TFTP_PORT, BYTES("\1\0f\0octet\0")));
	expect(NOT_A_REQUEST, client_sends(TFTP_PORT, BYTES("\1\1f\0octet\0")));
	expect(NOT_A_REQUEST, client_sends(TFTP_PORT, BYTES("\0\7f\0octet\0")));
	expect(NOT_A_REQUEST, client_sends(TFTP_PORT, BYTES("\0\6f\0octet\0")));
}
