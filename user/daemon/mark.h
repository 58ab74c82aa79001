/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One daemon for an instance: it holds a lock on DIR/daemon, an empty directory beside the pins, for as long as it lives.
 */
#ifndef TIDEGATE_DAEMON_MARK_H
#define TIDEGATE_DAEMON_MARK_H

#include "bpffs.h"

/*
 * Takes the lock for as long as the returned descriptor is open. A negative errno: -EBUSY, with its process id, if another
 * daemon has it.
 */
int daemon_mark_take(const struct bpffs *dir);

/* Does a daemon look after what is in the directory? Its state is of use even while no interface is guarded. */
bool daemon_mark_held(const struct bpffs *dir);

/* Refuses to start beside another daemon: 0, or -EBUSY as above. `path`: of the bpffs directory, which may not be there. */
int daemon_mark_check(const char *path);

/* Is the lock on the directory that is there by now? */
bool daemon_mark_is(const struct bpffs *dir, int fd);

#endif
