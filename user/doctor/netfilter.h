/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules of netfilter in this network namespace: of nft, and of iptables, old and new.
 */
#ifndef TIDEGATE_NETFILTER_H
#define TIDEGATE_NETFILTER_H

#include "doctor/judge.h"

/*
 * Reads all rules as libnftables-json(5) has them. A new array, NULL if memory is short; what cannot be seen is noted in `findings`.
 */
json_t *netfilter_read(struct findings *findings);

#endif
