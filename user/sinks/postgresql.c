// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Records in PostgreSQL. Each goes into the backlog (the spool, or memory) at once; a thread of our own takes it from
 * there to the server, connects, waits and connects anew. So there is one way for good and for bad days, and the sink's
 * thread never waits for the network. A batch that may or may not have been stored when the connection broke is
 * sent again: the table's key knows its rows.
 */
#include "sinks/sink.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "sinks/backlog.h"
#include "sinks/columns.h"
#include "sinks/copy_text.h"
#include "sinks/pg_session.h"
#include "time_now.h"

#define BATCH_ROWS    1000
#define PAUSE_MS      250 /* before the second attempt to connect, then twice as long each time, */
#define PAUSE_MOST_MS 30000
#define SYNC_MS       1000  /* what waits longer than this comes to the disk */
#define FIRST_MS      3000  /* that the daemon's start waits for a server */
#define END_MS        1000  /* that its end waits for the rest to be stored */
#define TELL_MS       60000 /* the same trouble is told again after this time */

struct postgresql {
	const struct config_sink *config;
	struct backlog *backlog;
	struct copy_text text; /* the sink's thread's alone, as are the next three */
	uint64_t lost_here;
	int64_t told_full_ms;
	struct sink_counts told; /* what count() has reported */
	/* the worker's */
	pthread_t worker;
	struct pg_session *session;
	int64_t synced_ms;
	size_t most; /* rows of the next batch */
	struct complaint trouble;
	int64_t told_trouble_ms;
	/* both threads' */
	struct pg_stop stop;
	pthread_mutex_t lock;
	pthread_cond_t news;
	bool stopping; /* under the lock */
	bool waiting;  /* under the lock: there may be rows */
	_Atomic uint64_t stored;
	_Atomic uint64_t lost;
	_Atomic uint64_t errors;
	atomic_bool connected;
};

/* ---- the worker --------------------------------------------------------------------------------------------------- */

static void tell(struct postgresql *sink, const struct complaint *why)
{
	int64_t now_ms = time_now_ms(CLOCK_MONOTONIC);

	if (!strcmp(why->what, sink->trouble.what) && now_ms - sink->told_trouble_ms < TELL_MS)
		return;
	sink->trouble = *why;
	sink->told_trouble_ms = now_ms;
	log_error("sink \"%s\": PostgreSQL: %s", sink->config->name, why->what);
	if (*why->hint)
		log_hint("%s", why->hint);
}

static void tell_well(struct postgresql *sink)
{
	if (*sink->trouble.what)
		log_notice("sink \"%s\": PostgreSQL is there again, and takes what has waited",
			   sink->config->name);
	sink->trouble = (struct complaint){0};
}

static bool is_stopping(struct postgresql *sink)
{
	bool stopping;

	pthread_mutex_lock(&sink->lock);
	stopping = sink->stopping;
	pthread_mutex_unlock(&sink->lock);
	return stopping;
}

/* Until there is news or the daemon ends, for so long at the most. With `pausing`, news of rows do not matter. */
static void wait_for_news(struct postgresql *sink, int64_t ms, bool pausing)
{
	int64_t until_ms = time_now_ms(CLOCK_MONOTONIC) + ms;
	struct timespec until = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};

	pthread_mutex_lock(&sink->lock);
	while (!sink->stopping && (pausing || !sink->waiting))
		if (pthread_cond_timedwait(&sink->news, &sink->lock, &until))
			break;
	if (!pausing)
		sink->waiting = false;
	pthread_mutex_unlock(&sink->lock);
}

static void sync_backlog(struct postgresql *sink)
{
	struct complaint why;
	int err;

	if (time_now_ms(CLOCK_MONOTONIC) - sink->synced_ms < SYNC_MS)
		return;
	err = backlog_sync(sink->backlog);
	sink->synced_ms = time_now_ms(CLOCK_MONOTONIC);
	if (!err)
		return;
	atomic_fetch_add(&sink->errors, 1);
	complain(&why, "the spool %s cannot be brought to the disk: %s", sink->config->spool,
		 strerror(-err));
	tell(sink, &why);
}

/* Waits before the next attempt to connect, and sees to what comes meanwhile. */
static void pause_for(struct postgresql *sink, int64_t ms)
{
	int64_t until_ms = time_now_ms(CLOCK_MONOTONIC) + ms, left;

	while (!is_stopping(sink) && (left = until_ms - time_now_ms(CLOCK_MONOTONIC)) > 0) {
		wait_for_news(sink, left < SYNC_MS ? left : SYNC_MS, true);
		sync_backlog(sink);
	}
}

/* The pauses grow until something was stored: connecting alone may succeed each time. */
static void pause_longer(struct postgresql *sink, int64_t *pause_ms)
{
	pause_for(sink, *pause_ms);
	*pause_ms = 2 * *pause_ms < PAUSE_MOST_MS ? 2 * *pause_ms : PAUSE_MOST_MS;
}

static void hang_up(struct postgresql *sink)
{
	atomic_store(&sink->connected, false);
	pg_disconnect(sink->session);
	sink->session = NULL;
}

static void connect_again(struct postgresql *sink, int64_t *pause_ms)
{
	struct complaint why;
	enum pg_outcome outcome =
		pg_connect(sink->config->connection, &sink->stop, 0, &sink->session, &why);

	if (outcome == PG_DONE) {
		if (!backlog_rows(sink->backlog))
			tell_well(sink);
		atomic_store(&sink->connected, true);
		return;
	}
	if (is_stopping(sink))
		return;
	tell(sink, &why);
	atomic_fetch_add(&sink->errors, 1);
	pause_longer(sink, pause_ms);
}

/* A batch that is refused for what it says is halved until the row is found, which then is lost. */
static void find_bad_row(struct postgresql *sink, const struct spool_batch *batch,
			 const struct complaint *why)
{
	if (batch->count > 1) {
		sink->most = batch->count / 2;
		return;
	}
	atomic_fetch_add(&sink->errors, 1);
	atomic_fetch_add(&sink->lost, 1);
	tell(sink, why);
	backlog_done(sink->backlog, batch);
}

static void deliver(struct postgresql *sink, const struct spool_batch *batch)
{
	struct complaint why = {0};
	uint64_t stored;
	enum pg_outcome outcome = pg_store(sink->session, batch, &stored, &why);

	switch (outcome) {
	case PG_DONE:
		atomic_fetch_add(&sink->stored, stored);
		backlog_done(sink->backlog, batch);
		tell_well(sink);
		sink->most = 2 * sink->most < BATCH_ROWS ? 2 * sink->most : BATCH_ROWS;
		return;
	case PG_BAD_ROW:
		find_bad_row(sink, batch, &why);
		return;
	case PG_AWAY:
	case PG_REFUSED:
		if (!is_stopping(sink)) {
			tell(sink, &why);
			atomic_fetch_add(&sink->errors, 1);
		}
		hang_up(sink);
	}
}

/* One step with a connection: a batch, or waiting for one. */
static void work_connected(struct postgresql *sink, int64_t *pause_ms)
{
	struct spool_batch batch;
	int err = backlog_read(sink->backlog, sink->most, &batch);
	struct complaint why;

	if (err) {
		atomic_fetch_add(&sink->errors, 1);
		complain(&why, "the spool %s cannot be read: %s", sink->config->spool,
			 strerror(-err));
		tell(sink, &why);
		pause_for(sink, PAUSE_MS);
		return;
	}
	if (!batch.count) {
		wait_for_news(sink, PAUSE_MOST_MS, false);
		return;
	}
	deliver(sink, &batch);
	if (sink->session)
		*pause_ms = PAUSE_MS;
	else
		pause_longer(sink, pause_ms);
	spool_batch_free(&batch);
	sync_backlog(sink);
}

/* Is there nothing more to do once the daemon ends? */
static bool is_finished(struct postgresql *sink)
{
	return is_stopping(sink) &&
	       (!sink->session || !backlog_rows(sink->backlog) ||
		time_now_ms(CLOCK_MONOTONIC) >= atomic_load(&sink->stop.at_ms));
}

static void *work(void *state)
{
	struct postgresql *sink = state;
	int64_t pause_ms = PAUSE_MS;

	while (!is_finished(sink)) {
		if (sink->session)
			work_connected(sink, &pause_ms);
		else
			connect_again(sink, &pause_ms);
	}
	hang_up(sink);
	return NULL;
}

/* ---- the driver --------------------------------------------------------------------------------------------------- */

static void free_sink(struct postgresql *sink)
{
	backlog_close(sink->backlog);
	copy_text_free(&sink->text);
	pg_disconnect(sink->session);
	if (sink->stop.fd >= 0)
		close(sink->stop.fd);
	pthread_cond_destroy(&sink->news);
	pthread_mutex_destroy(&sink->lock);
	free(sink);
}

static struct postgresql *new_sink(const struct config_sink *config)
{
	struct postgresql *sink = calloc(1, sizeof(*sink));
	pthread_condattr_t attributes;

	if (!sink)
		return NULL;
	sink->config = config;
	sink->most = BATCH_ROWS;
	sink->stop.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&sink->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&sink->news, &attributes);
	pthread_condattr_destroy(&attributes);
	return sink;
}

static int open_backlog(struct postgresql *sink)
{
	char *names = columns_names();
	int err;

	if (!names || sink->stop.fd < 0) {
		free(names);
		log_error("sink \"%s\": %s", sink->config->name,
			  names ? "no file descriptor is free" : "memory is short");
		return names ? -EMFILE : -ENOMEM;
	}
	err = backlog_open(sink->config->spool, sink->config->spool_max, names, &sink->backlog);
	free(names);
	return err;
}

/* The daemon starts: what the operator has to change ends it, a server that is away does not. */
static int try_server(struct postgresql *sink)
{
	struct complaint why = {0};
	enum pg_outcome outcome = PG_REFUSED;

	if (pg_connection_is_valid(sink->config->connection, &why))
		outcome = pg_connect(sink->config->connection, &sink->stop, FIRST_MS,
				     &sink->session, &why);
	if (outcome != PG_DONE)
		tell(sink, &why);
	atomic_store(&sink->connected, outcome == PG_DONE);
	if (outcome == PG_AWAY)
		log_notice("sink \"%s\": records wait %s%s until the server is there",
			   sink->config->name, sink->config->spool ? "in " : "in memory",
			   sink->config->spool ? sink->config->spool : "");
	return outcome == PG_REFUSED ? -EACCES : 0;
}

static int postgresql_open(const struct config_sink *config, void **state, bool first)
{
	struct postgresql *sink = new_sink(config);
	int err;

	if (!sink) {
		log_error("sink \"%s\": memory is short", config->name);
		return -ENOMEM;
	}
	err = open_backlog(sink);
	if (!err && first)
		err = try_server(sink);
	if (!err) {
		err = -pthread_create(&sink->worker, NULL, work, sink);
		if (err)
			log_error("sink \"%s\": no thread can be made: %s", config->name,
				  strerror(-err));
	}
	if (err)
		free_sink(sink);
	else
		*state = sink;
	return err;
}

/* Told once a minute, so that a spool at its brim does not fill a log. */
static void tell_full(struct postgresql *sink, size_t lost, int err)
{
	int64_t now_ms = time_now_ms(CLOCK_MONOTONIC);

	sink->lost_here += lost;
	if (sink->told_full_ms && now_ms - sink->told_full_ms < TELL_MS)
		return;
	sink->told_full_ms = now_ms;
	log_error("sink \"%s\": %s: new records are lost, %llu so far", sink->config->name,
		  err ? strerror(-err) : "as much waits as may",
		  (unsigned long long)sink->lost_here);
	if (!err && sink->config->spool)
		log_hint("bring the server back; a larger spool-max keeps more");
}

static int postgresql_write(void *state, const struct record *records, size_t count,
			    size_t *written)
{
	struct postgresql *sink = state;
	size_t taken = 0;
	int err = 0;

	*written = 0;
	sink->text.len = 0;
	for (size_t i = 0; i < count && !err; i++)
		err = copy_text_add(&sink->text, &records[i]);
	if (sink->text.len) {
		int refused =
			backlog_append(sink->backlog, sink->text.text, sink->text.len, &taken);

		err = err ? err : refused;
	}
	if (taken < count) {
		atomic_fetch_add(&sink->lost, count - taken);
		tell_full(sink, count - taken, err);
	}
	pthread_mutex_lock(&sink->lock);
	sink->waiting = true;
	pthread_cond_signal(&sink->news);
	pthread_mutex_unlock(&sink->lock);
	return 0;
}

static void add_since(uint64_t *to, uint64_t *told, uint64_t now)
{
	*to += now - *told;
	*told = now;
}

static void postgresql_count(void *state, struct sink_counts *counts)
{
	struct postgresql *sink = state;

	add_since(&counts->written, &sink->told.written, atomic_load(&sink->stored));
	add_since(&counts->errors, &sink->told.errors, atomic_load(&sink->errors));
	add_since(&counts->lost, &sink->told.lost,
		  atomic_load(&sink->lost) + backlog_damaged(sink->backlog));
	counts->spooled = backlog_rows(sink->backlog);
	counts->open = atomic_load(&sink->connected);
}

static void postgresql_close(void *state)
{
	struct postgresql *sink = state;
	uint64_t one = 1, left;

	atomic_store(&sink->stop.at_ms, time_now_ms(CLOCK_MONOTONIC) + END_MS);
	pthread_mutex_lock(&sink->lock);
	sink->stopping = true;
	pthread_cond_signal(&sink->news);
	pthread_mutex_unlock(&sink->lock);
	/* Cannot fail: nobody else writes to it. */
	if (write(sink->stop.fd, &one, sizeof(one)) != sizeof(one))
		log_error("sink \"%s\": %s", sink->config->name, strerror(errno));
	pthread_join(sink->worker, NULL);
	left = backlog_rows(sink->backlog);
	if (left)
		log_notice("sink \"%s\": %llu records %s", sink->config->name,
			   (unsigned long long)left,
			   sink->config->spool ? "wait in the spool for the next start"
					       : "did not reach the server and are lost");
	free_sink(sink);
}

const struct sink_driver sink_postgresql = {
	.type = SINK_POSTGRESQL,
	.open = postgresql_open,
	.write = postgresql_write,
	.count = postgresql_count,
	.close = postgresql_close,
};
