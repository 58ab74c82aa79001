/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records of what happens, as the programs write them to `events`: part of the ABI (abi.h).
 *
 * Of a transfer there is one BEGIN and one END, however often its packets come: BEGIN when the client acknowledges
 * something of the TID, or directly before its END if that is an ERROR before then. A TID that the client never took up
 * has none. A transfer that the client left (TG_END_SUPERSEDED) and takes up again has another pair, whose BEGIN has
 * TG_EVENT_RESUMED. Transfers that end in silence, or are pushed out of the table, have no END from here, unless
 * another one begins in their place. What goes on after an ERROR is not in its END.
 */
#ifndef TIDEGATE_EVENTS_H
#define TIDEGATE_EVENTS_H

#define TG_EVENTS_BYTES (4 << 20) /* default size of `events`; a power of two, and whole pages */
#define TG_ERROR_TEXT   64        /* bytes of an ERROR's text that are kept */
#define TG_DENIED_RATE  1000      /* DENIED records in a second at the most, */
#define TG_DROP_RATE    10        /* and DROP records, of all interfaces together */

enum tg_event_kind {
	TG_EVENT_BEGIN = 1,
	TG_EVENT_END = 2,
	TG_EVENT_DENIED = 3, /* a request was refused: `reason` */
	TG_EVENT_DROP = 4,   /* a sample of what else was refused */
};
#define TG_EVENT_KINDS 5

/* How a transfer ended. */
enum tg_outcome {
	TG_END_DONE = 1,         /* the last block is acknowledged */
	TG_END_CLIENT_ERROR = 2, /* the client sent an ERROR: error_code, error_text */
	TG_END_SERVER_ERROR = 3, /* the server did */
	TG_END_PROBE = 4,        /* the client asked for the file's size, and wanted no more */
	TG_END_SUPERSEDED = 5,   /* the client chose another TID, or asked anew */
	TG_END_IDLE = 6,         /* its time had run out when another began in its place */
};

enum tg_event_flag {
	TG_EVENT_RESUMED = 1 << 0,    /* BEGIN: the client had left this TID, and comes back */
	TG_EVENT_FINAL = 1 << 1,      /* END: the last block was seen */
	TG_EVENT_GOT_OACK = 1 << 2,   /* BEGIN, END: the server acknowledged options */
	TG_EVENT_ANY_SERVER = 1 << 3, /* the request went to a broadcast or multicast address */
	TG_EVENT_MAC = 1 << 4,        /* `mac` is known */
	TG_EVENT_PASSED = 1 << 5,     /* DENIED, DROP: the zone monitors, so it passed */
	TG_EVENT_EGRESS = 1 << 6,     /* DENIED, DROP: on its way out */
};

/*
 * One record. What does not belong to its kind, or is not known, is zero. 336 bytes.
 */
struct tg_event {
	__u64 time_ns; /* CLOCK_BOOTTIME */
	__u64 began_ns; /* BEGIN, END: when the TID spoke first; with the addresses and ports it names the transfer */
	__u64 tsize; /* bytes announced; valid with TG_OPT_TSIZE in `options` (DENIED: in asked_options) */
	__u64 bytes; /* BEGIN, END: of the file; DENIED, DROP: of the IP packet */
	__u64 suppressed; /* DENIED, DROP: records of this kind that this CPU left out since its last one */
	struct tg_addr client; /* DENIED, DROP: the packet's source */
	struct tg_addr server; /* and its destination */
	__u32 data_packets;
	__u32 data_repeats; /* of these, packets that brought nothing new */
	__u32 ack_packets;
	__u32 rule;           /* tg_rule.id of the rule that decided, 0: none */
	__u16 client_port_be; /* DROP of a later fragment: 0, and so the next three */
	__u16 server_port_be; /* BEGIN, END: the TID */
	__u16 opcode;         /* DROP: the first two bytes of the datagram, */
	__u16 block;          /* and the two behind them */
	__u16 zone;           /* number */
	__u16 slot;           /* in `interfaces`: where the request was seen; DROP: the packet */
	__u16 vlan_outer;
	__u16 vlan_inner;
	__u16 blksize;    /* agreed */
	__u16 windowsize; /* agreed */
	__u16 asked_blksize;
	__u16 asked_windowsize;
	__u16 error_code;     /* RFC 1350 section 5 */
	__u16 name_len;       /* of the whole name, may exceed what `name` keeps */
	__u8 kind;            /* enum tg_event_kind */
	__u8 outcome;         /* END: enum tg_outcome */
	__u8 reason;          /* DENIED, DROP: enum tg_reason */
	__u8 flags;           /* enum tg_event_flag */
	__u8 operation;       /* enum tg_operation */
	__u8 mode;            /* enum tg_mode */
	__u8 options;         /* enum tg_option bits granted */
	__u8 asked_options;   /* enum tg_option bits asked */
	__u8 timeout_s;       /* agreed */
	__u8 asked_timeout_s; /* asked */
	__u8 mac[6];          /* of the frame that brought the request */
	__u8 zero[4];
	char name[TG_NAME_MAX];             /* NUL-terminated, cut if longer */
	char error_text[TG_ERROR_TEXT + 8]; /* NUL-terminated, as it came */
};

/* `event_counters`, per CPU, by kind. */
struct tg_event_counter {
	__u64 sent;
	__u64 lost;       /* found no room in `events` */
	__u64 suppressed; /* left out for the rate */
	__u64 told;       /* of these, in records that were sent */
};

/*
 * `event_shares`, by kind: how much of the present second's rate is taken. Number 0 is no kind's, and user space's alone: up to
 * its `since` somebody has told of what ended in silence.
 */
struct tg_event_share {
	__u64 since; /* jiffies */
	__u32 taken;
	__u32 reported; /* of tg_event_counter.lost: somebody has told of so many. Programs leave it alone. */
};

#endif
