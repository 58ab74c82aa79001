/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network interfaces, and the network namespace that they are in.
 */
#ifndef TIDEGATE_INTERFACE_H
#define TIDEGATE_INTERFACE_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

struct interface {
	uint32_t ifindex;
	uint32_t mtu;
	/* of a bridge's port, or of the bridge: netlink_list_untagged(); 0: none */
	uint16_t untagged_vlan;
	bool loopback;
	bool no_ethernet; /* frames begin with the IP header (tun, ppp, WireGuard, IP tunnels) */
	char name[IF_NAMESIZE];
};

/* Could an interface have this name? 0, or -EINVAL, explained. */
int interface_check_name(const char *name);

/*
 * Finds the interface by its name (or alternative name). 0 or a negative errno: -EINVAL for
 * impossible names.
 */
int interface_find(const char *name, struct interface *interface);

/* The present name of an interface; false if it is gone. */
bool interface_name(uint32_t ifindex, char name[IF_NAMESIZE]);

/* Does the file below /proc/sys/net say anything but 0? Without such a file: no. */
bool interface_switch_is_on(const char *path);

/* Does this host route packets of the family (AF_INET, AF_INET6) that come in there? */
bool interface_forwards(const char *name, int family);

/* Which network namespace this process is in. 0 or a negative errno. */
int netns_identity(uint64_t *dev, uint64_t *ino);

#endif
