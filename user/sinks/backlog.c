// SPDX-License-Identifier: GPL-2.0-or-later
#include "sinks/backlog.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

#define BATCH (256 << 10) /* bytes of one batch at the most, but for a row that is longer */

struct backlog {
	struct spool *spool; /* NULL: in memory */
	char *head;
	pthread_mutex_t lock; /* of all below */
	char *rows;
	size_t room;
	size_t len;
	size_t count;
};

int backlog_open(const char *directory, uint64_t max, const char *head, struct backlog **backlog)
{
	struct backlog *made = calloc(1, sizeof(*made));
	int err = 0;

	if (!made || !(made->head = strdup(head))) {
		free(made);
		log_error("memory is short");
		return -ENOMEM;
	}
	pthread_mutex_init(&made->lock, NULL);
	if (directory)
		err = spool_open(directory, max, head, &made->spool);
	if (err) {
		backlog_close(made);
		return err;
	}
	*backlog = made;
	return 0;
}

void backlog_close(struct backlog *backlog)
{
	if (!backlog)
		return;
	spool_close(backlog->spool);
	pthread_mutex_destroy(&backlog->lock);
	free(backlog->head);
	free(backlog->rows);
	free(backlog);
}

/* Bytes of the leading rows of which there are at most `most`, in at most `limit` bytes; their number to `*count`. */
static size_t leading_rows(const char *rows, size_t len, size_t most, size_t limit, size_t *count)
{
	size_t used = 0;

	*count = 0;
	while (used < len && *count < most) {
		const char *end = memchr(rows + used, '\n', len - used);

		if (!end || (size_t)(end + 1 - rows) > limit)
			break;
		used = end + 1 - rows;
		++*count;
	}
	return used;
}

static int make_room(struct backlog *backlog, size_t len)
{
	size_t room = backlog->room ? backlog->room : BATCH;
	char *more;

	while (room < len)
		room *= 2;
	if (room == backlog->room)
		return 0;
	more = realloc(backlog->rows, room);
	if (!more)
		return -ENOMEM;
	backlog->rows = more;
	backlog->room = room;
	return 0;
}

int backlog_append(struct backlog *backlog, const char *rows, size_t len, size_t *taken)
{
	size_t used;
	int err;

	if (backlog->spool)
		return spool_append(backlog->spool, rows, len, taken);
	pthread_mutex_lock(&backlog->lock);
	used = leading_rows(rows, len, SIZE_MAX, BACKLOG_MEMORY - backlog->len, taken);
	err = make_room(backlog, backlog->len + used);
	if (err) {
		*taken = 0;
	} else if (used) {
		memcpy(backlog->rows + backlog->len, rows, used);
		backlog->len += used;
		backlog->count += *taken;
	}
	pthread_mutex_unlock(&backlog->lock);
	return err;
}

int backlog_read(struct backlog *backlog, size_t most, struct spool_batch *batch)
{
	if (backlog->spool)
		return spool_read(backlog->spool, most, batch);
	*batch = (struct spool_batch){0};
	pthread_mutex_lock(&backlog->lock);
	batch->len = leading_rows(backlog->rows, backlog->len, most, BATCH, &batch->count);
	if (batch->count) {
		batch->head = strdup(backlog->head);
		batch->rows = malloc(batch->len);
		if (batch->rows)
			memcpy(batch->rows, backlog->rows, batch->len);
	}
	pthread_mutex_unlock(&backlog->lock);
	if (!batch->count || (batch->head && batch->rows))
		return 0;
	spool_batch_free(batch);
	return -ENOMEM;
}

void backlog_done(struct backlog *backlog, const struct spool_batch *batch)
{
	if (backlog->spool) {
		spool_done(backlog->spool, batch);
		return;
	}
	pthread_mutex_lock(&backlog->lock);
	backlog->len -= batch->len;
	backlog->count -= batch->count;
	memmove(backlog->rows, backlog->rows + batch->len, backlog->len);
	pthread_mutex_unlock(&backlog->lock);
}

int backlog_sync(struct backlog *backlog)
{
	return backlog->spool ? spool_sync(backlog->spool) : 0;
}

uint64_t backlog_rows(struct backlog *backlog)
{
	uint64_t count;

	if (backlog->spool)
		return spool_rows(backlog->spool);
	pthread_mutex_lock(&backlog->lock);
	count = backlog->count;
	pthread_mutex_unlock(&backlog->lock);
	return count;
}

uint64_t backlog_damaged(struct backlog *backlog)
{
	return backlog->spool ? spool_damaged(backlog->spool) : 0;
}
