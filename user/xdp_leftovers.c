// SPDX-License-Identifier: GPL-2.0-or-later
#include "xdp_leftovers.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *xdp_pin_directory(void)
{
	static char path[PATH_MAX];
	const char *mount = getenv("LIBXDP_BPFFS");

	snprintf(path, sizeof(path), "%s/xdp", mount ? mount : "/sys/fs/bpf");
	return access(path, F_OK) ? NULL : path;
}

/* Calls visit() for each pin of a dispatcher until it returns true; true if it did. */
static bool any_pin(const char *directory,
		    bool (*visit)(const char *path, const struct owner *owner),
		    const struct owner *owner)
{
	DIR *stream = opendir(directory);
	struct dirent *entry;
	char path[PATH_MAX];
	bool done = false;

	while (stream && !done && (entry = readdir(stream))) {
		if (entry->d_name[0] == '.')
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name) <
		    (int)sizeof(path))
			done = visit(path, owner);
	}
	if (stream)
		closedir(stream);
	return done;
}

static bool is_ours(const char *path, const struct owner *owner)
{
	int fd = bpf_obj_get(path);
	bool ours = fd >= 0 && owner_uses_map(fd, owner->map_id);

	if (fd >= 0)
		close(fd);
	return ours;
}

static bool unlink_pin(const char *path, const struct owner *owner)
{
	(void)owner;
	unlink(path);
	return false;
}

static uint32_t attached_id(uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	if (bpf_xdp_query((int)ifindex, 0, &query))
		return 0;
	return query.drv_prog_id ? query.drv_prog_id : query.skb_prog_id;
}

void xdp_sweep(const struct owner *owner, uint32_t ifindex)
{
	const char *directory = xdp_pin_directory();
	DIR *stream = directory ? opendir(directory) : NULL;
	uint32_t attached = attached_id(ifindex), index, id;
	struct dirent *entry;
	char path[PATH_MAX];

	while (stream && (entry = readdir(stream))) {
		if (sscanf(entry->d_name, "dispatch-%u-%u", &index, &id) != 2 || index != ifindex ||
		    id == attached)
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name) >=
			    (int)sizeof(path) ||
		    !any_pin(path, is_ours, owner))
			continue;
		any_pin(path, unlink_pin, owner);
		rmdir(path);
	}
	if (stream)
		closedir(stream);
}
