/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One reader of the socket: hears what he asks for, and tells it until one of the two hangs up.
 */
#ifndef TIDEGATE_HUB_READER_H
#define TIDEGATE_HUB_READER_H

#include "daemon/hub.h"

/* Returns when it is over; the socket stays the caller's. A thread of its own. */
void hub_reader_serve(int fd, const struct hub_sources *sources);

#endif
