// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines at the end of a file. Each is there whole or not at all: what a full disk cuts off is taken back.
 */
#include "sinks/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "sinks/lines.h"

#define FILE_MODE 0640

struct file_sink {
	const struct config_sink *config;
	int fd;
	struct lines lines;
};

static int explain(const struct file_sink *sink, const char *what, int err)
{
	log_error("sink \"%s\": %s %s: %s", sink->config->name, what, sink->config->path,
		  strerror(-err));
	if (err == -ENOENT)
		log_hint("make the directory in which it stands");
	else if (err == -EACCES || err == -EROFS)
		log_hint("the daemon's user has to be able to write there");
	return err;
}

/* Of a crash, half a line may be there: ours begin with the next one. */
static int end_line(const struct file_sink *sink, off_t size)
{
	char last = '\n';

	if (size > 0 && pread(sink->fd, &last, 1, size - 1) != 1)
		return -EIO;
	return last == '\n' || write(sink->fd, "\n", 1) == 1 ? 0 : -errno;
}

static int open_file(struct file_sink *sink)
{
	/* Without O_NONBLOCK, a pipe would have us wait for its reader. */
	const int flags = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	struct stat status;
	int err;

	sink->fd = open(sink->config->path, flags, FILE_MODE);
	if (sink->fd < 0)
		return explain(sink, "cannot open", -errno);
	if (fstat(sink->fd, &status)) {
		err = explain(sink, "cannot use", -errno);
	} else if (!S_ISREG(status.st_mode)) {
		log_error("sink \"%s\": %s is not a file", sink->config->name, sink->config->path);
		log_hint("for sockets there is type = stream, for pipes type = stdout");
		err = -EINVAL;
	} else {
		err = end_line(sink, status.st_size);
		if (!err)
			return 0;
		explain(sink, "cannot write", err);
	}
	close(sink->fd);
	sink->fd = -1;
	return err;
}

static int file_open(const struct config_sink *config, void **state, bool first)
{
	struct file_sink *sink = calloc(1, sizeof(*sink));
	int err;

	(void)first;
	if (!sink) {
		log_error("sink \"%s\": %s", config->name, strerror(ENOMEM));
		return -ENOMEM;
	}
	sink->config = config;
	err = open_file(sink);
	if (err)
		free(sink);
	else
		*state = sink;
	return err;
}

/* Takes back what was written of a line that did not fit. It is at the end, wherever that is by now. */
static void take_back(const struct file_sink *sink, size_t torn)
{
	struct stat status;

	if (torn && !fstat(sink->fd, &status) && status.st_size >= (off_t)torn &&
	    ftruncate(sink->fd, status.st_size - (off_t)torn))
		explain(sink, "cannot take half a line back from", -errno);
}

/* All of it, or a negative errno with the bytes that are written in `*done`. */
static int put_text(const struct file_sink *sink, size_t *done)
{
	const struct lines *lines = &sink->lines;

	while (*done < lines->len) {
		ssize_t put = write(sink->fd, lines->text + *done, lines->len - *done);

		if (put > 0)
			*done += (size_t)put;
		else if (put < 0 && errno != EINTR)
			return -errno;
		else if (!put)
			return -EIO;
	}
	return 0;
}

/* What is written to a file that was deleted, nobody finds. */
static int check_there(const struct file_sink *sink)
{
	struct stat status;

	if (fstat(sink->fd, &status))
		return explain(sink, "cannot use", -errno);
	if (status.st_nlink)
		return 0;
	log_error("sink \"%s\": %s was deleted", sink->config->name, sink->config->path);
	log_hint("move it away and send SIGHUP instead, as logrotate does");
	return -ESTALE;
}

static int file_write(void *state, const struct record *records, size_t count, size_t *written)
{
	struct file_sink *sink = state;
	size_t done = 0;
	int err = check_there(sink);

	*written = 0;
	if (err)
		return err;
	err = lines_fill(&sink->lines, (enum record_format)sink->config->format, records, count);
	if (!err)
		err = put_text(sink, &done);
	*written = lines_whole(&sink->lines, done);
	if (!err)
		return 0;
	take_back(sink, done - (*written ? sink->lines.end[*written - 1] : 0));
	return explain(sink, "cannot write", err);
}

static int file_reopen(void *state)
{
	struct file_sink *sink = state;

	close(sink->fd);
	return open_file(sink);
}

static void file_close(void *state)
{
	struct file_sink *sink = state;

	if (sink->fd >= 0)
		close(sink->fd);
	lines_free(&sink->lines);
	free(sink);
}

const struct sink_driver sink_file = {
	.type = SINK_FILE,
	.open = file_open,
	.write = file_write,
	.reopen = file_reopen,
	.close = file_close,
};
