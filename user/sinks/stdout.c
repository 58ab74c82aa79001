// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines on standard output, for service managers that keep them, and for pipes.
 */
#include "sinks/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "sinks/lines.h"

struct stdout_sink {
	const struct config_sink *config;
	struct lines lines;
	size_t skip; /* see lines_send() */
};

static int stdout_open(const struct config_sink *config, void **state, bool first)
{
	struct stdout_sink *sink = calloc(1, sizeof(*sink));
	int err = !sink ? -ENOMEM : fcntl(STDOUT_FILENO, F_GETFD) < 0 ? -errno : 0;

	(void)first;
	if (err) {
		log_error("sink \"%s\": standard output: %s", config->name, strerror(-err));
		free(sink);
		return err;
	}
	sink->config = config;
	*state = sink;
	return 0;
}

static int stdout_write(void *state, const struct record *records, size_t count, size_t *written)
{
	struct stdout_sink *sink = state;
	int err =
		lines_fill(&sink->lines, (enum record_format)sink->config->format, records, count);

	*written = 0;
	/*
	 * It is not ours alone, so it stays as it is: blocking. But a pipe that poll() calls writable takes PIPE_BUF bytes at
	 * once (pipe(7)).
	 */
	if (!err)
		err = lines_send(&sink->lines, STDOUT_FILENO, write, PIPE_BUF, &sink->skip,
				 written);
	if (err && err != -EAGAIN)
		log_error("sink \"%s\": standard output: %s", sink->config->name, strerror(-err));
	return err;
}

static void stdout_close(void *state)
{
	struct stdout_sink *sink = state;

	lines_free(&sink->lines);
	free(sink);
}

const struct sink_driver sink_stdout = {
	.type = SINK_STDOUT,
	.open = stdout_open,
	.write = stdout_write,
	.close = stdout_close,
};
