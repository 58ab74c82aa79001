/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon: its parts put together, and its main loop. One thread has the firewall; sinks, readers of the socket, metrics and
 * the loading of programs have threads of their own, so that none of them holds it up.
 */
#ifndef TIDEGATE_DAEMON_H
#define TIDEGATE_DAEMON_H

#include "settings.h"

/* Runs until it is told to end, or has to: an enum exit_code. */
int daemon_run(const struct settings *settings);

#endif
