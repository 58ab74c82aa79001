/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One running firewall: a bpffs directory with its maps, opened for reading or for a change.
 */
#ifndef TIDEGATE_INSTANCE_H
#define TIDEGATE_INSTANCE_H

#include "bpffs.h"
#include "maps.h"
#include "owner.h"
#include "registry.h"

struct instance {
	struct bpffs dir;
	struct maps maps;
	struct tg_meta meta;
	struct owner owner; /* refers to `dir` */
	bool fresh;         /* made by this process */
};

/*
 * Opens a running instance (BPFFS_READ or BPFFS_CHANGE). 0, or a negative errno: -ENOENT, silently,
 * if nothing is up there; -EPROTO if another ABI's state is there, silently if `any_abi`; -EXDEV if
 * another network namespace's.
 */
int instance_open(struct instance *instance, const char *path, enum bpffs_access access,
		  bool any_abi);

/*
 * Opens and locks the directory alone, whatever is in it. 0, or a negative errno: -ENOENT,
 * silently, without one.
 */
int instance_enter(struct instance *instance, const char *path);

/*
 * For `up`: opens the running instance, mended, or makes a new one with these map sizes. With
 * `discard`, state that this binary or network namespace cannot use is taken down first; the
 * programs were loaded once before, to see that they can be. `*registry` is the new or running
 * one's (free() it). 0 or a negative errno.
 */
int instance_create(struct instance *instance, const char *path, const struct map_sizes *sizes,
		    bool discard, struct registry **registry);

/*
 * Brings order into an instance that was opened for a change. 0, and `*registry` is to be freed by free(); or a
 * negative errno: -ENOENT, silently, if nothing is guarded any more, and no daemon waits for interfaces to come.
 */
int instance_mend(struct instance *instance, struct registry **registry);

/*
 * Takes everything in the directory down that is attached in this network namespace, whoever's ABI
 * it is, and removes it.
 */
int instance_discard(struct instance *instance);

void instance_close(struct instance *instance);

#endif
