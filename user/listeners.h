/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Local UDP sockets that wait for anybody's packets: what `up` could cut off.
 */
#ifndef TIDEGATE_LISTENERS_H
#define TIDEGATE_LISTENERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/types.h>

#include "abi.h"
#include "interface.h"

#define LISTENER_OWNER 64

struct listener {
	struct tg_addr address;
	uint16_t port;
	uint64_t inode;             /* of the socket */
	char owner[LISTENER_OWNER]; /* "dnsmasq (pid 123)"; empty if nobody can be seen */
};

struct listener_list {
	struct listener *listener; /* owned */
	size_t count;
};

/*
 * Reads a line of /proc/net/udp (`ipv6` false) or /proc/net/udp6. 1 if it describes an unconnected
 * bound socket: fills address, port and inode of `*listener`; 0 if it describes another socket;
 * -EINVAL if it is no such line.
 */
int listener_parse(const char *line, bool ipv6, struct listener *listener);

/*
 * Lists the listeners of this network namespace to which packets come through one of the guarded
 * interfaces, sorted by port, each port and address once: those bound to any address, or to one
 * that no unguarded interface has for itself. Interfaces built upon a guarded one (bridge, bond,
 * VLAN) count as guarded. 0 or a negative errno. Free the result.
 */
int listeners_behind(const struct interface *guarded, size_t count, struct listener_list *list);
void listeners_free(struct listener_list *list);

/* Finds out which processes own the sockets; what cannot be found stays empty. */
void listeners_find_owners(struct listener_list *list);

#endif
