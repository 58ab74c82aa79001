/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tests/bench/programs/vary.bpf.c and user space tell each other.
 */
#ifndef TIDEGATE_BENCH_VARY_H
#define TIDEGATE_BENCH_VARY_H

#define VARY_TARGETS 128 /* programs that can be measured */
#define VARY_REACH   128 /* offsets in the frame are below */

/* One end of an exchange, as it goes into the frame. 16 bytes. */
struct vary_peer {
	__u64 address6_be; /* the last 8 bytes of an IPv6 address, in the packet's order */
	__u32 address4_be;
	__u16 port_be;
	__u16 zero;
};

/* Where in the frame, which peers, and which program then sees it. */
struct vary_settings {
	__u32 target;         /* index in `targets` */
	__u32 first;          /* the peers, in `peers`: from here */
	__u32 count;          /* so many, again and again */
	__u32 position;       /* the next one, 0 to count - 1 */
	__u32 round;          /* how often all of them have had their turn */
	__u32 address_offset; /* of the last 4 bytes (IPv6: 8) of the peer's address */
	__u32 port_offset;
	__u32 counted_offset; /* of 16 bits in network order that grow with each round; 0: there are none */
	__u32 counted_first;
	__u32 restored_offset; /* of 16 bits that the measured program may change; 0: there are none */
	__u32 restored_be;
	__u32 ipv6;
};

#endif
