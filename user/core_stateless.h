/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The core's state (core/store.h) where nothing happened before: nothing is there, and what is put is forgotten. Except
 * for the last entry of `sources`: the core counts on in what it has just put.
 */
#ifndef TIDEGATE_CORE_STATELESS_H
#define TIDEGATE_CORE_STATELESS_H

#include "core/store.h"

#include <string.h>

#define STATELESS_FIND(name, key_type, value_type) \
	CORE value_type *name(const key_type *key) \
	{                                          \
		(void)key;                         \
		return NULL;                       \
	}
#define STATELESS_PUT(name, key_type, value_type)                    \
	CORE long name(const key_type *key, const value_type *value) \
	{                                                            \
		(void)key;                                           \
		(void)value;                                         \
		return 0;                                            \
	}
#define STATELESS(name, key_type, value_type)             \
	STATELESS_FIND(name##_find, key_type, value_type) \
	STATELESS_PUT(name##_put, key_type, value_type)

STATELESS(request, struct tg_request_key, struct tg_request)
STATELESS(transfer, struct tg_pair_key, struct tg_transfer)
STATELESS(offer, struct tg_pair_key, struct tg_transfer)
STATELESS(udp_flow, struct tg_pair_key, struct tg_udp_flow)
STATELESS(fragment, struct tg_fragment_key, struct tg_fragment)
STATELESS(fragment_hosts, struct tg_hosts_key, struct tg_fragment_hosts)
STATELESS(group, struct tg_pair_key, struct tg_group)
STATELESS(membership, struct tg_pair_key, struct tg_membership)
STATELESS_FIND(translation_find, struct tg_request_key, const struct tg_translation)
STATELESS_PUT(translation_put, struct tg_request_key, struct tg_translation)

CORE u32 *known_cell(u32 index)
{
	static u32 any;

	(void)index;
	return &any;
}

static struct {
	bool put;
	struct tg_source_key key;
	struct tg_source value;
} stateless_source;

CORE struct tg_source *source_find(const struct tg_source_key *key)
{
	if (!stateless_source.put || memcmp(&stateless_source.key, key, sizeof(*key)))
		return NULL;
	return &stateless_source.value;
}

CORE long source_put(const struct tg_source_key *key, const struct tg_source *value)
{
	stateless_source.put = true;
	stateless_source.key = *key;
	stateless_source.value = *value;
	return 0;
}

STATELESS(proved, struct tg_source_key, struct tg_proved)

CORE struct tg_budget *budget_find(u32 zone)
{
	(void)zone;
	return NULL;
}

CORE u64 *budget_share_find(u32 number)
{
	(void)number;
	return NULL;
}

CORE struct tg_strangers *strangers_find(u32 hash)
{
	(void)hash;
	return NULL;
}

CORE void stateless_forget(void)
{
	stateless_source.put = false;
}

CORE void transfer_remove(const struct tg_pair_key *key)
{
	(void)key;
}

CORE void translation_remove(const struct tg_request_key *key)
{
	(void)key;
}

CORE struct translation_seen *translation_seen(u32 place)
{
	(void)place;
	return NULL;
}

CORE u32 *translation_generation(u32 place)
{
	(void)place;
	return NULL;
}

CORE void offer_remove(const struct tg_pair_key *key)
{
	(void)key;
}

CORE const struct tg_name *name_find(u64 request_hash)
{
	(void)request_hash;
	return NULL;
}

CORE void name_put(u64 request_hash, const struct tg_name *value)
{
	(void)request_hash;
	(void)value;
}

CORE long event_put(struct core_scratch *scratch)
{
	(void)scratch;
	return 0;
}

CORE struct tg_event_counter *event_counter(u32 kind)
{
	(void)kind;
	return NULL;
}

CORE struct tg_event_share *event_share(u32 kind)
{
	(void)kind;
	return NULL;
}

CORE u64 event_clock_ns(void)
{
	return 0;
}

CORE u32 event_slot(void)
{
	return 0;
}

CORE struct core_scratch *scratch_find(void)
{
	static struct core_scratch scratch;

	return &scratch;
}

#endif
