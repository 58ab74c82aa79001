// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Complete frames, with valid checksums, from what a scenario says.
 */
#include <string.h>

#include "datagram.h"

#define ETH_IPV4    0x0800
#define ETH_IPV6    0x86dd
#define IP_FRAGMENT 44
#define IP_UDP      17
#define UDP_HEADER  8

struct writer {
	uint8_t *frame;
	uint32_t len;
};

static void put8(struct writer *w, unsigned int value)
{
	w->frame[w->len++] = value;
}

static void put16(struct writer *w, unsigned int value)
{
	put8(w, value >> 8);
	put8(w, value & 0xff);
}

static void put32(struct writer *w, uint32_t value)
{
	put16(w, value >> 16);
	put16(w, value & 0xffff);
}

static void put_bytes(struct writer *w, const void *bytes, size_t len)
{
	if (len)
		memcpy(w->frame + w->len, bytes, len);
	w->len += len;
}

static void put_zeros(struct writer *w, size_t len)
{
	memset(w->frame + w->len, 0, len);
	w->len += len;
}

/* RFC 1071, folded; `sum` begins with what is not in the bytes. */
static unsigned int checksum(uint32_t sum, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* Last byte of a host's address. On CLIENT_HOST the server's is the larger one, elsewhere the client's. */
static uint8_t host_number(enum host host, enum place place)
{
	bool mirrored = place == CLIENT_HOST;

	switch (host) {
	case CLIENT:
		return mirrored ? 1 : 20;
	case OTHER_CLIENT:
		return mirrored ? 2 : 21;
	case SERVER:
		return mirrored ? 20 : 1;
	case OTHER_SERVER:
		return mirrored ? 21 : 2;
	case SUBNET_BROADCAST:
		return 255;
	default:
		return 99;
	}
}

struct tg_addr host_address(enum host host, enum place place, enum family family)
{
	static const uint8_t lan6[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1};
	static const uint8_t lo6[16] = {[15] = 1};
	static const uint8_t all_nodes[16] = {0xff, 0x02, [15] = 1};
	struct tg_addr addr = {};
	bool here = place == LOOPBACK && (host == CLIENT || host == SERVER);

	if (family == IPV4) {
		const uint8_t lan4[16] = {
			[10] = 0xff, 0xff, 10, 64, host == STRANGER, host_number(host, place)};
		const uint8_t lo4[16] = {[10] = 0xff, 0xff, 127, 0, 0, 1};
		const uint8_t all4[16] = {[10] = 0xff, 0xff, 255, 255, 255, 255};
		const uint8_t group4[16] = {[10] = 0xff, 0xff, 239, 1, 1, 1};

		memcpy(addr.bytes, here ? lo4 : lan4, 16);
		if (host == BROADCAST || host == GROUP)
			memcpy(addr.bytes, host == GROUP ? group4 : all4, 16);
		return addr;
	}
	if (host == BROADCAST) {
		memcpy(addr.bytes, all_nodes, 16);
	} else if (here) {
		memcpy(addr.bytes, lo6, 16);
	} else {
		memcpy(addr.bytes, lan6, 16);
		addr.bytes[7] += host == STRANGER;
		addr.bytes[15] = host_number(host, place);
	}
	return addr;
}

static void put_ethernet(struct writer *w, const struct datagram *d, enum family family)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	static const uint8_t all_nodes[6] = {0x33, 0x33, 0, 0, 0, 1};
	uint8_t to[6] = {2, 0, 0, 0, 0, d->to};
	uint8_t from[6] = {2, 0, 0, 0, 0, d->from};

	if (d->to == SUBNET_BROADCAST || (d->to == BROADCAST && family == IPV4))
		put_bytes(w, all, 6);
	else if (d->to == BROADCAST)
		put_bytes(w, all_nodes, 6);
	else
		put_bytes(w, to, 6);
	put_bytes(w, from, 6);
	for (unsigned int i = d->tags; i-- > 0;) {
		put16(w, d->tpid[i]);
		put16(w, d->tci[i]);
	}
	put16(w, d->ethertype != AS_IT_IS ? d->ethertype : family == IPV4 ? ETH_IPV4 : ETH_IPV6);
}

static void patch(const struct datagram *d, uint8_t *ip)
{
	for (unsigned int i = 0; i < d->patch_count; i++)
		ip[d->patches[i].offset] = d->patches[i].value;
}

/* Header for `payload` bytes; its offset in the frame is w->len before. */
static void put_ipv4(struct writer *w, const struct datagram *d, enum place place, uint32_t payload)
{
	unsigned int header = 20 + d->option_bytes;
	struct tg_addr from = host_address(d->from, place, IPV4);
	struct tg_addr to = host_address(d->to, place, IPV4);
	uint8_t *ip = w->frame + w->len;
	unsigned int sum;

	put8(w, 0x40 | header / 4);
	put8(w, 0);
	put16(w, d->ip_length != AS_IT_IS ? d->ip_length : (long)(header + payload));
	put16(w, d->fragment_id);
	put16(w, d->fragmented ? (d->more ? 0x2000 : 0) | d->fragment_offset / 8 : 0x4000);
	put8(w, 64);
	put8(w, d->protocol);
	put16(w, 0);
	put_bytes(w, from.bytes + 12, 4);
	put_bytes(w, to.bytes + 12, 4);
	for (unsigned int i = 0; i < d->option_bytes; i++)
		put8(w, 1); /* no operation */
	patch(d, ip);
	sum = checksum(0, ip, header);
	ip[10] = sum >> 8;
	ip[11] = sum & 0xff;
}

static uint32_t extension_bytes(const struct datagram *d)
{
	uint32_t sum = d->fragmented ? 8 : 0;

	for (unsigned int i = 0; i < d->extension_count; i++)
		sum += d->extensions[i].bytes;
	return sum;
}

/* Length byte of an extension header: units of 8 behind the first 8; AH (51): units of 4 less 2. */
static uint8_t extension_units(const struct extension *e)
{
	return e->type == 51 ? e->bytes / 4 - 2 : e->bytes / 8 - 1;
}

static void put_ipv6(struct writer *w, const struct datagram *d, enum place place, uint32_t payload)
{
	struct tg_addr from = host_address(d->from, place, IPV6);
	struct tg_addr to = host_address(d->to, place, IPV6);
	uint8_t upper = d->fragmented ? IP_FRAGMENT : d->protocol;
	uint8_t *ip = w->frame + w->len;

	put32(w, 0x60000000);
	put16(w, d->ip_length != AS_IT_IS ? d->ip_length : (long)(extension_bytes(d) + payload));
	put8(w, d->extension_count ? d->extensions[0].type : upper);
	put8(w, 64);
	put_bytes(w, from.bytes, 16);
	put_bytes(w, to.bytes, 16);
	for (unsigned int i = 0; i < d->extension_count; i++) {
		const struct extension *e = &d->extensions[i];

		put8(w, i + 1 < d->extension_count ? d->extensions[i + 1].type : upper);
		put8(w, extension_units(e));
		put16(w, e->type == 0 || e->type == 60 ? 0x0100 | (e->bytes - 4) : 0); /* PadN */
		put_zeros(w, e->bytes - 4);
	}
	if (d->fragmented) {
		put8(w, d->protocol);
		put8(w, 0);
		put16(w, d->fragment_offset | d->more);
		put32(w, d->fragment_id);
	}
	patch(d, ip);
}

/* The whole UDP datagram; w->frame is a buffer of its own. */
static void put_udp(struct writer *w, const struct datagram *d, enum place place,
		    enum family family)
{
	struct tg_addr from = host_address(d->from, place, family);
	struct tg_addr to = host_address(d->to, place, family);
	unsigned int skip = family == IPV4 ? 12 : 0;
	uint8_t pseudo[32];
	unsigned int sum;

	put16(w, d->from_port);
	put16(w, d->to_port);
	put16(w, d->udp_length != AS_IT_IS ? d->udp_length : (long)(UDP_HEADER + d->len));
	put16(w, 0);
	put_bytes(w, d->payload, d->len);
	if (d->no_checksum)
		return;
	memcpy(pseudo, from.bytes, 16);
	memcpy(pseudo + 16, to.bytes, 16);
	sum = ~checksum(IP_UDP + w->len, pseudo + skip, 16 - skip) & 0xffff;
	sum = ~checksum(sum, pseudo + 16 + skip, 16 - skip) & 0xffff;
	sum = checksum(sum, w->frame, w->len);
	if (!sum)
		sum = 0xffff;
	w->frame[6] = sum >> 8;
	w->frame[7] = sum & 0xff;
}

uint32_t frame_build(const struct datagram *d, enum place place, enum family family, bool ethernet,
		     uint8_t *frame, uint32_t *ip_bytes)
{
	static uint8_t udp_bytes[FRAME_MAX];
	struct writer udp = {.frame = udp_bytes};
	struct writer w = {.frame = frame};
	uint32_t ip_at, first = 0, count;

	put_udp(&udp, d, place, family);
	count = udp.len;
	if (d->fragmented) {
		first = d->fragment_offset;
		if (first > udp.len || first + d->fragment_bytes > udp.len)
			scene_mistake("a fragment beyond its datagram");
		count = d->fragment_bytes ? d->fragment_bytes : udp.len - first;
	}
	if (ethernet)
		put_ethernet(&w, d, family);
	ip_at = w.len;
	if (family == IPV4)
		put_ipv4(&w, d, place, count);
	else
		put_ipv6(&w, d, place, count);
	put_bytes(&w, udp.frame + first, count);
	*ip_bytes = w.len - ip_at;
	put_zeros(&w, d->padding);
	return d->keep < w.len ? d->keep : w.len;
}
