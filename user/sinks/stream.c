// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines to a unix stream socket where somebody listens. Whoever connects anew there begins with a whole line: one that
 * was cut off when the connection broke is sent again.
 */
#include "sinks/sink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sinks/lines.h"
#include "sinks/socket.h"

struct stream_sink {
	const struct config_sink *config;
	int fd; /* -1: nobody has listened yet */
	struct lines lines;
	size_t skip; /* see lines_send() */
};

static int stream_open(const struct config_sink *config, void **state, bool first)
{
	struct stream_sink *sink = calloc(1, sizeof(*sink));
	int err;

	if (!sink)
		return sink_socket_explain(config, -ENOMEM);
	err = sink_socket_open(config, SOCK_STREAM, first, &sink->fd);
	if (err) {
		free(sink);
		return err;
	}
	sink->config = config;
	*state = sink;
	return 0;
}

static ssize_t put(int fd, const void *bytes, size_t len)
{
	return send(fd, bytes, len, MSG_NOSIGNAL);
}

static int stream_write(void *state, const struct record *records, size_t count, size_t *written)
{
	struct stream_sink *sink = state;
	int err;

	*written = 0;
	if (sink->fd < 0)
		sink->fd = sink_socket(sink->config, SOCK_STREAM);
	if (sink->fd < 0) {
		err = sink_socket_explain(sink->config, sink->fd);
		/* To us, -EAGAIN means something else. */
		return err == -EAGAIN ? -ECONNREFUSED : err;
	}
	err = lines_fill(&sink->lines, (enum record_format)sink->config->format, records, count);
	if (!err)
		err = lines_send(&sink->lines, sink->fd, put, SIZE_MAX, &sink->skip, written);
	return err && err != -EAGAIN ? sink_socket_explain(sink->config, err) : err;
}

static void stream_count(void *state, struct sink_counts *counts)
{
	counts->open = ((const struct stream_sink *)state)->fd >= 0;
}

static void stream_close(void *state)
{
	struct stream_sink *sink = state;

	if (sink->fd >= 0)
		close(sink->fd);
	lines_free(&sink->lines);
	free(sink);
}

const struct sink_driver sink_stream = {
	.type = SINK_STREAM,
	.open = stream_open,
	.write = stream_write,
	.count = stream_count,
	.close = stream_close,
};
