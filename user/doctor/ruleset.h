/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules of netfilter, as libnftables' JSON has them (libnftables-json(5)), made ready to be walked through. Rules of iptables come in the
 * same form: iptables_save.h.
 */
#ifndef TIDEGATE_RULESET_H
#define TIDEGATE_RULESET_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Everything here is borrowed from the JSON. */
struct chain {
	const char *family; /* ip, ip6, inet, bridge, netdev, arp */
	const char *table;
	const char *name;
	const char *tool;     /* "iptables", "ip6tables", …: what changes it; NULL: nft */
	const char *hook;     /* NULL: only jumped to; the next three, too */
	const char *type;     /* filter, nat, route */
	const json_t *device; /* ingress and egress: a name, or an array of them */
	bool policy_drops;
	long long priority;
	const json_t **rule; /* owned array */
	size_t rules;
};

struct ruleset {
	struct chain *
		chain; /* owned; base chains first, in the order in which packets of a hook meet them */
	size_t chains;
	const json_t *objects; /* an array; borrowed: it has to outlive this */
	bool translates_destinations;
};

/* `objects` is the array "nftables" of the JSON, or several of them in one. 0 or -ENOMEM. */
int ruleset_init(struct ruleset *ruleset, const json_t *objects);
void ruleset_free(struct ruleset *ruleset);

/* The chain that a rule of `from` jumps to, or NULL. */
const struct chain *ruleset_chain(const struct ruleset *ruleset, const struct chain *from,
				  const char *name);

/* The set, map or `ct helper` (that is what `kind` says) of this name in the chain's table, or NULL. */
const json_t *ruleset_object(const struct ruleset *ruleset, const struct chain *chain,
			     const char *kind, const char *name);

#endif
