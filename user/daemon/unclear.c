// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/unclear.h"

#include <string.h>

bool unclear_add(struct unclear *unclear, const struct tg_request_key *key,
		 const struct tg_request *request)
{
	if (unclear->count == UNCLEAR_MAX)
		return false;
	unclear->item[unclear->count].key = *key;
	unclear->item[unclear->count].request = *request;
	unclear->item[unclear->count++].answered = false;
	return true;
}

void unclear_answer(struct unclear *unclear, const struct tg_pair_key *key,
		    const struct tg_transfer *t)
{
	bool client_high = t->flags & TG_CLIENT_HIGH;
	const struct tg_addr *client = client_high ? &key->high : &key->low;
	__u16 port_be = client_high ? key->high_port_be : key->low_port_be;

	for (size_t i = 0; i < unclear->count; i++) {
		const struct tg_request_key *asked = &unclear->item[i].key;

		if (t->request_hash == unclear->item[i].request.hash &&
		    t->began >= unclear->item[i].request.first_at &&
		    port_be == asked->client_port_be && key->zone == asked->zone &&
		    key->vlan_outer == asked->vlan_outer && key->vlan_inner == asked->vlan_inner &&
		    !memcmp(client, &asked->client, sizeof(*client)))
			unclear->item[i].answered = true;
	}
}

void unclear_tell(const struct unclear *unclear, unclear_visit tell, void *context)
{
	for (size_t i = 0; i < unclear->count; i++)
		if (!unclear->item[i].answered)
			tell(&unclear->item[i].key, &unclear->item[i].request, context);
}
