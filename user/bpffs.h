/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bpffs directory that holds an instance's pins, and the lock on it.
 *
 *   DIR/<map>                         the maps
 *   DIR/links/<ifindex>-<place>       TCX links
 *   DIR/programs/<ifindex>-<place>    the attached programs; see enum place in attach.h
 *   DIR/daemon/                       locked by the daemon, if one runs (daemon/mark.h)
 */
#ifndef TIDEGATE_BPFFS_H
#define TIDEGATE_BPFFS_H

#include <limits.h>
#include <stdbool.h>

struct bpffs {
	const char *path; /* borrowed */
	int fd;           /* of the directory, holds the lock; -1: not there */
	bool made;        /* by this process */
	bool mounted;     /* the file system below it, by this process */
};

enum bpffs_access {
	BPFFS_READ,   /* no lock; changes nothing */
	BPFFS_CHANGE, /* locks an existing directory */
	BPFFS_TRY, /* likewise, and does not wait: -EWOULDBLOCK, silently, if somebody else has the lock */
	BPFFS_CREATE, /* mounts the file system and makes the directory (mode 0700) if need be, and locks it */
};

/*
 * Opens the directory. A lock that another process holds is waited for, but not forever (-EBUSY).
 * Returns 0, or a negative errno: -ENOENT is silent unless asked to create, and means that nothing
 * is pinned there; then no bpffs_leave() is needed. After any other failure nothing is left behind.
 */
int bpffs_enter(struct bpffs *dir, const char *path, enum bpffs_access access);

/* Gives the lock back and, if the directory is still empty, undoes what BPFFS_CREATE did. */
void bpffs_leave(struct bpffs *dir);

/* Writes DIR/<format…> to `path`. */
__attribute__((format(printf, 3, 4))) void bpffs_path(const struct bpffs *dir, char path[PATH_MAX],
						      const char *format, ...);

/*
 * Pins `fd` at DIR/<name>, in the place of what is there; makes the subdirectory. 0 or a negative
 * errno.
 */
int bpffs_pin(const struct bpffs *dir, int fd, const char *name);

/* Opens the pin DIR/<name>; a negative errno, silently, if that cannot be. */
int bpffs_get(const struct bpffs *dir, const char *name);

/*
 * Removes the pin DIR/<name>, and its subdirectory with the last one; no matter if it is not there.
 */
void bpffs_unpin(const struct bpffs *dir, const char *name);

/*
 * Removes everything in the directory, `meta` first; bpffs_remove() the directory as well. 0 or a
 * negative errno.
 */
int bpffs_empty(const struct bpffs *dir);
int bpffs_remove(const struct bpffs *dir);

#endif
