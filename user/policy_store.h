/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The core's settings (core/store.h) out of a policy's image, which stands for every bank. The index of a zone's
 * settings is its index in the configuration.
 */
#ifndef TIDEGATE_POLICY_STORE_H
#define TIDEGATE_POLICY_STORE_H

#include "policy_image.h"

#include "core/store.h"

#include <string.h>

/* What the core reads. Borrowed. */
static const struct policy_image *store_image;

CORE const struct tg_policy *policy_find(u32 bank)
{
	(void)bank;
	return &store_image->policy;
}

CORE const struct tg_rule *rule_find(u32 bank, u32 number)
{
	(void)bank;
	return number < store_image->rule_count ? &store_image->rule[number] : NULL;
}

/* An image does not count. */
CORE void rule_counter_add(u32 bank, u32 number, u32 bytes)
{
	(void)bank;
	(void)number;
	(void)bytes;
}

CORE const struct tg_rule_set *rule_set_find(u32 bank, u32 number)
{
	(void)bank;
	return number < store_image->sets.count ? &store_image->sets.set[number] : NULL;
}

CORE const struct tg_cell *automaton_cell(u32 bank, u32 index)
{
	(void)bank;
	return index < store_image->automaton.cell_count ? &store_image->automaton.cell[index]
							 : NULL;
}

CORE bool store_prefix_fits(const struct image_prefix *prefix, const u8 *address)
{
	u32 whole = prefix->bits / 8, rest = prefix->bits % 8;

	if (memcmp(prefix->address.bytes, address, whole))
		return false;
	return !rest || !((prefix->address.bytes[whole] ^ address[whole]) >> (8 - rest));
}

CORE u32 prefix_find(const struct tg_prefix_key *key)
{
	const struct image_prefix *longest = NULL;

	for (size_t i = 0; i < store_image->prefix_count; i++) {
		const struct image_prefix *prefix = &store_image->prefix[i];

		if (prefix->side == key->side && (!longest || prefix->bits > longest->bits) &&
		    store_prefix_fits(prefix, key->address))
			longest = prefix;
	}
	return longest ? longest->value : 0;
}

CORE const u32 *vlan_set_find(const struct tg_vlan_key *key)
{
	for (size_t i = 0; i < store_image->vlan_count; i++)
		if (store_image->vlan[i].vlan == key->vlan)
			return &store_image->vlan[i].set;
	return NULL;
}

CORE const u32 *service_find(const struct tg_service_key *key)
{
	for (size_t i = 0; i < store_image->service_count; i++)
		if (store_image->service[i].zone == key->settings &&
		    store_image->service[i].port_be == key->port_be)
			return &store_image->service[i].side;
	return NULL;
}

CORE const struct tg_addr *server_group_find(const struct tg_group_key *key)
{
	for (size_t i = 0; i < store_image->member_count; i++)
		if (store_image->member[i].zone == key->settings &&
		    !memcmp(&store_image->member[i].server, &key->server, sizeof(key->server)))
			return &store_image->member[i].first;
	return NULL;
}

#endif
