/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Server-sent events (html.spec.whatwg.org, 9.2) to the status pages that are open. One thread posts messages and never
 * waits; each viewer reads at its own pace, and one that falls behind loses the oldest and is told so.
 */
#ifndef TIDEGATE_FEED_H
#define TIDEGATE_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define FEED_VIEWERS  16 /* at the same time */
#define FEED_MESSAGES 64 /* that are kept for slow viewers */

struct MHD_Connection;
struct feed;
struct viewer;

/* NULL if memory is short. */
struct feed *feed_new(void);
void feed_free(struct feed *feed); /* no viewer may be left */

unsigned int feed_viewers(struct feed *feed);

/* Sends to every viewer. `event`: its name; `data`: one line. */
void feed_post(struct feed *feed, const char *event, const char *data);

/* From now on viewers find the end of their stream. */
void feed_end(struct feed *feed);

/* One more viewer, who sees what is posted from now on; NULL if there are too many, or memory is short. */
struct viewer *feed_join(struct feed *feed, struct MHD_Connection *connection);

/* What this viewer alone gets, and before all else. */
void feed_tell(struct viewer *viewer, const char *event, const char *data);

/* For libmicrohttpd, with the viewer as context: its content reader, and what it calls when the connection is over. */
ssize_t feed_read(void *context, uint64_t position, char *buffer, size_t room);
void feed_leave(void *context);

#endif
