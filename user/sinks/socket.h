/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unix sockets that sinks write to.
 */
#ifndef TIDEGATE_SINK_SOCKET_H
#define TIDEGATE_SINK_SOCKET_H

#include <stdbool.h>

#include "config.h"

/* A non-blocking socket of this type (SOCK_STREAM …) that is connected to the sink's path. A negative errno, silent. */
int sink_socket(const struct config_sink *sink, int type);

/* Does this mean that nobody listens there by now, so that it may come by itself? */
bool sink_socket_is_away(int err);

/* Explains why the socket cannot be used, and returns `err`. */
int sink_socket_explain(const struct config_sink *sink, int err);

/*
 * Opens it, as sink_driver.open() does: with `first`, `*fd` is -1 if nobody listens there yet. 0 or a negative errno,
 * explained.
 */
int sink_socket_open(const struct config_sink *sink, int type, bool first, int *fd);

#endif
