// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each slot of the ring has a sequence number in the manner of a seqlock: the writer makes it odd, copies, and makes it
 * that of the new record; a reader that finds another number behind its copy than before it throws the copy away. So nobody
 * waits to read or write. The mutex is for sleeping and waking alone.
 *
 * What both sides touch is read and written in words, atomically. Stores of words release and loads acquire, which costs
 * nothing on x86 and keeps them between the two looks at the sequence number without fences.
 */
#include "records/record_log.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define WORDS (sizeof(struct record) / sizeof(uint64_t))
_Static_assert(sizeof(struct record) % sizeof(uint64_t) == 0, "records are copied in words");

struct slot {
	uint64_t sequence; /* twice the number of the record in it; odd while it is written */
	uint64_t word[WORDS];
};

struct record_log {
	size_t room;
	uint64_t last; /* number of the latest record that may be read */
	bool closed;
	pthread_mutex_t mutex;
	pthread_cond_t news;
	int *eventfd; /* under the mutex, with the next */
	size_t eventfd_count;
	struct slot slot[];
};

static uint64_t take(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static void give(uint64_t *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

struct record_log *record_log_new(size_t room)
{
	struct record_log *log;
	pthread_condattr_t attributes;

	if (!room || room & (room - 1))
		return NULL;
	log = calloc(1, sizeof(*log) + room * sizeof(*log->slot));
	if (!log)
		return NULL;
	log->room = room;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&log->news, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_mutex_init(&log->mutex, NULL);
	return log;
}

void record_log_free(struct record_log *log)
{
	if (!log)
		return;
	for (size_t i = 0; i < log->eventfd_count; i++)
		close(log->eventfd[i]);
	free(log->eventfd);
	pthread_cond_destroy(&log->news);
	pthread_mutex_destroy(&log->mutex);
	free(log);
}

static struct slot *slot_of(struct record_log *log, uint64_t number)
{
	return &log->slot[number & (log->room - 1)];
}

uint64_t record_log_append(struct record_log *log, const struct record *record)
{
	uint64_t number = log->last + 1; /* nobody else writes it */
	struct slot *slot = slot_of(log, number);
	struct record copy = *record;

	copy.number = number;
	give(&slot->sequence, 2 * number - 1);
	for (size_t i = 0; i < WORDS; i++) {
		uint64_t word;

		memcpy(&word, (const char *)&copy + i * sizeof(word), sizeof(word));
		give(&slot->word[i], word);
	}
	give(&slot->sequence, 2 * number);
	give(&log->last, number);
	return number;
}

/* Everybody looks again; with the mutex held. */
static void wake(struct record_log *log)
{
	static const uint64_t one = 1;

	pthread_cond_broadcast(&log->news);
	for (size_t i = 0; i < log->eventfd_count; i++) {
		/* It does not block, and fails only if it is readable already. */
		ssize_t written = write(log->eventfd[i], &one, sizeof(one));

		(void)written;
	}
}

void record_log_flush(struct record_log *log)
{
	pthread_mutex_lock(&log->mutex);
	wake(log);
	pthread_mutex_unlock(&log->mutex);
}

void record_log_close(struct record_log *log)
{
	pthread_mutex_lock(&log->mutex);
	__atomic_store_n(&log->closed, true, __ATOMIC_RELEASE);
	wake(log);
	pthread_mutex_unlock(&log->mutex);
}

bool record_log_is_closed(struct record_log *log)
{
	return __atomic_load_n(&log->closed, __ATOMIC_ACQUIRE);
}

struct record_cursor record_log_place(struct record_log *log, uint64_t backlog)
{
	uint64_t last = take(&log->last), kept = last < log->room ? last : log->room;

	return (struct record_cursor){.next = last + 1 - (backlog < kept ? backlog : kept)};
}

/* False if the record is not there any more, or is just being overwritten. */
static bool copy_out(struct record_log *log, uint64_t number, struct record *record)
{
	struct slot *slot = slot_of(log, number);

	if (take(&slot->sequence) != 2 * number)
		return false;
	for (size_t i = 0; i < WORDS; i++) {
		uint64_t word = take(&slot->word[i]);

		memcpy((char *)record + i * sizeof(word), &word, sizeof(word));
	}
	return take(&slot->sequence) == 2 * number;
}

/* To the oldest record that is still there, if the writer has overtaken the cursor. */
static void catch_up(struct record_log *log, struct record_cursor *cursor, uint64_t last)
{
	uint64_t oldest = last < log->room ? 1 : last - log->room + 1;

	if (cursor->next >= oldest)
		return;
	cursor->lost += oldest - cursor->next;
	cursor->next = oldest;
}

size_t record_log_read(struct record_log *log, struct record_cursor *cursor, struct record *records,
		       size_t most)
{
	size_t count = 0;

	while (count < most) {
		uint64_t last = take(&log->last);

		if (cursor->next > last)
			break;
		catch_up(log, cursor, last);
		if (copy_out(log, cursor->next, &records[count])) {
			cursor->next++;
			count++;
		} else if (take(&log->last) == last) {
			/* The next one is being written into its place. */
			cursor->next++;
			cursor->lost++;
		}
	}
	return count;
}

static bool has_news(struct record_log *log, const struct record_cursor *cursor)
{
	return take(&log->last) >= cursor->next;
}

static struct timespec deadline_in(int timeout_ms)
{
	struct timespec deadline;

	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += timeout_ms / 1000;
	deadline.tv_nsec += timeout_ms % 1000 * 1000000L;
	if (deadline.tv_nsec >= 1000000000) {
		deadline.tv_sec++;
		deadline.tv_nsec -= 1000000000;
	}
	return deadline;
}

bool record_log_wait(struct record_log *log, const struct record_cursor *cursor, int timeout_ms)
{
	struct timespec deadline = deadline_in(timeout_ms < 0 ? INT_MAX : timeout_ms);
	int err = 0;

	pthread_mutex_lock(&log->mutex);
	while (!err && !has_news(log, cursor) && !record_log_is_closed(log))
		err = pthread_cond_timedwait(&log->news, &log->mutex, &deadline);
	pthread_mutex_unlock(&log->mutex);
	return has_news(log, cursor);
}

int record_log_eventfd(struct record_log *log)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), *grown;

	if (fd < 0)
		return -errno;
	pthread_mutex_lock(&log->mutex);
	grown = reallocarray(log->eventfd, log->eventfd_count + 1, sizeof(*grown));
	if (grown) {
		log->eventfd = grown;
		grown[log->eventfd_count++] = fd;
		if (record_log_is_closed(log))
			wake(log);
	}
	pthread_mutex_unlock(&log->mutex);
	if (grown)
		return fd;
	close(fd);
	return -ENOMEM;
}

void record_log_forget_eventfd(struct record_log *log, int fd)
{
	pthread_mutex_lock(&log->mutex);
	for (size_t i = 0; i < log->eventfd_count; i++) {
		if (log->eventfd[i] != fd)
			continue;
		log->eventfd[i] = log->eventfd[--log->eventfd_count];
		close(fd);
		break;
	}
	pthread_mutex_unlock(&log->mutex);
}
