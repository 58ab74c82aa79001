// SPDX-License-Identifier: GPL-2.0-or-later
#include "sinks/lines.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sinks/sink.h"
#include "time_now.h"

static int reserve(struct lines *lines, size_t count)
{
	size_t *grown;

	if (count <= lines->end_room)
		return 0;
	grown = reallocarray(lines->end, count, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	lines->end = grown;
	lines->end_room = count;
	return 0;
}

static int append(struct lines *lines, const char *line, size_t len)
{
	size_t room = (lines->len + len) * 2;
	char *grown;

	if (lines->len + len > lines->room) {
		grown = realloc(lines->text, room);
		if (!grown)
			return -ENOMEM;
		lines->text = grown;
		lines->room = room;
	}
	memcpy(lines->text + lines->len, line, len);
	lines->len += len;
	lines->end[lines->count++] = lines->len;
	return 0;
}

static int append_record(struct lines *lines, enum record_format format,
			 const struct record *record)
{
	char text[RECORD_LINE], *eve;
	size_t len;
	int err;

	if (format == FORMAT_TEXT) {
		len = record_text_line(record, text);
		return append(lines, text, len);
	}
	eve = record_eve_line(record);
	err = eve ? append(lines, eve, strlen(eve)) : -ENOMEM;
	free(eve);
	return err;
}

int lines_fill(struct lines *lines, enum record_format format, const struct record *records,
	       size_t count)
{
	int err = reserve(lines, count);

	lines->len = 0;
	lines->count = 0;
	for (size_t i = 0; i < count && !err; i++)
		err = append_record(lines, format, &records[i]);
	return err;
}

void lines_free(struct lines *lines)
{
	free(lines->text);
	free(lines->end);
	*lines = (struct lines){0};
}

size_t lines_whole(const struct lines *lines, size_t bytes)
{
	size_t count = 0;

	while (count < lines->count && lines->end[count] <= bytes)
		count++;
	return count;
}

/* 0 if it takes something, -EAGAIN if it does not for so long. */
static int wait_for_room(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
	int ready = poll(&poll_fd, 1, SINK_PATIENCE_MS);

	if (ready < 0 && errno != EINTR)
		return -errno;
	/* An error shows when it is written to. */
	return ready > 0 ? 0 : -EAGAIN;
}

int lines_send(const struct lines *lines, int fd, lines_put put, size_t most, size_t *skip,
	       size_t *written)
{
	int64_t until_ms = time_now_ms(CLOCK_MONOTONIC) + LINES_SEND_MS;
	size_t sent = *skip, whole;
	int err = 0;

	while (sent < lines->len && !err) {
		size_t left = lines->len - sent;
		ssize_t put_now;

		err = time_now_ms(CLOCK_MONOTONIC) < until_ms ? wait_for_room(fd) : -EAGAIN;
		if (err)
			break;
		put_now = put(fd, lines->text + sent, left < most ? left : most);
		if (put_now > 0)
			sent += (size_t)put_now;
		else if (put_now < 0 && errno != EAGAIN && errno != EINTR)
			err = -errno;
	}
	whole = lines_whole(lines, sent);
	*written += whole;
	*skip = sent - (whole ? lines->end[whole - 1] : 0);
	return err;
}
