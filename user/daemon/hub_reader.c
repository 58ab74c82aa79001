// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "daemon/hub_reader.h"

#include "daemon/hub_request.h"
#include "flow_json.h"
#include "flows.h"
#include "records/record_format.h"
#include "report.h"
#include "stats.h"
#include "time_now.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define ASK_SECONDS   10 /* in which a reader has to say what he wants */
#define STALL_SECONDS 30 /* in which he has to read something */
#define BATCH         32 /* records */
#define BUFFER_BYTES  32768

/* Documents of all flows are large: so many readers may have one at hand at the same time. */
#define FLOWS_AT_ONCE 2
static pthread_mutex_t flows_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t flows_done = PTHREAD_COND_INITIALIZER;
static unsigned int flows_running;

struct reader {
	int fd;
	const struct hub_sources *sources;
	struct hub_request request;
	struct record_cursor cursor;
	uint64_t lost_told;
	uint64_t flows_due; /* CLOCK_MONOTONIC, ms */
	uint64_t stats_due;
	int news; /* eventfd of the log; -1 */
	bool failed;
	size_t used;
	char buffer[BUFFER_BYTES];
};

/* ---- sending ------------------------------------------------------------------------------------------------------- */

static void flush(struct reader *reader)
{
	size_t sent = 0;

	while (sent < reader->used && !reader->failed) {
		ssize_t now =
			send(reader->fd, reader->buffer + sent, reader->used - sent, MSG_NOSIGNAL);

		if (now > 0)
			sent += (size_t)now;
		else if (errno != EINTR)
			reader->failed = true; /* gone, or he reads nothing */
	}
	reader->used = 0;
}

static int put_bytes(const char *bytes, size_t len, void *context)
{
	struct reader *reader = context;

	while (len && !reader->failed) {
		size_t room = sizeof(reader->buffer) - reader->used, part = len < room ? len : room;

		memcpy(reader->buffer + reader->used, bytes, part);
		reader->used += part;
		bytes += part;
		len -= part;
		if (reader->used == sizeof(reader->buffer))
			flush(reader);
	}
	return reader->failed ? -1 : 0;
}

static void put_text(struct reader *reader, const char *text)
{
	put_bytes(text, strlen(text), reader);
}

/* Takes the value. */
static void put_json(struct reader *reader, json_t *value)
{
	json_dump_callback(value, put_bytes, reader, JSON_COMPACT | JSON_ENCODE_ANY);
	json_decref(value);
}

/* {"name": value}, a line; takes the value. */
static void put_message(struct reader *reader, const char *name, json_t *value)
{
	put_json(reader, json_pack("{s:o}", name, value));
	put_text(reader, "\n");
}

static void put_metainfo(struct reader *reader)
{
	json_t *document = report_document(), *metainfo = json_object_get(document, "metainfo");

	json_object_set_new(metainfo, "daemon", reader->sources->counts(reader->sources->context));
	put_message(reader, "metainfo", json_incref(metainfo));
	json_decref(document);
}

/* ---- documents ----------------------------------------------------------------------------------------------------- */

static void put_list(struct reader *reader, const struct flow_list *list, enum flow_kind kind,
		     const struct registry *registry)
{
	put_text(reader, ",\"");
	put_text(reader, flow_list_name(kind));
	put_text(reader, "\":[");
	for (size_t i = 0; i < list->count && !reader->failed; i++) {
		const struct flow *flow = &list->flow[i];

		if (i)
			put_text(reader, ",");
		put_json(reader,
			 flow_json(flow, kind, registry->zone[flow->zone % TG_SLOTS_MAX].name));
	}
	put_text(reader, "]");
}

/* What there is of it; nothing may be up. */
static void put_flow_lists(struct reader *reader)
{
	static const struct registry nothing;
	struct flow_list lists[FLOW_KINDS] = {0};
	struct registry *registry = NULL;
	struct instance instance;

	if (!instance_open(&instance, reader->sources->bpffs, BPFFS_READ, false)) {
		registry = registry_read(&instance.maps);
		if (registry)
			flows_read(&instance, registry, lists);
		instance_close(&instance);
	}
	for (enum flow_kind kind = 0; kind < FLOW_KINDS; kind++)
		put_list(reader, &lists[kind], kind, registry ? registry : &nothing);
	flows_free(lists);
	free(registry);
}

static void put_flows(struct reader *reader)
{
	json_t *document = report_document();

	pthread_mutex_lock(&flows_mutex);
	while (flows_running == FLOWS_AT_ONCE)
		pthread_cond_wait(&flows_done, &flows_mutex);
	flows_running++;
	pthread_mutex_unlock(&flows_mutex);
	put_text(reader, "{\"flows\":{\"metainfo\":");
	put_json(reader, json_incref(json_object_get(document, "metainfo")));
	json_decref(document);
	put_flow_lists(reader);
	put_text(reader, "}}\n");
	flush(reader);
	pthread_mutex_lock(&flows_mutex);
	flows_running--;
	pthread_cond_signal(&flows_done);
	pthread_mutex_unlock(&flows_mutex);
}

static void put_stats(struct reader *reader)
{
	struct registry *registry = NULL;
	struct instance instance;
	json_t *document = NULL;

	if (!instance_open(&instance, reader->sources->bpffs, BPFFS_READ, false)) {
		registry = registry_read(&instance.maps);
		if (registry)
			document = stats_json(&instance, registry, false);
		free(registry);
		instance_close(&instance);
	}
	if (!document) {
		document = report_document();
		json_object_set_new(document, "interfaces", json_array());
	}
	json_object_set_new(document, "daemon", reader->sources->counts(reader->sources->context));
	put_message(reader, "stats", document);
	flush(reader);
}

/* ---- records ------------------------------------------------------------------------------------------------------- */

static void put_records(struct reader *reader)
{
	struct record records[BATCH];
	size_t count;

	do {
		count = record_log_read(reader->sources->log, &reader->cursor, records, BATCH);
		if (reader->cursor.lost != reader->lost_told) {
			put_message(reader, "lost",
				    json_integer(
					    (json_int_t)(reader->cursor.lost - reader->lost_told)));
			reader->lost_told = reader->cursor.lost;
		}
		for (size_t i = 0; i < count; i++)
			if (record_filter_takes(&reader->request.filter, &records[i]))
				put_message(reader, "record", record_json(&records[i]));
		flush(reader);
	} while (count && !reader->failed);
}

/* ---- the conversation ---------------------------------------------------------------------------------------------- */

static void refuse(struct reader *reader, const char *why)
{
	put_message(reader, "error", report_text(why));
	flush(reader);
}

static void set_timeout(int fd, int option, int seconds)
{
	const struct timeval timeout = {.tv_sec = seconds};

	setsockopt(fd, SOL_SOCKET, option, &timeout, sizeof(timeout));
}

/* The reader's line, to be freed, and its length; NULL: there is none, which is told if somebody is there. */
static char *hear(struct reader *reader, size_t *len)
{
	char *line = malloc(HUB_REQUEST), *end = NULL;
	int64_t deadline = time_now_ms(CLOCK_MONOTONIC) + ASK_SECONDS * 1000;

	*len = 0;
	while (line && !end && *len < HUB_REQUEST && time_now_ms(CLOCK_MONOTONIC) < deadline) {
		ssize_t got = recv(reader->fd, line + *len, HUB_REQUEST - *len, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		end = memchr(line + *len, '\n', (size_t)got);
		*len += (size_t)got;
	}
	if (end) {
		*len = (size_t)(end - line);
		return line;
	}
	if (line)
		refuse(reader, *len == HUB_REQUEST ? "the line is too long" : "no line came");
	free(line);
	return NULL;
}

/* A document that is due; and when it is due again, ~0: never. */
static void put_due(struct reader *reader, const struct hub_wish *wish, uint64_t *due,
		    void (*put)(struct reader *reader))
{
	if (!wish->asked || (uint64_t)time_now_ms(CLOCK_MONOTONIC) < *due)
		return;
	put(reader);
	*due = wish->every_ms ? time_now_ms(CLOCK_MONOTONIC) + wish->every_ms : UINT64_MAX;
}

/* Waits for news, for a document to be due, or for him to hang up. False: it is over. */
static bool wait_for_news(struct reader *reader)
{
	struct pollfd polled[] = {{.fd = reader->fd, .events = POLLIN | POLLRDHUP},
				  {.fd = reader->news, .events = POLLIN}};
	uint64_t due =
		reader->flows_due < reader->stats_due ? reader->flows_due : reader->stats_due;
	uint64_t now = time_now_ms(CLOCK_MONOTONIC), count;
	int timeout = due == UINT64_MAX ? -1 : due > now ? (int)(due - now) : 0;
	char byte;

	if (poll(polled, 2, timeout) < 0)
		return errno == EINTR;
	if (polled[1].revents && read(reader->news, &count, sizeof(count)) < 0)
		return errno == EAGAIN;
	if (polled[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		return false;
	/* He has nothing more to say; what he says all the same is thrown away. */
	return !polled[0].revents || recv(reader->fd, &byte, 1, MSG_DONTWAIT) > 0;
}

static void converse(struct reader *reader)
{
	const struct hub_request *request = &reader->request;
	bool more = request->records || request->flows.every_ms || request->stats.every_ms;

	reader->flows_due = request->flows.asked ? 0 : UINT64_MAX;
	reader->stats_due = request->stats.asked ? 0 : UINT64_MAX;
	put_metainfo(reader);
	flush(reader);
	do {
		put_due(reader, &request->flows, &reader->flows_due, put_flows);
		put_due(reader, &request->stats, &reader->stats_due, put_stats);
		if (request->records)
			put_records(reader);
	} while (more && !reader->failed && !record_log_is_closed(reader->sources->log) &&
		 wait_for_news(reader));
	if (request->records && !reader->failed)
		put_records(reader);
}

static void serve(struct reader *reader)
{
	struct complaint why;
	size_t len;
	char *line = hear(reader, &len);

	if (!line)
		return;
	if (hub_request_parse(line, len, &reader->request, &why)) {
		refuse(reader, why.what);
	} else {
		reader->cursor = record_log_place(reader->sources->log, reader->request.backlog);
		reader->news = record_log_eventfd(reader->sources->log);
		if (reader->news >= 0) {
			converse(reader);
			record_log_forget_eventfd(reader->sources->log, reader->news);
		}
	}
	hub_request_free(&reader->request);
	free(line);
}

void hub_reader_serve(int fd, const struct hub_sources *sources)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return;
	reader->fd = fd;
	reader->sources = sources;
	reader->news = -1;
	set_timeout(fd, SO_RCVTIMEO, ASK_SECONDS);
	set_timeout(fd, SO_SNDTIMEO, STALL_SECONDS);
	serve(reader);
	free(reader);
}
