/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The contract between the BPF programs and user space: keys, values, map names, ABI number; reasons.h has the reasons,
 * events.h the records, automata.h the compiled file patterns, budgets.h who has proved what.
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

#include "reasons.h"

/* Raised whenever a pinned map's meaning or layout changes: a binary never adopts another number's state. */
#define TG_ABI 7

#define TG_KNOWN_SHIFT 20   /* cells of `known`, as a power of two */
#define TG_SLOTS_MAX   1024 /* guarded interfaces; also zones */
#define TG_NAME_MAX    128  /* bytes of a file name kept for display, NUL included */
#define TG_ZONE_NAME   32   /* bytes, NUL included */
#define TG_IFNAME      16   /* IFNAMSIZ */
#define TG_TFTP_PORTS  4    /* ports of a zone on which requests are recognised */
#define TG_CREDIT_MAX \
	64 /* unanswered request datagrams of one client port; tracker specification 7.1 */
#define TG_REQUEST_MIN 10   /* opcode, "f\0", "octet\0"; tracker specification 6 */
#define TG_REQUEST_MAX 1024 /* upper bound of tg_zone.request_max */
#define TG_BANKS       2 /* a policy is built in the bank that is not live, and then made live at once */
#define TG_RULES_MAX   1024 /* rules of one policy, of all zones together */
#define TG_RULE_WORDS  (TG_RULES_MAX / 64)
#define TG_RULE_NAME   32   /* bytes, NUL included */
#define TG_TEXT_BLOCK  4096 /* bytes */
#define TG_WINDOW_CLAMP \
	16384 /* largest block distance that still means something; tracker specification 7.2 */

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

/* `settings` below is the index of a zone's settings in `zones`: bank * TG_SLOTS_MAX + number of the zone. */
struct tg_service_key {
	__u16 settings;
	__u16 port_be;
};

struct tg_group_key {
	struct tg_addr server;
	__u16 settings;
	__u16 zero[3];
};

/*
 * `sources`: what one address does, by itself (rule 0) or under one rule (tg_rule.id). `proved`: an address, or all of
 * its prefix, with enum tg_proved_kind in the place of the rule.
 */
struct tg_source_key {
	struct tg_addr address;
	__u32 rule;
	__u16 zone;
	__u16 vlan_outer;
	__u16 vlan_inner;
	__u16 zero[3];
};

/* `prefixes`, a longest-prefix match: which rules (a number in `rule_sets`) an address may have; for services: 1. */
enum tg_prefix_side {
	TG_SIDE_CLIENT = 0,
	TG_SIDE_SERVER = 1,
	TG_SIDE_SERVICE =
		2, /* and all above: lists of addresses for which a service is reachable */
};
struct tg_prefix_key {
	__u32 prefix_len; /* bits of what follows: 32 and those of the address */
	__u16 bank;
	__u16 side;
	__u8 address[16];
};
#define TG_PREFIX_LEN_MAX (32 + 128)

/* `vlan_sets`: which rules an outer VLAN tag (0: without) may have. */
struct tg_vlan_key {
	__u16 bank;
	__u16 vlan;
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
	__u64 size_max;         /* bytes that the rule admits, ~0: any number */
	__u32 rule;             /* tg_rule.id of the rule that allowed it, 0: none was needed */
	__u32 open_epoch; /* in which the request was counted as open, 0: it is not (any more) */
	__u16 slot;       /* of the interface that saw it first */
	__u8 mac[6];      /* the frame's source, all zero: none */
	/* written by the server's first replies, with TG_ZONE_SINGLE_PORT: the TID behind the service port */
	struct tg_addr behind_server;
	__u16 behind_port_be;   /* 0: none yet */
	__u16 service_port_be;  /* the port that was asked, by the client's packets */
	__u32 opened;           /* `asked` at the datagram that counted as a new transfer last */
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
 * taken, and no byte belongs to two groups. 144 bytes, 256 as an entry of the kernel's LRU hash; packets of a running
 * transfer touch bytes 32 to 120.
 */
struct tg_transfer {
	/* written when it begins */
	__u64 began;
	__u64 request_hash; /* tg_request.hash of the request that it answers */
	__u64 tsize; /* size announced: by the OACK of a read, by the request of a write; valid with TG_OPT_TSIZE */
	__u32 generation; /* tg_request.asked at that time */
	__u32 offer_wait; /* T_offer of this transfer */
	__u32 idle_wait;  /* T_idle of this transfer */
	__u16 blksize;    /* agreed (512 without) */
	__u16 windowsize; /* agreed (1 without) */
	__u16 ahead;      /* F: DATA may be so many blocks ahead of the highest ACK */
	__u16 behind;     /* B: and so many behind */
	__u16 asked_blksize;
	__u16 asked_windowsize;
	__u16 service_port_be; /* as which the client's side sees the TID; 0: as it is */
	__u8 flags : 4;        /* enum tg_transfer_flag */
	__u8 operation : 2;    /* enum tg_operation */
	__u8 mode : 2;         /* enum tg_mode */
	__u8 options;          /* enum tg_option bits granted */
	__u8 asked_options;    /* enum tg_option bits asked */
	__u8 timeout_s;        /* agreed, 0: not */
	__u8 asked_timeout_s;
	/* written by the sender of the DATA */
	__u8 final_known : 1;
	__u8 data_error : 1; /* this side sent an ERROR */
	__u64 data_seen;     /* last packet of this side */
	__u64 data_bytes;    /* file bytes up to data_block */
	__u32 data_packets;
	__u32 data_repeats; /* DATA packets that brought nothing new */
	__u16 data_block;   /* highest DATA block (hd) */
	__u16 final_block;  /* the short block (fin); valid with final_known */
	/* written by the sender of the ACKs */
	__u32 ack_packets;
	__u64 ack_seen;
	__u16 ack_block;    /* highest ACK (ha) */
	__u8 done : 1;      /* the final block is acknowledged */
	__u8 ack_error : 1; /* this side sent an ERROR */
	/* written by the client's requests and by its choice of a TID */
	__u8 : 0;
	__u8 superseded : 1;
	__u8 challenged : 2; /* enum tg_challenge bits: newer requests came from the client's port */
	__u32 open_epoch;    /* in which it was counted as open last; 0: it is not counted */
	__u64 superseded_at;
	/* written when it begins, as the request has it, but for `told` */
	__u64 size_max; /* file bytes that may come, ~0: any number */
	__u32 rule;     /* tg_rule.id, 0: none */
	__u32 told;     /* enum tg_told bits; atomic: whoever sets one writes the record */
	__u64 began_ns; /* CLOCK_BOOTTIME */
	__u16 slot;     /* tg_request.slot */
	__u8 mac[6];
};

/* Which records of a transfer were written. */
enum tg_told {
	TG_TOLD_BEGIN = 1 << 0,
	TG_TOLD_END = 1 << 1,
	TG_TOLD_LEFT = 1 << 2, /* the END said TG_END_SUPERSEDED: the client may come back */
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
	__u32 reason; /* enum tg_reason of the first one */
	__u32 zero;
};

/*
 * `translations`: the TID behind the service port, for a committed transfer of a zone with TG_ZONE_SINGLE_PORT. The key
 * is the client's port and the server's own address.
 */
struct tg_translation {
	__u16 tid_be;
	__u16 zero[3];
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

#include "events.h"

/* ---- configuration and counters ------------------------------------------------------------------------------ */

enum tg_zone_flag {
	TG_ZONE_MONITOR = 1 << 0, /* drops are counted, and pass */
	TG_ZONE_REQUESTS_IN = 1 << 1,
	TG_ZONE_REQUESTS_OUT = 1 << 2,
	TG_ZONE_TRACK_UDP = 1 << 3,
	TG_ZONE_UNMATCHED_PASS = 1 << 4,
	TG_ZONE_BROADCAST = 1 << 5,
	TG_ZONE_GROUPS = 1 << 6,       /* the zone has entries in `server_groups` */
	TG_ZONE_MULTICAST = 1 << 7,    /* multicast transfers (RFC 2090) are admitted */
	TG_ZONE_UDPPORT = 1 << 8,      /* servers may move to another port (option udpport) */
	TG_ZONE_DEFAULT_DENY = 1 << 9, /* requests that no rule decides are denied */
	TG_ZONE_SINGLE_PORT =
		1 << 10, /* the client's side sees every TID as the port that was asked */
	TG_ZONE_MARK_UDP = 1 << 11, /* tracked UDP gets the mark, too */
};

/*
 * A token bucket as its theoretical arrival time (GCRA): times in 1/65536 of a jiffy, so that any rate fits.
 * An `interval` of 0 sets no limit.
 */
#define TG_BUCKET_SHIFT 16
struct tg_rate {
	__u64 interval;  /* between two requests */
	__u64 tolerance; /* (burst - 1) * interval: so far may they run ahead */
};

/* How much of one address a zone takes. 0 sets no limit. */
struct tg_abuse {
	struct tg_rate requests;
	__u32 open_max;      /* transfers open at the same time, unanswered requests included */
	__u32 not_found_max; /* ERRORs with code 1 */
	__u32 names_max;     /* distinct file names, as set bits of tg_source.names_seen */
	__u32 enumeration_window;     /* jiffies in which the two count */
	__u32 hold;                   /* jiffies for which requests are then refused */
	__u32 unacknowledged_packets; /* from servers to an address that acknowledges nothing, */
	__u32 unacknowledged_bytes;   /* of IP packets, */
	__u32 unacknowledged_window;  /* within so many jiffies */
	/* Of all addresses together that have proved nothing. */
	struct tg_rate budget;
	__u32 proved_wait; /* jiffies for which an address stays proved, 0: none ever is */
	__u32 zero;
};

/* `zones`, by bank * TG_SLOTS_MAX + zone number. Timers in jiffies; defaults and bounds in tracker specification 8. */
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
	__u16 rule_first; /* the zone's rules in its bank of `rules`; first = end: none */
	__u16 rule_end;
	__u32 mark;      /* bits that admitted packets which come in get in their mark, */
	__u32 mark_mask; /* of these; 0: their mark stays as it is */
	struct tg_abuse abuse;
	char name[TG_ZONE_NAME];
	__u64 service_bits; /* TG_SERVICE_BIT of each of its `services`: most other ports need no look-up */
};

#define TG_SERVICE_BIT(port_be) \
	(1ULL << ((__u16)((port_be)*40503U) >> 10)) /* Knuth's multiplicative hashing */

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
	__u16 zone[TG_BANKS]; /* in each bank; 0: not guarded there, everything passes */
	__u8 no_ethernet;     /* frames begin with the IP header */
	__u8 state;           /* enum tg_interface_state */
	__u8 hook;            /* enum tg_hook as asked */
	__u8 xdp_native;      /* 1: native, 0: generic; meaningless for TC */
	__u8 ingress_tc;      /* enum tg_egress: how TC ingress is attached, if hook is TC */
	__u8 egress;          /* enum tg_egress */
	__u8 mark_tc; /* enum tg_egress: how that is attached which takes over the marks of XDP */
	__u8 zero;
	__u32 xdp_prog_id;
	__u32 tc_handle; /* clsact filters only */
	/* the VLAN of frames without a tag: the PVID of a port of a bridge that filters VLANs; 0: none */
	__u16 untagged_vlan;
	__u16 zero16;
	__u64 since_ns; /* CLOCK_BOOTTIME */
	char name[TG_IFNAME];
};

/* ---- policy -------------------------------------------------------------------------------------------------- */

/*
 * `live`, one element, mapped by user space: which bank is live. It changes by one aligned store, so that every
 * packet sees one policy or the other, never a mix. The choice may be on trial: then it ends by itself, at a jiffy
 * after which the other bank is live again.
 */
struct tg_live {
	__u64 choice; /* the bank in bit 0; the last jiffy of the trial in the others, TG_LIVE_FOREVER without one */
};
#define TG_LIVE_FOREVER (~0ULL >> 1)

enum tg_action {
	TG_ALLOW = 1,
	TG_DENY = 2,
};

/* `rules`, by bank * TG_RULES_MAX + number; in the order of the file, zone after zone. 0 in a limit: none. */
struct tg_rule {
	__u64 size_max; /* bytes */
	struct tg_rate rate;
	__u32 id; /* part of tg_source_key; stays the same as long as zone and rule keep their names. Never 0. */
	__u32 transfers_max; /* open at the same time, of one client */
	__u16 blksize_max;
	__u16 windowsize_max;
	__u16 zone;
	__u8 action; /* enum tg_action */
	__u8 zero;
	char name[TG_RULE_NAME];
};

/* `rule_counters`, per CPU, like `rules`: the requests that each rule decided. Bytes are those of the IP packet. */

/* `rule_sets`: a set of rules of one policy. Number 0 is the empty set. */
struct tg_rule_set {
	__u64 word[TG_RULE_WORDS]; /* rule n: bit n % 64 of word n / 64 */
};

#include "automata.h"

/* `policies`, by bank: what is needed to use the rest of the bank. */
struct tg_policy {
	__u64 generation; /* counts policies since the first */
	__u64 applied_ns; /* CLOCK_REALTIME */
	__u32 rules;
	__u32 cells;
	__u32 sets;
	__u32 text_bytes;     /* of `texts` */
	__u32 start;          /* the automaton's first state; 0: there are no patterns */
	__u32 nameless_set;   /* rules without file patterns */
	__u32 any_vlan_set;   /* rules for VLANs that are not in `vlan_sets` */
	__u32 kind_set[2][3]; /* rules by operation - 1 and mode - 1 */
	__u8 own_names;       /* patterns hold the client's own address: %{…} */
	__u8 zero[3];
	__u8 class_of[256]; /* the automaton's class of each byte */
};

/* `texts`: the policy as text that `tidegate apply` accepts, in blocks. */
struct tg_text_block {
	char bytes[TG_TEXT_BLOCK];
};

/* Bits of tg_source.names_seen. */
#define TG_NAME_BITS 512

/* Epochs in which open transfers are counted; see core/source.h. */
#define TG_OPEN_EPOCHS 4

/* `sources` */
struct tg_source {
	__u64 arrival; /* of the token bucket: theoretical time of the next request, 1/65536 jiffies */
	__u64 held_until;        /* requests are refused up to this jiffy */
	__u64 counting_since;    /* names and ERRORs that nothing was found */
	__u64 unacknowledged_at; /* packets from servers are counted since */
	__u32 not_found;
	__u32 names; /* bits set in names_seen */
	__u32 unacknowledged_packets;
	__u32 unacknowledged_bytes;
	__u32 open_epoch; /* the latest epoch in `open` */
	__u32 zero;
	__u32 open[TG_OPEN_EPOCHS]; /* transfers counted as open, by epoch % TG_OPEN_EPOCHS */
	__u64 names_seen[TG_NAME_BITS / 64];
};

#include "budgets.h"

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
TG_SIZE_IS(struct tg_source_key, 32);
TG_SIZE_IS(struct tg_prefix_key, 24);
TG_SIZE_IS(struct tg_vlan_key, 4);
TG_SIZE_IS(struct tg_transfer, 144);
TG_SIZE_IS(struct tg_zone, 192);
TG_SIZE_IS(struct tg_rule, 72);
TG_SIZE_IS(struct tg_source, 136);
TG_SIZE_IS(struct tg_event, 336);

/* Names of the pins below the bpffs directory (and of the maps). Not pinned: `scratch`. */
/* clang-format off */
#define TG_MAPS(X)                                                                                 \
	X(known) X(requests) X(offers) X(transfers) X(names) X(udp_flows) X(fragments)             \
	X(fragment_hosts) X(groups) X(memberships) X(sources)                                      \
	X(translations) X(translation_cpu) X(translation_gen)                                      \
	X(proved) X(budgets) X(budget_shares) X(strangers)                                         \
	X(events) X(event_counters) X(event_shares)                                                \
	X(counters) X(interfaces) X(slots) X(zones) X(services) X(server_groups)                   \
	X(live) X(policies) X(rules) X(rule_counters) X(rule_sets) X(automata) X(prefixes)         \
	X(vlan_sets) X(texts) X(meta)
/* clang-format on */

#endif /* TIDEGATE_ABI_H */
