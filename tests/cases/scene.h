/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vocabulary of the case table: who sends what and when, and what becomes of it.
 *
 *	SCENARIO(read_of_one_block, .covers = "7.3 PENDING to DONE")
 *	{
 *		expect(REQUEST, client_rrq("pxelinux.0"));
 *		expect(FIRST_REPLY, server_data(TID, 1, 100));
 *		at_ms(20);
 *		expect(ACK, client_ack(TID, 1));
 *	}
 *
 * A scenario only records steps: complete frames, each with its time, its hook and the reason that the tracker
 * specification (docs/tracker.md) demands. Runners replay the steps: tests/native against the core, tests/kernel
 * against the loaded programs. Every scenario is recorded for IPv4 and IPv6 and for every place where tidegate may
 * stand, unless its head says otherwise. The virtual clock's jiffy lasts one millisecond.
 */
#ifndef TIDEGATE_TESTS_SCENE_H
#define TIDEGATE_TESTS_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/types.h>

#include "abi.h"

/* ---- where tidegate stands ----------------------------------------------------------------------------------- */

enum place {
	ROUTER =
		1 << 0, /* one zone, the client behind one interface, the server behind the other */
	SERVER_HOST = 1 << 1, /* client's packets come in, the server's leave */
	CLIENT_HOST =
		1
		<< 2, /* the other way round; also with the numerically larger address on the server */
	LOOPBACK = 1 << 3, /* both ends have the same address, all packets come in */
};
#define ANYWHERE (ROUTER | SERVER_HOST | CLIENT_HOST | LOOPBACK)

enum family {
	IPV4 = 1 << 0,
	IPV6 = 1 << 1,
};

/* Guarded interfaces. */
enum interface {
	LEFT = 0,   /* the clients' side */
	RIGHT = 1,  /* the servers' side of the same zone (ROUTER), else unused */
	OTHER = 2,  /* an interface in a zone of its own */
	TUNNEL = 3, /* in the zone of LEFT; its frames begin with the IP header */
	INTERFACES = 4,
	OWN = 100,       /* forwarded(): sent by the host itself */
	UNGUARDED = 101, /* forwarded(): came in through an interface without tidegate */
};

enum host {
	CLIENT,
	OTHER_CLIENT,
	SERVER,
	OTHER_SERVER,
	STRANGER,  /* on nobody's side, and in no other's prefix: its packets always come in */
	BROADCAST, /* 255.255.255.255, ff02::1 */
	SUBNET_BROADCAST, /* known as such by the Ethernet address only */
	GROUP,            /* 239.1.1.1; IPv4 only, as RFC 2090 is */
	HOSTS,
};

#define TFTP_PORT  69
#define TID        40001 /* the server's usual transfer identifier */
#define TID2       40002
#define TID3       40003
#define CLIENT_TID 49152 /* client_port() changes it */

/* ---- scenarios ------------------------------------------------------------------------------------------------- */

struct scenario {
	const char *name;
	const char *covers;    /* sections of the tracker specification */
	unsigned int places;   /* 0: anywhere */
	unsigned int families; /* 0: both */
	bool hook_only;        /* the question is answered by the hook, not by the core */
	bool tells;            /* its records are exactly those that tells() says */
	void (*play)(void);
	struct scenario *next;
};

/* Defines a scenario and puts it into the table; what follows the name are initialisers of struct scenario. */
#define SCENARIO(scenario_name, ...)                                                \
	static void play_##scenario_name(void);                                     \
	static struct scenario scenario_##scenario_name = {                         \
		.name = #scenario_name, .play = play_##scenario_name, __VA_ARGS__}; \
	static void __attribute__((constructor)) add_##scenario_name(void)          \
	{                                                                           \
		scenario_add(&scenario_##scenario_name);                            \
	}                                                                           \
	static void play_##scenario_name(void)

void scenario_add(struct scenario *scenario);
/* The table's first scenario, in alphabetical order; go on by `next`. */
const struct scenario *scenario_first(void);

/* ---- recordings ------------------------------------------------------------------------------------------------ */

/* A record that must be made of a step. What is 0 here must be 0 in it, but for the texts: NULL is any. */
struct case_event {
	enum tg_event_kind kind;
	enum tg_outcome outcome;
	enum tg_reason reason;
	uint16_t tid;         /* server_port_be, host order */
	uint16_t client_port; /* likewise; 0: CLIENT_TID */
	uint16_t error_code;
	uint8_t flags;         /* TG_EVENT_RESUMED, TG_EVENT_PASSED */
	uint8_t asked_options; /* DENIED */
	uint32_t rule;
	uint64_t bytes; /* BEGIN, END */
	uint64_t suppressed;
	const char *name;
	const char *error_text;
};

#define EVENTS_OF_A_STEP 3

struct case_step {
	uint64_t at; /* jiffies of the virtual clock, 1 ms each */
	uint8_t *frame;
	uint32_t len;
	uint32_t ip_bytes; /* what the byte counter must grow by; 0: not determined */
	enum interface interface;
	bool out;               /* at the egress hook */
	enum interface came_by; /* egress only */
	enum tg_reason expected;
	/* what a TC hook changes: the ports in host order (0: stays) and so the frame (NULL: stays) */
	uint16_t new_source_port, new_destination_port;
	uint8_t *after; /* as long as `frame` */
	struct case_event events[EVENTS_OF_A_STEP];
	size_t event_count;
	const char *what; /* source text of the packet */
	const char *file;
	int line;
};

struct server_group {
	enum host member;
	enum host first;
};

struct chunk;

#define RULES_OF_A_SCENE 4

/* Which requests a rule fits, besides its zone; all 0: each. */
struct rule_reach {
	uint8_t operation; /* enum tg_operation, 0: both */
	bool one_server;   /* those to `server` alone */
	enum host server;
};

/* One scenario recorded for one place and family. */
struct recording {
	const struct scenario *scenario;
	enum place place;
	enum family family;
	struct tg_zone zone;       /* of LEFT, RIGHT, TUNNEL */
	struct tg_zone other_zone; /* of OTHER */
	uint32_t mtu;              /* of every interface */
	uint16_t untagged_vlan;    /* of every interface */
	uint16_t services[16];     /* host order, both zones */
	size_t service_count;
	struct server_group groups[4];
	size_t group_count;
	struct tg_rule rules[RULES_OF_A_SCENE]; /* of the zone of LEFT, RIGHT, TUNNEL */
	struct rule_reach reaches[RULES_OF_A_SCENE];
	size_t rule_count;
	struct case_step *steps;
	size_t count;
	struct chunk *frames; /* memory of the steps' frames */
};

/* Entries of `rule_sets`: one for each operation, one for each rule's server. */
enum recording_set {
	SET_NONE,
	SET_ALL, /* whatever the recording has */
	SET_READ,
	SET_WRITE,
	SET_OTHER_SERVER, /* rules that name none */
	SET_SERVER,
	RECORDING_SETS = SET_SERVER + RULES_OF_A_SCENE,
};
#define RECORDING_PREFIXES (2 + RULES_OF_A_SCENE)

/* What the bank has for the rules of a recording. */
struct recorded_policy {
	struct tg_policy policy;
	struct tg_rule_set sets[RECORDING_SETS];
	struct recorded_prefix {
		struct tg_prefix_key key;
		uint32_t set;
	} prefixes[RECORDING_PREFIXES];
	size_t prefix_count;
};
void recording_policy(const struct recording *recording, struct recorded_policy *recorded);
/* One of its zones, with what follows from its services. */
struct tg_zone recording_zone(const struct recording *recording, const struct tg_zone *zone);

/* Numbers of the zones in the maps. */
enum {
	ZONE = 1,
	OTHER_ZONE = 7,
};

/* Plays the scenario into *recording, which the caller frees with recording_free(). */
void record_scenario(const struct scenario *scenario, enum place place, enum family family,
		     struct recording *recording);
void recording_free(struct recording *recording);
struct tg_addr host_address(enum host host, enum place place, enum family family);
const char *place_word(enum place place);
const char *family_name(enum family family);
/* The key of TG_REASONS, such as "first_reply"; never NULL. */
const char *reason_name(unsigned int reason);

/* ---- what a scenario says ------------------------------------------------------------------------------------ */

struct datagram;

/* The packet is seen now and its outcome is TG_<reason>. */
#define expect(reason, ...) record(TG_##reason, (__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)
/*
 * Likewise for a packet that belongs to nothing (any more): it is refused for this reason where it comes in; where it
 * leaves it is other outgoing UDP.
 */
#define expect_stray(reason, ...) \
	record_stray(TG_##reason, (__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)

void record(enum tg_reason reason, struct datagram *d, const char *what, const char *file,
	    int line);
void record_stray(enum tg_reason reason, struct datagram *d, const char *what, const char *file,
		  int line);

/* The last packet passes on with another source or destination port; without these with those that it has. */
void goes_from(uint16_t port);
void goes_to(uint16_t port);

/*
 * The last packet makes this record, too: tells(END, .outcome = TG_END_DONE, .tid = TID, .bytes = 100). In order; a
 * scenario that says so of one packet has to have `.tells = true`, and then says all.
 */
#define tells(event_kind, ...) \
	record_event(&(const struct case_event){.kind = TG_EVENT_##event_kind, __VA_ARGS__})
void record_event(const struct case_event *event);

/* What differs between the record and what is said of it, or NULL. */
const char *event_difference(const struct tg_event *event, const struct case_event *said);

/* Time since the scenario began; only forwards. */
void at_ms(uint64_t ms);
void after_ms(uint64_t ms);

/* Settings; before the first packet. */
struct tg_zone *zone(void);
struct tg_zone *other_zone(void);
void mtu(uint32_t bytes);
/* Frames without a tag belong to that VLAN: the interfaces are ports of a bridge that filters VLANs. */
void untagged_vlan(uint16_t vlan);
void allow_udp(uint16_t port);
void server_group(enum host first, enum host second);
/* The zone's next rule: it fits everything, so that the first one decides. Allows, without limits. */
struct tg_rule *add_rule(void);
/* The limits on one address that the configuration sets by default. */
void usual_limits(void);
/* So many requests a second, after a burst. */
struct tg_rate rate(uint32_t per_second, uint32_t burst);
/* The zone makes no return paths for other outgoing UDP. */
void no_udp_tracking(void);

/* The variant that is being recorded. */
bool ipv6(void);
enum place place(void);

/* ---- packets: the source and destination are CLIENT and SERVER unless changed ---------------------------------- */

/* Source of the client's packets (destination of the server's) from now on: the host instead of CLIENT, and the port. */
void client_host(enum host host);
void client_port(uint16_t port);
/* Port to which the client's requests go from now on. */
void request_port(uint16_t port);

/* Requests in mode octet: file name, then option names and values. */
#define client_rrq(...)            client_request(1, "octet", (const char *const[]){__VA_ARGS__, NULL})
#define client_wrq(...)            client_request(2, "octet", (const char *const[]){__VA_ARGS__, NULL})
#define client_rrq_mode(mode, ...) client_request(1, mode, (const char *const[]){__VA_ARGS__, NULL})
struct datagram *client_request(unsigned int opcode, const char *mode, const char *const *texts);
struct datagram *client_data(uint16_t tid, unsigned int block, uint32_t bytes);
struct datagram *client_ack(uint16_t tid, unsigned int block);
/* An ACK of `size` bytes instead of four; the others are zero. */
struct datagram *client_ack_sized(uint16_t tid, unsigned int block, uint32_t size);
struct datagram *client_error(uint16_t tid, unsigned int code, const char *text);

struct datagram *server_data(uint16_t tid, unsigned int block, uint32_t bytes);
struct datagram *server_ack(uint16_t tid, unsigned int block);
struct datagram *server_ack_sized(uint16_t tid, unsigned int block, uint32_t size);
#define server_oack(tid, ...) server_oack_list(tid, (const char *const[]){__VA_ARGS__, NULL})
struct datagram *server_oack_list(uint16_t tid, const char *const *texts);
struct datagram *server_error(uint16_t tid, unsigned int code, const char *text);

/* Payloads byte by byte: client_sends(TFTP_PORT, BYTES("\0\1f\0octet\0")). The literal's own last NUL is left out. */
#define BYTES(literal) (literal), sizeof(literal) - 1
struct datagram *client_sends(uint16_t to_port, const void *bytes, size_t len);
struct datagram *server_sends(uint16_t from_port, const void *bytes, size_t len);
/* UDP that has nothing to do with TFTP: `bytes` of payload. */
struct datagram *udp(enum host from, uint16_t from_port, enum host to, uint16_t to_port,
		     uint32_t bytes);

/* ---- whole passages ---------------------------------------------------------------------------------------------- */

/* Request, DATA 1 of 512 bytes and its ACK: a read without options is running. */
void read_begins(uint16_t tid);
/* Request with this block size and window, OACK, ACK 0. */
void read_begins_with(uint16_t tid, const char *blksize, const char *windowsize);
/* Request, ACK 0, DATA 1 of 512 bytes and its ACK: a write without options is running. */
void write_begins(uint16_t tid);
/* DATA and ACK of each block from `first` to `last`, `bytes` each; block numbers are taken modulo 65536. */
void read_goes_on(uint16_t tid, unsigned int first, unsigned int last, uint32_t bytes);
void write_goes_on(uint16_t tid, unsigned int first, unsigned int last, uint32_t bytes);

/* ---- what may be unusual about a packet; each returns the packet that it was given ------------------------------ */

struct datagram *from_host(enum host host, struct datagram *d);
struct datagram *to_host(enum host host, struct datagram *d);
struct datagram *from_port(uint16_t port, struct datagram *d);
struct datagram *to_port(uint16_t port, struct datagram *d);

/* Seen at this interface instead. */
struct datagram *through(enum interface interface, struct datagram *d);
/* At the egress (ingress) hook whoever sends it. */
struct datagram *leaving(struct datagram *d);
struct datagram *arriving(struct datagram *d);
/* At the egress hook, having come in through the interface `by`. */
struct datagram *forwarded(enum interface by, struct datagram *d);

/* An 802.1Q tag around what is there already; service_tagged: 802.1ad. */
struct datagram *tagged(unsigned int tci, struct datagram *d);
struct datagram *service_tagged(unsigned int tci, struct datagram *d);
/* Bytes behind the IP packet. */
struct datagram *padded(uint32_t bytes, struct datagram *d);
/* The frame's first `len` bytes only. */
struct datagram *cut(uint32_t len, struct datagram *d);
/* Length of the frame as it would be sent. */
uint32_t frame_length(struct datagram *d);

struct datagram *without_checksum(struct datagram *d);
struct datagram *udp_length(unsigned int value, struct datagram *d);
/* IPv4 total length, IPv6 payload length. */
struct datagram *ip_length(unsigned int value, struct datagram *d);
/* IPv4 options, a multiple of 4 up to 40 bytes. */
struct datagram *ip_options(unsigned int bytes, struct datagram *d);
/* An IPv6 extension header of `bytes` (a multiple of 8) behind those that are there. */
struct datagram *ip_extension(uint8_t type, unsigned int bytes, struct datagram *d);
/* Overwrites a byte of the IP header (and corrects its checksum). */
struct datagram *ip_byte(unsigned int offset, uint8_t value, struct datagram *d);
struct datagram *ethertype(unsigned int value, struct datagram *d);
/* The transport protocol instead of UDP; the bytes stay. */
struct datagram *ip_protocol(uint8_t protocol, struct datagram *d);

/* The first `bytes` of the UDP datagram (its header is 8 of them), with more to come. */
struct datagram *first_fragment(uint32_t id, uint32_t bytes, struct datagram *d);
/* The `bytes` at `offset`, a multiple of 8; 0 bytes: all that is left, and nothing follows. */
struct datagram *later_fragment(uint32_t id, uint32_t offset, uint32_t bytes, struct datagram *d);
/* An IPv6 fragment header on a whole datagram (RFC 6946); on IPv4 a set identification. */
struct datagram *atomic_fragment(uint32_t id, struct datagram *d);

#endif
