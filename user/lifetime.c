// SPDX-License-Identifier: GPL-2.0-or-later
#include "lifetime.h"

#include "core_native.h"
#include "core/state.h"

#include <string.h>

const struct tg_zone *lifetime_zone(const struct lifetime *lifetime, uint16_t zone)
{
	return &lifetime->registry->zone[zone < TG_SLOTS_MAX ? zone : 0];
}

bool lifetime_request(const struct lifetime *lifetime, const struct tg_pair_key *key,
		      const struct tg_transfer *t, struct tg_request *request)
{
	bool client_high = t->flags & TG_CLIENT_HIGH;
	struct tg_group_key member = {
		.server = client_high ? key->low : key->high,
		.settings = (uint16_t)(lifetime->registry->live.bank * TG_SLOTS_MAX + key->zone),
	};
	struct tg_request_key asked = {
		.client = client_high ? key->high : key->low,
		.server = member.server,
		.client_port_be = client_high ? key->high_port_be : key->low_port_be,
		.zone = key->zone,
		.vlan_outer = key->vlan_outer,
		.vlan_inner = key->vlan_inner,
	};

	if (t->flags & TG_ANY_SERVER)
		memset(&asked.server, 0, sizeof(asked.server));
	else if (lifetime_zone(lifetime, key->zone)->flags & TG_ZONE_GROUPS)
		map_get(lifetime->maps, MAP_server_groups, &member, &asked.server);
	return !map_get(lifetime->maps, MAP_requests, &asked, request);
}

int lifetime_state(const struct tg_pair_key *key, const struct tg_transfer *t, bool committed,
		   const struct tg_request *request)
{
	bool client_high = t->flags & TG_CLIENT_HIGH, same_tid;

	if (!committed && request) {
		same_tid = request->chosen_port_be ==
				   (client_high ? key->low_port_be : key->high_port_be) &&
			   !memcmp(&request->chosen_server, client_high ? &key->low : &key->high,
				   sizeof(request->chosen_server));
		if (offer_superseded(t, request, same_tid))
			return STATE_SUPERSEDED;
	}
	return transfer_state(t, committed);
}

/* A multicast transfer also lives as long as its group is served. */
uint64_t lifetime_until(const struct lifetime *lifetime, const struct tg_pair_key *key,
			const struct tg_transfer *t, int state)
{
	const struct tg_zone *zone = lifetime_zone(lifetime, key->zone);
	uint64_t until = transfer_last(t) + transfer_wait(t, state, zone);
	struct tg_membership membership;
	struct tg_group group;

	if ((t->options & TG_OPT_MULTICAST) &&
	    !map_get(lifetime->maps, MAP_memberships, key, &membership) &&
	    !map_get(lifetime->maps, MAP_groups, &membership.group, &group) &&
	    group.seen + zone->idle_wait > until)
		until = group.seen + zone->idle_wait;
	return until;
}
