// SPDX-License-Identifier: GPL-2.0-or-later
#include "sinks/spool_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "sinks/spool.h"

#define HEAD_MAX (64 << 10) /* bytes of the line */

struct file_head {
	char magic[8];
	uint32_t len;
	uint32_t sum;
};

struct entry_head {
	uint32_t len;
	uint32_t sum;
};
_Static_assert(sizeof(struct entry_head) == SPOOL_ENTRY, "no padding");

static const char magic[8] = {'T', 'G', 'S', 'P', 'O', 'O', 'L', '1'};

static uint32_t sum_of(uint64_t number, uint32_t len, const char *bytes)
{
	uLong sum = crc32(0, (const Bytef *)&number, sizeof(number));

	sum = crc32(sum, (const Bytef *)&len, sizeof(len));
	return crc32(sum, (const Bytef *)bytes, len);
}

int spool_file_write(int fd, uint64_t offset, const char *bytes, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pwrite(fd, bytes + done, len - done, offset + done);
		int err = -errno;

		if (n > 0) {
			done += n;
			continue;
		}
		if (n < 0 && err == -EINTR)
			continue;
		/* If even that fails, the torn row is found by its sum. */
		if (ftruncate(fd, offset))
			return -EIO;
		return n ? err : -ENOSPC;
	}
	return 0;
}

/* Up to `len` bytes; fewer: the file ends. */
static ssize_t read_at(int fd, uint64_t offset, void *bytes, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, (char *)bytes + done, len - done, offset + done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		done += n;
	}
	return done;
}

int spool_file_begin(int fd, const char *head)
{
	struct file_head first = {.len = strlen(head)};
	size_t size = sizeof(first) + first.len;
	char *bytes = malloc(size);
	int err;

	if (!bytes)
		return -ENOMEM;
	memcpy(first.magic, magic, sizeof(magic));
	first.sum = sum_of(0, first.len, head);
	memcpy(bytes, &first, sizeof(first));
	memcpy(bytes + sizeof(first), head, first.len);
	err = spool_file_write(fd, 0, bytes, size);
	free(bytes);
	return err ? err : (int)size;
}

void spool_file_entry(char *out, uint64_t number, const char *row, uint32_t len)
{
	struct entry_head entry = {.len = len, .sum = sum_of(number, len, row)};

	memcpy(out, &entry, sizeof(entry));
	memcpy(out + sizeof(entry), row, len);
}

int spool_file_head(int fd, char **head, uint64_t *size)
{
	struct file_head first;
	ssize_t n = read_at(fd, 0, &first, sizeof(first));
	char *line;

	if (n < 0)
		return n;
	if (n < (ssize_t)sizeof(first) || memcmp(first.magic, magic, sizeof(magic)) ||
	    first.len > HEAD_MAX)
		return -EBADMSG;
	line = malloc(first.len + 1);
	if (!line)
		return -ENOMEM;
	n = read_at(fd, sizeof(first), line, first.len);
	if (n != (ssize_t)first.len || sum_of(0, first.len, line) != first.sum) {
		free(line);
		return n < 0 ? n : -EBADMSG;
	}
	line[first.len] = '\0';
	*head = line;
	*size = sizeof(first) + first.len;
	return 0;
}

int spool_file_rows(int fd, uint64_t from, uint64_t to, struct spool_rows *rows)
{
	uint64_t want = to - from < SPOOL_WINDOW ? to - from : SPOOL_WINDOW;
	ssize_t size = read_at(fd, from, rows->text, want);
	size_t at = 0;

	rows->len = rows->count = rows->bad = 0;
	rows->end = from;
	if (size < 0)
		return size;
	while (rows->count < rows->most && at + SPOOL_ENTRY <= (size_t)size) {
		struct entry_head entry;
		char *row = rows->text + at + SPOOL_ENTRY;

		memcpy(&entry, rows->text + at, sizeof(entry));
		if (!entry.len || entry.len > SPOOL_ROW ||
		    at + SPOOL_ENTRY + entry.len > (size_t)size)
			break;
		if (sum_of(rows->number, entry.len, row) == entry.sum) {
			/* The text is gathered in the window's own beginning. */
			memmove(rows->text + rows->len, row, entry.len);
			rows->len += entry.len;
			rows->count++;
		} else {
			rows->bad++;
		}
		at += SPOOL_ENTRY + entry.len;
	}
	rows->end = from + at;
	return 0;
}
