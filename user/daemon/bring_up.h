/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's configuration becomes what runs: when it starts, and when it is told to read it again. And the end of all that.
 */
#ifndef TIDEGATE_BRING_UP_H
#define TIDEGATE_BRING_UP_H

#include <stdbool.h>

#include "config.h"

struct bring_up {
	const char *bpffs;
	const struct config *config;
	bool reload; /* what runs stays as it is, but for what the file says otherwise */
	bool fresh;  /* result: nothing was up before */
};

/*
 * Interfaces that do not exist yet are no mistake. When the daemon starts, and what runs is just what the file says, nothing is
 * touched; programs of another version are replaced. A policy that is on trial is left alone at the start, and an
 * error later. Gives up privileges. 0 or a negative errno, explained, and what ran before runs on.
 */
int bring_up(struct bring_up *how);

/* As `tidegate down`. 0 or a negative errno, explained. */
int bring_down(const char *bpffs);

#endif
