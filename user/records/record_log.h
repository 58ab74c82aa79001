/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's latest records, in one ring that everybody reads at his own pace: sinks, readers of the socket,
 * metrics, the status page. One thread writes and never waits; a reader that falls behind by more than the ring
 * loses the oldest, and is told how many. So nobody can hold up anybody else, and memory is bounded.
 */
#ifndef TIDEGATE_RECORD_LOG_H
#define TIDEGATE_RECORD_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "records/record.h"

#define RECORD_LOG_ROOM \
	16384 /* records; a power of two: under a second of the most that is promised */

struct record_log;

/* A reader's place; its own thread's alone. */
struct record_cursor {
	uint64_t next; /* number of the record that it reads next */
	uint64_t lost; /* records that were overwritten before it read them, in all */
};

/* NULL if memory is short. `room`: records, a power of two. */
struct record_log *record_log_new(size_t room);
void record_log_free(struct record_log *log); /* no reader may be left */

/* Appends a copy and gives it its number, which is returned. From one thread at a time. Wakes nobody yet. */
uint64_t record_log_append(struct record_log *log, const struct record *record);

/* Wakes the readers, after a batch. */
void record_log_flush(struct record_log *log);

/* Lets record_log_wait() return at once, from now on: the daemon ends. */
void record_log_close(struct record_log *log);
bool record_log_is_closed(struct record_log *log);

/* A place behind all that is there, or `backlog` records before that as far as they are kept. */
struct record_cursor record_log_place(struct record_log *log, uint64_t backlog);

/* Copies up to `most` records and moves the cursor. Returns how many; 0: there is nothing new. Any thread. */
size_t record_log_read(struct record_log *log, struct record_cursor *cursor, struct record *records,
		       size_t most);

/*
 * Waits until there is something to read for the cursor, the log is closed, or so many milliseconds have passed.
 * True if there is something to read.
 */
bool record_log_wait(struct record_log *log, const struct record_cursor *cursor, int timeout_ms);

/* An eventfd that is readable after record_log_flush(), for poll(); one for each call, owned by the caller. */
int record_log_eventfd(struct record_log *log);
void record_log_forget_eventfd(struct record_log *log, int fd); /* closes it */

#endif
