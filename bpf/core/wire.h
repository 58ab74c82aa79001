/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Headers and numbers as they are on the wire: Ethernet, IEEE 802.1Q, RFC 791, RFC 8200, RFC 768, RFC 1350.
 * Own definitions, because the kernel's header bit-fields differ between vmlinux.h and the system headers.
 */
#ifndef TIDEGATE_WIRE_H
#define TIDEGATE_WIRE_H

#include "core/platform.h"

#define WIRE_ETH_IPV4   0x0800
#define WIRE_ETH_IPV6   0x86dd
#define WIRE_ETH_8021Q  0x8100
#define WIRE_ETH_8021AD 0x88a8

#define WIRE_IP_HOP_BY_HOP  0
#define WIRE_IP_ICMP        1
#define WIRE_IP_TCP         6
#define WIRE_IP_UDP         17
#define WIRE_IP_ROUTING     43
#define WIRE_IP_FRAGMENT    44
#define WIRE_IP_AH          51
#define WIRE_IP_ICMPV6      58
#define WIRE_IP_DESTINATION 60
#define WIRE_IP_MOBILITY    135

#define WIRE_IPV4_MORE   0x2000
#define WIRE_IPV4_OFFSET 0x1fff /* in units of 8 bytes */
#define WIRE_IPV6_MORE   0x0001
#define WIRE_IPV6_OFFSET 0xfff8 /* in bytes */

struct wire_ethernet {
	u8 destination[6];
	u8 source[6];
	u16 ethertype_be;
} WIRE;

struct wire_vlan {
	u16 tci_be;
	u16 ethertype_be;
} WIRE;

struct wire_ipv4 {
	u8 version_ihl;
	u8 tos;
	u16 total_bytes_be;
	u16 id_be;
	u16 fragment_be;
	u8 ttl;
	u8 protocol;
	u16 checksum_be;
	u32 source_be;
	u32 destination_be;
} WIRE;

struct wire_ipv6 {
	u8 version_class;
	u8 class_flow[3];
	u16 payload_bytes_be;
	u8 next;
	u8 hop_limit;
	u8 source[16];
	u8 destination[16];
} WIRE;

struct wire_ipv6_extension {
	u8 next;
	u8 length;
} WIRE;

struct wire_ipv6_fragment {
	u8 next;
	u8 reserved;
	u16 offset_be;
	u32 id_be;
} WIRE;

struct wire_udp {
	u16 source_be;
	u16 destination_be;
	u16 bytes_be;
	u16 checksum_be;
} WIRE;

/* ICMP (RFC 792) and ICMPv6 (RFC 4443); errors quote a packet behind it. */
struct wire_icmp {
	u8 type;
	u8 code;
	u16 checksum_be;
	u32 rest;
} WIRE;

/* The start of every TFTP packet but a request and an OACK, which have text behind the opcode. */
struct wire_tftp {
	u16 opcode_be;
	u16 block_be;
} WIRE;

#define TFTP_HEADER_BYTES 4 /* sizeof(struct wire_tftp) */

enum wire_tftp_opcode {
	WIRE_RRQ = 1,
	WIRE_WRQ = 2,
	WIRE_DATA = 3,
	WIRE_ACK = 4,
	WIRE_ERROR = 5,
	WIRE_OACK = 6, /* RFC 2347 */
};

#endif
