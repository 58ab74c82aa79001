/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An object's types in the kernel (BTF), for maps that are made without libbpf, so that bpftool shows what they hold.
 */
#ifndef TIDEGATE_MAP_TYPES_H
#define TIDEGATE_MAP_TYPES_H

#include <stdint.h>

struct btf;

struct map_types {
	struct btf *btf; /* owned */
	int fd;          /* of it; borrowed */
	uint32_t key;    /* type numbers: a __u32, */
	uint32_t value;  /* and the structure */
};

/* Those of an array of `structure`, which `object` (borrowed) knows. 0 or a negative errno, silently. */
int map_types_load(const struct btf *object, const char *structure, struct map_types *types);
void map_types_release(struct map_types *types);

#endif
