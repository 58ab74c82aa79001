// SPDX-License-Identifier: GPL-2.0-or-later
#include "map_types.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

/* Loading them changes the object's own, which may be loaded by then. */
static struct btf *copy_types(const struct btf *object)
{
	uint32_t bytes;
	const void *raw = btf__raw_data(object, &bytes);

	return raw ? btf__new(raw, bytes) : NULL;
}

int map_types_load(const struct btf *object, const char *structure, struct map_types *types)
{
	int key, value, err;

	memset(types, 0, sizeof(*types));
	types->btf = copy_types(object);
	if (!types->btf)
		return -ENOMEM;
	key = btf__find_by_name_kind(types->btf, "__u32", BTF_KIND_TYPEDEF);
	value = btf__find_by_name_kind(types->btf, structure, BTF_KIND_STRUCT);
	err = key < 0 ? key : value < 0 ? value : btf__load_into_kernel(types->btf);
	if (err) {
		map_types_release(types);
		return err;
	}
	types->fd = btf__fd(types->btf);
	types->key = (uint32_t)key;
	types->value = (uint32_t)value;
	return 0;
}

void map_types_release(struct map_types *types)
{
	btf__free(types->btf);
	memset(types, 0, sizeof(*types));
}
