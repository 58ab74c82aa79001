// SPDX-License-Identifier: GPL-2.0-or-later
#include "map_types.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>

/* Loading them changes the object's own, which may be loaded by then. */
static struct btf *copy_types(const struct btf *object)
{
	uint32_t bytes;
	const void *raw = btf__raw_data(object, &bytes);

	return raw ? btf__new(raw, bytes) : NULL;
}

int map_types_array(const struct btf *object, const char *structure, const char *name,
		    uint32_t count)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_INNER_MAP);
	struct btf *types = copy_types(object);
	int key, value, fd;

	if (!types)
		return -ENOMEM;
	key = btf__find_by_name_kind(types, "__u32", BTF_KIND_TYPEDEF);
	value = btf__find_by_name_kind(types, structure, BTF_KIND_STRUCT);
	fd = key < 0 ? key : value < 0 ? value : btf__load_into_kernel(types);
	if (!fd) {
		opts.btf_fd = (uint32_t)btf__fd(types);
		opts.btf_key_type_id = (uint32_t)key;
		opts.btf_value_type_id = (uint32_t)value;
		fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(uint32_t),
				    (uint32_t)btf__resolve_size(types, opts.btf_value_type_id),
				    count, &opts);
		if (fd < 0)
			fd = -errno;
	}
	btf__free(types);
	return fd;
}
