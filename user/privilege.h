/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Capabilities: what is needed is checked, what is not is given up.
 *
 * CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON do the work. CAP_SYS_ADMIN is kept where the process has
 * it, but raised only around the calls for which the kernel insists on it: finding a BPF object by
 * its number, which libxdp's dispatcher and the names of foreign programs need.
 */
#ifndef TIDEGATE_PRIVILEGE_H
#define TIDEGATE_PRIVILEGE_H

#include <stdbool.h>

enum privilege {
	PRIVILEGE_READ,   /* CAP_BPF */
	PRIVILEGE_CHANGE, /* and CAP_NET_ADMIN, CAP_PERFMON */
};

/*
 * Does the process have it? 0, or -EPERM after having named what is missing; `command` is for the
 * message.
 */
int privilege_check(enum privilege privilege, const char *command);

/* The same, silently. */
bool privilege_held(enum privilege privilege);

/* Gives up everything else. */
void privilege_drop(void);

/* Gives up everything. */
void privilege_drop_all(void);

/*
 * Raises or lowers CAP_SYS_ADMIN; nothing happens before privilege_drop(), or if the process never
 * had it.
 */
void privilege_admin(bool on);

/* Could privilege_admin() raise it, or is it raised? */
bool privilege_has_admin(void);

#endif
