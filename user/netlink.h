/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The questions to rtnetlink that no other library answers.
 */
#ifndef TIDEGATE_NETLINK_H
#define TIDEGATE_NETLINK_H

#include <net/if.h>
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

/* An interface of this network namespace, as far as packets pass through others on its account. */
struct netlink_link {
	uint32_t ifindex;
	uint32_t master; /* its bridge or bond; 0: none */
	uint32_t lower;  /* the interface that it is built upon; 0: none */
	char name[IF_NAMESIZE];
	char kind[IF_NAMESIZE]; /* "bridge", "vlan"; "": not told */
	/* of a bridge */
	bool vlan_filtering;
	bool calls_iptables; /* by its own setting, whatever the namespace's says */
	bool calls_ip6tables;
};

/* Lists all into `*list`, which is to be freed by free(). Returns their number, or a negative errno; silent. */
int netlink_list_links(struct netlink_link **list);

/* Of so many in `list` the one with that number, or NULL. */
const struct netlink_link *netlink_find_link(const struct netlink_link *list, size_t count,
					     uint32_t ifindex);

/*
 * Which VLAN frames without a tag belong to (PVID), at a port of a bridge that filters VLANs, and at such a bridge itself;
 * an interface that is not listed has none.
 */
struct netlink_untagged {
	uint32_t ifindex;
	uint16_t vlan;
};

/* Lists all into `*list`, which is to be freed by free(). Returns their number, or a negative errno; silent. */
int netlink_list_untagged(struct netlink_untagged **list);

/* Of so many in `list` (a negative count: none) the VLAN of that interface, or 0. */
uint16_t netlink_untagged_vlan(const struct netlink_untagged *list, int count, uint32_t ifindex);

/* A filter of an interface's clsact qdisc. */
struct netlink_filter {
	uint32_t priority;
	uint32_t handle;
	uint32_t program; /* kernel's number of a BPF program, else 0 */
	bool egress;
	char kind[IF_NAMESIZE]; /* "bpf", "flower" */
	char name[64];          /* of a BPF filter; "": none */
};

/* Lists them, both directions, into `list`, at most `room`. Returns their number, or a negative errno; silent. */
int netlink_list_filters(uint32_t ifindex, struct netlink_filter *list, size_t room);

#endif
