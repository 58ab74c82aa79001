// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What real clients and servers do and a strict tracker has to bear: every item of tracker specification 9, by its
 * number. Other files test many of them closer.
 */
#include "scene.h"

SCENARIO(tolerate_01_any_server_tid, .covers = "9.1")
{
	client_port(2001);
	read_begins(TFTP_PORT);
	read_goes_on(TFTP_PORT, 2, 4, 512);
	client_port(2002);
	read_begins(64001);
	client_port(2003);
	read_begins(7);
}

SCENARIO(tolerate_02_any_client_port, .covers = "9.2", .places = ROUTER | SERVER_HOST | CLIENT_HOST)
{
	static const uint16_t ports[] = {69, 500, 2001, 2070, 25300};

	for (unsigned int i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		client_port(ports[i]);
		read_begins(TID);
		read_goes_on(TID, 2, 2, 512);
	}
}

SCENARIO(tolerate_03_same_port_again_at_once, .covers = "9.3")
{
	for (unsigned int turn = 0; turn < 5; turn++) {
		expect(REQUEST, client_rrq("same"));
		expect(FIRST_REPLY, server_data(TFTP_PORT, 1, 99));
		expect(ACK, client_ack(TFTP_PORT, 1));
	}
	for (unsigned int turn = 0; turn < 5; turn++) {
		expect(REQUEST, client_rrq("same"));
		expect(FIRST_REPLY, server_data(TID + turn, 1, 99));
		expect(ACK, client_ack(TID + turn, 1));
	}
}

SCENARIO(tolerate_04_duplicate_requests, .covers = "9.4")
{
	for (unsigned int i = 0; i < 5; i++) {
		after_ms(2500);
		expect(REQUEST, client_rrq("f", "tsize", "0"));
	}
	after_ms(3600);
	for (unsigned int i = 0; i < 5; i++)
		expect(FIRST_REPLY, server_oack(3606 + i, "tsize", "1"));
	expect(ACK, client_ack(3610, 0));
	expect(DATA, server_data(3610, 1, 1));
	expect(ACK, client_ack(3610, 1));
}

SCENARIO(tolerate_05_last_speaker_and_error_5, .covers = "9.5")
{
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	for (unsigned int turn = 0; turn < 3; turn++) {
		expect(ACK, client_ack(TID, 1));
		expect(ACK, client_ack(TID2, 1));
	}
	expect(ERROR, client_error(TID, 5, "Unknown transfer ID"));
	read_goes_on(TID2, 2, 3, 512);
}

SCENARIO(tolerate_06_request_overtakes_error, .covers = "9.6")
{
	read_begins(TID);
	expect(REQUEST, client_rrq("other"));
	expect(ERROR, client_error(TID, 0, "closed"));
	expect(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(ACK, client_ack(TID2, 1));
}

SCENARIO(tolerate_07_many_half_open, .covers = "9.7, 7.3 extra transition 4")
{
	/* mboot.c32 leaves 151 size probes open; then one more file is fetched. */
	for (unsigned int i = 0; i < 151; i++) {
		client_port(50000 + i);
		expect(REQUEST, client_rrq("module", "tsize", "0"));
		expect(FIRST_REPLY, server_oack(30000 + i, "tsize", "77"));
	}
	for (unsigned int i = 0; i < 151; i++) {
		client_port(51000 + i);
		read_begins(31000 + i);
	}
	client_port(50000);
	expect(OACK, server_oack(30000, "tsize", "77"));
	expect(ACK, client_ack(30000, 0));
}

SCENARIO(tolerate_07_requests_in_a_burst, .covers = "9.7")
{
	for (unsigned int i = 0; i < 64; i++) {
		client_port(50000 + i);
		expect(REQUEST, client_rrq("pxelinux.cfg/C0A80001"));
		expect(FIRST_REPLY, server_error(30000 + i, 1, "File not found"));
	}
}

SCENARIO(tolerate_08_options_and_garbage, .covers = "9.8")
{
	client_port(2001);
	expect(REQUEST, client_rrq("f", "blksize", "1432"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	client_port(2002);
	expect(REQUEST, client_wrq("f", "blksize", "1432"));
	expect(FIRST_REPLY, server_ack(TID, 0));
	client_port(2003);
	expect(REQUEST, client_rrq("f", "tsize", "0", "blksize", "1432", "timeout", "3"));
	expect(FIRST_REPLY, server_sends(TID, BYTES("\0\6TimeOut\0"
						    "3\0BLKSIZE\0"
						    "1432\0\0\0junk")));
	client_port(2004);
	expect(REQUEST, client_sends(TFTP_PORT, BYTES("\0\1f\0OCTET\0blksize\0"
						      "512\0\0\0junk")));
	expect(FIRST_REPLY, server_oack(TID, "blksize", "512"));
}

SCENARIO(tolerate_09_aborts, .covers = "9.9")
{
	expect(REQUEST, client_rrq("f", "tsize", "0"));
	expect(FIRST_REPLY, server_oack(TID, "tsize", "1"));
	expect(ERROR, client_sends(TID, BYTES("\0\5\0\10User aborted the transfer")));
	expect(ERROR, server_sends(TID, BYTES("\0\5\364\234")));
	expect(ACK, client_ack(TID, 0));
	expect(ERROR, client_sends(TID, BYTES("\0\5\0\4")));
}

SCENARIO(tolerate_10_oack_and_ack_0_repeated, .covers = "9.10")
{
	expect(REQUEST, client_rrq("f", "tsize", "0"));
	expect(FIRST_REPLY, server_oack(TID, "tsize", "1000"));
	for (unsigned int turn = 0; turn < 4; turn++) {
		expect(OACK, server_oack(TID, "tsize", "1000"));
		expect(ACK, client_ack(TID, 0));
	}
	expect(DATA, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 0));
	expect(DATA, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
}

SCENARIO(tolerate_11_repeats, .covers = "9.11")
{
	read_begins(TID);
	read_goes_on(TID, 2, 9, 512);
	for (unsigned int turn = 0; turn < 3; turn++) {
		for (unsigned int block = 2; block <= 9; block++)
			expect(DATA, server_data(TID, block, 512));
		for (unsigned int block = 2; block <= 9; block++)
			expect(ACK, client_ack(TID, block));
	}
	read_goes_on(TID, 10, 11, 512);
}

SCENARIO(tolerate_12_unagreed_window, .covers = "9.12")
{
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	for (unsigned int block = 2; block <= 4; block++)
		expect(DATA, server_data(TID, block, 512));
	for (unsigned int block = 1; block <= 30; block++) {
		expect(ACK, client_ack(TID, block));
		expect(DATA, server_data(TID, block + 4, 512));
	}
}

/* pin's `anticipate`, up to 60 blocks, where the operator has said so. */
SCENARIO(tolerate_12_declared_anticipation, .covers = "9.12, conflict table")
{
	zone()->slack = 64;
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	for (unsigned int block = 2; block <= 60; block++)
		expect(DATA, server_data(TID, block, 512));
	expect(ACK, client_ack(TID, 60));
}

SCENARIO(tolerate_13_rollover, .covers = "9.13", .places = ROUTER)
{
	for (unsigned int to = 0; to <= 1; to++) {
		client_port(2000 + to);
		read_begins_with(TID, "8", "64");
		for (unsigned int block = 64; block <= 65472; block += 64) {
			expect(DATA, server_data(TID, block, 8));
			expect(ACK, client_ack(TID, block));
		}
		read_goes_on(TID, 65473, 65535, 8);
		read_goes_on(TID, to, 100, 8);
	}
}

SCENARIO(tolerate_14_msftwindow, .covers = "9.14")
{
	expect(REQUEST, client_rrq("boot.wim", "windowsize", "4", "msftwindow", "31416"));
	expect(FIRST_REPLY, server_oack(TID, "windowsize", "4", "msftwindow", "27182"));
	expect(ACK, client_ack_sized(TID, 0, 5));
	for (unsigned int block = 1; block <= 255; block++)
		expect(DATA, server_data(TID, block, 512));
	expect(ACK, client_ack_sized(TID, 255, 5));
}

SCENARIO(tolerate_15_ends, .covers = "9.15")
{
	client_port(2001);
	read_begins(TID);
	/* The last block is never acknowledged; the server repeats it. */
	for (unsigned int turn = 0; turn < 4; turn++) {
		expect(DATA, server_data(TID, 2, 0));
		after_ms(34000);
	}
	client_port(2002);
	expect(REQUEST, client_rrq("empty"));
	expect(FIRST_REPLY, server_data(TID, 1, 0));
	expect(ACK, client_ack(TID, 1));
	expect(DATA, server_data(TID, 1, 0));
	expect(ACK, client_ack(TID, 1));
	expect(ERROR, client_error(TID, 0, "closed"));
}

SCENARIO(tolerate_16_checksum_padding_fragments, .covers = "9.16")
{
	if (ipv6())
		expect(REQUEST, padded(30, client_rrq("f", "blksize", "16384")));
	else
		expect(REQUEST, without_checksum(padded(30, client_rrq("f", "blksize", "16384"))));
	expect(FIRST_REPLY, padded(4, server_oack(TID, "blksize", "16384")));
	expect(ACK, padded(14, udp_length(12, client_ack_sized(TID, 0, 18))));
	expect(DATA, first_fragment(1, 1448, server_data(TID, 1, 16384)));
	for (unsigned int i = 1; i < 11; i++)
		expect(FRAGMENT_FOLLOWS,
		       later_fragment(1, i * 1448, 1448, server_data(TID, 1, 16384)));
	expect(FRAGMENT_FOLLOWS, later_fragment(1, 11 * 1448, 0, server_data(TID, 1, 16384)));
}

SCENARIO(tolerate_17_broadcast_and_other_address, .covers = "9.17",
	 .places = ROUTER | SERVER_HOST | CLIENT_HOST)
{
	zone()->flags |= TG_ZONE_BROADCAST;
	server_group(SERVER, OTHER_SERVER);
	client_port(2001);
	expect(REQUEST, to_host(BROADCAST, client_rrq("network-confg")));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	expect(ACK, client_ack(TID, 1));
	client_port(2002);
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, from_host(OTHER_SERVER, server_data(TID, 1, 512)));
}

SCENARIO(tolerate_18_error_5_in_the_middle, .covers = "9.18")
{
	read_begins(TID);
	expect(ERROR, client_error(TID, 5, "Wrong block number"));
	for (unsigned int block = 2; block <= 20; block++) {
		after_ms(6000);
		expect(DATA, server_data(TID, block, 512));
		expect(ERROR, client_error(TID, 5, "Wrong block number"));
		expect(ACK, client_ack(TID, block));
	}
}

SCENARIO(tolerate_19_silence, .covers = "9.19")
{
	read_begins(TID);
	after_ms(118000);
	expect(ACK, client_ack(TID, 1));
	after_ms(120000);
	expect(DATA, server_data(TID, 2, 512));
	client_port(2002);
	expect(REQUEST, client_rrq("f", "timeout", "255"));
	expect(FIRST_REPLY, server_oack(TID, "timeout", "255"));
	after_ms(34000);
	expect(OACK, server_oack(TID, "timeout", "255"));
	after_ms(255000);
	expect(ACK, client_ack(TID, 0));
	after_ms(1000000);
	expect(DATA, server_data(TID, 1, 512));
}

SCENARIO(tolerate_20_nothing_else, .covers = "9.20", .places = ROUTER)
{
	read_begins(TID);
	expect(WRONG_ROLE, client_data(TID, 2, 512));
	expect(BLOCK_WINDOW, server_data(TID, 500, 512));
	expect(DATA_SIZE, server_data(TID, 2, 1024));
	expect(REQUEST_MODE, client_sends(TFTP_PORT, BYTES("\0\1file-without-mode\0")));
	expect(SURPLUS_TID, server_data(TID2, 1, 512));
	expect(UNSOLICITED, from_host(OTHER_SERVER, server_data(TID, 2, 512)));
	expect(DATA, server_data(TID, 2, 512));
}
