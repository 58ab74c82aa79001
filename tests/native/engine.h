/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The core, compiled natively: settings of a recording in, frames in, reasons out.
 */
#ifndef TIDEGATE_TESTS_ENGINE_H
#define TIDEGATE_TESTS_ENGINE_H

#include "scene.h"

/* Forgets all state and takes the recording's settings. */
void engine_configure(const struct recording *recording);
/* Frees everything. */
void engine_clear(void);

/*
 * The core's reason for the step's frame, which lies in memory that ends with it, so that the address sanitizer sees
 * every look beyond.
 */
enum tg_reason engine_judge(const struct case_step *step);
/* Likewise, with `tail` bytes of the value `filler` behind the frame. */
enum tg_reason engine_judge_with_tail(const struct case_step *step, size_t tail, uint8_t filler);

/* The ports with which the packet that was judged last goes on, in host order; 0: those that it has. */
struct engine_ports {
	uint16_t source, destination;
};
struct engine_ports engine_new_ports(void);

/* The bit of tg_source.names_seen that stands for the file of this name in a zone with the seed. */
unsigned int engine_name_bit(const char *name, uint64_t seed);

/* Where the budget keeps what it knows of a client's port (tracker specification 11.7). */
struct engine_budget_places {
	uint32_t share;     /* element of `budget_shares` of its prefix */
	uint32_t strangers; /* element of `strangers` */
};
/* `client`: its address, zone and VLANs, all else zero. */
struct engine_budget_places engine_budget_places(const struct tg_source_key *client,
						 uint16_t port_be, uint64_t seed);

/* The place in `interfaces` that records name. */
#define ENGINE_SLOT(interface) (3 + 2 * (unsigned int)(interface))
/* What the core told of the frame that was judged last. */
const struct tg_event *engine_events(size_t *count);
/* The cells of `known` that were asked for since engine_configure() and held nothing; NULL: more than are kept. */
const uint32_t *engine_known(size_t *count);
const struct tg_event_counter *engine_event_counter(enum tg_event_kind kind);
/* So many records of one packet find room. Until engine_configure(). */
void engine_limit_events(size_t limit);

/* The hook's first look: does it take the frame for something else than UDP without asking the core? */
bool engine_is_plainly_other(const struct case_step *step);

/* Moments at which all state was kept. */
enum engine_moment {
	MOMENT_BEFORE,
	MOMENT_AFTER,
	ENGINE_MOMENTS,
};
void engine_keep(enum engine_moment moment);
void engine_bring_back(enum engine_moment moment);
bool engine_is_as(enum engine_moment moment);
/* Fills the memory that one packet leaves to the next. */
void engine_dirty(uint8_t filler);

enum engine_table {
	ENGINE_REQUESTS,
	ENGINE_OFFERS,
	ENGINE_TRANSFERS,
	ENGINE_FRAGMENTS,
	ENGINE_NAMES,
	ENGINE_UDP_FLOWS,
	ENGINE_FRAGMENT_HOSTS,
	ENGINE_GROUPS,
	ENGINE_MEMBERSHIPS,
	ENGINE_TRANSLATIONS,
	ENGINE_TABLES,
};

/* An entry that came (before: NULL), went (after: NULL) or became another. */
typedef void (*engine_change)(enum engine_table table, const void *key, const void *before,
			      const void *after, void *context);
/* Calls `change` for each difference between that moment and now. */
void engine_changes(enum engine_moment since, engine_change change, void *context);
size_t engine_count(enum engine_table table);
/* The entry's value, or NULL. */
const void *engine_find(enum engine_table table, const void *key);

/* New keys beyond `limit` entries find no room; 0: as many as may come. Until engine_configure(). */
void engine_limit(enum engine_table table, size_t limit);

/* The first entries of the tables, or NULL. */
const struct tg_transfer *engine_transfer(void);
const struct tg_transfer *engine_offer(void);
const struct tg_request *engine_request(void);
/* The stored name of the request with this hash, or NULL. */
const struct tg_name *engine_name(uint64_t request_hash);

/* Entries in `offers` and `transfers`. */
size_t engine_offers(void);
size_t engine_transfers(void);
/* What is wrong with the stored state, or NULL: fields out of bounds, keys not as abi.h has them. */
const char *engine_fault(void);

#endif
