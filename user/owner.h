/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose is an attached program? Ours, if it is pinned in our directory, or if it uses our map: that
 * holds even if the process that attached it was killed before it could note anything.
 */
#ifndef TIDEGATE_OWNER_H
#define TIDEGATE_OWNER_H

#include <stdbool.h>
#include <stdint.h>

#include "bpffs.h"
#include "program.h"

struct owner {
	const struct bpffs *dir;
	uint32_t map_id; /* kernel's number of our map `interfaces` */
};

/* Does the loaded program use the map with this number? */
bool owner_uses_map(int fd, uint32_t map_id);

/* Name of the pin of a place's program. */
#define PIN_NAME 48
void owner_pin_name(char name[PIN_NAME], const char *directory, uint32_t ifindex, enum place place);

/*
 * Opens the program with this number if it is ours. A descriptor, or, silently, -ENOENT if it is
 * not ours, -EPERM if that cannot be known without CAP_SYS_ADMIN.
 */
int owner_open_program(const struct owner *owner, uint32_t ifindex, enum place place, uint32_t id);

#endif
