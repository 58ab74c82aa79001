/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the ledger's books consist of; for ledger.c only.
 */
#ifndef TIDEGATE_TESTS_BOOKS_H
#define TIDEGATE_TESTS_BOOKS_H

#include "grammar.h"
#include "ledger.h"

#define ENTRIES_MAX 2048 /* more than a conversation has packets */
#define SECOND      1000 /* jiffies of the virtual clock */

/* Zone and VLANs: nothing is shared between segments. */
struct segment {
	uint16_t zone, vlan_outer, vlan_inner;
};

struct end {
	struct tg_addr addr;
	uint16_t port;
};

/* Of one client port to one server (group), or to all (server: zero). */
struct asked {
	struct segment segment;
	struct end client;
	struct tg_addr server;
	unsigned long datagrams, answers;
	unsigned int credit;
	uint64_t at, wait; /* of the last datagram */
	uint64_t text;     /* hash of it */
	uint16_t service;  /* the port that was asked last */
	bool write;
	struct grammar_asked options;
};

struct exchange {
	struct segment segment;
	struct end client, server;
	const struct asked *asked;
	bool committed;
	uint64_t text;
	bool any_option, write, error, multicast, msftwindow;
	struct grammar_agreed agreed;
	uint16_t hd, ha;
	uint32_t data, acks, repeats;
	uint64_t least_bytes;
	uint64_t last, wait;
	uint16_t
		service; /* the port as which the client's side sees the server's; 0: the server's own */
	bool twin;       /* the same transfer at two ports: option udpport */
};

/* Single-port: the TID to which a client's packets to the service go. */
struct behind {
	struct segment segment;
	struct end client;
	struct tg_addr server;
	uint16_t tid;
	bool told; /* the client has spoken to a TID by its own number, which it cannot know */
};

enum trace_kind {
	TRACE_UDP,      /* UDP that left */
	TRACE_FRAGMENT, /* a first fragment; without ports */
	TRACE_GROUP,    /* an OACK that granted multicast; only the server's end */
};

/* What passed and admits something later. */
struct trace {
	struct segment segment;
	enum trace_kind kind;
	struct end from, to;
	uint32_t id;
	uint64_t at;
};

struct books {
	const struct recording *recording;
	struct asked asked[ENTRIES_MAX];
	size_t asked_count;
	struct exchange exchanges[ENTRIES_MAX];
	size_t exchange_count;
	struct trace traces[ENTRIES_MAX];
	size_t trace_count;
	struct behind behinds[ENTRIES_MAX];
	size_t behind_count;
	unsigned long passed[TG_REASON_SLOTS];
	unsigned long commits, first_fragments, moved;
};
extern struct books books;

/* The packet at hand. */
struct at {
	const struct event *event;
	const struct anatomy *a;
	const uint8_t *payload;
	size_t present; /* bytes of the payload in this packet */
	struct segment segment;
	struct end from, to;
	/* what the state says about it */
	const struct tg_request_key *charged;
	const struct tg_transfer *transfer; /* between its ends, as it became; NULL: none changed */
	bool committed;                     /* it is in `transfers` */
	bool committing;                    /* and was in `offers` */
};
extern struct at at;

/* Empties the place of the packet at hand and takes this one there. */
void at_take(const struct event *event);

const struct tg_zone *zone_here(void);
bool same_addr(const struct tg_addr *a, const struct tg_addr *b);
bool same_end(const struct end *a, const struct end *b);
bool same_segment(const struct segment *a, const struct segment *b);
/* The 16 bits at this offset of the payload, 0 if they are not there. */
unsigned int payload16(size_t offset);
/* Signed distance from block b to block a. */
int distance(uint16_t a, uint16_t b);
uint64_t hash_of(const uint8_t *bytes, size_t len);
/* The address under which the answers of this server are awaited: its group's first member. */
struct tg_addr group_of(const struct tg_addr *server);
bool is_tftp_port(uint16_t port);
/* ---- sides.c: what the two sides of a hook with single-port see --------------------------------------------------- */

/* Before the packet at hand is entered: is what it becomes behind the hook right, as far as the past says? */
void sides_check(void);
/* The first packet of this exchange, which has begun. */
void sides_begin(struct exchange *x, const struct asked *q);
/* One more packet of it; `commits`: the client chooses it. */
void sides_go_on(const struct exchange *x, bool commits);

/* Is this the pair of the packet's two ends? */
bool pair_here(const struct tg_pair_key *key);

#endif
