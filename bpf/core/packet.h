/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parser found: a plain structure that later stages see instead of the packet.
 */
#ifndef TIDEGATE_PACKET_H
#define TIDEGATE_PACKET_H

#include "core/platform.h"

enum packet_fragment {
	FRAGMENT_NONE = 0,  /* whole, or an atomic fragment (RFC 6946) */
	FRAGMENT_FIRST = 1, /* offset 0, more to come: carries the UDP header */
	FRAGMENT_LATER = 2, /* offset > 0: no ports, no TFTP header */
};

/* One UDP datagram or IP fragment of one. Filled by the hook (top group) and by parse_frame() (the rest). */
struct packet {
	u64 now;        /* jiffies */
	u16 vlan_outer; /* VLAN id, 0 without; the hook fills tags that the kernel took out of the frame */
	u16 vlan_inner;
	u16 zone;  /* number of the interface's zone */
	u8 egress; /* on its way out */
	u8 tags;   /* VLAN tags; the hook counts the one that the kernel took out of the frame */
	u8 own;    /* egress: sent by this host, not forwarded */
	u8 bank;   /* the policy's that is live for this packet */
	u8 has_mac;
	u16 settings;     /* of the zone in that bank: index in `zones` */
	u8 source_mac[6]; /* of the frame, with has_mac; only where tftp_has_text() */
	u32 mtu;          /* of the interface */

	struct tg_addr source;
	struct tg_addr destination;
	u16 source_port_be; /* ports and below: not for FRAGMENT_LATER */
	u16 destination_port_be;
	u16 payload_bytes;  /* of UDP: its length field - 8 */
	u16 opcode;         /* first two bytes of the payload; 0 if it is shorter */
	u16 block;          /* third and fourth byte; 0 if it is shorter */
	u8 to_group;        /* to a broadcast or multicast address, of the link or of IP */
	u32 payload_offset; /* from the frame's start */
	u32 ip_bytes;       /* length of the IP packet, for the counters */
	u32 end_offset; /* of the IP packet, from the frame's start: the frame must reach so far */
	u32 fragment_id_be;
	u16 fragment_offset; /* bytes */
	u8 fragment;         /* enum packet_fragment */
	u8 ipv6;
	u8 fragment_header; /* parser: an IPv6 fragment header was there */
	u8 next_header;     /* parser: protocol of the header at next_offset, */
	u16 next_bytes;     /* parser: bytes that the IP packet has from there on */
	u32 next_offset;    /* parser: from the frame's start */
	u8 first_reason;    /* FRAGMENT_LATER that follows: the first fragment's enum tg_reason */
	/* what is to be written into the packet, if it passes; 0: stays. See core/translate.h. */
	u16 new_source_port_be;
	u16 new_destination_port_be;
	u16 service_port_be; /* to which the client's packet came, where it goes to a TID */
};

/*
 * A text-bearing payload (request, OACK or ERROR), copied out of the packet by the hook, and what was read from it.
 * Lives in per-CPU scratch memory, because it is too large for a BPF stack.
 */
struct tftp_text {
	u8 bytes[TG_REQUEST_MAX]; /* the payload from its opcode on */
	u32 len;                  /* valid bytes, at most TG_REQUEST_MAX */

	/* result; see tftp_read_request(), tftp_read_oack() */
	u64 hash;
	u64 name_hash; /* of a request's file name alone */
	u64 tsize;
	u32 blksize; /* 0 where absent; larger than 65535 where larger values were written */
	u32 windowsize;
	u32 timeout;     /* seconds; utimeout rounded up */
	u32 group_v4_be; /* of multicast: 0 where the value names none */
	u16 group_port_be;
	u16 udpport; /* 0 where absent or no port */
	u16 name_len;
	u8 mode;      /* enum tg_mode, or TFTP_MODE_… */
	u8 options;   /* enum tg_option bits */
	u8 malformed; /* enum tg_option bits whose value is not a number */
	u8 phase;     /* enum tftp_phase: where the reading ended */

	/* the reader's working state: the value or word at hand */
	u16 option; /* the option whose value comes next: enum tg_option or OPTION_UTIMEOUT */
	u8 number_bad;
	u8 group_dots; /* of multicast's value so far */
	u8 group_commas;
	u8 group_digit; /* its number at hand has a digit */
	u8 group_bad;   /* its address or port is none */
	u32 group_v4;
	u32 word_len;
	u64 word_high; /* last 16 bytes of the word, lower case, most recent lowest */
	u64 word_low;
	u64 number;
};

/*
 * The walk over a file name; core/name.h. And what follows the client's own texts in it: each has a place in one of the
 * words, with a bit for each of its bytes; core/own.h.
 */
#define OWN_WORDS   3
#define OWN_SYMBOLS 32 /* the low five bits of a byte */

struct name_walk {
	u64 matched[OWN_WORDS]; /* bit n of a text: the bytes read last are its first n + 1 */
	u64 places[OWN_SYMBOLS][OWN_WORDS]; /* where in the texts each symbol stands */
	u32 state;                          /* of the automaton; 0: no pattern can match any more */
	u32 before; /* the state at the end of the last part, where the name may turn out to end */
	u32 after;  /* and behind the `/` that follows it */
	u8 part;    /* enum name_part: the part at hand so far */
	u8 own_len[TG_OWN_TEXTS + 3]; /* 0: there is no such text; padded to a power of two */

	/* an IPv6 address being written */
	u8 address[16];
	u8 run; /* first group of the zeros that `::` stands for, and */
	u8 run_end;
	u8 at; /* bytes written */
	volatile u8 symbol;
};

#endif
