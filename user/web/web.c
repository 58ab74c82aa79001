// SPDX-License-Identifier: GPL-2.0-or-later
#include "web/web.h"

#include "log.h"
#include "time_now.h"
#include "web/feed.h"
#include "web/http.h"
#include "web/metrics.h"
#include "web/page_json.h"
#include "web/view.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define BATCH        128  /* records that are read at once */
#define RECENT       30   /* of each kind, for who opens the page later */
#define PENDING      50   /* records of each kind in one message to the page at the most */
#define FLUSH_MS     200  /* from one such message to the next */
#define STATE_MS     1000 /* likewise of the state, */
#define FRESH_MS     900  /* which is not read again before that, whoever asks for it */
#define LOOK_MS      1000 /* for idle connections */
#define METRICS_ROOM 65536

/* The latest records of one kind. */
struct recent {
	struct record record[RECENT];
	size_t count; /* so many came; the latest is at (count - 1) % RECENT */
};

struct web {
	struct record_log *log;
	struct web_sources sources;
	uint64_t started_ns; /* CLOCK_REALTIME */
	struct feed *feed;
	struct http *http;
	pthread_t thread;
	bool running;
	int log_fd;
	int wake_fd;

	pthread_mutex_t lock; /* of what comes from the records: */
	struct record_cursor cursor;
	struct tally tally;
	struct recent recent[RECORD_KINDS];
	bool ending;

	pthread_mutex_t
		sources_lock; /* of the sources' use, and of what was read from them last: */
	struct measures measures;
	bool measured;
	uint64_t measured_ms; /* CLOCK_MONOTONIC, 0: never; also the next */
	uint64_t state_ms;
	char *state;
	char zone[TG_SLOTS_MAX][TG_ZONE_NAME];

	/* of the thread alone */
	json_t *pending;              /* records for the page */
	size_t waiting[RECORD_KINDS]; /* of these, by kind */
	uint64_t skipped[RECORD_KINDS];
	uint64_t flushed_ms;
	uint64_t posted_ms; /* the state */
};

void view_wake(struct web *web)
{
	uint64_t one = 1;

	/* It cannot block, and if it is full, the thread has enough to wake up for. */
	if (write(web->wake_fd, &one, sizeof(one)) < 0)
		return;
}

/* ---- what is read from the sources -------------------------------------------------------------------------------- */

/* Holds sources_lock. NULL: they cannot be read. */
static const struct measures *measure(struct web *web)
{
	uint64_t now = time_now_ms(CLOCK_MONOTONIC);

	if (!web->measured_ms || now - web->measured_ms >= FRESH_MS) {
		measures_free(&web->measures);
		web->measured = !web->sources.measure(web->sources.context, &web->measures);
		web->measured_ms = now;
	}
	return web->measured ? &web->measures : NULL;
}

/* Likewise. The state as JSON, as it is or was a moment ago; NULL if memory is short. */
static const char *read_state(struct web *web)
{
	struct flow_list lists[FLOW_KINDS];
	const struct measures *measures;
	uint64_t now = time_now_ms(CLOCK_MONOTONIC);
	bool read;
	json_t *state;

	if (web->state && now - web->state_ms < FRESH_MS)
		return web->state;
	measures = measure(web);
	read = !web->sources.flows(web->sources.context, lists, web->zone);
	state = page_state(measures, read ? lists : NULL, web->zone, &web->sources);
	if (read)
		flows_free(lists);
	free(web->state);
	web->state = json_dumps(state, JSON_COMPACT);
	web->state_ms = now; /* when it was begun: large tables take a while */
	json_decref(state);
	return web->state;
}

char *view_metrics(struct web *web, enum exposition_format format, size_t *bytes)
{
	struct metrics metrics = {
		.tally = &web->tally,
		.sources = &web->sources,
		.started_ns = web->started_ns,
		.viewers = feed_viewers(web->feed),
	};
	struct exposition x;

	if (exposition_begin(&x, format))
		return NULL;
	pthread_mutex_lock(&web->sources_lock);
	metrics.measures = measure(web);
	pthread_mutex_lock(&web->lock);
	for (size_t i = 0; metrics.measures && i < metrics.measures->zone_count; i++)
		tally_expect(&web->tally, metrics.measures->zone[i].name);
	metrics.records_missed = web->cursor.lost;
	metrics_write(&x, &metrics);
	pthread_mutex_unlock(&web->lock);
	pthread_mutex_unlock(&web->sources_lock);
	return exposition_end(&x, bytes);
}

/* ---- events ------------------------------------------------------------------------------------------------------- */

static void tell_json(struct viewer *viewer, const char *event, json_t *data)
{
	char *text = json_dumps(data, JSON_COMPACT);

	if (text)
		feed_tell(viewer, event, text);
	free(text);
	json_decref(data);
}

/* The page orders them by number. */
static json_t *recent_records(struct web *web)
{
	json_t *list = json_array();

	pthread_mutex_lock(&web->lock);
	for (int kind = 0; kind < RECORD_KINDS; kind++) {
		const struct recent *recent = &web->recent[kind];
		size_t kept = recent->count < RECENT ? recent->count : RECENT;

		for (size_t i = recent->count - kept; i < recent->count; i++)
			json_array_append_new(list, page_record(&recent->record[i % RECENT]));
	}
	pthread_mutex_unlock(&web->lock);
	return json_pack("{s:o, s:{}}", "list", list, "skipped");
}

struct viewer *view_join(struct web *web, struct MHD_Connection *connection)
{
	struct viewer *viewer = feed_join(web->feed, connection);
	const char *state;

	if (!viewer)
		return NULL;
	tell_json(viewer, "hello",
		  json_pack("{s:s, s:I, s:o}", "version", TG_VERSION, "started_ms",
			    (json_int_t)(web->started_ns / 1000000), "reasons", page_reasons()));
	tell_json(viewer, "records", recent_records(web));
	pthread_mutex_lock(&web->sources_lock);
	state = read_state(web);
	if (state)
		feed_tell(viewer, "state", state);
	pthread_mutex_unlock(&web->sources_lock);
	view_wake(web);
	return viewer;
}

static void add_pending(struct web *web, const struct record *record)
{
	if (record->kind == RECORD_BEGIN || record->kind >= RECORD_KINDS)
		return; /* the state shows what has begun */
	if (!web->pending)
		web->pending = json_array();
	/* By kind, so that a flood of denials does not hide how transfers end. */
	if (web->waiting[record->kind] < PENDING) {
		web->waiting[record->kind]++;
		json_array_append_new(web->pending, page_record(record));
	} else {
		web->skipped[record->kind]++;
	}
}

static json_t *skipped_json(struct web *web)
{
	json_t *object = json_object();

	for (int kind = 0; kind < RECORD_KINDS; kind++)
		if (web->skipped[kind])
			json_object_set_new(object, record_kind_name(kind),
					    json_integer((json_int_t)web->skipped[kind]));
	memset(web->skipped, 0, sizeof(web->skipped));
	memset(web->waiting, 0, sizeof(web->waiting));
	return object;
}

static void post_pending(struct web *web)
{
	json_t *message;
	char *text;

	if (!web->pending)
		return;
	message = json_pack("{s:o, s:o}", "list", web->pending, "skipped", skipped_json(web));
	text = json_dumps(message, JSON_COMPACT);
	if (text)
		feed_post(web->feed, "records", text);
	free(text);
	json_decref(message);
	web->pending = NULL;
}

static void post_state(struct web *web)
{
	const char *state;

	pthread_mutex_lock(&web->sources_lock);
	state = read_state(web);
	if (state)
		feed_post(web->feed, "state", state);
	pthread_mutex_unlock(&web->sources_lock);
}

/* ---- the thread --------------------------------------------------------------------------------------------------- */

/* Reads a batch; was there any? */
static bool read_records(struct web *web, bool watched)
{
	static const size_t most = BATCH;
	struct record records[BATCH];
	size_t count;

	pthread_mutex_lock(&web->lock);
	count = record_log_read(web->log, &web->cursor, records, most);
	for (size_t i = 0; i < count; i++) {
		struct recent *recent = &web->recent[records[i].kind % RECORD_KINDS];

		tally_add(&web->tally, &records[i]);
		if (records[i].kind != RECORD_BEGIN)
			recent->record[recent->count++ % RECENT] = records[i];
	}
	pthread_mutex_unlock(&web->lock);
	for (size_t i = 0; watched && i < count; i++)
		add_pending(web, &records[i]);
	return count > 0;
}

/* Posts what is due. Returns when to come back, in milliseconds; -1: not by itself. */
static int post_due(struct web *web, bool watched)
{
	uint64_t now = time_now_ms(CLOCK_MONOTONIC);

	if (!watched)
		return -1;
	if (now - web->flushed_ms >= FLUSH_MS) {
		post_pending(web);
		web->flushed_ms = now;
	}
	if (now - web->posted_ms >= STATE_MS) {
		post_state(web);
		web->posted_ms = now;
	}
	return web->pending ? FLUSH_MS
			    : (int)(STATE_MS -
				    (time_now_ms(CLOCK_MONOTONIC) - web->posted_ms) % STATE_MS);
}

static bool is_ending(struct web *web)
{
	bool ending;

	pthread_mutex_lock(&web->lock);
	ending = web->ending;
	pthread_mutex_unlock(&web->lock);
	return ending;
}

static void drain(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0)
		return; /* it was empty */
}

static void *run(void *context)
{
	struct web *web = context;

	while (!is_ending(web)) {
		struct pollfd polled[] = {
			{.fd = web->wake_fd, .events = POLLIN},
			/* What a closed log says is not new any more. */
			{.fd = record_log_is_closed(web->log) ? -1 : web->log_fd, .events = POLLIN},
		};
		bool watched = feed_viewers(web->feed) > 0;
		int wait_ms;

		while (read_records(web, watched) && !is_ending(web))
			;
		wait_ms = post_due(web, watched);
		if (http_look(web->http) && wait_ms < 0)
			wait_ms = LOOK_MS;
		if (poll(polled, 2, wait_ms) > 0)
			for (int i = 0; i < 2; i++)
				if (polled[i].revents)
					drain(polled[i].fd);
	}
	json_decref(web->pending);
	web->pending = NULL;
	return NULL;
}

/* ---- beginning and end -------------------------------------------------------------------------------------------- */

static void web_free(struct web *web)
{
	if (web->log_fd >= 0)
		record_log_forget_eventfd(web->log, web->log_fd);
	if (web->wake_fd >= 0)
		close(web->wake_fd);
	feed_free(web->feed);
	tally_free(&web->tally);
	measures_free(&web->measures);
	free(web->state);
	pthread_mutex_destroy(&web->lock);
	pthread_mutex_destroy(&web->sources_lock);
	free(web);
}

static struct web *web_new(struct record_log *log, const struct web_sources *sources)
{
	struct web *web = calloc(1, sizeof(*web));

	if (!web)
		return NULL;
	web->started_ns = time_now_ns(CLOCK_REALTIME);
	web->log = log;
	web->sources = *sources;
	pthread_mutex_init(&web->lock, NULL);
	pthread_mutex_init(&web->sources_lock, NULL);
	web->cursor = record_log_place(log, RECORD_LOG_ROOM);
	web->log_fd = record_log_eventfd(log);
	web->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	web->feed = feed_new();
	if (web->log_fd >= 0 && web->wake_fd >= 0 && web->feed)
		return web;
	web_free(web);
	return NULL;
}

/* Signals are for the daemon's own thread. */
static int start_threads(struct web *web, const struct config_daemon *config)
{
	sigset_t all, before;
	int err = -EIO;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	web->http = http_start(config, web);
	if (web->http) {
		err = -pthread_create(&web->thread, NULL, run, web);
		web->running = !err;
		if (err)
			log_error("the web server's thread cannot be started: %s", strerror(-err));
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

struct web *web_start(const struct config_daemon *config, struct record_log *log,
		      const struct web_sources *sources)
{
	struct web *web = web_new(log, sources);

	if (!web) {
		log_error("the web server cannot be started: %s", strerror(ENOMEM));
		return NULL;
	}
	if (!start_threads(web, config))
		return web;
	web_stop(web);
	return NULL;
}

void web_stop(struct web *web)
{
	if (!web)
		return;
	if (web->running) {
		pthread_mutex_lock(&web->lock);
		web->ending = true;
		pthread_mutex_unlock(&web->lock);
		view_wake(web);
		pthread_join(web->thread, NULL);
	}
	feed_end(web->feed);
	http_stop(web->http);
	web_free(web);
}
