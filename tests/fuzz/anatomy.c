// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See anatomy.h.
 */
#include <string.h>

#include "anatomy.h"

#define EXTENSIONS_MOST 8 /* the core looks at so many */

struct reader {
	const uint8_t *bytes;
	size_t len;
	size_t at;
};

static bool there(const struct reader *r, size_t bytes)
{
	return r->at + bytes <= r->len;
}

static unsigned int u16_at(const struct reader *r, size_t offset)
{
	return r->bytes[r->at + offset] << 8 | r->bytes[r->at + offset + 1];
}

static bool read_ethernet(struct reader *r, struct anatomy *a, unsigned int *type)
{
	uint16_t ids[2] = {};
	unsigned int tags = 0, known = 0;

	if (!there(r, 14))
		return false;
	a->to_group = r->bytes[0] & 1;
	*type = u16_at(r, 12);
	for (r->at = 14; *type == 0x8100 || *type == 0x88a8; r->at += 4) {
		if (++tags > 2 || !there(r, 4))
			return false;
		if (u16_at(r, 0) & 0xfff)
			ids[known++] = u16_at(r, 0) & 0xfff; /* 0 is a priority, no VLAN */
		*type = u16_at(r, 2);
	}
	a->vlan_outer = ids[0];
	a->vlan_inner = ids[1];
	return true;
}

static void fragment(struct anatomy *a, unsigned int offset, bool more, uint32_t id)
{
	a->later_fragment = offset != 0;
	a->first_fragment = !offset && more;
	a->fragment_id = id;
}

static struct tg_addr mapped(const uint8_t *v4)
{
	struct tg_addr addr = {.bytes = {[10] = 0xff, 0xff, v4[0], v4[1], v4[2], v4[3]}};

	return addr;
}

static bool read_ipv4(struct reader *r, struct anatomy *a)
{
	const uint8_t *ip = r->bytes + r->at;
	size_t header;

	if (!there(r, 20) || ip[0] >> 4 != 4 || ip[9] != 17)
		return false;
	header = (ip[0] & 15) * 4;
	if (header < 20 || u16_at(r, 2) < header)
		return false;
	a->source = mapped(ip + 12);
	a->destination = mapped(ip + 16);
	if (ip[16] >> 4 == 14 || !memcmp(ip + 16, "\xff\xff\xff\xff", 4))
		a->to_group = true;
	fragment(a, u16_at(r, 6) & 0x1fff, ip[6] & 0x20, u16_at(r, 4));
	a->ip_end = r->at + u16_at(r, 2);
	r->at += header;
	return true;
}

/* The extension header of this type at hand; its successor's type, or -1. */
static int read_extension(struct reader *r, struct anatomy *a, int type, bool *fragmented)
{
	size_t bytes;
	int next;

	if (!there(r, 8))
		return -1;
	next = r->bytes[r->at];
	bytes = type == 51 ? r->bytes[r->at + 1] * 4 + 8 : r->bytes[r->at + 1] * 8 + 8;
	if (type == 44) {
		const uint8_t *id = r->bytes + r->at + 4;

		if (*fragmented)
			return -1;
		*fragmented = true;
		bytes = 8;
		fragment(a, u16_at(r, 2) >> 3, u16_at(r, 2) & 1,
			 (uint32_t)id[0] << 24 | id[1] << 16 | id[2] << 8 | id[3]);
	}
	r->at += bytes;
	return r->at <= a->ip_end ? next : -1;
}

static bool is_extension(int type)
{
	return type == 0 || type == 43 || type == 44 || type == 51 || type == 60 || type == 135;
}

static bool read_ipv6(struct reader *r, struct anatomy *a)
{
	const uint8_t *ip = r->bytes + r->at;
	bool fragmented = false;
	int type;

	if (!there(r, 40) || ip[0] >> 4 != 6)
		return false;
	a->v6 = true;
	type = ip[6];
	memcpy(a->source.bytes, ip + 8, 16);
	memcpy(a->destination.bytes, ip + 24, 16);
	if (ip[24] == 0xff)
		a->to_group = true;
	a->ip_end = r->at + 40 + u16_at(r, 4);
	r->at += 40;
	for (int i = 0; is_extension(type) && !a->later_fragment; i++) {
		if (i == EXTENSIONS_MOST)
			return false;
		type = read_extension(r, a, type, &fragmented);
	}
	return type == 17;
}

static bool read_udp(struct reader *r, struct anatomy *a)
{
	size_t bytes, here;

	if (r->at + 8 > a->ip_end || !there(r, 8))
		return false;
	here = a->ip_end - r->at;
	bytes = u16_at(r, 4);
	if (bytes < 8 || (bytes > here && !a->first_fragment))
		return false;
	if (a->first_fragment && here < 12)
		return false;
	if (a->v6 && !u16_at(r, 6))
		return false;
	a->source_port = u16_at(r, 0);
	a->destination_port = u16_at(r, 2);
	a->payload_at = r->at + 8;
	a->payload_bytes = bytes - 8;
	a->datagram_end = bytes < here ? r->at + bytes : a->ip_end;
	return true;
}

bool anatomy_read(const uint8_t *frame, size_t len, bool ethernet, struct anatomy *a)
{
	struct reader r = {.bytes = frame, .len = len};
	unsigned int type = 0;

	memset(a, 0, sizeof(*a));
	if (!ethernet && len)
		type = frame[0] >> 4 == 4 ? 0x0800 : 0x86dd;
	if (ethernet && !read_ethernet(&r, a, &type))
		return false;
	if (type != 0x0800 && type != 0x86dd)
		return false;
	if (type == 0x0800 ? !read_ipv4(&r, a) : !read_ipv6(&r, a))
		return false;
	if (a->ip_end > len)
		return false;
	return a->later_fragment || read_udp(&r, a);
}

/* ---- ICMP errors --------------------------------------------------------------------------------------------------- */

static bool is_icmp_error(unsigned int type, bool v6)
{
	return v6 ? type >= 1 && type <= 4 : type == 3 || type == 11 || type == 12;
}

/* The header around the error; IPv6's has no others behind it. */
static bool read_outer(struct reader *r, bool v6)
{
	const uint8_t *ip = r->bytes + r->at;
	size_t header = v6 ? 40 : 20;

	if (!there(r, header) || ip[v6 ? 6 : 9] != (v6 ? 58 : 1))
		return false;
	if (!v6) {
		header = (ip[0] & 15) * 4;
		if (header < 20 || u16_at(r, 6) & 0x3fff)
			return false;
	}
	r->at += header;
	return true;
}

static bool read_quoted_ipv6(struct reader *r, struct anatomy *a)
{
	static const uint8_t v4_mapped[12] = {[10] = 0xff, 0xff};
	const uint8_t *ip = r->bytes + r->at;
	unsigned int type;

	if (!there(r, 40))
		return false;
	memcpy(a->source.bytes, ip + 8, 16);
	memcpy(a->destination.bytes, ip + 24, 16);
	if (!memcmp(ip + 8, v4_mapped, 12) || !memcmp(ip + 24, v4_mapped, 12))
		return false;
	type = ip[6];
	r->at += 40;
	if (type == 44) {
		if (!there(r, 8) || u16_at(r, 2) >> 3)
			return false;
		type = r->bytes[r->at];
		r->at += 8;
	}
	return type == 17;
}

bool anatomy_read_quote(const uint8_t *frame, size_t len, bool ethernet, struct anatomy_quote *q)
{
	struct reader r = {.bytes = frame, .len = len};
	struct anatomy *a = &q->quoted;
	unsigned int type = 0;
	bool v6;

	memset(q, 0, sizeof(*q));
	if (!ethernet && len)
		type = frame[0] >> 4 == 4 ? 0x0800 : frame[0] >> 4 == 6 ? 0x86dd : 0;
	if (ethernet && !read_ethernet(&r, a, &type))
		return false;
	v6 = type == 0x86dd;
	if ((!v6 && type != 0x0800) || !read_outer(&r, v6))
		return false;
	q->icmp_at = r.at;
	if (!there(&r, 8) || !is_icmp_error(r.bytes[r.at], v6))
		return false;
	r.at += 8;
	if (v6 ? !read_quoted_ipv6(&r, a) : !read_ipv4(&r, a))
		return false;
	q->udp_at = r.at;
	if (a->later_fragment || !there(&r, 8))
		return false;
	a->source_port = u16_at(&r, 0);
	a->destination_port = u16_at(&r, 2);
	q->has_checksum = u16_at(&r, 6);
	return true;
}
