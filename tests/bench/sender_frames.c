// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The frames of each kind of flood: Ethernet, IPv4 or IPv6, UDP, TFTP, written as templates for programs/sender.bpf.c.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "sender_frames.h"

#define ETH_BYTES     14
#define UDP_BYTES     8
#define TFTP_PORT     69
#define IP_UDP        17
#define IP_FRAGMENT   44
#define DATA_BYTES    512
#define SERVER_TIDS   32768 /* and above: the ports of servers in running transfers */
#define CLIENT_PORTS  1024
#define PORTS         28000
#define MORE          0x2000 /* IPv4: more fragments */
#define FIRST_CLIENT  2      /* of the source prefix: 0 is the network, 1 mostly a router */
#define OPENING_STEPS 3

enum opcode { RRQ = 1, DATA = 3, ACK = 4, OACK = 6 };

static unsigned int ip_bytes(const struct plan *plan)
{
	return plan->ipv6 ? 40 : 20;
}

static void put_16(unsigned char *at, unsigned int value)
{
	at[0] = value >> 8;
	at[1] = value;
}

/* The sum of 16-bit words as they lie in memory. */
static unsigned int sum_of(const unsigned char *bytes, unsigned int len)
{
	unsigned int sum = 0;

	for (unsigned int i = 0; i < len; i += 2) {
		uint16_t word = 0;

		memcpy(&word, bytes + i, i + 1 < len ? 2 : 1);
		sum += word;
	}
	return sum;
}

static unsigned char *ip_of(struct template *t)
{
	return t->head + ETH_BYTES;
}

/* Ethernet and IP; `payload` are the bytes behind the IP header. */
static void put_ip(struct template *t, const struct plan *plan, bool back, unsigned int protocol,
		   unsigned int payload)
{
	const struct place *from = back ? &plan->destination : &plan->source;
	const struct place *to = back ? &plan->source : &plan->destination;
	unsigned char *ip = ip_of(t);

	/* Also what a server says comes in through the one interface. */
	memcpy(t->head, plan->destination.mac, 6);
	memcpy(t->head + 6, plan->source.mac, 6);
	put_16(t->head + 12, plan->ipv6 ? 0x86dd : 0x0800);
	if (plan->ipv6) {
		ip[0] = 0x60;
		put_16(ip + 4, payload);
		ip[6] = protocol;
		ip[7] = 64;
		memcpy(ip + 8, from->bytes, 16);
		memcpy(ip + 24, to->bytes, 16);
	} else {
		ip[0] = 0x45;
		put_16(ip + 2, 20 + payload);
		ip[8] = 64;
		ip[9] = protocol;
		memcpy(ip + 12, from->bytes, 4);
		memcpy(ip + 16, to->bytes, 4);
	}
	t->length = ETH_BYTES + ip_bytes(plan) + payload;
}

static unsigned char *udp_of(struct template *t, const struct plan *plan)
{
	return ip_of(t) + ip_bytes(plan);
}

/* A whole UDP datagram; what is longer than the head is zeros. */
static void put_udp(struct template *t, const struct plan *plan, bool back, const void *payload,
		    unsigned int len, unsigned int payload_bytes)
{
	unsigned char *udp;

	put_ip(t, plan, back, IP_UDP, UDP_BYTES + payload_bytes);
	udp = udp_of(t, plan);
	put_16(udp, back ? plan->destination.port : plan->source.port);
	put_16(udp + 2, back ? plan->source.port : plan->destination.port);
	put_16(udp + 4, UDP_BYTES + payload_bytes);
	memcpy(udp + UDP_BYTES, payload, len);
}

/* Called last. */
static void put_sums(struct template *t, const struct plan *plan)
{
	const unsigned char *ip = ip_of(t);

	if (plan->ipv6) {
		unsigned int head = HEAD_BYTES - ETH_BYTES - ip_bytes(plan);

		t->udp_sum = sum_of(udp_of(t, plan), head) + sum_of(ip + 8, 32) +
			     sum_of(ip + 4, 2) + htons(IP_UDP);
	} else {
		t->ip_sum = sum_of(ip, 20);
	}
}

static unsigned int varied_ports(const struct plan *plan)
{
	return (plan->source.port ? 0 : VARY_SOURCE_PORT) |
	       (plan->destination.port ? 0 : VARY_DESTINATION_PORT);
}

#define VARIED_ADDRESSES (VARY_SOURCE | VARY_DESTINATION)

static bool make_room(struct frames *frames, unsigned int flood, unsigned int opening)
{
	frames->flood = flood;
	frames->opening = opening;
	frames->list = calloc(flood + opening, sizeof(*frames->list));
	return frames->list;
}

static bool make_unsolicited(const struct plan *plan, struct frames *frames)
{
	if (!make_room(frames, 1, 0))
		return false;
	put_udp(frames->list, plan, false, "unsolicited", 12, 22);
	frames->list->vary = VARIED_ADDRESSES | VARY_IP_ID | varied_ports(plan);
	put_sums(frames->list, plan);
	return true;
}

/* The TFTP block is their number. */
static bool make_numbered(const struct plan *plan, struct frames *frames)
{
	if (!make_room(frames, 1, 0))
		return false;
	put_udp(frames->list, plan, false, "", 0, 22);
	frames->list->vary = VARIED_ADDRESSES | VARY_IP_ID | NEXT_BLOCK | varied_ports(plan);
	put_sums(frames->list, plan);
	return true;
}

/* Opcode and words, each with its NUL; returns the bytes. */
static unsigned int put_words(unsigned char *at, enum opcode opcode, const char *const *words)
{
	unsigned int len = 2;

	put_16(at, opcode);
	for (; *words; words++) {
		size_t bytes = strlen(*words) + 1;

		memcpy(at + len, *words, bytes);
		len += bytes;
	}
	return len;
}

static bool make_requests(const struct plan *plan, struct frames *frames)
{
	struct plan asked = *plan;
	unsigned char text[HEAD_BYTES];
	unsigned int len = put_words(text, RRQ, (const char *[]){plan->file, "octet", NULL});

	if (!make_room(frames, 1, 0))
		return false;
	if (!asked.destination.port)
		asked.destination.port = TFTP_PORT;
	put_udp(frames->list, &asked, false, text, len, len);
	frames->list->vary = VARIED_ADDRESSES | VARY_IP_ID | varied_ports(&asked);
	put_sums(frames->list, &asked);
	return true;
}

/* The plan of one transfer: its client and its ports are its own. */
static struct plan transfer_plan(const struct plan *plan, unsigned int number)
{
	struct plan own = *plan;
	uint8_t *host = own.source.bytes + (plan->ipv6 ? 12 : 0);
	uint32_t address;

	memcpy(&address, host, 4);
	address = htonl(ntohl(address) + FIRST_CLIENT + number);
	memcpy(host, &address, 4);
	own.source.port = CLIENT_PORTS + (plan->first + number) % PORTS;
	own.destination.port = SERVER_TIDS + (plan->first + number) % PORTS;
	return own;
}

static void make_opening(const struct plan *own, struct template *opening, unsigned int transfers)
{
	static const unsigned char ack_0[4] = {0, ACK};
	struct plan asked = *own;
	unsigned char text[HEAD_BYTES];
	unsigned int len = put_words(
		text, RRQ, (const char *[]){own->file, "octet", "windowsize", WINDOW, NULL});

	asked.destination.port = TFTP_PORT;
	put_udp(opening, &asked, false, text, len, len);
	put_sums(opening, &asked);
	len = put_words(text, OACK, (const char *[]){"windowsize", WINDOW, NULL});
	put_udp(opening + transfers, own, true, text, len, len);
	put_sums(opening + transfers, own);
	put_udp(opening + 2 * transfers, own, false, ack_0, 4, 4);
	put_sums(opening + 2 * transfers, own);
}

/* Two templates for each transfer, DATA and ACK. */
static bool make_running(const struct plan *plan, struct frames *frames)
{
	static const unsigned char data[4] = {0, DATA}, ack[4] = {0, ACK};
	unsigned int n = plan->transfers;

	if (!make_room(frames, 2 * n, OPENING_STEPS * n))
		return false;
	for (unsigned int i = 0; i < n; i++) {
		struct plan own = transfer_plan(plan, i);
		struct template *t = &frames->list[2 * i];

		put_udp(&t[0], &own, true, data, 4, 4 + DATA_BYTES);
		put_udp(&t[1], &own, false, ack, 4, 4);
		t[0].vary = NEXT_BLOCK | VARY_IP_ID;
		t[1].vary = LAST_BLOCK | VARY_IP_ID;
		put_sums(&t[0], &own);
		put_sums(&t[1], &own);
		make_opening(&own, &frames->list[frames->flood + i], n);
	}
	return true;
}

/* DATA and ACK that belong to nothing, or by chance to a transfer between the two sides. */
static bool make_guessed(const struct plan *plan, struct frames *frames)
{
	static const unsigned char data[4] = {0, DATA}, ack[4] = {0, ACK};

	if (!make_room(frames, 2, 0))
		return false;
	put_udp(&frames->list[0], plan, false, data, 4, 4 + DATA_BYTES);
	put_udp(&frames->list[1], plan, false, ack, 4, 4);
	for (unsigned int i = 0; i < 2; i++) {
		frames->list[i].vary =
			VARIED_ADDRESSES | VARY_IP_ID | VARY_BLOCK | varied_ports(plan);
		put_sums(&frames->list[i], plan);
	}
	return true;
}

/* Where a fragment lies in its datagram, in units of 8 bytes, and whether more follow. */
struct piece {
	unsigned int offset, bytes;
	bool more;
};

static void put_fragment(struct template *t, const struct plan *plan, const struct piece *piece)
{
	unsigned int extra = plan->ipv6 ? 8 : 0;
	unsigned char *ip = ip_of(t), *at;

	put_ip(t, plan, false, plan->ipv6 ? IP_FRAGMENT : IP_UDP, extra + piece->bytes);
	at = udp_of(t, plan);
	if (plan->ipv6) {
		at[0] = IP_UDP;
		put_16(at + 2, piece->offset << 3 | piece->more);
		at += 8;
	} else {
		put_16(ip + 6, piece->offset | (piece->more ? MORE : 0));
	}
	if (!piece->offset) {
		put_16(at, plan->source.port ? plan->source.port : 4000);
		put_16(at + 2, plan->destination.port ? plan->destination.port : 5000);
		put_16(at + 4, UDP_BYTES + 4 + 1400);
		put_16(at + UDP_BYTES, DATA);
		put_16(at + UDP_BYTES + 2, 1);
	}
	t->vary = VARIED_ADDRESSES | (plan->ipv6 ? VARY_FRAGMENT_ID : VARY_IP_ID);
	if (!plan->ipv6)
		put_sums(t, plan);
}

/* First ones, later ones, and such as would overwrite headers; RFC 1858. */
static bool make_fragments(const struct plan *plan, struct frames *frames)
{
	static const struct piece pieces[] = {
		{0, 512, true}, {64, 512, true}, {128, 392, false}, {0, 8, true}, {1, 64, true},
	};
	unsigned int count = sizeof(pieces) / sizeof(pieces[0]);

	if (!make_room(frames, count, 0))
		return false;
	for (unsigned int i = 0; i < count; i++)
		put_fragment(&frames->list[i], plan, &pieces[i]);
	return true;
}

/* How a packet to the TFTP port can be wrong: a payload, and then what is done to its headers. */
struct mistake {
	const char *payload;
	unsigned int len;
	void (*spoil)(struct template *t, const struct plan *plan);
};

static void udp_too_short(struct template *t, const struct plan *plan)
{
	put_16(udp_of(t, plan) + 4, UDP_BYTES - 1);
}

static void udp_too_long(struct template *t, const struct plan *plan)
{
	put_16(udp_of(t, plan) + 4, 1000);
}

static void ip_too_long(struct template *t, const struct plan *plan)
{
	put_16(ip_of(t) + (plan->ipv6 ? 4 : 2), 1400);
}

static void ip_too_short(struct template *t, const struct plan *plan)
{
	put_16(ip_of(t) + (plan->ipv6 ? 4 : 2), plan->ipv6 ? 3 : 19);
}

static void ip_version(struct template *t, const struct plan *plan)
{
	ip_of(t)[0] = plan->ipv6 ? 0x50 : 0x55;
}

static void ip_header_length(struct template *t, const struct plan *plan)
{
	ip_of(t)[0] = plan->ipv6 ? 0x00 : 0x44;
}

static void frame_cut(struct template *t, const struct plan *plan)
{
	t->length = ETH_BYTES + ip_bytes(plan) + 5;
}

static const struct mistake mistakes[] = {
	{"\0\1no end of the name", 20, NULL},
	{"\0\1file\0no end of the mode", 25, NULL},
	{"\0\1file\0mail", 12, NULL},
	{"\0\1\0octet", 9, NULL},
	{"\0\0file\0octet", 13, NULL},
	{"\0\11file\0octet", 13, NULL},
	{"\0", 1, NULL},
	{"", 0, NULL},
	{"\0\1file\0octet", 13, udp_too_short},
	{"\0\1file\0octet", 13, udp_too_long},
	{"\0\1file\0octet", 13, ip_too_long},
	{"\0\1file\0octet", 13, ip_too_short},
	{"\0\1file\0octet", 13, ip_version},
	{"\0\1file\0octet", 13, ip_header_length},
	{"\0\1file\0octet", 13, frame_cut},
};

static bool make_malformed(const struct plan *plan, struct frames *frames)
{
	unsigned int count = sizeof(mistakes) / sizeof(mistakes[0]);
	struct plan asked = *plan;

	if (!make_room(frames, count, 0))
		return false;
	if (!asked.destination.port)
		asked.destination.port = TFTP_PORT;
	for (unsigned int i = 0; i < count; i++) {
		struct template *t = &frames->list[i];
		const struct mistake *mistake = &mistakes[i];

		put_udp(t, &asked, false, mistake->payload, mistake->len, mistake->len);
		if (mistake->spoil)
			mistake->spoil(t, &asked);
		t->vary = VARIED_ADDRESSES | VARY_IP_ID | varied_ports(&asked);
		put_sums(t, &asked);
	}
	return true;
}

const struct kind kinds[] = {
	{"unsolicited", "UDP of random addresses and ports, 22 bytes", make_unsolicited},
	{"requests",
	 "well-formed read requests, to port 69 unless --destination-port says otherwise",
	 make_requests},
	{"running", "DATA and ACKs of --transfers transfers, after what begins them", make_running},
	{"numbered", "UDP with a number of 16 bits, one more each time, in bytes 2 and 3 of 22",
	 make_numbered},
	{"guessed", "DATA and ACKs with random ports and blocks", make_guessed},
	{"fragments", "first and later fragments of datagrams that never become whole",
	 make_fragments},
	{"malformed", "packets to port 69 that are wrong in 15 ways", make_malformed},
};
const unsigned int kinds_count = sizeof(kinds) / sizeof(kinds[0]);
