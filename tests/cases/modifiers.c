// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What may be unusual about a packet: other hosts, hooks, tags, lengths, headers, fragments.
 */
#include "datagram.h"

struct datagram *from_host(enum host host, struct datagram *d)
{
	d->from = host;
	return d;
}

struct datagram *to_host(enum host host, struct datagram *d)
{
	d->to = host;
	return d;
}

struct datagram *from_port(uint16_t port, struct datagram *d)
{
	d->from_port = port;
	return d;
}

struct datagram *to_port(uint16_t port, struct datagram *d)
{
	d->to_port = port;
	return d;
}

struct datagram *through(enum interface interface, struct datagram *d)
{
	d->through_set = true;
	d->interface = interface;
	return d;
}

struct datagram *forwarded(enum interface by, struct datagram *d)
{
	d->placed = true;
	d->out = true;
	d->came_by = by;
	return d;
}

struct datagram *leaving(struct datagram *d)
{
	return forwarded(OWN, d);
}

struct datagram *arriving(struct datagram *d)
{
	d->placed = true;
	d->out = false;
	return d;
}

static struct datagram *tag(uint16_t tpid, unsigned int tci, struct datagram *d)
{
	if (d->tags == TAGS_MAX)
		scene_mistake("too many VLAN tags");
	d->tpid[d->tags] = tpid;
	d->tci[d->tags++] = tci;
	return d;
}

struct datagram *tagged(unsigned int tci, struct datagram *d)
{
	return tag(0x8100, tci, d);
}

struct datagram *service_tagged(unsigned int tci, struct datagram *d)
{
	return tag(0x88a8, tci, d);
}

struct datagram *padded(uint32_t bytes, struct datagram *d)
{
	d->padding += bytes;
	return d;
}

struct datagram *cut(uint32_t len, struct datagram *d)
{
	d->keep = len;
	return d;
}

uint32_t frame_length(struct datagram *d)
{
	static uint8_t frame[FRAME_MAX];
	uint32_t ip_bytes;

	return frame_build(d, place(), ipv6() ? IPV6 : IPV4, true, frame, &ip_bytes);
}

struct datagram *without_checksum(struct datagram *d)
{
	d->no_checksum = true;
	return d;
}

struct datagram *udp_length(unsigned int value, struct datagram *d)
{
	d->udp_length = value;
	return d;
}

struct datagram *ip_length(unsigned int value, struct datagram *d)
{
	d->ip_length = value;
	return d;
}

struct datagram *ip_options(unsigned int bytes, struct datagram *d)
{
	if (bytes % 4 || bytes > 40)
		scene_mistake("IPv4 options come in words, at most ten");
	d->option_bytes = bytes;
	return d;
}

struct datagram *ip_extension(uint8_t type, unsigned int bytes, struct datagram *d)
{
	if (d->extension_count == EXTENSIONS_MAX || bytes < 8 || bytes % 8 || bytes > 248)
		scene_mistake("an extension header of an impossible size, or too many");
	d->extensions[d->extension_count].type = type;
	d->extensions[d->extension_count++].bytes = bytes;
	return d;
}

struct datagram *ip_byte(unsigned int offset, uint8_t value, struct datagram *d)
{
	if (d->patch_count == PATCHES_MAX)
		scene_mistake("too many changed bytes");
	d->patches[d->patch_count].offset = offset;
	d->patches[d->patch_count++].value = value;
	return d;
}

struct datagram *ethertype(unsigned int value, struct datagram *d)
{
	d->ethertype = value;
	return d;
}

struct datagram *ip_protocol(uint8_t protocol, struct datagram *d)
{
	d->protocol = protocol;
	return d;
}

static struct datagram *fragment(uint32_t id, uint32_t offset, uint32_t bytes, bool more,
				 struct datagram *d)
{
	if (offset % 8 || (more && bytes % 8))
		scene_mistake("fragments are cut at multiples of 8");
	d->fragmented = true;
	d->fragment_id = id;
	d->fragment_offset = offset;
	d->fragment_bytes = bytes;
	d->more = more;
	return d;
}

struct datagram *first_fragment(uint32_t id, uint32_t bytes, struct datagram *d)
{
	return fragment(id, 0, bytes, true, d);
}

struct datagram *later_fragment(uint32_t id, uint32_t offset, uint32_t bytes, struct datagram *d)
{
	return fragment(id, offset, bytes, bytes != 0, d);
}

struct datagram *atomic_fragment(uint32_t id, struct datagram *d)
{
	return fragment(id, 0, 0, false, d);
}
