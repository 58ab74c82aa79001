// SPDX-License-Identifier: GPL-2.0-or-later
#include "owner.h"

#include "privilege.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define PROGRAM_MAPS_MAX 64

void owner_pin_name(char name[PIN_NAME], const char *directory, uint32_t ifindex, enum place place)
{
	snprintf(name, PIN_NAME, "%s/%u-%s", directory, ifindex, place_name(place));
}

bool owner_uses_map(int fd, uint32_t map_id)
{
	uint32_t ids[PROGRAM_MAPS_MAX] = {0};
	struct bpf_prog_info info = {.nr_map_ids = PROGRAM_MAPS_MAX, .map_ids = (uintptr_t)ids};
	uint32_t len = sizeof(info);

	if (!map_id || bpf_obj_get_info_by_fd(fd, &info, &len))
		return false;
	for (uint32_t i = 0; i < info.nr_map_ids && i < PROGRAM_MAPS_MAX; i++)
		if (ids[i] == map_id)
			return true;
	return false;
}

int owner_open_program(const struct owner *owner, uint32_t ifindex, enum place place, uint32_t id)
{
	char name[PIN_NAME];
	int fd, err;

	owner_pin_name(name, "programs", ifindex, place);
	fd = bpffs_get(owner->dir, name);
	if (fd >= 0 && program_kernel_id(fd) == id)
		return fd;
	if (fd >= 0)
		close(fd);
	privilege_admin(true);
	fd = bpf_prog_get_fd_by_id(id);
	err = -errno;
	privilege_admin(false);
	if (fd < 0)
		return err;
	if (owner_uses_map(fd, owner->map_id))
		return fd;
	close(fd);
	return -ENOENT;
}
