/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The HTTP server: GET and HEAD of the status page, its events, and the metrics. One thread serves all; connections
 * are bounded in number, and in time but for those of the events.
 */
#ifndef TIDEGATE_HTTP_H
#define TIDEGATE_HTTP_H

#include "web/web.h"

struct http;

/* NULL, explained, if it cannot listen there. */
struct http *http_start(const struct config_daemon *config, struct web *web);

/* After feed_end(). */
void http_stop(struct http *http);

/* Hangs up on those who take too long to ask. To be called every second while it returns true: somebody is connected. */
bool http_look(struct http *http);

#endif
