/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The contract between the BPF programs and user space: reasons, keys, values, map names, ABI number.
 *
 * Included by the BPF object (after vmlinux.h), by user space and by the native tests (after
 * <linux/types.h>). Conventions:
 *   - `_be` in a name: network byte order; every other integer is in host order;
 *   - points in time and spans without another unit are kernel jiffies (bpf_jiffies64(); a tick lasts
 *     tg_meta.tick_ns nanoseconds);
 *   - addresses are 128 bits wide, IPv4 mapped (::ffff:a.b.c.d, RFC 4291 2.5.5.2);
 *   - keys have no implicit padding; whoever builds one zeroes the `zero` member.
 */
#ifndef TIDEGATE_ABI_H
#define TIDEGATE_ABI_H

/* Raised whenever a pinned map's meaning or layout changes: a binary never adopts another number's state. */
#define TG_ABI 2

#define TG_SLOTS_MAX  1024 /* guarded interfaces; also zones */
#define TG_NAME_MAX   128  /* bytes of a file name kept for display, NUL included */
#define TG_ZONE_NAME  32   /* bytes, NUL included */
#define TG_IFNAME     16   /* IFNAMSIZ */
#define TG_TFTP_PORTS 4    /* ports of a zone on which requests are recognised */
#define TG_CREDIT_MAX \
	64 /* unanswered request datagrams of one client port; tracker specification 7.1 */
#define TG_REQUEST_MIN 10   /* opcode, "f\0", "octet\0"; tracker specification 6 */
#define TG_REQUEST_MAX 1024 /* upper bound of tg_zone.request_max */
#define TG_WINDOW_CLAMP \
	16384 /* largest block distance that still means something; tracker specification 7.2 */

enum tg_verdict {
	TG_DROP = 0,
	TG_PASS = 1,
};

/*
 * Every outcome of the pipeline: X(number, NAME, key, verdict, meaning, remedy).
 * `number` indexes the counters and is never reused for another meaning; `key` is the name in JSON, metrics
 * and `tidegate explain`. NOT_UDP alone is never counted: such packets leave before anything is looked up.
 */
/* clang-format off */
#define TG_REASONS(X)                                                                              \
	X(0, NOT_UDP, "not_udp", TG_PASS,                                                          \
	  "The packet is not UDP; tidegate filters UDP only.",                                     \
	  "Nothing to do. These packets are not counted.")                                         \
	X(1, REQUEST, "request", TG_PASS,                                                          \
	  "A valid TFTP read or write request; its answers are awaited.",                          \
	  "Nothing to do.")                                                                        \
	X(2, FIRST_REPLY, "first_reply", TG_PASS,                                                  \
	  "The first packet of a server's transfer identifier (TID) in answer to a request.",      \
	  "Nothing to do.")                                                                        \
	X(3, DATA, "data", TG_PASS, "A DATA block of a running transfer.", "Nothing to do.")       \
	X(4, ACK, "ack", TG_PASS, "An acknowledgement of a running transfer.", "Nothing to do.")   \
	X(5, OACK, "oack", TG_PASS, "A repeated option acknowledgement of a running transfer.",    \
	  "Nothing to do.")                                                                        \
	X(6, ERROR, "error", TG_PASS, "A TFTP ERROR between the two ends of a transfer.",          \
	  "Nothing to do here; the server's or client's log tells why it was sent.")               \
	X(7, UDP_REPLY, "udp_reply", TG_PASS,                                                      \
	  "UDP of a tracked exchange: this side sent first, and the addresses and ports fit exactly.", \
	  "Nothing to do.")                                                                        \
	X(8, SERVICE, "service", TG_PASS, "UDP to a port that is listed as reachable.",            \
	  "Remove the port from --allow-udp if it should not be reachable.")                       \
	X(9, OUTGOING, "outgoing", TG_PASS, "Other UDP that leaves through this interface.",       \
	  "Nothing to do.")                                                                        \
	X(10, UNMATCHED, "unmatched", TG_PASS,                                                     \
	  "UDP that belongs to nothing, in a zone whose unmatched UDP passes.",                    \
	  "Bring the zone up with --unmatched drop to close it.")                                  \
	X(11, FRAGMENT_FOLLOWS, "fragment_follows", TG_PASS,                                       \
	  "A later IP fragment of a datagram whose first fragment was admitted.",                  \
	  "Nothing to do.")                                                                        \
	X(12, FRAGMENT_AHEAD, "fragment_ahead", TG_PASS,                                           \
	  "A later IP fragment that overtook its first one, between two hosts with a transfer whose " \
	  "blocks need fragments.",                                                                \
	  "Nothing to do.")                                                                        \
	X(13, JUDGED_BEFORE, "judged_before", TG_PASS,                                             \
	  "A packet on its way out that was judged when it came in through the same zone.",        \
	  "Nothing to do.")                                                                        \
	X(14, UNSOLICITED, "unsolicited", TG_DROP,                                                 \
	  "UDP that nobody on this side asked for: no request, no transfer, no tracked exchange and no " \
	  "listed service fits.",                                                                  \
	  "If a service should be reachable, list its port with --allow-udp; if this was a TFTP reply, " \
	  "see whether its request passed through the same zone.")                                 \
	X(15, EXPIRED, "expired", TG_DROP,                                                         \
	  "The packet fits a request or transfer whose time had run out.",                         \
	  "The peer was silent for longer than the timer allows; see the timers in `tidegate status`.") \
	X(16, TRUNCATED, "truncated", TG_DROP, "The frame ends inside a header, or before the IP length " \
	  "says.", "Look at the sender or the link: no whole packet looks like this.")             \
	X(17, VLAN_DEPTH, "vlan_depth", TG_DROP, "More than two VLAN tags.",                       \
	  "Attach tidegate to the inner VLAN interface instead.")                                  \
	X(18, IPV4_HEADER, "ipv4_header", TG_DROP, "An IPv4 header with a wrong version or length.", \
	  "Look at the sender: no IP stack sends this.")                                           \
	X(19, IPV6_HEADER, "ipv6_header", TG_DROP, "An IPv6 header with a wrong version or length.", \
	  "Look at the sender: no IP stack sends this.")                                           \
	X(20, IPV6_EXTENSIONS, "ipv6_extensions", TG_DROP, "More IPv6 extension headers than are looked at.", \
	  "Look at the sender: such chains are used to hide from filters.")                        \
	X(21, UDP_LENGTH, "udp_length", TG_DROP, "The UDP length is below 8 or beyond the IP packet.", \
	  "Look at the sender: no IP stack sends this.")                                           \
	X(22, UDP_CHECKSUM, "udp_checksum", TG_DROP, "UDP over IPv6 without a checksum (RFC 8200 8.1).", \
	  "The sender must compute the checksum.")                                                 \
	X(23, FRAGMENT_TINY, "fragment_tiny", TG_DROP,                                             \
	  "A first IP fragment too short to show its UDP and TFTP header.",                        \
	  "Look at the sender: no link has such a small MTU.")                                     \
	X(24, FRAGMENT_OVERLAP, "fragment_overlap", TG_DROP,                                       \
	  "A later IP fragment that would overwrite the UDP or TFTP header.",                      \
	  "Look at the sender: this is an attack on filters (RFC 1858).")                          \
	X(25, FRAGMENT_ORPHAN, "fragment_orphan", TG_DROP,                                         \
	  "A later IP fragment without an admitted first fragment.",                               \
	  "If big blocks are in use, see whether the first fragment was dropped, and why.")        \
	X(26, FRAGMENT_CONTROL, "fragment_control", TG_DROP,                                       \
	  "A TFTP request, ACK, OACK or ERROR in IP fragments; they are too small to need any.",   \
	  "Look at the sender: no TFTP implementation sends this.")                                \
	X(27, FRAGMENT_NEEDLESS, "fragment_needless", TG_DROP,                                     \
	  "A DATA block in IP fragments although the agreed block size fits the link.",            \
	  "Look at the path: a link with a very small MTU would explain it.")                      \
	X(28, REQUEST_LENGTH, "request_length", TG_DROP, "A request shorter than 10 bytes or longer than " \
	  "the zone allows (516).", "See whether the client sends a sensible request.")            \
	X(29, REQUEST_NAME, "request_name", TG_DROP, "A request without a file name, or with one that does " \
	  "not end.", "See whether the client sends a sensible request.")                          \
	X(30, REQUEST_MODE, "request_mode", TG_DROP, "A request whose mode is not octet, netascii or binary, " \
	  "or does not end.", "See whether the client sends a sensible request.")                  \
	X(31, REQUEST_MAIL, "request_mail", TG_DROP, "A request with the obsolete mode mail (RFC 1123 4.2.2.1).", \
	  "Use mode octet.")                                                                       \
	X(32, REQUEST_DIRECTION, "request_direction", TG_DROP,                                     \
	  "A request in a direction from which the zone admits none.",                             \
	  "Bring the zone up with --requests in, out or both.")                                    \
	X(33, REQUEST_BROADCAST, "request_broadcast", TG_DROP,                                     \
	  "A request to a broadcast or multicast address.",                                        \
	  "Devices that search their server this way need --broadcast.")                           \
	X(34, NOT_A_REQUEST, "not_a_request", TG_DROP,                                             \
	  "A datagram to the TFTP port that is neither a request nor part of a transfer.",         \
	  "Look at the sender; after a long silence it may be a transfer that has expired.")       \
	X(35, REPLY_KIND, "reply_kind", TG_DROP,                                                   \
	  "A first reply that this request cannot have: a read is answered by DATA, OACK or ERROR, a write " \
	  "by ACK, OACK or ERROR.", "Look at the server, or for somebody who imitates it.")        \
	X(36, REPLY_BLOCK, "reply_block", TG_DROP, "A first reply that is not DATA 1 or ACK 0.",   \
	  "Look at the server, or for somebody who imitates it.")                                  \
	X(37, NO_CREDIT, "no_credit", TG_DROP,                                                     \
	  "More transfer identifiers (TIDs) answered than requests were sent.",                    \
	  "Look for somebody who imitates the server.")                                            \
	X(38, SURPLUS_TID, "surplus_tid", TG_DROP,                                                 \
	  "A further TID answers a duplicated request after the client has chosen another.",       \
	  "Nothing to do: the client would refuse it. The server gives up by itself.")             \
	X(39, SUPERSEDED, "superseded", TG_DROP,                                                   \
	  "A packet of a TID that the client has left for another or for a new request.",          \
	  "Nothing to do. The server gives up by itself.")                                         \
	X(40, OACK_UNASKED, "oack_unasked", TG_DROP,                                               \
	  "An option acknowledgement although no option, or not this one, was asked for (RFC 2347).", \
	  "Look at the server, or for somebody who imitates it.")                                  \
	X(41, OACK_VALUE, "oack_value", TG_DROP,                                                   \
	  "An option acknowledgement with a value that is out of bounds or above what was asked.", \
	  "Look at the server, or for somebody who imitates it.")                                  \
	X(42, OACK_LATE, "oack_late", TG_DROP, "An option acknowledgement in the middle of a transfer.", \
	  "Look at the server, or for somebody who imitates it.")                                  \
	X(43, OACK_MULTICAST, "oack_multicast", TG_DROP,                                           \
	  "The server offers multicast (RFC 2090), which the zone does not admit.",                \
	  "Bring the zone up with --multicast, or take the option off the client or the server.")                               \
	X(44, DATA_BEFORE_ACK, "data_before_ack", TG_DROP,                                         \
	  "DATA while the option acknowledgement is not yet acknowledged (RFC 2347).",             \
	  "Look at the server, or for somebody who imitates it.")                                  \
	X(45, TFTP_SHORT, "tftp_short", TG_DROP, "A TFTP packet of less than 4 bytes.",            \
	  "Look at the sender, or for somebody who imitates it.")                                  \
	X(46, OPCODE, "opcode", TG_DROP, "A TFTP opcode that does not exist.",                     \
	  "Look at the sender, or for somebody who imitates it.")                                  \
	X(47, WRONG_ROLE, "wrong_role", TG_DROP,                                                   \
	  "An opcode that this end of the transfer never sends (such as DATA by the reader).",     \
	  "Look at the sender, or for somebody who imitates it.")                                  \
	X(48, BLOCK_WINDOW, "block_window", TG_DROP, "A block number outside the window.",         \
	  "A server that sends ahead without having agreed on a window needs a larger --slack.")   \
	X(49, BEYOND_END, "beyond_end", TG_DROP, "A block after the last one of the transfer.",    \
	  "Look at the sender, or for somebody who imitates it.")                                  \
	X(50, DATA_SIZE, "data_size", TG_DROP, "A DATA block larger than the agreed block size.",  \
	  "Look at the sender, or for somebody who imitates it.")                                  \
	X(51, ACK_SIZE, "ack_size", TG_DROP, "An ACK that is not 4 bytes long (5 with msftwindow).", \
	  "Look at the sender, or for somebody who imitates it.")                                  \
	X(52, ACK_AHEAD, "ack_ahead", TG_DROP, "An ACK of a block that was not sent yet.",         \
	  "Look at the sender, or for somebody who imitates it.")                                  \
	X(53, STATE_FULL, "state_full", TG_DROP, "The kernel could not store the state for this packet.", \
	  "Memory or a table is short: see `tidegate status` and raise the --max-… sizes.")        \
	X(54, GROUP_DATA, "group_data", TG_PASS, "A DATA block of a multicast transfer (RFC 2090).", \
	  "Nothing to do.")                                                                        \
	X(55, OACK_UDPPORT, "oack_udpport", TG_DROP,                                               \
	  "The server moves the transfer to another port (option udpport), which the zone does not admit.", \
	  "Bring the zone up with --udpport, or take the option off the server.")
/* clang-format on */

#define TG_REASON_ENUM(number, NAME, key, verdict, meaning, remedy) TG_##NAME = (number),
enum tg_reason { TG_REASONS(TG_REASON_ENUM) };
#undef TG_REASON_ENUM

/* Room of an interface in the counters; the spare numbers keep the layout when reasons are added. */
#define TG_REASON_SLOTS 64

#define TG_REASON_BIT(number, NAME, key, verdict, meaning, remedy) | ((__u64)(verdict) << (number))
/* Bit n: reason n passes. */
#define TG_PASSES (0ULL TG_REASONS(TG_REASON_BIT))

/* ---- keys ---------------------------------------------------------------------------------------------------- */

struct tg_addr {
	__u8 bytes[16];
} __attribute__((aligned(8)));

/* Two endpoints without order: `low` is the smaller one, so both directions build the same key. */
struct tg_pair_key {
	struct tg_addr low;
	struct tg_addr high;
	__u16 low_port_be;
	__u16 high_port_be;
	__u16 zone;
	__u16 vlan_outer; /* VLAN id (12 bits) of the outer tag, 0 without */
	__u16 vlan_inner;
	__u16 zero[3];
};

/* Who asked whom. `server` is all zero for a request to a broadcast or multicast address, and the group's
 * first member where the server belongs to a server group. */
struct tg_request_key {
	struct tg_addr client;
	struct tg_addr server;
	__u16 client_port_be;
	__u16 zone;
	__u16 vlan_outer;
	__u16 vlan_inner;
};

/* All fragments of one IP datagram; RFC 791 3.2, RFC 8200 4.5. */
struct tg_fragment_key {
	struct tg_addr source;
	struct tg_addr destination;
	__u32 id_be; /* IPv4: the 16 bits of the identification, zero-extended */
	__u16 zone;
	__u16 vlan_outer;
	__u16 vlan_inner;
	__u16 zero[3];
};

/* Two hosts without order that have a transfer whose blocks may need IP fragments. */
struct tg_hosts_key {
	struct tg_addr low;
	struct tg_addr high;
	__u16 zone;
	__u16 vlan_outer;
	__u16 vlan_inner;
	__u16 zero;
};

struct tg_service_key {
	__u16 zone;
	__u16 port_be;
};

struct tg_group_key {
	struct tg_addr server;
	__u16 zone;
	__u16 zero[3];
};

/* ---- state --------------------------------------------------------------------------------------------------- */

enum tg_operation {
	TG_READ = 1,  /* RRQ, RFC 1350 opcode 1 */
	TG_WRITE = 2, /* WRQ */
};

enum tg_mode {
	TG_OCTET = 1,
	TG_NETASCII = 2,
	TG_BINARY = 3, /* lwIP's name for octet */
};

/* Options that a request asked for or an OACK granted. */
enum tg_option {
	TG_OPT_ANY = 1 << 0, /* at least one option, known or not */
	TG_OPT_BLKSIZE = 1 << 1,
	TG_OPT_WINDOWSIZE = 1 << 2,
	TG_OPT_TIMEOUT = 1 << 3,
	TG_OPT_TSIZE = 1 << 4,
	TG_OPT_MULTICAST = 1 << 5,
	TG_OPT_MSFTWINDOW = 1 << 6,
	TG_OPT_UDPPORT = 1 << 7,
};

/*
 * `requests`: what a client port asked a server for, how many answers it may still have, and which answer it chose
 * (tracker specification 7.1, PENDING and CLIENTPORT). Everything but `answered` is written by the client's
 * packets. Unanswered credit = asked - max(voided, answered), never above TG_CREDIT_MAX.
 */
struct tg_request {
	__u64 asked_at;  /* the last request datagram */
	__u64 first_at;  /* the first datagram of this very request */
	__u64 hash;      /* of the whole request; key of `names` */
	__u64 chosen_at; /* when the client chose a TID */
	struct tg_addr chosen_server;
	__u16 chosen_port_be;    /* the TID the client acknowledged; 0: none yet */
	__u16 blksize;           /* asked, 0: not */
	__u32 chosen_generation; /* TIDs up to this generation were left for the chosen one */
	__u32 asked; /* request datagrams accepted so far; also the generation of the transfers that they make */
	__u32 voided;           /* request datagrams up to this one have no credit any more */
	__u32 answered;         /* atomically raised by the server's first replies */
	__u32 first_generation; /* `asked` at the first datagram of this very request */
	__u32 wait;             /* T_req of this request */
	__u16 windowsize;       /* asked, 0: not */
	__u8 operation;         /* enum tg_operation */
	__u8 mode;              /* enum tg_mode */
	__u8 options;           /* enum tg_option bits asked */
	__u8 timeout_s;         /* asked, 0: not */
	__u16 name_len;         /* of the whole name, may exceed what `name` keeps */
	__u64 tsize;            /* asked (a write announces its size, RFC 2349) */
	__u32 zero;
	char name[TG_NAME_MAX]; /* NUL-terminated, cut if longer */
};

enum tg_transfer_flag {
	TG_CLIENT_HIGH = 1 << 0, /* the client is the key's high endpoint */
	TG_ANY_SERVER = 1 << 1,  /* the request went to a broadcast or multicast address */
	TG_GOT_OACK = 1 << 2,    /* the server's answer was an OACK */
};

/*
 * `offers` and `transfers`: one TID (tracker specification 7.1, XFER). Lives in `offers` until the client has
 * acknowledged something of it, then in `transfers`. Each group of fields has one writing direction, so no lock is
 * taken. 112 bytes.
 */
struct tg_transfer {
	/* written when it begins */
	__u64 began;
	__u64 request_hash; /* tg_request.hash of the request that it answers */
	__u64 tsize; /* size announced: by the OACK of a read, by the request of a write; valid with TG_OPT_TSIZE */
	__u32 generation; /* tg_request.asked at that time */
	__u32 idle_wait;  /* T_idle of this transfer */
	__u32 offer_wait; /* T_offer of this transfer */
	__u16 blksize;    /* agreed (512 without) */
	__u16 windowsize; /* agreed (1 without) */
	__u16 ahead;      /* F: DATA may be so many blocks ahead of the highest ACK */
	__u16 behind;     /* B: and so many behind */
	__u16 asked_blksize;
	__u16 asked_windowsize;
	__u8 operation;     /* enum tg_operation */
	__u8 flags;         /* enum tg_transfer_flag */
	__u8 options;       /* enum tg_option bits granted */
	__u8 asked_options; /* enum tg_option bits asked */
	__u8 timeout_s;     /* agreed, 0: not */
	__u8 mode;          /* enum tg_mode */
	/* written by the sender of the DATA */
	__u16 data_block; /* highest DATA block (hd) */
	__u64 data_seen;  /* last packet of this side */
	__u64 data_bytes; /* file bytes up to data_block */
	__u32 data_packets;
	__u32 data_repeats; /* DATA packets that brought nothing new */
	__u16 final_block;  /* the short block (fin); valid with final_known */
	__u8 final_known;
	__u8 data_error; /* this side sent an ERROR */
	/* written by the sender of the ACKs */
	__u16 ack_block; /* highest ACK (ha) */
	__u8 done;       /* the final block is acknowledged */
	__u8 ack_error;  /* this side sent an ERROR */
	__u64 ack_seen;
	__u32 ack_packets;
	/* written by the client's requests and by its choice of a TID */
	__u8 superseded;
	__u8 challenged; /* enum tg_challenge bits: newer requests came from the client's port */
	__u16 zero;
	__u64 superseded_at;
};

enum tg_challenge {
	TG_UNCHALLENGED = 0,
	TG_ASKED_AGAIN = 1 << 0, /* by the same request: duplicated or repeated */
	TG_ASKED_OTHER = 1 << 1, /* by a different one: the next file, perhaps from the same TID */
};

/* `names`: file names of committed transfers, by tg_transfer.request_hash. */
struct tg_name {
	__u16 len;              /* of the whole name */
	char name[TG_NAME_MAX]; /* NUL-terminated, cut if longer */
	__u8 zero[6];
};

enum tg_opener {
	TG_OPENER_LOW = 1 << 0, /* the key's low endpoint sent outwards */
	TG_OPENER_HIGH = 1 << 1,
};

/* `udp_flows`: the return path of other outgoing UDP. */
struct tg_udp_flow {
	__u64 opened;
	__u64 seen;   /* last packet in either direction */
	__u8 replied; /* something came back */
	__u8 openers; /* enum tg_opener bits: to whom replies may come */
	__u8 zero[6];
};

/* `fragments`: the first fragment of this datagram was admitted. */
struct tg_fragment {
	__u64 seen;
};

/* `fragment_hosts`: the latest transfer between two hosts whose blocks may need fragments. */
struct tg_fragment_hosts {
	struct tg_pair_key transfer;
};

/* `groups`: a multicast transfer, by the pair of the server's TID and the group's address and port. */
struct tg_group {
	__u64 seen; /* last DATA to the group */
	__u32 packets;
	__u16 blksize;     /* agreed */
	__u16 final_block; /* the short block; valid with final_known */
	__u8 final_known;
	__u8 zero[7];
};

/* `memberships`: the group of a client's own transfer, by that one's pair. */
struct tg_membership {
	struct tg_pair_key group;
};

/* ---- configuration and counters ------------------------------------------------------------------------------ */

enum tg_zone_flag {
	TG_ZONE_MONITOR = 1 << 0, /* drops are counted, and pass */
	TG_ZONE_REQUESTS_IN = 1 << 1,
	TG_ZONE_REQUESTS_OUT = 1 << 2,
	TG_ZONE_TRACK_UDP = 1 << 3,
	TG_ZONE_UNMATCHED_PASS = 1 << 4,
	TG_ZONE_BROADCAST = 1 << 5,
	TG_ZONE_GROUPS = 1 << 6,    /* the zone has entries in `server_groups` */
	TG_ZONE_MULTICAST = 1 << 7, /* multicast transfers (RFC 2090) are admitted */
	TG_ZONE_UDPPORT = 1 << 8,   /* servers may move to another port (option udpport) */
};

/* `zones`, by zone number. Timers in jiffies; defaults and bounds in tracker specification 8. */
struct tg_zone {
	__u64 hash_seed;       /* random, so that nobody outside can aim at a request hash */
	__u32 flags;           /* enum tg_zone_flag */
	__u32 request_wait;    /* T_req */
	__u32 offer_wait;      /* T_offer */
	__u32 idle_wait;       /* T_idle */
	__u32 done_wait;       /* T_done */
	__u32 error_wait;      /* T_err */
	__u32 superseded_wait; /* T_sup */
	__u32 fragment_wait;
	__u32 stale_wait; /* a committed transfer silent for longer gives way to a new request */
	__u32 udp_wait;   /* other UDP before an answer */
	__u32 udp_replied_wait;            /* and after one */
	__u32 second;                      /* jiffies of one second, for negotiated timeouts */
	__u16 tftp_port_be[TG_TFTP_PORTS]; /* unused ones repeat the first */
	__u16 request_max;                 /* longest request, bytes */
	__u16 slack;                       /* A: un-negotiated anticipation, blocks */
	__u32 zero;
	char name[TG_ZONE_NAME];
};

enum tg_hook {
	TG_HOOK_XDP = 1, /* native, or generic after a fall-back */
	TG_HOOK_GENERIC = 2,
	TG_HOOK_TC = 3,
};

enum tg_egress {
	TG_EGRESS_NONE = 0, /* loopback: its packets are judged when they come in */
	TG_EGRESS_TCX = 1,
	TG_EGRESS_CLSACT = 2,
};

enum tg_interface_state {
	TG_SLOT_FREE = 0,
	TG_SLOT_CHANGING = 1, /* an `up` or `down` is under way, or died */
	TG_SLOT_UP = 2,
};

/* `interfaces`, by slot. The programs read `zone` and `mtu`; the rest is user space's register. */
struct tg_interface {
	__u32 ifindex;
	__u32 mtu;
	__u16 zone;
	__u8 no_ethernet; /* frames begin with the IP header */
	__u8 state;       /* enum tg_interface_state */
	__u8 hook;        /* enum tg_hook as asked */
	__u8 xdp_native;  /* 1: native, 0: generic; meaningless for TC */
	__u8 ingress_tc;  /* enum tg_egress: how TC ingress is attached, if hook is TC */
	__u8 egress;      /* enum tg_egress */
	__u32 xdp_prog_id;
	__u32 tc_handle; /* clsact filters only */
	__u64 since_ns;  /* CLOCK_BOOTTIME */
	char name[TG_IFNAME];
};

/* `counters`, per CPU, by slot * TG_REASON_SLOTS + reason. Bytes are those of the IP packet. */
struct tg_counter {
	__u64 packets;
	__u64 bytes;
};

/* `meta`, one element. */
struct tg_meta {
	__u32 abi;       /* TG_ABI */
	__u32 tick_ns;   /* length of a jiffy */
	__u64 netns_ino; /* network namespace that the interfaces belong to */
	__u64 netns_dev;
	char version[32]; /* of the binary that wrote it last */
};

#define TG_SIZE_IS(type, size) _Static_assert(sizeof(type) == (size), #type " is part of the ABI")
TG_SIZE_IS(struct tg_pair_key, 48);
TG_SIZE_IS(struct tg_request_key, 40);
TG_SIZE_IS(struct tg_fragment_key, 48);
TG_SIZE_IS(struct tg_hosts_key, 40);
TG_SIZE_IS(struct tg_service_key, 4);
TG_SIZE_IS(struct tg_group_key, 24);
TG_SIZE_IS(struct tg_transfer, 112);
TG_SIZE_IS(struct tg_zone, 104);

/* Names of the pins below the bpffs directory (and of the maps). Not pinned: `scratch`. */
/* clang-format off */
#define TG_MAPS(X)                                                                                 \
	X(requests) X(offers) X(transfers) X(names) X(udp_flows) X(fragments) X(fragment_hosts)    \
	X(groups) X(memberships)                                                                   \
	X(counters) X(interfaces) X(slots) X(zones) X(services) X(server_groups) X(meta)
/* clang-format on */

#endif /* TIDEGATE_ABI_H */
