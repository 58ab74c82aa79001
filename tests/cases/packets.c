// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The packets of a TFTP conversation, as scenarios name them.
 */
#include <string.h>

#include "datagram.h"

enum {
	OPCODE_DATA = 3,
	OPCODE_ACK = 4,
	OPCODE_ERROR = 5,
	OPCODE_OACK = 6,
};

static struct datagram *datagram_new(enum host from, uint16_t from_port, enum host to,
				     uint16_t to_port, uint32_t len)
{
	struct datagram *d = scene_memory(sizeof(*d));

	d->from = from;
	d->from_port = from_port;
	d->to = to;
	d->to_port = to_port;
	d->payload = scene_memory(len ? len : 1);
	d->len = len;
	d->ethertype = AS_IT_IS;
	d->ip_length = AS_IT_IS;
	d->udp_length = AS_IT_IS;
	d->keep = WHOLE;
	d->protocol = 17;
	return d;
}

static struct datagram *from_client(uint16_t to_port, uint32_t len)
{
	return datagram_new(scene_client_host(), scene_client_port(), SERVER, to_port, len);
}

static struct datagram *from_server(uint16_t from_port, uint32_t len)
{
	return datagram_new(SERVER, from_port, scene_client_host(), scene_client_port(), len);
}

/* Opcode and the 16 bits behind it, as far as the payload has room. */
static struct datagram *head(struct datagram *d, unsigned int opcode, unsigned int second)
{
	const uint8_t bytes[4] = {opcode >> 8, opcode, second >> 8, second};

	memcpy(d->payload, bytes, d->len < 4 ? d->len : 4);
	return d;
}

/* File contents: anything but zeros, so that a reader that strays into them is noticed. */
static struct datagram *data(struct datagram *d, unsigned int block)
{
	memset(d->payload, 0xda, d->len);
	return head(d, OPCODE_DATA, block);
}

static struct datagram *error(struct datagram *d, unsigned int code, const char *text)
{
	memcpy(d->payload + 4, text, strlen(text) + 1);
	return head(d, OPCODE_ERROR, code);
}

static uint32_t texts_length(const char *const *texts)
{
	uint32_t len = 0;

	for (; *texts; texts++)
		len += strlen(*texts) + 1;
	return len;
}

/* Appends the text with its NUL; returns the offset behind it. */
static uint32_t text_put(struct datagram *d, uint32_t at, const char *text)
{
	memcpy(d->payload + at, text, strlen(text) + 1);
	return at + strlen(text) + 1;
}

struct datagram *client_request(unsigned int opcode, const char *mode, const char *const *texts)
{
	uint32_t len = 2 + texts_length(texts) + strlen(mode) + 1;
	struct datagram *d = from_client(scene_request_port(), len);
	uint32_t at = text_put(d, 2, texts[0]);

	d->payload[1] = opcode;
	at = text_put(d, at, mode);
	for (texts++; *texts; texts++)
		at = text_put(d, at, *texts);
	return d;
}

struct datagram *server_oack_list(uint16_t tid, const char *const *texts)
{
	struct datagram *d = from_server(tid, 2 + texts_length(texts));
	uint32_t at = 2;

	d->payload[1] = OPCODE_OACK;
	for (; *texts; texts++)
		at = text_put(d, at, *texts);
	return d;
}

struct datagram *client_data(uint16_t tid, unsigned int block, uint32_t bytes)
{
	return data(from_client(tid, 4 + bytes), block);
}

struct datagram *server_data(uint16_t tid, unsigned int block, uint32_t bytes)
{
	return data(from_server(tid, 4 + bytes), block);
}

struct datagram *client_ack_sized(uint16_t tid, unsigned int block, uint32_t size)
{
	return head(from_client(tid, size), OPCODE_ACK, block);
}

struct datagram *server_ack_sized(uint16_t tid, unsigned int block, uint32_t size)
{
	return head(from_server(tid, size), OPCODE_ACK, block);
}

struct datagram *client_ack(uint16_t tid, unsigned int block)
{
	return client_ack_sized(tid, block, 4);
}

struct datagram *server_ack(uint16_t tid, unsigned int block)
{
	return server_ack_sized(tid, block, 4);
}

struct datagram *client_error(uint16_t tid, unsigned int code, const char *text)
{
	return error(from_client(tid, 4 + strlen(text) + 1), code, text);
}

struct datagram *server_error(uint16_t tid, unsigned int code, const char *text)
{
	return error(from_server(tid, 4 + strlen(text) + 1), code, text);
}

struct datagram *client_sends(uint16_t to_port, const void *bytes, size_t len)
{
	struct datagram *d = from_client(to_port, len);

	memcpy(d->payload, bytes, len);
	return d;
}

struct datagram *server_sends(uint16_t from_port, const void *bytes, size_t len)
{
	struct datagram *d = from_server(from_port, len);

	memcpy(d->payload, bytes, len);
	return d;
}

struct datagram *udp(enum host from, uint16_t from_port, enum host to, uint16_t to_port,
		     uint32_t bytes)
{
	struct datagram *d = datagram_new(from, from_port, to, to_port, bytes);

	memset(d->payload, 0x55, bytes);
	return d;
}

/* ---- whole passages ---------------------------------------------------------------------------------------------- */

void read_begins(uint16_t tid)
{
	expect(REQUEST, client_rrq("pxelinux.0"));
	expect(FIRST_REPLY, server_data(tid, 1, 512));
	expect(ACK, client_ack(tid, 1));
}

void read_begins_with(uint16_t tid, const char *blksize, const char *windowsize)
{
	expect(REQUEST, client_rrq("pxelinux.0", "blksize", blksize, "windowsize", windowsize));
	expect(FIRST_REPLY, server_oack(tid, "blksize", blksize, "windowsize", windowsize));
	expect(ACK, client_ack(tid, 0));
}

void write_begins(uint16_t tid)
{
	expect(REQUEST, client_wrq("core.dump"));
	expect(FIRST_REPLY, server_ack(tid, 0));
	expect(DATA, client_data(tid, 1, 512));
	expect(ACK, server_ack(tid, 1));
}

void read_goes_on(uint16_t tid, unsigned int first, unsigned int last, uint32_t bytes)
{
	for (unsigned int block = first; block <= last; block++) {
		expect(DATA, server_data(tid, block, bytes));
		expect(ACK, client_ack(tid, block));
	}
}

void write_goes_on(uint16_t tid, unsigned int first, unsigned int last, uint32_t bytes)
{
	for (unsigned int block = first; block <= last; block++) {
		expect(DATA, client_data(tid, block, bytes));
		expect(ACK, server_ack(tid, block));
	}
}
