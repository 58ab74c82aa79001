// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See walk.h. Each operation takes one byte for its kind and a few for its parameters; reading past the end gives zeros.
 */
#include <string.h>

#include "walk.h"

#define PORTS 3
#define TIDS  4
#define KINDS 23

#define OTHER_SERVICE 6969 /* where a zone has a second port for requests */

static struct {
	const uint8_t *bytes;
	size_t len;
	size_t at;
	unsigned int port;
	unsigned int tid;
	unsigned int steps;
	unsigned int vlan;              /* of all packets until the next choice; 0: none */
	bool single_port, two_services; /* settings */
	uint16_t service;               /* to which the client's packets go; 0: to the TID */
	uint32_t blksize;               /* what was probably agreed */
	uint16_t data[PORTS][TIDS];     /* where the conversation probably is */
	uint16_t ack[PORTS][TIDS];
	uint8_t oddity; /* of the next packet */
} walk;

static const uint16_t client_ports[PORTS] = {CLIENT_TID, 2001, TFTP_PORT};
static const uint16_t tids[TIDS] = {TID, TID2, TFTP_PORT, TID3};

static uint8_t take(void)
{
	return walk.at < walk.len ? walk.bytes[walk.at++] : 0;
}

/* Where the client sends what is no request: in a zone with single-port mostly to the service. */
static uint16_t peer(void)
{
	return walk.service ? walk.service : tids[walk.tid];
}

static uint16_t take16(void)
{
	uint16_t high = take();

	return high << 8 | take();
}

/* So little that conversations of fuzzers come beyond. */
static void limits(void)
{
	struct tg_rule *rule = add_rule();

	rule->rate = rate(20, 6);
	rule->transfers_max = 3;
	rule->size_max = 3000;
	zone()->abuse = (struct tg_abuse){
		.requests = rate(50, 12),
		.open_max = 4,
		.not_found_max = 2,
		.names_max = 3,
		.enumeration_window = 60000,
		.hold = 5000,
		.unacknowledged_packets = 6,
		.unacknowledged_bytes = 4000,
		.unacknowledged_window = 60000,
		.budget = rate(20, 8),
		.proved_wait = 20000,
	};
}

static void settings(void)
{
	static const uint16_t slacks[] = {8, 2, 64, 8};
	uint8_t choice = take();
	uint8_t more = take();

	zone()->slack = slacks[choice & 3];
	if (choice & 4)
		zone()->flags |= TG_ZONE_BROADCAST;
	if (choice & 8)
		zone()->flags |= TG_ZONE_UNMATCHED_PASS;
	if (choice & 16)
		zone()->flags |= TG_ZONE_MULTICAST;
	if (choice & 32)
		zone()->flags |= TG_ZONE_UDPPORT;
	if (choice & 64)
		server_group(SERVER, OTHER_SERVER);
	if (choice & 128)
		no_udp_tracking();
	if (more & 1)
		zone()->flags |= TG_ZONE_MONITOR;
	if (more & 2)
		mtu(600);
	if (more & 8)
		zone()->flags &= ~(unsigned int)TG_ZONE_REQUESTS_IN;
	if (more & 16)
		limits();
	if (more & 4)
		zone()->tftp_port_be[1] = __builtin_bswap16(OTHER_SERVICE);
	if (more & 32) {
		zone()->flags |= TG_ZONE_SINGLE_PORT;
		walk.single_port = true;
		walk.two_services = more & 4;
		walk.service = TFTP_PORT;
	}
}

static void record_walk(struct datagram *d)
{
	walk.steps++;
	record(TG_NOT_UDP, d, "walk", __FILE__, __LINE__);
}

/* IPv4 options, or up to nine IPv6 extension headers. */
static struct datagram *long_header(uint8_t size, struct datagram *d)
{
	static const uint8_t types[] = {60, 0, 43, 51};

	if (!ipv6())
		return ip_options(size & 0x1c, d);
	for (int i = size >> 5; i >= 0; i--)
		d = ip_extension(types[size & 3], 8 + (size & 0x18), d);
	return size & 4 ? ip_extension(135, 8, d) : d;
}

/* Can 16 bytes of UDP be cut off the packet, and something is left? */
static bool can_be_cut(struct datagram *d)
{
	return frame_length(d) > 14 + (walk.vlan ? 4U : 0) + (ipv6() ? 40 : 20) + 16;
}

/* Oddities of the headers and tags. */
static struct datagram *odd_header(unsigned int oddity, uint8_t size, struct datagram *d)
{
	switch (oddity) {
	case 16:
		return atomic_fragment(size, d);
	case 17:
		return tagged(1, tagged(2, tagged(3, d)));
	case 18:
		return can_be_cut(d) ? first_fragment(size, 16, d) : d;
	case 19:
		return ipv6() ? ip_extension(44, 8, atomic_fragment(size, d)) : d;
	case 20:
		return ip_protocol(size, d);
	default:
		return d;
	}
}

/* Makes the packet odd in the way that was announced, and puts it on the wire. */
static void put_odd(struct datagram *d)
{
	uint8_t oddity = walk.oddity;
	uint8_t size = take();

	walk.oddity = 0;
	switch (oddity & 31) {
	case 1:
		d = tagged(size & 0xf3, d);
		break;
	case 2:
		d = service_tagged(2, tagged(size & 3, d));
		break;
	case 3:
		d = padded(size, d);
		break;
	case 4:
		d = cut(size, d);
		break;
	case 5:
		d = udp_length(size, d);
		break;
	case 6:
		d = ip_length(size, d);
		break;
	case 7:
		d = from_host(size % SUBNET_BROADCAST, d);
		break;
	case 8:
		d = to_host(size % HOSTS, d);
		break;
	case 9:
		d = leaving(d);
		break;
	case 10:
		d = arriving(d);
		break;
	case 11:
		d = ip_byte(size % 48, take(), d);
		break;
	case 12:
		d = long_header(size, d);
		break;
	case 13:
		d = without_checksum(d);
		break;
	case 14:
		d = through(size % INTERFACES, d);
		break;
	case 15:
		d = forwarded(size & 1 ? OTHER : UNGUARDED, d);
		break;
	default:
		d = odd_header(oddity & 31, size, d);
	}
	record_walk(d);
}

/* The packet, in the walk's VLAN, with what was announced. */
static void put(struct datagram *d)
{
	put_odd(walk.vlan ? tagged(walk.vlan, d) : d);
}

/* A block size; what was said last is taken for agreed, but not more than BPF_PROG_TEST_RUN takes. */
static const char *block_size(void)
{
	static const char *const sizes[] = {"512",  "8",     "1024",  "1432",
					    "8192", "65464", "70000", "x"};
	static const uint32_t values[] = {512, 8, 1024, 1432, 8192, 8192, 512, 512};
	uint8_t choice = take() & 7;

	walk.blksize = values[choice];
	return sizes[choice];
}

static void request(bool write)
{
	static const char *const windows[] = {"64", "4", "16384", "65535", "255", "0", "1", ""};
	static const char *const modes[] = {"netascii", "BINARY", "mail", "octe"};
	uint8_t choice = take();
	const char *mode = choice & 128 ? modes[take() & 3] : "octet";
	const char *texts[16] = {choice & 1 ? "pxelinux.0" : "ldlinux.c32"};
	unsigned int count = 1;

	if (choice & 2) {
		texts[count++] = "blksize";
		texts[count++] = block_size();
	}
	if (choice & 4) {
		texts[count++] = "windowsize";
		texts[count++] = windows[take() & 7];
		if (choice & 8) {
			texts[count++] = "msftwindow";
			texts[count++] = "31416";
		}
	}
	if (choice & 16) {
		texts[count++] = choice & 1 ? "timeout" : "utimeout";
		texts[count++] = choice & 8 ? "60" : "3000000";
	}
	if (choice & 32) {
		texts[count++] = choice & 8 ? "multicast" : "udpport";
		texts[count++] = choice & 8 ? "" : "0";
	}
	if (choice & 64) {
		texts[count++] = "tsize";
		texts[count++] = choice & 1 ? NULL : "4711"; /* without a value it is none */
	}
	walk.data[walk.port][walk.tid] = 0;
	walk.ack[walk.port][walk.tid] = 0;
	put(client_request(write ? 2 : 1, mode, texts));
}

static void oack(void)
{
	static const char *const windows[] = {"64", "4", "16384", "65535", "255", "0", "1", ""};
	static const char *const times[] = {"3", "60", "255", "0"};
	uint8_t choice = take();
	const char *texts[16] = {};
	unsigned int count = 0;

	if (choice & 1) {
		texts[count++] = choice & 128 ? "BLKSIZE" : "blksize";
		texts[count++] = block_size();
	}
	if (choice & 2) {
		texts[count++] = "windowsize";
		texts[count++] = windows[take() & 7];
		if (choice & 4) {
			texts[count++] = "msftwindow";
			texts[count++] = "27182";
		}
	}
	if (choice & 8) {
		texts[count++] = "timeout";
		texts[count++] = times[take() & 3];
	}
	if (choice & 16) {
		texts[count++] = "tsize";
		texts[count++] = "123456";
	}
	if (choice & 32) {
		texts[count++] = choice & 64 ? "multicast" : "udpport";
		texts[count++] = choice & 64 ? "239.1.1.1,1758,1" : choice & 1 ? "0" : "40003";
	}
	put(server_oack_list(tids[walk.tid], texts));
}

/* A block near `expected`, or anywhere. */
static uint16_t block_near(uint16_t expected)
{
	uint8_t choice = take();

	if (choice == 255)
		return take16();
	if (choice < 200)
		return expected;
	if (choice >= 246 && choice < 248)
		return choice == 246 ? 65535 : 1; /* from which some servers wrap, to which */
	if (choice >= 248)                        /* a whole window on: so the numbers soon wrap */
		return expected + (choice & 1 ? 16383 : 63);
	return expected + (int)(choice % 24) - 12;
}

static uint32_t data_size(void)
{
	static const uint32_t sizes[] = {512, 512, 512, 8, 1024, 1432, 0, 511};
	uint8_t choice = take();

	if (choice >= 128 && choice < 240)
		return walk.blksize;
	return choice < 240 ? sizes[choice & 7] : choice;
}

static void data(bool write)
{
	uint16_t *last = &walk.data[walk.port][walk.tid];
	uint16_t block = block_near(*last + 1);
	uint32_t size = data_size();

	*last = block;
	put(write ? client_data(peer(), block, size) : server_data(tids[walk.tid], block, size));
}

static void ack(bool write)
{
	uint16_t *last = &walk.ack[walk.port][walk.tid];
	uint16_t block = block_near(walk.data[walk.port][walk.tid]);
	uint32_t size = take() > 240 ? 5 : 4;

	*last = block;
	put(write ? server_ack_sized(tids[walk.tid], block, size)
		  : client_ack_sized(peer(), block, size));
}

static void fragment(void)
{
	uint8_t choice = take();
	uint16_t block = block_near(walk.data[walk.port][walk.tid] + 1);
	struct datagram *d = choice & 1 ? client_data(peer(), block, 2000)
					: server_data(tids[walk.tid], block, 2000);

	if (choice & 2)
		put(first_fragment(choice >> 6, 8 + (choice & 0x38) * 8, d));
	else
		put(later_fragment(choice >> 6, choice & 0x38, choice & 4 ? 0 : 64, d));
}

/* One large block of the server's in three fragments; the later ones may come first. */
static void fragmented(void)
{
	uint8_t choice = take();
	uint16_t block = ++walk.data[walk.port][walk.tid];
	uint16_t tid = tids[walk.tid];

	if (choice & 1)
		record_walk(later_fragment(choice, 1480, 640, server_data(tid, block, 3000)));
	record_walk(first_fragment(choice, 1480, server_data(tid, block, 3000)));
	if (!(choice & 1))
		record_walk(later_fragment(choice, 1480, 640, server_data(tid, block, 3000)));
	record_walk(later_fragment(choice, 2120, 0, server_data(tid, block, 3000)));
}

/* Blocks of the agreed size and their ACKs, one after the other, as a transfer without losses has them. */
static void passage(bool write)
{
	uint16_t *block = &walk.data[walk.port][walk.tid];
	unsigned int blocks = 1 + take() % 16;
	uint16_t tid = tids[walk.tid];
	uint32_t last = take() & 1 ? 0 : walk.blksize;

	while (blocks--) {
		uint32_t size = blocks ? walk.blksize : last;

		++*block;
		record_walk(write ? client_data(peer(), *block, size)
				  : server_data(tid, *block, size));
		record_walk(write ? server_ack(tid, *block) : client_ack(peer(), *block));
	}
	walk.ack[walk.port][walk.tid] = *block;
}

/* DATA of a multicast transfer. */
static void group_data(void)
{
	uint16_t *last = &walk.data[walk.port][walk.tid];
	uint16_t block = block_near(*last + 1);
	struct datagram *d = server_data(tids[walk.tid], block, data_size());

	*last = block;
	put(ipv6() ? d : to_port(1758, to_host(GROUP, d)));
}

/* A payload as it stands in the bytes. */
static void raw(bool from_client)
{
	size_t len = take() & 63;

	if (len > walk.len - walk.at)
		len = walk.len - walk.at;
	walk.at += len;
	put(from_client
		    ? client_sends(take() & 1 ? TFTP_PORT : peer(), walk.bytes + walk.at - len, len)
		    : server_sends(tids[walk.tid], walk.bytes + walk.at - len, len));
}

static void other(void)
{
	uint8_t choice = take();
	uint16_t there = choice & 4 ? 67 : choice & 8 ? 1758 : 5000;

	if (choice & 1)
		put(udp(CLIENT, 6000, SERVER, there, choice));
	else
		put(udp(SERVER, there, CLIENT, 6000, choice));
}

/* With single-port: which client, which service, and whether the client knows of TIDs. */
static void choose_side(unsigned int how)
{
	uint16_t service = how & 4 && walk.two_services ? OTHER_SERVICE : TFTP_PORT;

	client_host(how & 8 ? OTHER_CLIENT : CLIENT);
	request_port(service);
	walk.service = (how & 3) == 3 ? 0 : service;
}

/* Which transfer the next packets belong to. */
static void choose(void)
{
	uint8_t how;

	walk.port = take() % PORTS;
	walk.tid = take() % TIDS;
	how = take();
	walk.vlan = how & 3;
	client_port(client_ports[walk.port]);
	if (walk.single_port)
		choose_side(how >> 2);
}

static void pass_time(void)
{
	static const unsigned int spans[] = {1,     100,   1999,   2001,  9999, 10001,
					     30001, 45001, 120001, 35001, 5,    0};

	after_ms(spans[take() % (sizeof(spans) / sizeof(spans[0]))]);
}

static void operation(uint8_t kind)
{
	switch (kind % KINDS) {
	case 0:
	case 1:
		return request(kind & 1);
	case 2:
	case 3:
	case 4:
		return data(false);
	case 5:
	case 6:
	case 7:
		return ack(false);
	case 8:
	case 9:
		return data(true);
	case 10:
	case 11:
		return ack(true);
	case 12:
		return oack();
	case 13:
		return put(kind / KINDS & 1 ? client_error(peer(), 0, "TFTP Aborted")
					    : server_error(tids[walk.tid], 1, "File not found"));
	case 14:
		return pass_time();
	case 15:
		return choose();
	case 16:
		walk.oddity = take();
		return;
	case 17:
		return fragment();
	case 18:
		return raw(kind / KINDS & 1);
	case 19:
		return passage(kind / KINDS & 1);
	case 20:
		return fragmented();
	case 21:
		return group_data();
	default:
		return other();
	}
}

static void play(void)
{
	settings();
	while (walk.steps < WALK_STEPS_MAX && walk.at < walk.len)
		operation(take());
}

static const struct scenario scenario = {
	.name = "walk", .places = ANYWHERE, .families = IPV4 | IPV6, .play = play};

void walk_record(const uint8_t *bytes, size_t len, struct recording *recording)
{
	uint8_t first;

	memset(&walk, 0, sizeof(walk));
	walk.bytes = bytes;
	walk.len = len;
	walk.blksize = 512;
	first = take();
	record_scenario(&scenario, 1 << (first >> 1 & 3), first & 1 ? IPV6 : IPV4, recording);
}
