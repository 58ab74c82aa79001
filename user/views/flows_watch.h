/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `tidegate flows --watch`: the same again and again.
 */
#ifndef TIDEGATE_FLOWS_WATCH_H
#define TIDEGATE_FLOWS_WATCH_H

#include "settings.h"

/*
 * Calls print(context), which writes on standard output, every settings->watch_ms until that fails: on a terminal each is
 * shown in the place of the one before, as far as it fits; else they follow each other, with an empty line between them. Returns
 * what print() returned, or -EIO, explained, if the output failed.
 */
int flows_watch(const struct settings *settings, int (*print)(void *context), void *context);

/* The same with what the daemon sends; once if settings->watch_ms is 0. An enum exit_code. */
int flows_watch_daemon(const struct settings *settings);

#endif
