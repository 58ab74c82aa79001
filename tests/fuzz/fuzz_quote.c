// SPDX-License-Identifier: GPL-2.0-or-later
// sources: tests/fuzz/anatomy.c
// libfuzzer: -max_len=512
/*
 * ICMP errors: the core's reader of what they quote against a plain one. Nothing is looked at beyond the end of the frame,
 * both find the same packet at the same place or none, and what lies behind the quoted ports does not count. Input: one
 * byte that chooses the link, then the frame, or only what differs from an error as hosts send it.
 */
#include <stdlib.h>
#include <string.h>

#include "store.h"
#include "core/judge.h"
#include "core/quote.h"

#include "anatomy.h"
#include "must.h"

#define NO_ETHERNET  1
#define WHOLE_FRAME  2 /* the input is the frame */
#define IPV6_FRAME   4
#define TAGGED       8
#define TAGGED_TWICE 16
#define FRAGMENTED   32 /* IPv6: the quote has a fragment header */
#define MAPPED       64 /* IPv6: the quoted destination is an IPv4 address */
#define FRAME_MAX    512

struct outcome {
	struct packet packet;
	struct quote quote;
	bool found;
};

static struct outcome read_frame(const uint8_t *frame, size_t len, bool ethernet)
{
	/* Of exactly this size, so that each look beyond its end is seen. */
	uint8_t *copy = malloc(len ? len : 1);
	struct outcome o = {};

	must(copy, "memory");
	memcpy(copy, frame, len);
	o.found = quote_read(&o.packet, &o.quote, copy, copy + len, ethernet);
	free(copy);
	return o;
}

static size_t put(uint8_t *frame, size_t at, const uint8_t *bytes, size_t len)
{
	memcpy(frame + at, bytes, len);
	return at + len;
}

static size_t put_link(uint8_t *frame, uint8_t kind)
{
	static const uint8_t tag[] = {0x81, 0, 0, 7};
	size_t at = 12;

	if (kind & NO_ETHERNET)
		return 0;
	if (kind & (TAGGED | TAGGED_TWICE))
		at = put(frame, at, tag, sizeof(tag));
	if (kind & TAGGED_TWICE)
		at = put(frame, at, tag, sizeof(tag));
	return put(frame, at, (const uint8_t *)(kind & IPV6_FRAME ? "\x86\xdd" : "\x08"), 2);
}

static size_t put_ipv4_error(uint8_t *frame, size_t at)
{
	static const uint8_t ip[20] = {0x45, [3] = 56, [8] = 64, 1, [12] = 10, 0,
				       0,    1,        10,       0, 0,         2};
	static const uint8_t quoted[20] = {0x45, [2] = 2, [8] = 64, 17, [12] = 10, 0,
					   0,    2,       10,       0,  0,         1};
	static const uint8_t icmp[8] = {3, 3};

	at = put(frame, at, ip, sizeof(ip));
	at = put(frame, at, icmp, sizeof(icmp));
	return put(frame, at, quoted, sizeof(quoted));
}

static size_t put_ipv6_error(uint8_t *frame, size_t at, uint8_t kind)
{
	static const uint8_t ip[40] = {
		0x60, [5] = 56, 58, 64, [8] = 0xfd, [23] = 1, 0xfd, [39] = 2};
	static const uint8_t icmp[8] = {1, 4}, fragment[8] = {17, [3] = 1};
	static const uint8_t mapped[12] = {[10] = 0xff, 0xff};
	uint8_t quoted[40] = {0x60, [5] = 56, 17, 64, [8] = 0xfd, [23] = 2, 0xfd, [39] = 1};

	if (kind & MAPPED)
		put(quoted, 24, mapped, sizeof(mapped));
	if (kind & FRAGMENTED)
		quoted[6] = 44;
	at = put(frame, at, ip, sizeof(ip));
	at = put(frame, at, icmp, sizeof(icmp));
	at = put(frame, at, quoted, sizeof(quoted));
	return kind & FRAGMENTED ? put(frame, at, fragment, sizeof(fragment)) : at;
}

/* An error that quotes a datagram from port 69, as it is without what the input changes. */
static size_t plain_error(uint8_t *frame, uint8_t kind)
{
	static const uint8_t udp[8] = {0, 69, 8, 1, 0, 8, 1, 2};
	size_t at = put_link(frame, kind);

	at = kind & IPV6_FRAME ? put_ipv6_error(frame, at, kind) : put_ipv4_error(frame, at);
	return put(frame, at, udp, sizeof(udp));
}

/* The frame: pairs of a place and a byte that stands there instead; the first byte of all may cut it. */
static size_t altered_error(uint8_t *frame, uint8_t kind, const uint8_t *bytes, size_t len)
{
	size_t frame_len = plain_error(frame, kind);

	for (size_t i = 1; i + 1 < len; i += 2)
		frame[bytes[i] % frame_len] = bytes[i + 1];
	return len && bytes[0] < frame_len ? frame_len - bytes[0] : frame_len;
}

static void check_same(const struct outcome *core, const struct anatomy_quote *plain)
{
	const struct packet *p = &core->packet;
	const struct anatomy *a = &plain->quoted;

	must(!memcmp(&p->source, &a->source, sizeof(p->source)) &&
		     !memcmp(&p->destination, &a->destination, sizeof(p->destination)),
	     "the quoted addresses");
	must(p->source_port_be == __builtin_bswap16(a->source_port) &&
		     p->destination_port_be == __builtin_bswap16(a->destination_port),
	     "the quoted ports");
	must(p->vlan_outer == a->vlan_outer && p->vlan_inner == a->vlan_inner, "the VLANs");
	must(core->quote.icmp_offset == plain->icmp_at && core->quote.udp_offset == plain->udp_at,
	     "where the quote is");
	must(core->quote.has_checksum == plain->has_checksum, "the quoted checksum");
}

/* What is quoted behind the UDP header, and whether there is any, is of no account. */
static void check_end(const struct anatomy_quote *plain, const uint8_t *frame, size_t len,
		      bool ethernet)
{
	struct outcome cut;

	must(len >= plain->udp_at + 8, "a quote beyond the end");
	cut = read_frame(frame, plain->udp_at + 8, ethernet);
	must(cut.found, "what stands behind the quoted ports counts");
	check_same(&cut, plain);
	must(!read_frame(frame, plain->udp_at + 7, ethernet).found, "ports of half a header");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	uint8_t frame[FRAME_MAX] = {};
	struct anatomy_quote plain;
	struct outcome core;
	bool ethernet;

	if (!len || len > FRAME_MAX)
		return 0;
	ethernet = !(bytes[0] & NO_ETHERNET);
	if (bytes[0] & WHOLE_FRAME)
		memcpy(frame, bytes + 1, len - 1);
	len = bytes[0] & WHOLE_FRAME ? len - 1 : altered_error(frame, bytes[0], bytes + 1, len - 1);
	core = read_frame(frame, len, ethernet);
	must(core.found == anatomy_read_quote(frame, len, ethernet, &plain),
	     "whether a packet is quoted");
	if (!core.found)
		return 0;
	check_same(&core, &plain);
	check_end(&plain, frame, len, ethernet);
	return 0;
}
