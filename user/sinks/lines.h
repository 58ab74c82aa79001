/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records as the lines that file, stdout and stream write.
 */
#ifndef TIDEGATE_LINES_H
#define TIDEGATE_LINES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "records/record_format.h"

/* Zeroed at first. Reused from batch to batch. */
struct lines {
	char *text;
	size_t len;
	size_t room;
	size_t *end; /* of each record's line, in `text` */
	size_t count;
	size_t end_room;
};

/* Replaces what is there. 0 or -ENOMEM. */
int lines_fill(struct lines *lines, enum record_format format, const struct record *records,
	       size_t count);
void lines_free(struct lines *lines);

/* How many lines are whole in the first `bytes` bytes. */
size_t lines_whole(const struct lines *lines, size_t bytes);

/*
 * Sends the lines to a pipe, terminal or socket that may not take them all: waits for it, SINK_PATIENCE_MS each time, and no
 * longer than LINES_SEND_MS in all.
 * `put` writes without waiting, or so few bytes (`most`) that it does not have to. `*skip`: bytes of the first line that were
 * sent before. Adds to `*written` the lines that are whole. 0; -EAGAIN with `*skip` set; or another negative errno.
 */
#define LINES_SEND_MS 1000
typedef ssize_t (*lines_put)(int fd, const void *bytes, size_t len);
int lines_send(const struct lines *lines, int fd, lines_put put, size_t most, size_t *skip,
	       size_t *written);

#endif
