/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the core needs from whoever keeps the state. bpf/maps.h implements it with BPF maps, tests/native with
 * plain tables; whoever includes the core defines every function here.
 *
 * …_find returns the stored value, writable in place, or NULL. …_put stores a copy, replacing what is there, and
 * returns 0 or a negative errno. Keys and values belong to the caller.
 */
#ifndef TIDEGATE_STORE_H
#define TIDEGATE_STORE_H

#include "core/packet.h"

CORE struct tg_request *request_find(const struct tg_request_key *key);
CORE long request_put(const struct tg_request_key *key, const struct tg_request *value);

/* A cell of `known`, below 1 << TG_KNOWN_SHIFT; core/known.h. NULL only where the verifier cannot know better. */
CORE u32 *known_cell(u32 index);

CORE struct tg_transfer *transfer_find(const struct tg_pair_key *key);
CORE long transfer_put(const struct tg_pair_key *key, const struct tg_transfer *value);
CORE void transfer_remove(const struct tg_pair_key *key);

CORE struct tg_transfer *offer_find(const struct tg_pair_key *key);
CORE long offer_put(const struct tg_pair_key *key, const struct tg_transfer *value);
CORE void offer_remove(const struct tg_pair_key *key);

CORE const struct tg_name *name_find(u64 request_hash);
CORE void name_put(u64 request_hash, const struct tg_name *value);

CORE struct tg_udp_flow *udp_flow_find(const struct tg_pair_key *key);
CORE long udp_flow_put(const struct tg_pair_key *key, const struct tg_udp_flow *value);

CORE struct tg_fragment *fragment_find(const struct tg_fragment_key *key);
CORE long fragment_put(const struct tg_fragment_key *key, const struct tg_fragment *value);

CORE struct tg_fragment_hosts *fragment_hosts_find(const struct tg_hosts_key *key);
CORE long fragment_hosts_put(const struct tg_hosts_key *key, const struct tg_fragment_hosts *value);

CORE struct tg_group *group_find(const struct tg_pair_key *key);
CORE long group_put(const struct tg_pair_key *key, const struct tg_group *value);

CORE struct tg_membership *membership_find(const struct tg_pair_key *key);
CORE long membership_put(const struct tg_pair_key *key, const struct tg_membership *value);

CORE const struct tg_translation *translation_find(const struct tg_request_key *key);
CORE long translation_put(const struct tg_request_key *key, const struct tg_translation *value);
CORE void translation_remove(const struct tg_request_key *key);

/*
 * `translation_cpu`: what this CPU has found in `translations`, at the key's place. It holds as long as the generation of that
 * place, which all CPUs share, is the same. Part of the ABI, as all that is pinned. NULL only where the verifier cannot
 * know better.
 */
#define TRANSLATION_SHIFT  13 /* places, as a power of two */
#define TRANSLATION_PLACES (1 << TRANSLATION_SHIFT)
struct translation_seen {
	struct tg_request_key key;
	u32 generation;
	u16 tid_be; /* 0: nothing yet */
	u16 zero;
};
CORE struct translation_seen *translation_seen(u32 place);
CORE u32 *translation_generation(u32 place);

CORE struct tg_source *source_find(const struct tg_source_key *key);
/* Never replaces an entry: hooks on other CPUs count in it. */
CORE long source_put(const struct tg_source_key *key, const struct tg_source *value);

CORE struct tg_proved *proved_find(const struct tg_source_key *key);
/* Never replaces an entry. */
CORE long proved_put(const struct tg_source_key *key, const struct tg_proved *value);
/* These are always there, but for a number out of bounds, and in BPF where the verifier cannot know better. */
CORE struct tg_budget *budget_find(u32 zone);
CORE u64 *budget_share_find(u32 number);
/* Any hash has one: as many as there are share all of them. */
CORE struct tg_strangers *strangers_find(u32 hash);

/* The list of addresses for which the UDP port is reachable from outside: a side of `prefixes`, 0: everybody. NULL: it is not. */
CORE const u32 *service_find(const struct tg_service_key *key);

/* The first member of the server's group, or NULL if it is in none. */
CORE const struct tg_addr *server_group_find(const struct tg_group_key *key);

/* The policy, by bank. Never changed while the bank is live. */
CORE const struct tg_policy *policy_find(u32 bank);
CORE const struct tg_rule *rule_find(u32 bank, u32 number);
CORE void rule_counter_add(u32 bank, u32 number, u32 bytes);
CORE const struct tg_rule_set *rule_set_find(u32 bank, u32 number);
/* NULL if there is no such cell. */
CORE const struct tg_cell *automaton_cell(u32 bank, u32 index);
/* The value of the longest prefix that fits, 0 if there is none. */
CORE u32 prefix_find(const struct tg_prefix_key *key);
/* The VLAN's set of rules, NULL if it is not listed. */
CORE const u32 *vlan_set_find(const struct tg_vlan_key *key);

/* Gives the record in scratch->event to whoever follows them: 0, or a negative errno where there is no room. */
struct core_scratch;
CORE long event_put(struct core_scratch *scratch);
/* This CPU's counter of the kind, and what all CPUs share of it; NULL only where the verifier cannot know better. */
CORE struct tg_event_counter *event_counter(u32 kind);
CORE struct tg_event_share *event_share(u32 kind);
/* CLOCK_BOOTTIME, nanoseconds. */
CORE u64 event_clock_ns(void);
/* The interface at hand: its place in `interfaces`. */
CORE u32 event_slot(void);

/* Memory for building a value that is too large for a BPF stack: valid until the packet is judged; never NULL
 * natively, NULL in BPF only where the verifier cannot know better. */
struct core_scratch {
	struct tftp_text text;
	struct tg_request_key request_key;
	struct tg_request request;
	struct tg_transfer transfer;
	struct tg_pair_key pair;
	struct tg_fragment_hosts hosts;
	struct tg_membership membership;
	struct tg_group group;
	struct tg_addr addr;
	struct tg_name name;
	struct tg_source_key source_key;
	struct tg_source source;
	u32 rule; /* that decided about the request at hand; RULES_NONE: none did */
	struct name_walk name_walk;
	u8 request_read; /* the request at hand was read: its text is more than bytes */
	struct tg_event event;
};
CORE struct core_scratch *scratch_find(void);

#endif
