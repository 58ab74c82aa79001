// SPDX-License-Identifier: GPL-2.0-or-later
#include "sinks/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "sinks/spool_file.h"

#define NAME_TEXT 32
#define ROW_GUESS 256 /* bytes; for a first allocation */

struct segment {
	uint64_t number;
	uint64_t size; /* bytes that are good */
	uint64_t read; /* offset of the first row that is not done */
	uint64_t rows; /* from there on */
	bool unsynced;
};

struct spool {
	int directory;
	int active; /* the last segment, while it is appended to; else -1 */
	uint64_t max;
	uint64_t segment_max;
	char *head;
	pthread_mutex_t lock;    /* of all below */
	struct segment *segment; /* oldest first */
	size_t count;
	size_t room;
	uint64_t next_number;
	uint64_t bytes;
	uint64_t rows;
	uint64_t damaged;
};

static const char *segment_name(uint64_t number, char name[NAME_TEXT])
{
	snprintf(name, NAME_TEXT, "%016llx.rows", (unsigned long long)number);
	return name;
}

static int segment_open(const struct spool *spool, uint64_t number, int flags)
{
	char name[NAME_TEXT];
	int fd = openat(spool->directory, segment_name(number, name), flags | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : fd;
}

/* ---- the list of segments ----------------------------------------------------------------------------------------- */

static struct segment *add_segment(struct spool *spool, uint64_t number)
{
	if (spool->count == spool->room) {
		size_t room = spool->room ? 2 * spool->room : 16;
		struct segment *more = realloc(spool->segment, room * sizeof(*more));

		if (!more)
			return NULL;
		spool->segment = more;
		spool->room = room;
	}
	spool->segment[spool->count] = (struct segment){.number = number};
	return &spool->segment[spool->count++];
}

static void close_active(struct spool *spool)
{
	if (spool->active >= 0)
		close(spool->active);
	spool->active = -1;
}

/* Removes the oldest; rows of it that should have come and did not are lost. */
static void drop_first(struct spool *spool)
{
	struct segment *first = spool->segment;
	char name[NAME_TEXT];

	if (spool->count == 1)
		close_active(spool);
	unlinkat(spool->directory, segment_name(first->number, name), 0);
	spool->bytes -= first->size;
	spool->rows -= first->rows;
	spool->damaged += first->rows;
	spool->count--;
	memmove(first, first + 1, spool->count * sizeof(*first));
}

/* The one that is appended to stays, so that not every row makes and removes a file. */
static void drop_spent(struct spool *spool, bool all)
{
	while (spool->count && spool->segment[0].read >= spool->segment[0].size &&
	       (all || spool->count > 1 || spool->active < 0))
		drop_first(spool);
}

static bool has_rows(const struct spool *spool)
{
	return spool->count && spool->segment[0].read < spool->segment[0].size;
}

/* ---- appending ---------------------------------------------------------------------------------------------------- */

static int begin_segment(struct spool *spool)
{
	struct segment *segment;
	int fd, size;

	close_active(spool);
	fd = segment_open(spool, spool->next_number, O_RDWR | O_CREAT | O_EXCL);
	if (fd < 0)
		return fd;
	size = spool_file_begin(fd, spool->head);
	segment = size < 0 ? NULL : add_segment(spool, spool->next_number);
	if (!segment) {
		char name[NAME_TEXT];

		close(fd);
		unlinkat(spool->directory, segment_name(spool->next_number, name), 0);
		return size < 0 ? size : -ENOMEM;
	}
	spool->next_number++;
	spool->active = fd;
	segment->size = segment->read = size;
	segment->unsynced = true;
	spool->bytes += size;
	drop_spent(spool, false);
	return 0;
}

/*
 * Appends rows up to the end of the segment or of the room; `*done` goes on by their bytes. Returns their number or a
 * negative errno; 0: no room.
 */
static int append_some(struct spool *spool, const char *rows, size_t len, size_t *done)
{
	struct segment *last = &spool->segment[spool->count - 1];
	size_t size = 0, used = 0, room = len + ROW_GUESS;
	char *out = malloc(room);
	int count = 0, err = out ? 0 : -ENOMEM;

	while (!err && *done + used < len) {
		const char *row = rows + *done + used;
		size_t row_len = (const char *)memchr(row, '\n', len - *done - used) + 1 - row;
		size_t entry = SPOOL_ENTRY + row_len;

		if (row_len > SPOOL_ROW) {
			err = count ? 0 : -EMSGSIZE;
			break;
		}
		if (spool->bytes + size + entry > spool->max ||
		    (count && last->size + size + entry > spool->segment_max))
			break;
		if (size + entry > room) {
			char *more = realloc(out, room = 2 * (size + entry));

			if (!more) {
				err = -ENOMEM;
				break;
			}
			out = more;
		}
		spool_file_entry(out + size, last->number, row, row_len);
		size += entry;
		used += row_len;
		count++;
	}
	if (!err && count)
		err = spool_file_write(spool->active, last->size, out, size);
	free(out);
	if (err)
		return err;
	last->size += size;
	last->rows += count;
	spool->rows += count;
	last->unsynced = last->unsynced || count;
	spool->bytes += size;
	*done += used;
	return count;
}

/* Room for the next row in the segment at the end, which may be a new one? 0, or a negative errno. */
static int need_segment(struct spool *spool, const char *rows, size_t len)
{
	size_t entry = SPOOL_ENTRY + (const char *)memchr(rows, '\n', len) + 1 - rows;

	if (spool->active >= 0 &&
	    spool->segment[spool->count - 1].size + entry <= spool->segment_max)
		return 0;
	return begin_segment(spool);
}

int spool_append(struct spool *spool, const char *rows, size_t len, size_t *taken)
{
	size_t done = 0;
	int err = 0;

	*taken = 0;
	pthread_mutex_lock(&spool->lock);
	while (done < len) {
		/* A segment that says nothing but its head is no use. */
		if (spool->bytes + SPOOL_ENTRY >= spool->max)
			break;
		err = need_segment(spool, rows + done, len - done);
		if (!err)
			err = append_some(spool, rows, len, &done);
		if (err <= 0)
			break;
		*taken += err;
		err = 0;
	}
	pthread_mutex_unlock(&spool->lock);
	return err;
}

/* ---- reading ------------------------------------------------------------------------------------------------------ */

static int read_segment(const struct spool *spool, const struct segment *segment, size_t most,
			struct spool_batch *batch)
{
	struct spool_rows rows = {.number = segment->number, .most = most};
	int fd = segment_open(spool, segment->number, O_RDONLY), err;
	char *head = NULL;
	uint64_t size;

	if (fd < 0)
		return fd;
	err = spool_file_head(fd, &head, &size);
	if (!err && !(rows.text = malloc(SPOOL_WINDOW)))
		err = -ENOMEM;
	if (!err)
		err = spool_file_rows(fd, segment->read, segment->size, &rows);
	close(fd);
	if (err) {
		free(head);
		free(rows.text);
		return err;
	}
	*batch = (struct spool_batch){.head = head,
				      .rows = rows.text,
				      .len = rows.len,
				      .count = rows.count,
				      .segment = segment->number,
				      .offset = rows.end};
	return 0;
}

static bool is_damage(int err)
{
	return err == -EBADMSG || err == -EIO || err == -ENOENT;
}

int spool_read(struct spool *spool, size_t most, struct spool_batch *batch)
{
	int err = 0;

	*batch = (struct spool_batch){0};
	pthread_mutex_lock(&spool->lock);
	while (drop_spent(spool, false), has_rows(spool)) {
		struct segment *first = &spool->segment[0];
		struct spool_batch got = {.offset = first->read};

		err = read_segment(spool, first, most, &got);
		if (got.count)
			*batch = got;
		if (got.count || (err && !is_damage(err)))
			break;
		/* What is left of it cannot be read: those rows are lost when it goes. */
		first->read = err || got.offset == first->read ? first->size : got.offset;
		if (spool->count == 1 && first->read == first->size)
			close_active(spool);
		spool_batch_free(&got);
		err = 0;
	}
	pthread_mutex_unlock(&spool->lock);
	return err;
}

void spool_batch_free(struct spool_batch *batch)
{
	free(batch->head);
	free(batch->rows);
	batch->head = NULL;
	batch->rows = NULL;
	batch->len = batch->count = 0;
}

void spool_done(struct spool *spool, const struct spool_batch *batch)
{
	pthread_mutex_lock(&spool->lock);
	if (batch->count && spool->count && spool->segment[0].number == batch->segment) {
		spool->segment[0].read = batch->offset;
		spool->segment[0].rows -= batch->count;
		spool->rows -= batch->count;
		drop_spent(spool, false);
	}
	pthread_mutex_unlock(&spool->lock);
}

/* ---- to the disk -------------------------------------------------------------------------------------------------- */

/* A descriptor of a segment that is not on disk yet, which then counts as being there; -ENOENT: there is none. */
static int next_unsynced(struct spool *spool)
{
	int fd = -ENOENT;

	pthread_mutex_lock(&spool->lock);
	for (size_t i = 0; i < spool->count && fd == -ENOENT; i++) {
		if (!spool->segment[i].unsynced)
			continue;
		fd = segment_open(spool, spool->segment[i].number, O_RDONLY);
		spool->segment[i].unsynced = false;
	}
	pthread_mutex_unlock(&spool->lock);
	return fd;
}

int spool_sync(struct spool *spool)
{
	bool any = false;
	int err = 0, fd;

	while ((fd = next_unsynced(spool)) != -ENOENT) {
		any = true;
		if (fd < 0 || fdatasync(fd))
			err = fd < 0 ? fd : -errno;
		if (fd >= 0)
			close(fd);
	}
	if (any && fsync(spool->directory))
		err = -errno;
	return err;
}

static uint64_t locked(struct spool *spool, const uint64_t *number)
{
	uint64_t value;

	pthread_mutex_lock(&spool->lock);
	value = *number;
	pthread_mutex_unlock(&spool->lock);
	return value;
}

uint64_t spool_rows(struct spool *spool)
{
	return locked(spool, &spool->rows);
}

uint64_t spool_bytes(struct spool *spool)
{
	return locked(spool, &spool->bytes);
}

uint64_t spool_damaged(struct spool *spool)
{
	return locked(spool, &spool->damaged);
}

/* ---- opening ------------------------------------------------------------------------------------------------------ */

/* Counts the rows of the open segment, and cuts off what is torn. 0 or a negative errno. */
static int scan_rows(struct spool *spool, struct segment *segment, int fd)
{
	struct spool_rows rows = {.number = segment->number, .most = SIZE_MAX};
	struct stat status;
	uint64_t at;
	int err = fstat(fd, &status) ? -errno : 0;

	rows.text = malloc(SPOOL_WINDOW);
	if (!rows.text)
		err = -ENOMEM;
	for (at = segment->size; !err; at = rows.end) {
		err = spool_file_rows(fd, at, status.st_size, &rows);
		segment->rows += rows.count;
		spool->rows += rows.count;
		spool->damaged += rows.bad;
		if (rows.end == at)
			break;
	}
	free(rows.text);
	if (!err && at < (uint64_t)status.st_size) {
		spool->damaged++;
		if (ftruncate(fd, at))
			err = -errno;
	}
	segment->size = at;
	return err;
}

/* What is not a segment is put aside under another name, unless it is empty. */
static int put_aside(struct spool *spool, const char *name, int fd)
{
	char aside[NAME_TEXT + 16];
	struct stat status;

	if (!fstat(fd, &status) && !status.st_size)
		return unlinkat(spool->directory, name, 0) ? -errno : 0;
	snprintf(aside, sizeof(aside), "%s.damaged", name);
	spool->damaged++;
	log_error("the spool's file %s is damaged at its beginning, and kept as %s", name, aside);
	return renameat(spool->directory, name, spool->directory, aside) ? -errno : 0;
}

static int scan_segment(struct spool *spool, uint64_t number)
{
	struct segment *segment;
	char name[NAME_TEXT], *head = NULL;
	int fd = segment_open(spool, number, O_RDWR), err;
	uint64_t size;

	if (fd < 0)
		return fd;
	err = spool_file_head(fd, &head, &size);
	free(head);
	if (number >= spool->next_number)
		spool->next_number = number + 1;
	if (err == -EBADMSG) {
		err = put_aside(spool, segment_name(number, name), fd);
	} else if (!err) {
		segment = add_segment(spool, number);
		if (segment) {
			segment->size = segment->read = size;
			segment->unsynced = true; /* nobody knows */
			err = scan_rows(spool, segment, fd);
			spool->bytes += segment->size;
		} else {
			err = -ENOMEM;
		}
	}
	close(fd);
	return err;
}

static int compare_numbers(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

/* The numbers of all segments, sorted and to be freed. Returns how many or a negative errno. */
static int list_segments(const struct spool *spool, uint64_t **numbers)
{
	size_t count = 0, room = 0;
	int fd = openat(spool->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!directory)
		return -errno;
	while (!err && (entry = readdir(directory))) {
		unsigned long long number;
		char name[NAME_TEXT];

		if (sscanf(entry->d_name, "%16llx.rows", &number) != 1 ||
		    strcmp(segment_name(number, name), entry->d_name))
			continue;
		if (count == room) {
			uint64_t *more = realloc(*numbers, (room = 2 * room + 64) * sizeof(*more));

			if (!more) {
				err = -ENOMEM;
				break;
			}
			*numbers = more;
		}
		(*numbers)[count++] = number;
	}
	closedir(directory);
	if (count)
		qsort(*numbers, count, sizeof(**numbers), compare_numbers);
	return err ? err : (int)count;
}

static int scan(struct spool *spool)
{
	uint64_t *numbers = NULL;
	int count = list_segments(spool, &numbers), err = count < 0 ? count : 0;

	for (int i = 0; numbers && i < count && !err; i++)
		err = scan_segment(spool, numbers[i]);
	free(numbers);
	drop_spent(spool, true);
	return err;
}

static int open_directory(const char *path)
{
	int fd;

	if (mkdir(path, 0700) && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		int err = errno == EWOULDBLOCK ? -EBUSY : -errno;

		close(fd);
		return err;
	}
	return fd;
}

static int explain(const char *directory, int err)
{
	if (err == -EBUSY) {
		log_error("the spool %s is in use by another sink or daemon", directory);
		log_hint("each postgresql sink needs a spool directory of its own");
		return err;
	}
	log_error("the spool %s cannot be used: %s", directory, strerror(-err));
	if (err == -ENOENT)
		log_hint("make the directory in which it stands; the last part is made by itself");
	if (err == -EACCES || err == -EROFS || err == -EPERM)
		log_hint("the daemon's user has to be able to write there");
	return err;
}

static void free_spool(struct spool *spool)
{
	close_active(spool);
	if (spool->directory >= 0)
		close(spool->directory);
	pthread_mutex_destroy(&spool->lock);
	free(spool->segment);
	free(spool->head);
	free(spool);
}

int spool_open(const char *directory, uint64_t max, const char *head, struct spool **spool)
{
	struct spool *made = calloc(1, sizeof(*made));
	int err;

	if (!made)
		return explain(directory, -ENOMEM);
	pthread_mutex_init(&made->lock, NULL);
	made->active = -1;
	made->max = max;
	made->segment_max = max / 8 < SPOOL_SEGMENT ? max / 8 : SPOOL_SEGMENT;
	made->head = strdup(head);
	made->directory = open_directory(directory);
	err = made->directory < 0 ? made->directory : made->head ? 0 : -ENOMEM;
	if (!err && faccessat(made->directory, ".", W_OK | X_OK, AT_EACCESS))
		err = -errno;
	if (!err)
		err = scan(made);
	if (err) {
		free_spool(made);
		return explain(directory, err);
	}
	if (made->damaged)
		log_notice("%llu records in the spool %s were damaged and are lost",
			   (unsigned long long)made->damaged, directory);
	*spool = made;
	return 0;
}

void spool_close(struct spool *spool)
{
	if (!spool)
		return;
	pthread_mutex_lock(&spool->lock);
	drop_spent(spool, true);
	pthread_mutex_unlock(&spool->lock);
	spool_sync(spool);
	free_spool(spool);
}
