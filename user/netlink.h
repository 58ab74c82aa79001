/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The questions to rtnetlink that no other library answers.
 */
#ifndef TIDEGATE_NETLINK_H
#define TIDEGATE_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Does the interface's clsact qdisc have filters, in either direction? 1, 0 or a negative errno;
 * silent.
 */
int netlink_has_filters(uint32_t ifindex);

/* Does the interface have a clsact (or ingress) qdisc? 1, 0 or a negative errno; silent. */
int netlink_has_clsact(uint32_t ifindex);

/* The bridge or bond that the interface is a port of: its ifindex, 0: none, or a negative errno; silent. */
int64_t netlink_master(uint32_t ifindex);

/* The interfaces of this network namespace that take their packets from another one. */
struct netlink_upper {
	uint32_t lower;
	uint32_t upper; /* its bridge or bond; or the VLAN or MACVLAN interface built upon it */
};

/* Lists them into `list`, at most `room`. Returns their number, or a negative errno; silent. */
int netlink_list_uppers(struct netlink_upper *list, size_t room);

#endif
