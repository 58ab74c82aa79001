// SPDX-License-Identifier: GPL-2.0-or-later
#include "listeners.h"

#include "address.h"
#include "log.h"
#include "netlink.h"
#include "number.h"

#include <dirent.h>
#include <errno.h>
#include <ifaddrs.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATE_UNCONNECTED 7 /* TCP_CLOSE, as UDP sockets without a peer have it */
#define UPPERS_MAX        4096

/* The kernel prints an address as host-order 32-bit words of the network-order bytes. */
static int parse_address(const char *text, size_t len, bool ipv6, struct tg_addr *address)
{
	uint32_t word[4];
	size_t words = ipv6 ? 4 : 1;

	if (len != words * 8)
		return -EINVAL;
	for (size_t i = 0; i < words; i++)
		if (sscanf(text + i * 8, "%8x", &word[i]) != 1)
			return -EINVAL;
	memset(address, 0, sizeof(*address));
	if (ipv6) {
		memcpy(address->bytes, word, sizeof(word));
	} else {
		address->bytes[10] = 0xff;
		address->bytes[11] = 0xff;
		memcpy(address->bytes + 12, word, sizeof(word[0]));
	}
	return 0;
}

int listener_parse(const char *line, bool ipv6, struct listener *listener)
{
	unsigned int port, state;
	unsigned long long inode;
	struct tg_addr address;
	char local[40];

	/* sl local:port remote:port st queues tr:when retrnsmt uid timeout inode … */
	if (sscanf(line, " %*u: %39[0-9A-Fa-f]:%4x %*[0-9A-Fa-f]:%*x %2x %*s %*s %*s %*u %*u %llu",
		   local, &port, &state, &inode) != 4)
		return -EINVAL;
	if (parse_address(local, strlen(local), ipv6, &address))
		return -EINVAL;
	if (state != STATE_UNCONNECTED || !port)
		return 0;
	*listener = (struct listener){.address = address, .port = (uint16_t)port, .inode = inode};
	return 1;
}

/* Which addresses stand for which side. */
struct reach {
	const struct interface *guarded;
	size_t guarded_count;
	bool loopback; /* it is guarded: every local address is reached through it */
	struct netlink_upper *upper;
	size_t upper_count;
	struct ifaddrs *addresses;
};

/* Do packets to this interface come through a guarded one? Follows at most `depth` layers down. */
static bool is_behind(const struct reach *reach, uint32_t ifindex, int depth)
{
	for (size_t i = 0; i < reach->guarded_count; i++)
		if (reach->guarded[i].ifindex == ifindex)
			return true;
	for (size_t i = 0; i < reach->upper_count && depth; i++)
		if (reach->upper[i].upper == ifindex &&
		    is_behind(reach, reach->upper[i].lower, depth - 1))
			return true;
	return false;
}

/* Interface of an address; labels ("eth0:1") are not part of its name. */
static uint32_t ifindex_of(const struct ifaddrs *entry)
{
	char name[IF_NAMESIZE];

	snprintf(name, sizeof(name), "%s", entry->ifa_name);
	name[strcspn(name, ":")] = '\0';
	return if_nametoindex(name);
}

static bool is_reached(const struct reach *reach, const struct tg_addr *address)
{
	bool elsewhere = false;

	if (reach->loopback || address_is_wildcard(address) || address_is_group(address))
		return true;
	if (address_is_loopback(address))
		return false;
	for (const struct ifaddrs *a = reach->addresses; a; a = a->ifa_next) {
		struct tg_addr own;

		if (!a->ifa_addr || !address_from_socket(a->ifa_addr, &own) ||
		    memcmp(&own, address, sizeof(own)))
			continue;
		if (is_behind(reach, ifindex_of(a), 4))
			return true;
		elsewhere = true;
	}
	return !elsewhere;
}

static int reach_init(struct reach *reach, const struct interface *guarded, size_t count)
{
	int uppers, err = 0;

	*reach = (struct reach){.guarded = guarded, .guarded_count = count};
	for (size_t i = 0; i < count; i++)
		reach->loopback |= guarded[i].loopback;
	reach->upper = calloc(UPPERS_MAX, sizeof(*reach->upper));
	uppers = reach->upper ? netlink_list_uppers(reach->upper, UPPERS_MAX) : -ENOMEM;
	if (uppers < 0)
		err = uppers;
	else if (getifaddrs(&reach->addresses))
		err = -EIO;
	if (!err) {
		reach->upper_count = (size_t)uppers;
		return 0;
	}
	log_error("the local addresses cannot be listed: %s", strerror(-err));
	free(reach->upper);
	return err;
}

static void reach_free(struct reach *reach)
{
	free(reach->upper);
	freeifaddrs(reach->addresses);
}

static int add_listener(struct listener_list *list, const struct listener *listener)
{
	struct listener *grown;

	for (size_t i = 0; i < list->count; i++)
		if (list->listener[i].port == listener->port &&
		    !memcmp(&list->listener[i].address, &listener->address,
			    sizeof(listener->address)))
			return 0;
	grown = reallocarray(list->listener, list->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	list->listener = grown;
	list->listener[list->count++] = *listener;
	return 0;
}

static int read_table(const char *path, bool ipv6, const struct reach *reach,
		      struct listener_list *list)
{
	FILE *file = fopen(path, "re");
	struct listener listener;
	char line[512];
	int err = 0;

	if (!file) {
		if (errno == ENOENT) /* a kernel without IPv6 */
			return 0;
		err = -errno;
	}
	while (!err && fgets(line, sizeof(line), file))
		if (listener_parse(line, ipv6, &listener) == 1 &&
		    is_reached(reach, &listener.address))
			err = add_listener(list, &listener);
	if (err)
		log_error("%s: it cannot be read: %s", path, strerror(-err));
	if (file)
		fclose(file);
	return err;
}

static int by_port(const void *a, const void *b)
{
	const struct listener *left = a, *right = b;

	if (left->port != right->port)
		return left->port < right->port ? -1 : 1;
	return memcmp(&left->address, &right->address, sizeof(left->address));
}

int listeners_behind(const struct interface *guarded, size_t count, struct listener_list *list)
{
	struct reach reach;
	int err = reach_init(&reach, guarded, count);

	*list = (struct listener_list){0};
	if (err)
		return err;
	err = read_table("/proc/net/udp", false, &reach, list);
	if (!err)
		err = read_table("/proc/net/udp6", true, &reach, list);
	reach_free(&reach);
	if (err)
		listeners_free(list);
	else if (list->count)
		qsort(list->listener, list->count, sizeof(*list->listener), by_port);
	return err;
}

void listeners_free(struct listener_list *list)
{
	free(list->listener);
	*list = (struct listener_list){0};
}

static void set_owner(struct listener *listener, const char *pid)
{
	char path[64], name[32] = "?";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
	file = fopen(path, "re");
	if (file) {
		if (fgets(name, sizeof(name), file))
			name[strcspn(name, "\n")] = '\0';
		fclose(file);
	}
	snprintf(listener->owner, sizeof(listener->owner), "%s (pid %.10s)", name, pid);
}

/* Looks through the open files of one process. */
static void search_process(struct listener_list *list, const char *pid)
{
	char directory[64], path[PATH_MAX], target[64];
	struct dirent *entry;
	unsigned long long inode;
	DIR *stream;

	snprintf(directory, sizeof(directory), "/proc/%.16s/fd", pid);
	stream = opendir(directory);
	while (stream && (entry = readdir(stream))) {
		ssize_t len;

		snprintf(path, sizeof(path), "%s/%.16s", directory, entry->d_name);
		len = readlink(path, target, sizeof(target) - 1);
		if (len <= 0)
			continue;
		target[len] = '\0';
		if (sscanf(target, "socket:[%llu]", &inode) != 1)
			continue;
		for (size_t i = 0; i < list->count; i++)
			if (list->listener[i].inode == inode && !*list->listener[i].owner)
				set_owner(&list->listener[i], pid);
	}
	if (stream)
		closedir(stream);
}

void listeners_find_owners(struct listener_list *list)
{
	DIR *stream = list->count ? opendir("/proc") : NULL;
	struct dirent *entry;
	uint64_t pid;

	while (stream && (entry = readdir(stream)))
		if (!number_parse(entry->d_name, 1, INT_MAX, &pid))
			search_process(list, entry->d_name);
	if (stream)
		closedir(stream);
}
