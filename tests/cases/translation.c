// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Single-port translation: the client's side sees the service port, the server's side the TID. docs/netfilter-design.md.
 */
#include "scene.h"

#define OTHER_SERVICE 1069

static void single_port(void)
{
	zone()->flags |= TG_ZONE_SINGLE_PORT;
	no_udp_tracking();
}

#define from_server(reason, ...)             \
	do {                                 \
		expect(reason, __VA_ARGS__); \
		goes_from(TFTP_PORT);        \
	} while (0)
#define to_tid(tid, reason, ...)             \
	do {                                 \
		expect(reason, __VA_ARGS__); \
		goes_to(tid);                \
	} while (0)

/* Request, DATA 1 and its ACK. */
static void begins(uint16_t tid, const char *name)
{
	expect(REQUEST, client_rrq(name));
	from_server(FIRST_REPLY, server_data(tid, 1, 512));
	to_tid(tid, ACK, client_ack(TFTP_PORT, 1));
}

SCENARIO(translated_read, .covers = "netfilter")
{
	single_port();
	begins(TID, "f");
	from_server(DATA, server_data(TID, 2, 512));
	to_tid(TID, ACK, client_ack(TFTP_PORT, 2));
	/* Repeated, and judged as ever. */
	from_server(DATA, server_data(TID, 2, 512));
	expect(BLOCK_WINDOW, server_data(TID, 300, 512));
	expect(DATA_SIZE, server_data(TID, 3, 513));
	expect(ACK_AHEAD, client_ack(TFTP_PORT, 9));
	from_server(DATA, server_data(TID, 3, 100));
	to_tid(TID, ACK, client_ack(TFTP_PORT, 3));
	from_server(DATA, server_data(TID, 3, 100));
	to_tid(TID, ACK, client_ack(TFTP_PORT, 3));
}

SCENARIO(translated_write, .covers = "netfilter")
{
	single_port();
	expect(REQUEST, client_wrq("f", "blksize", "1024", "windowsize", "4"));
	from_server(FIRST_REPLY, server_oack(TID, "blksize", "1024", "windowsize", "4"));
	for (unsigned int i = 1; i <= 4; i++)
		to_tid(TID, DATA, client_data(TFTP_PORT, i, 1024));
	from_server(ACK, server_ack(TID, 4));
	to_tid(TID, DATA, client_data(TFTP_PORT, 5, 1));
	from_server(ACK, server_ack(TID, 5));
}

SCENARIO(translated_probe, .covers = "netfilter, 9.9")
{
	single_port();
	expect(REQUEST, client_rrq("f", "tsize", "0"));
	from_server(FIRST_REPLY, server_oack(TID, "tsize", "1000"));
	to_tid(TID, ERROR, client_error(TFTP_PORT, 8, "User aborted the transfer"));
	/* The same file from the same port, at once. */
	expect(REQUEST, client_rrq("f", "tsize", "0"));
	from_server(FIRST_REPLY, server_oack(TID2, "tsize", "1000"));
	to_tid(TID2, ACK, client_ack(TFTP_PORT, 0));
	expect(SUPERSEDED, server_error(TID, 0, "gave up"));
	from_server(DATA, server_data(TID2, 1, 512));
}

SCENARIO(translated_error, .covers = "netfilter")
{
	single_port();
	for (unsigned int i = 0; i < 3; i++) {
		expect(REQUEST, client_rrq("missing"));
		from_server(FIRST_REPLY, server_error(TID + i, 1, "File not found"));
	}
	begins(TID3 + 1, "f");
	from_server(ERROR, server_error(TID3 + 1, 3, "Disk full"));
}

SCENARIO(translated_duplicates, .covers = "netfilter, 9.4")
{
	single_port();
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, client_rrq("f"));
	from_server(FIRST_REPLY, server_data(TID, 1, 512));
	expect(SURPLUS_TID, server_data(TID2, 1, 512));
	to_tid(TID, ACK, client_ack(TFTP_PORT, 1));
	expect(SURPLUS_TID, server_data(TID2, 1, 512));
	from_server(DATA, server_data(TID, 2, 512));
	/* One more, although the client goes on with the first. */
	expect(REQUEST, client_rrq("f"));
	expect(SURPLUS_TID, server_data(TID3, 1, 512));
	to_tid(TID, ACK, client_ack(TFTP_PORT, 2));
	from_server(DATA, server_data(TID, 3, 100));
}

SCENARIO(translated_after_silence, .covers = "netfilter")
{
	single_port();
	expect(REQUEST, client_rrq("f"));
	from_server(FIRST_REPLY, server_data(TID, 1, 512));
	/* It got lost behind the hook; the client asks again, too early, and again. */
	after_ms(1900);
	expect(REQUEST, client_rrq("f"));
	expect(SURPLUS_TID, server_data(TID2, 1, 512));
	after_ms(101);
	from_server(FIRST_REPLY, server_data(TID2, 1, 512));
	expect(SUPERSEDED, server_data(TID, 1, 512));
	to_tid(TID2, ACK, client_ack(TFTP_PORT, 1));
	expect(SUPERSEDED, server_error(TID, 0, "timeout"));
	from_server(DATA, server_data(TID2, 2, 100));
}

/* What ran out hides nothing that begins in its place. */
SCENARIO(translated_again_after_the_end, .covers = "12.3")
{
	single_port();
	begins(TID, "f");
	after_ms(120001);
	expect(REQUEST, client_rrq("f"));
	expect(REQUEST, client_rrq("f"));
	from_server(FIRST_REPLY, server_data(TID, 1, 512));
	expect(SURPLUS_TID, server_data(TID2, 1, 512));
	to_tid(TID, ACK, client_ack(TFTP_PORT, 1));
	from_server(DATA, server_data(TID, 2, 10));
}

SCENARIO(translated_udpport_again_after_the_end, .covers = "10.12, 12.3")
{
	single_port();
	zone()->flags |= TG_ZONE_UDPPORT;
	for (unsigned int i = 0; i < 2; i++) {
		expect(REQUEST, client_rrq("f", "udpport", "0"));
		expect(REQUEST, client_rrq("f", "udpport", "0"));
		from_server(FIRST_REPLY, server_oack(TID, "udpport", "40007"));
		expect(SURPLUS_TID, server_oack(TID2, "udpport", "40009"));
		to_tid(40007, ACK, client_ack(TFTP_PORT, 0));
		after_ms(120001);
	}
}

/* One end that is client and server: what goes to its TID is the client's. */
SCENARIO(translated_to_oneself, .covers = "12.1", .places = LOOPBACK)
{
	single_port();
	zone()->tftp_port_be[1] = __builtin_bswap16(OTHER_SERVICE);
	client_port(TFTP_PORT);
	request_port(OTHER_SERVICE);
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TFTP_PORT, 1, 512));
	goes_from(OTHER_SERVICE);
	to_tid(TFTP_PORT, DATA, client_data(OTHER_SERVICE, 2, 512));
}

SCENARIO(translated_next_file, .covers = "netfilter, 9.3")
{
	single_port();
	begins(TID, "f");
	from_server(DATA, server_data(TID, 2, 10));
	to_tid(TID, ACK, client_ack(TFTP_PORT, 2));
	begins(TID2, "g");
	/* The last ACK was lost. */
	expect(SUPERSEDED, server_data(TID, 2, 10));
	from_server(DATA, server_data(TID2, 2, 512));
	to_tid(TID2, ACK, client_ack(TFTP_PORT, 2));
	/* Something else although that is not over; its ports are the old ones. */
	begins(TID, "h");
	expect(SUPERSEDED, server_data(TID2, 3, 512));
	from_server(DATA, server_data(TID, 2, 512));
	to_tid(TID, ACK, client_ack(TFTP_PORT, 2));
	/* The same TID again. */
	from_server(DATA, server_data(TID, 3, 10));
	to_tid(TID, ACK, client_ack(TFTP_PORT, 3));
	begins(TID, "i");
}

SCENARIO(translated_reboot, .covers = "netfilter, 7.3 extra transition 2")
{
	single_port();
	begins(TID, "f");
	after_ms(2001);
	expect(REQUEST, client_rrq("f"));
	expect(SUPERSEDED, server_data(TID, 2, 512));
	from_server(FIRST_REPLY, server_data(TID2, 1, 512));
	to_tid(TID2, ACK, client_ack(TFTP_PORT, 1));
}

SCENARIO(translated_clients, .covers = "netfilter")
{
	single_port();
	begins(TID, "f");
	client_port(2001);
	begins(TID2, "f");
	from_server(DATA, server_data(TID2, 2, 512));
	client_port(CLIENT_TID);
	from_server(DATA, server_data(TID, 2, 512));
	to_tid(TID, ACK, client_ack(TFTP_PORT, 2));
	client_port(2001);
	to_tid(TID2, ACK, client_ack(TFTP_PORT, 2));
	/* Port 69 on both sides (lwIP). */
	client_port(TFTP_PORT);
	begins(TID3, "f");
	from_server(DATA, server_data(TID3, 2, 512));
	to_tid(TID3, ACK, client_ack(TFTP_PORT, 2));
}

#define CLIENTS 100

/* Squares are scattered, so that some of these ports meet in one place of what is kept at hand. */
static void one_of_many(unsigned int i)
{
	client_port((uint16_t)(20000 + i * i));
}

SCENARIO(translated_many_clients, .covers = "netfilter", .places = ROUTER)
{
	single_port();
	for (unsigned int i = 0; i < CLIENTS; i++) {
		one_of_many(i);
		begins(TID + i, "f");
	}
	for (unsigned int block = 2; block <= 3; block++)
		for (unsigned int i = 0; i < CLIENTS; i++) {
			one_of_many(i);
			from_server(DATA, server_data(TID + i, block, 512));
			to_tid(TID + i, ACK, client_ack(TFTP_PORT, block));
		}
}

SCENARIO(translated_without_checksum, .covers = "netfilter, 9.16", .families = IPV4)
{
	single_port();
	expect(REQUEST, without_checksum(client_rrq("f")));
	from_server(FIRST_REPLY, without_checksum(server_data(TID, 1, 512)));
	to_tid(TID, ACK, without_checksum(client_ack(TFTP_PORT, 1)));
}

SCENARIO(translated_checksums, .covers = "netfilter")
{
	single_port();
	/* One of these lengths makes the sum pass through 0 or ffff. */
	begins(TID, "f");
	for (unsigned int i = 2; i < 300; i++) {
		from_server(DATA, server_data(TID, i, 512));
		to_tid(TID, ACK, client_ack(TFTP_PORT, i));
	}
}

SCENARIO(translated_tags, .covers = "netfilter, 5")
{
	single_port();
	expect(REQUEST, tagged(7, client_rrq("f")));
	from_server(FIRST_REPLY, tagged(7, server_data(TID, 1, 512)));
	to_tid(TID, ACK, tagged(7, client_ack(TFTP_PORT, 1)));
	expect(NOT_A_REQUEST, tagged(8, client_ack(TFTP_PORT, 1)));
}

SCENARIO(translated_headers, .covers = "netfilter, 5")
{
	single_port();
	expect(REQUEST, client_rrq("f"));
	if (ipv6()) {
		from_server(FIRST_REPLY, ip_extension(60, 16, server_data(TID, 1, 512)));
		to_tid(TID, ACK, ip_extension(0, 8, client_ack(TFTP_PORT, 1)));
	} else {
		from_server(FIRST_REPLY, ip_options(8, server_data(TID, 1, 512)));
		to_tid(TID, ACK, ip_options(40, client_ack(TFTP_PORT, 1)));
	}
}

SCENARIO(translated_fragments, .covers = "netfilter, 7.4")
{
	single_port();
	expect(REQUEST, client_rrq("f", "blksize", "4096"));
	from_server(FIRST_REPLY, server_oack(TID, "blksize", "4096"));
	to_tid(TID, ACK, client_ack(TFTP_PORT, 0));
	from_server(DATA, first_fragment(1, 1480, server_data(TID, 1, 4096)));
	expect(FRAGMENT_FOLLOWS, later_fragment(1, 1480, 1480, server_data(TID, 1, 4096)));
	expect(FRAGMENT_FOLLOWS, later_fragment(1, 2960, 0, server_data(TID, 1, 4096)));
	to_tid(TID, ACK, client_ack(TFTP_PORT, 1));
	expect(FRAGMENT_AHEAD, later_fragment(2, 1480, 0, server_data(TID, 2, 4096)));
	from_server(DATA, first_fragment(2, 1480, server_data(TID, 2, 4096)));
}

SCENARIO(translated_single_port_server, .covers = "netfilter, 9.1")
{
	single_port();
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TFTP_PORT, 1, 512));
	expect(ACK, client_ack(TFTP_PORT, 1));
	expect(DATA, server_data(TFTP_PORT, 2, 10));
	expect(ACK, client_ack(TFTP_PORT, 2));
	expect(REQUEST, client_rrq("g"));
	expect(FIRST_REPLY, server_data(TFTP_PORT, 1, 512));
	expect(ACK, client_ack(TFTP_PORT, 1));
}

SCENARIO(translated_errors_of_the_service_port, .covers = "netfilter, 2.2 rs-tftpd")
{
	single_port();
	expect(REQUEST, client_rrq("missing"));
	expect(FIRST_REPLY, server_error(TFTP_PORT, 1, "File not found"));
	begins(TID, "f");
	from_server(DATA, server_data(TID, 2, 10));
	to_tid(TID, ACK, client_ack(TFTP_PORT, 2));
}

SCENARIO(translated_nothing, .covers = "netfilter")
{
	single_port();
	expect(NOT_A_REQUEST, client_ack(TFTP_PORT, 1));
	expect_stray(UNSOLICITED, server_data(TID, 1, 512));
	begins(TID, "f");
	after_ms(120001);
	expect(NOT_A_REQUEST, client_ack(TFTP_PORT, 1));
	expect_stray(EXPIRED, server_data(TID, 2, 512));
}

SCENARIO(translated_service_port, .covers = "netfilter")
{
	single_port();
	zone()->tftp_port_be[1] = __builtin_bswap16(OTHER_SERVICE);
	request_port(OTHER_SERVICE);
	expect(REQUEST, client_rrq("f"));
	expect(FIRST_REPLY, server_data(TID, 1, 512));
	goes_from(OTHER_SERVICE);
	to_tid(TID, ACK, client_ack(OTHER_SERVICE, 1));
	expect(DATA, server_data(TID, 2, 512));
	goes_from(OTHER_SERVICE);
}

/* Longer than any timer of a zone. */
SCENARIO(translated_after_an_agreed_silence, .covers = "netfilter, 8 T_idle = max(120, 4 timeout)")
{
	single_port();
	expect(REQUEST, client_wrq("f", "timeout", "255"));
	from_server(FIRST_REPLY, server_oack(TID, "timeout", "255"));
	to_tid(TID, DATA, client_data(TFTP_PORT, 1, 512));
	after_ms(1020000);
	to_tid(TID, DATA, client_data(TFTP_PORT, 1, 512));
	from_server(ACK, server_ack(TID, 1));
	after_ms(1020000);
	from_server(ACK, server_ack(TID, 1));
	after_ms(1020001);
	expect(NOT_A_REQUEST, client_data(TFTP_PORT, 2, 512));
}

/* Nobody has a way to a TID but who asked, and nothing of a stranger's goes to the server as it is. */
SCENARIO(translated_strangers, .covers = "netfilter")
{
	single_port();
	begins(TID, "f");
	expect(NOT_A_REQUEST, from_host(STRANGER, client_ack(TFTP_PORT, 1)));
	expect(NOT_A_REQUEST, from_host(STRANGER, client_data(TFTP_PORT, 1, 512)));
	expect(NOT_A_REQUEST, from_port(2001, client_ack(TFTP_PORT, 1)));
	to_tid(TID, ACK, client_ack(TFTP_PORT, 1));
}

static void budget_of_one(void)
{
	single_port();
	zone()->abuse.budget = rate(1, 1);
	zone()->abuse.proved_wait = 60000;
}

/* What the client acknowledges to the port that it asked is acknowledged. */
SCENARIO(translated_proves, .covers = "netfilter, 11.7", .places = ROUTER | SERVER_HOST)
{
	budget_of_one();
	begins(TID, "f");
	expect(REQUEST_BUDGET, from_host(STRANGER, client_rrq("f")));
	for (unsigned int i = 0; i < 20; i++) {
		client_port(3000 + i);
		begins(TID2 + i, "f");
	}
}

SCENARIO(translated_refusal_proves, .covers = "netfilter, 11.7", .places = ROUTER | SERVER_HOST)
{
	budget_of_one();
	expect(REQUEST, client_rrq("f", "tsize", "0"));
	from_server(FIRST_REPLY, server_oack(TID, "tsize", "5"));
	to_tid(TID, ERROR, client_error(TFTP_PORT, 8, "User aborted the transfer"));
	client_port(3000);
	expect(REQUEST, client_rrq("f"));
}

/* A request that is refused changes nothing for what runs from its port. */
SCENARIO(translated_beside_the_budget, .covers = "netfilter, 11.7", .places = ROUTER | SERVER_HOST)
{
	budget_of_one();
	expect(REQUEST, client_rrq("f"));
	from_server(FIRST_REPLY, server_data(TID, 1, 512));
	expect(REQUEST_BUDGET, client_rrq("g"));
	expect(NO_CREDIT, server_data(TID2, 1, 512));
	to_tid(TID, ACK, client_ack(TFTP_PORT, 1));
	from_server(DATA, server_data(TID, 2, 512));
	expect(NOT_A_REQUEST, from_port(3001, client_ack(TFTP_PORT, 1)));
	expect(REQUEST_BUDGET, from_host(STRANGER, client_rrq("f")));
	/* It asks again: the reserve. */
	after_ms(500);
	expect(REQUEST, from_host(STRANGER, client_rrq("f")));
	from_server(FIRST_REPLY, to_host(STRANGER, server_data(TID2, 1, 512)));
	to_tid(TID2, ACK, from_host(STRANGER, client_ack(TFTP_PORT, 1)));
	to_tid(TID, ACK, client_ack(TFTP_PORT, 2));
}

SCENARIO(translated_broadcast, .covers = "netfilter, 9.17")
{
	single_port();
	zone()->flags |= TG_ZONE_BROADCAST;
	expect(REQUEST, to_host(BROADCAST, client_rrq("f")));
	expect(REQUEST, to_host(BROADCAST, client_rrq("f")));
	from_server(FIRST_REPLY, server_data(TID, 1, 512));
	expect(SURPLUS_TID, from_host(OTHER_SERVER, server_data(TID, 1, 512)));
	to_tid(TID, ACK, client_ack(TFTP_PORT, 1));
	expect(NOT_A_REQUEST, to_host(OTHER_SERVER, client_ack(TFTP_PORT, 1)));
	from_server(DATA, server_data(TID, 2, 512));
	to_tid(TID, ACK, client_ack(TFTP_PORT, 2));
}

SCENARIO(translated_group, .covers = "netfilter, 9.17",
	 .places = ROUTER | SERVER_HOST | CLIENT_HOST)
{
	single_port();
	server_group(SERVER, OTHER_SERVER);
	expect(REQUEST, client_rrq("f"));
	from_server(FIRST_REPLY, from_host(OTHER_SERVER, server_data(TID, 1, 512)));
	expect(NOT_A_REQUEST, client_ack(TFTP_PORT, 1));
	to_tid(TID, ACK, to_host(OTHER_SERVER, client_ack(TFTP_PORT, 1)));
	from_server(DATA, from_host(OTHER_SERVER, server_data(TID, 2, 512)));
	to_tid(TID, ACK, to_host(OTHER_SERVER, client_ack(TFTP_PORT, 2)));
}

SCENARIO(translated_udpport, .covers = "netfilter, 10.12")
{
	single_port();
	zone()->flags |= TG_ZONE_UDPPORT;
	expect(REQUEST, client_rrq("f", "udpport", "0"));
	from_server(FIRST_REPLY, server_oack(TID, "udpport", "40007"));
	to_tid(40007, ACK, client_ack(TFTP_PORT, 0));
	from_server(DATA, server_data(40007, 1, 512));
	to_tid(40007, ACK, client_ack(TFTP_PORT, 1));
}

SCENARIO(translated_monitor, .covers = "netfilter")
{
	single_port();
	zone()->flags |= TG_ZONE_MONITOR;
	begins(TID, "f");
	/* Passes, and is to look like the others. */
	expect(BLOCK_WINDOW, server_data(TID, 300, 512));
	goes_from(TFTP_PORT);
	expect(ACK_AHEAD, client_ack(TFTP_PORT, 99));
	goes_to(TID);
}

SCENARIO(translated_only_here, .covers = "netfilter", .places = ROUTER)
{
	single_port();
	begins(TID, "f");
	/* Another zone on the packet's way, which sees a server that has one port. */
	expect(REQUEST, through(OTHER, client_rrq("f")));
	expect(FIRST_REPLY, through(OTHER, from_port(TFTP_PORT, server_data(TID, 1, 512))));
	expect(ACK, through(OTHER, client_ack(TFTP_PORT, 1)));
}
