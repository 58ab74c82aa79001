/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An object's types in the kernel (BTF), for maps that are made without libbpf, so that bpftool shows what they hold.
 */
#ifndef TIDEGATE_MAP_TYPES_H
#define TIDEGATE_MAP_TYPES_H

#include <stdint.h>

struct btf;

/*
 * Makes an array of `count` of the structure, as a bank's table (BPF_F_INNER_MAP): with its types, which `object` (borrowed)
 * knows; 6.1 takes none without them in the place of the template in bpf/maps.h. Its descriptor, the caller's, or a negative errno,
 * silently.
 */
int map_types_array(const struct btf *object, const char *structure, const char *name,
		    uint32_t count);

#endif
