/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows that wait for a server: in a spool on disk (spool.h), or in memory where the operator wants none. One thread appends,
 * another reads. What is taken stays until it is done; beyond the room, the newest are not taken. But for
 * backlog_open() nothing here speaks.
 */
#ifndef TIDEGATE_BACKLOG_H
#define TIDEGATE_BACKLOG_H

#include <stddef.h>
#include <stdint.h>

#include "sinks/spool.h"

#define BACKLOG_MEMORY (4 << 20) /* bytes of rows at the most without a spool */

struct backlog;

/* With `directory` NULL, in memory. Else as spool_open(). */
int backlog_open(const char *directory, uint64_t max, const char *head, struct backlog **backlog);
void backlog_close(struct backlog *backlog); /* what is in memory is gone */

/* As their namesakes in spool.h. */
int backlog_append(struct backlog *backlog, const char *rows, size_t len, size_t *taken);
int backlog_read(struct backlog *backlog, size_t most, struct spool_batch *batch);
void backlog_done(struct backlog *backlog, const struct spool_batch *batch);
int backlog_sync(struct backlog *backlog);
uint64_t backlog_rows(struct backlog *backlog);
uint64_t backlog_damaged(struct backlog *backlog);

#endif
