/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What sender.c and programs/sender.bpf.c have to agree on: frames as they are sent but for what changes from one to the
 * next. Integers are in host order; `_be` is network order.
 */
#ifndef TIDEGATE_BENCH_SENDER_H
#define TIDEGATE_BENCH_SENDER_H

#define HEAD_BYTES \
	192 /* of a frame, that are written anew each time; the rest is the same in all frames */
#define TEMPLATES_MAX 262144
#define ACK_LAG       64 /* ACKs of a running transfer are so many blocks behind its DATA */
#define WINDOW \
	"1024" /* windowsize of running transfers, so that losses on the link leave them in step */

/* What is drawn anew for each frame. */
enum vary {
	VARY_SOURCE = 1 << 0,           /* host bits of the source address */
	VARY_DESTINATION = 1 << 1,      /* and of the destination */
	VARY_SOURCE_PORT = 1 << 2,      /* 1024 to 65535 */
	VARY_DESTINATION_PORT = 1 << 3, /* likewise */
	VARY_IP_ID = 1 << 4,            /* IPv4 alone */
	VARY_FRAGMENT_ID = 1 << 5,      /* IPv6: of a fragment header behind the IP header */
	VARY_BLOCK = 1 << 6,            /* the TFTP block: at random */
	NEXT_BLOCK = 1 << 7,            /* DATA: the next one of the transfer */
	LAST_BLOCK = 1 << 8, /* ACK: ACK_LAG behind the DATA of the template before this one */
};

struct template
{
	unsigned char head[HEAD_BYTES]; /* with 0 in the place of what varies, checksums included */
	unsigned int length;            /* of the frame, bytes */
	unsigned int vary;              /* enum vary bits */
	unsigned int ip_sum; /* IPv4: sum of the header's 16-bit words as they lie in memory */
	unsigned int
		udp_sum; /* IPv6: of UDP header, payload and pseudo header; not filled in for IPv4 */
	unsigned int block; /* NEXT_BLOCK: the one that was sent last */
	unsigned int zero;
};

#endif
