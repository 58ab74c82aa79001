// SPDX-License-Identifier: GPL-2.0-or-later
#include "interface.h"

#include "log.h"
#include "netlink.h"

#include <errno.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHOWN 40 /* bytes of a name that are repeated in a message */

#ifndef ARPHRD_IP6GRE
#define ARPHRD_IP6GRE 823 /* <linux/if_arp.h>, which does not go together with <net/if.h> */
#endif

int interface_check_name(const char *name)
{
	size_t len = strlen(name);

	if (len && len < IF_NAMESIZE && !strpbrk(name, "/ \t\n"))
		return 0;
	if (len > SHOWN)
		log_error("%.*s… (%zu bytes): no interface can have this name", SHOWN, name, len);
	else
		log_error("'%s': no interface can have this name", name);
	log_hint("names of interfaces have 1 to %d bytes, no space and no slash; `ip link` lists "
		 "them",
		 IF_NAMESIZE - 1);
	return -EINVAL;
}

static int no_such_interface(const char *name)
{
	log_error("%s: there is no such interface", name);
	log_hint("`ip link` lists the interfaces of this network namespace");
	return -ENODEV;
}

bool interface_switch_is_on(const char *path)
{
	FILE *file = fopen(path, "re");
	int digit;

	if (!file)
		return false;
	digit = fgetc(file);
	fclose(file);
	return digit != EOF && digit != '0';
}

bool interface_forwards(const char *name, int family)
{
	char path[128];

	/* For IPv6 it is the whole namespace that forwards. */
	if (family == AF_INET6)
		snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/all/forwarding");
	else
		snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/forwarding", name);
	return interface_switch_is_on(path);
}

/* Frames that the programs understand: Ethernet, or bare IP. */
static int take_link_type(struct interface *interface, unsigned short type)
{
	switch (type) {
	case ARPHRD_ETHER:
		return 0;
	case ARPHRD_LOOPBACK:
		interface->loopback = true;
		return 0;
	case ARPHRD_NONE: /* tun, WireGuard */
	case ARPHRD_PPP:
	case ARPHRD_RAWIP:
	case ARPHRD_TUNNEL:
	case ARPHRD_TUNNEL6:
	case ARPHRD_SIT:
	case ARPHRD_IPGRE:
	case ARPHRD_IP6GRE:
		interface->no_ethernet = true;
		return 0;
	default:
		log_error("%s: frames of link type %u are not understood", interface->name, type);
		log_hint("attach tidegate to an Ethernet, VLAN, bridge, loopback or IP tunnel "
			 "interface");
		return -ENOTSUP;
	}
}

/* Without an answer there is no such bridge. */
static uint16_t untagged_vlan(uint32_t ifindex)
{
	struct netlink_untagged *list;
	int count = netlink_list_untagged(&list);
	uint16_t vlan = netlink_untagged_vlan(list, count, ifindex);

	free(list);
	return vlan;
}

static int query(int fd, const char *name, struct interface *interface)
{
	struct ifreq request = {0};

	memcpy(request.ifr_name, name, strlen(name));
	if (ioctl(fd, SIOCGIFINDEX, &request))
		return no_such_interface(name);
	interface->ifindex = (uint32_t)request.ifr_ifindex;
	/* `name` may be an alternative one. */
	if (!interface_name(interface->ifindex, interface->name))
		return no_such_interface(name);
	memcpy(request.ifr_name, interface->name, IF_NAMESIZE);
	if (ioctl(fd, SIOCGIFMTU, &request))
		return no_such_interface(name);
	interface->mtu = (uint32_t)request.ifr_mtu;
	interface->untagged_vlan = untagged_vlan(interface->ifindex);
	if (ioctl(fd, SIOCGIFHWADDR, &request))
		return no_such_interface(name);
	return take_link_type(interface, request.ifr_hwaddr.sa_family);
}

int interface_find(const char *name, struct interface *interface)
{
	int fd, err = interface_check_name(name);

	*interface = (struct interface){0};
	if (err)
		return err;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		err = -errno;
		log_error("%s: it cannot be looked up: %s", name, strerror(-err));
		return err;
	}
	err = query(fd, name, interface);
	close(fd);
	return err;
}

bool interface_name(uint32_t ifindex, char name[IF_NAMESIZE])
{
	return if_indextoname(ifindex, name);
}

int netns_identity(uint64_t *dev, uint64_t *ino)
{
	struct stat ns;

	if (stat("/proc/self/ns/net", &ns)) {
		int err = -errno;

		log_error("/proc/self/ns/net: %s", strerror(-err));
		log_hint("is /proc mounted?");
		return err;
	}
	*dev = ns.st_dev;
	*ino = ns.st_ino;
	return 0;
}
