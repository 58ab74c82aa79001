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

#endif
