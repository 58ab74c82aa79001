// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Syslog messages (RFC 5424) with structured data, as datagrams to a unix socket.
 */
#include "sinks/sink.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "sinks/socket.h"
#include "sinks/told.h"
#include "text.h"

/*
 * 7.2.2: names without "@" are IANA's, others bear an enterprise's number. tidegate has none; 32473 is the one for examples
 * (RFC 5612), which collides with nobody's.
 */
#define SD_ID         "tidegate@32473"
#define MESSAGE_BYTES 16384 /* the longest has less than 9000 */

struct syslog_sink {
	const struct config_sink *config;
	int fd; /* -1: nobody has listened yet */
	char host[HOST_NAME_MAX + 1];
	char text[MESSAGE_BYTES];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void add(struct syslog_sink *sink, const char *format,
						      ...)
{
	va_list args;

	va_start(args, format);
	text_vappend(sink->text, sizeof(sink->text), &sink->len, format, args);
	va_end(args);
}

/* 6.3.3: a backslash stands before these in values. */
static void add_parameter(void *context, const char *name, const char *value)
{
	add(context, " %s=\"", name);
	while (*value) {
		size_t len = strcspn(value, "\"\\]");

		add(context, "%.*s", (int)len, value);
		value += len;
		if (*value)
			add(context, "\\%c", *value++);
	}
	add(context, "\"");
}

/* Hosts without a name have "-", as all that is not known (6.2). */
static void keep_host(struct syslog_sink *sink)
{
	if (gethostname(sink->host, sizeof(sink->host)) || !*sink->host)
		strcpy(sink->host, "-");
	sink->host[sizeof(sink->host) - 1] = '\0';
	for (char *c = sink->host; *c; c++)
		if (*c <= ' ' || *c > '~')
			*c = '?';
}

static int describe(struct syslog_sink *sink, const struct record *record)
{
	char time[RECORD_TIME], message[RECORD_LINE], *eve;

	sink->len = 0;
	add(sink, "<%d>1 %s %s tidegate %d %s [" SD_ID, LOG_DAEMON | told_severity(record),
	    record_time(record->time_ns, "Z", time), sink->host, (int)getpid(),
	    record_kind_name(record->kind));
	told_fields(record, add_parameter, sink);
	add(sink, "] ");
	if (sink->config->format == FORMAT_TEXT) {
		told_message(record, message);
		add(sink, "%s", message);
		return 0;
	}
	eve = record_eve_line(record);
	if (!eve)
		return -ENOMEM;
	add(sink, "%.*s", (int)strlen(eve) - 1, eve);
	free(eve);
	return 0;
}

static int syslog_open(const struct config_sink *config, void **state, bool first)
{
	struct syslog_sink *sink = calloc(1, sizeof(*sink));
	int err;

	if (!sink)
		return sink_socket_explain(config, -ENOMEM);
	err = sink_socket_open(config, SOCK_DGRAM, first, &sink->fd);
	if (err) {
		free(sink);
		return err;
	}
	sink->config = config;
	keep_host(sink);
	*state = sink;
	return 0;
}

/* -EAGAIN: its queue has been full for so long. */
static int send_message(const struct syslog_sink *sink)
{
	struct pollfd poll_fd = {.fd = sink->fd, .events = POLLOUT};

	for (int attempt = 0; attempt < 2; attempt++) {
		if (send(sink->fd, sink->text, sink->len, MSG_NOSIGNAL) >= 0)
			return 0;
		if (errno != EAGAIN && errno != ENOBUFS && errno != EINTR)
			return -errno;
		poll(&poll_fd, 1, SINK_PATIENCE_MS);
	}
	return -EAGAIN;
}

static int syslog_write(void *state, const struct record *records, size_t count, size_t *written)
{
	struct syslog_sink *sink = state;
	int err = 0;

	*written = 0;
	if (sink->fd < 0) {
		sink->fd = sink_socket(sink->config, SOCK_DGRAM);
		err = sink->fd < 0 ? sink->fd : 0;
	}
	for (; *written < count && !err; *written += !err) {
		err = describe(sink, &records[*written]);
		if (!err)
			err = send_message(sink);
	}
	if (err && err != -EAGAIN && err != -EMSGSIZE)
		sink_socket_explain(sink->config, err);
	return err;
}

static void syslog_count(void *state, struct sink_counts *counts)
{
	counts->open = ((const struct syslog_sink *)state)->fd >= 0;
}

static void syslog_close(void *state)
{
	struct syslog_sink *sink = state;

	if (sink->fd >= 0)
		close(sink->fd);
	free(sink);
}

const struct sink_driver sink_syslog = {
	.type = SINK_SYSLOG,
	.open = syslog_open,
	.write = syslog_write,
	.count = syslog_count,
	.close = syslog_close,
};
