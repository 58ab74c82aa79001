// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The threads of the sinks. Each reads the log at its own pace, in batches, and hands its driver what its filter takes. A
 * driver that fails is closed and opened again with growing pauses; the batch waits meanwhile, and so does the log, as long
 * as it has room.
 */
#include "sinks/sink.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "records/record_filter.h"
#include "sinks/lines.h"
#include "time_now.h"

#define BATCH         256 /* records */
#define PAUSE_MS      100 /* before the second attempt to open, then twice as long each time, */
#define PAUSE_MOST_MS 30000
#define COUNT_MS      1000  /* so often a driver counts while nothing comes */
#define TELL_MS       60000 /* losses are told this often at the most */
#define STRAGGLE_MS   500   /* that a thread may take to end behind the time for it */

static const struct sink_driver *const drivers[SINK_TYPES] = {
	[SINK_FILE] = &sink_file,
	[SINK_STDOUT] = &sink_stdout,
	[SINK_STREAM] = &sink_stream,
	[SINK_JOURNAL] = &sink_journal,
	[SINK_SYSLOG] = &sink_syslog,
	[SINK_SQLITE] = &sink_sqlite,
	[SINK_POSTGRESQL] = &sink_postgresql,
};

struct sink {
	const struct config_sink *config;
	const struct sink_driver *driver;
	struct sink_set *set;
	pthread_t thread;
	int news;            /* the log's eventfd */
	int calls;           /* our eventfd: somebody wants something */
	atomic_bool reopens; /* SIGHUP */
	/* the thread's alone */
	struct record_cursor cursor;
	struct record batch[BATCH];
	size_t count; /* records in the batch */
	size_t done;  /* of these, written or given up */
	void *state;  /* the driver's; valid while `opened` */
	bool opened;
	bool away; /* it failed, and has written nothing since */
	int pause_ms;
	int64_t away_ms;           /* since when */
	uint64_t told_lost;        /* losses that were told, */
	int64_t told_ms;           /* and when */
	struct sink_counts counts; /* those of the cursor apart */
	/* under the set's lock */
	struct sink_counts shown;
	bool ended;
};

struct sink_set {
	struct record_log *log;
	pthread_mutex_t lock;
	pthread_cond_t ending; /* one has ended */
	atomic_bool stopping;
	_Atomic int64_t until_ms; /* when stopping: write no longer than this */
	size_t count;
	struct sink *sink[];
};

/* ---- what is counted and told -------------------------------------------------------------------------------------- */

static void tell_losses(struct sink *sink, uint64_t lost)
{
	int64_t now_ms = time_now_ms(CLOCK_MONOTONIC);

	if (lost == sink->told_lost || (sink->told_ms && now_ms - sink->told_ms < TELL_MS))
		return;
	log_error("sink \"%s\": %llu records lost: it is too slow, or away for too long",
		  sink->config->name, (unsigned long long)(lost - sink->told_lost));
	sink->told_lost = lost;
	sink->told_ms = now_ms;
}

static void count(struct sink *sink)
{
	struct sink_counts *counts = &sink->counts;
	struct sink_counts shown;

	counts->open = sink->opened && !sink->away;
	if (sink->opened && sink->driver->count)
		sink->driver->count(sink->state, counts);
	shown = *counts;
	shown.open &= sink->opened;
	shown.lost += sink->cursor.lost;
	pthread_mutex_lock(&sink->set->lock);
	sink->shown = shown;
	pthread_mutex_unlock(&sink->set->lock);
	/* A driver that loses records says so itself. */
	tell_losses(sink, sink->cursor.lost);
}

/* It failed, and the driver has said why. */
static void go_away(struct sink *sink)
{
	if (sink->opened)
		sink->driver->close(sink->state);
	sink->opened = false;
	sink->counts.errors++;
	if (sink->away)
		return;
	sink->away = true;
	sink->away_ms = time_now_ms(CLOCK_MONOTONIC);
	log_notice("sink \"%s\" is away: it is tried again, and records wait meanwhile",
		   sink->config->name);
	log_mute(true);
}

static void come_back(struct sink *sink)
{
	sink->pause_ms = 0;
	if (!sink->away)
		return;
	sink->away = false;
	log_mute(false);
	log_notice("sink \"%s\" is back after %lld s", sink->config->name,
		   (long long)(time_now_ms(CLOCK_MONOTONIC) - sink->away_ms) / 1000);
}

/* ---- waiting ------------------------------------------------------------------------------------------------------- */

static bool is_stopping(const struct sink *sink)
{
	return atomic_load(&sink->set->stopping) || record_log_is_closed(sink->set->log);
}

/* Is there no time left to write? */
static bool is_late(const struct sink *sink)
{
	return atomic_load(&sink->set->stopping) &&
	       time_now_ms(CLOCK_MONOTONIC) >= atomic_load(&sink->set->until_ms);
}

static void drain(int fd)
{
	uint64_t value;

	/* Nothing to read is fine, too. */
	if (read(fd, &value, sizeof(value)) < 0)
		return;
}

/* Until somebody calls, or (`news`) the log has more, or so long. */
static void wait_for(struct sink *sink, bool news, int timeout_ms)
{
	struct pollfd fds[] = {{.fd = sink->calls, .events = POLLIN},
			       {.fd = news ? sink->news : -1, .events = POLLIN}};

	poll(fds, 2, timeout_ms);
	drain(sink->calls);
	if (news)
		drain(sink->news);
}

/* ---- writing ------------------------------------------------------------------------------------------------------- */

/* Fills the batch with what the filter takes. False: the log has nothing more for now. */
static bool fetch(struct sink *sink)
{
	size_t read = record_log_read(sink->set->log, &sink->cursor, sink->batch, BATCH);

	sink->done = 0;
	sink->count = 0;
	for (size_t i = 0; i < read; i++) {
		if (!record_filter_takes(sink->config->filter, &sink->batch[i]))
			continue;
		if (sink->count != i)
			sink->batch[sink->count] = sink->batch[i];
		sink->count++;
	}
	return read;
}

static void push(struct sink *sink)
{
	size_t written = 0;
	int err = sink->driver->write(sink->state, sink->batch + sink->done,
				      sink->count - sink->done, &written);

	sink->counts.written += written;
	sink->done += written;
	if (!err || err == -EMSGSIZE || (err == -EAGAIN && written))
		come_back(sink);
	if (!err) {
		sink->done = sink->count;
	} else if (err == -EMSGSIZE) {
		sink->counts.lost++;
		sink->counts.errors++;
		sink->done++;
	} else if (err != -EAGAIN) {
		go_away(sink);
	}
	count(sink);
}

static void open_again(struct sink *sink)
{
	if (sink->driver->open(sink->config, &sink->state, false)) {
		go_away(sink);
	} else {
		sink->opened = true;
		/* If something waits, writing it shows whether it is back. */
		if (sink->done == sink->count)
			come_back(sink);
	}
	count(sink);
}

static void reopen(struct sink *sink)
{
	if (!atomic_exchange(&sink->reopens, false))
		return;
	sink->pause_ms = 0;
	if (!sink->opened)
		open_again(sink);
	else if (sink->driver->reopen && sink->driver->reopen(sink->state))
		go_away(sink);
	count(sink);
}

static void idle(struct sink *sink)
{
	if (sink->driver->idle && sink->driver->idle(sink->state))
		go_away(sink);
	count(sink);
}

/* Pauses and opens; false if there is no time for it any more. */
static bool recover(struct sink *sink)
{
	if (is_stopping(sink))
		return false;
	sink->pause_ms = !sink->pause_ms                      ? PAUSE_MS
			 : sink->pause_ms < PAUSE_MOST_MS / 2 ? 2 * sink->pause_ms
							      : PAUSE_MOST_MS;
	count(sink);
	wait_for(sink, false, sink->pause_ms);
	if (!atomic_load(&sink->reopens) && !is_stopping(sink))
		open_again(sink);
	return true;
}

/* One round; false: this was the last. */
static bool step(struct sink *sink, bool *wrote)
{
	reopen(sink);
	if (is_late(sink))
		return false;
	if (!sink->opened)
		return recover(sink);
	if (sink->done < sink->count) {
		push(sink);
		*wrote = true;
		return true;
	}
	if (fetch(sink))
		return true;
	if (*wrote) {
		*wrote = false;
		idle(sink);
		return true;
	}
	if (is_stopping(sink))
		return false;
	wait_for(sink, true, sink->driver->count ? COUNT_MS : -1);
	count(sink);
	return true;
}

/* What has not been written is lost. */
static void give_up(struct sink *sink)
{
	uint64_t lost = 0;

	do {
		lost += sink->count - sink->done;
	} while (fetch(sink));
	sink->counts.lost += lost;
	log_mute(false);
	if (lost)
		log_error("sink \"%s\": there was no time left for %llu records",
			  sink->config->name, (unsigned long long)lost);
	if (sink->opened)
		sink->driver->close(sink->state);
	sink->opened = false;
	sink->told_ms = 0; /* whatever was lost since, is told now */
	count(sink);
}

static void *run(void *context)
{
	struct sink *sink = context;
	bool wrote = false;

	while (step(sink, &wrote))
		;
	give_up(sink);
	pthread_mutex_lock(&sink->set->lock);
	sink->ended = true;
	pthread_cond_signal(&sink->set->ending);
	pthread_mutex_unlock(&sink->set->lock);
	return NULL;
}

/* ---- the set ------------------------------------------------------------------------------------------------------- */

static void free_sink(struct sink *sink)
{
	if (!sink)
		return;
	if (sink->news >= 0)
		record_log_forget_eventfd(sink->set->log, sink->news);
	if (sink->calls >= 0)
		close(sink->calls);
	free(sink);
}

static void free_set(struct sink_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		free_sink(set->sink[i]);
	pthread_cond_destroy(&set->ending);
	pthread_mutex_destroy(&set->lock);
	free(set);
}

static struct sink_set *new_set(const struct config *config, struct record_log *log)
{
	struct sink_set *set = calloc(1, sizeof(*set) + config->sink_count * sizeof(struct sink *));
	pthread_condattr_t attributes;

	if (!set)
		return NULL;
	set->log = log;
	pthread_mutex_init(&set->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&set->ending, &attributes);
	pthread_condattr_destroy(&attributes);
	return set;
}

static int add_sink(struct sink_set *set, const struct config_sink *config)
{
	struct sink *sink = calloc(1, sizeof(*sink));
	int err;

	if (!sink) {
		log_error("sink \"%s\": %s", config->name, strerror(ENOMEM));
		return -ENOMEM;
	}
	set->sink[set->count++] = sink;
	sink->set = set;
	sink->config = config;
	sink->driver = drivers[config->type];
	sink->cursor = record_log_place(set->log, 0);
	sink->calls = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	sink->news = record_log_eventfd(set->log);
	if (sink->calls < 0 || sink->news < 0) {
		err = sink->calls < 0 ? -errno : sink->news;
		log_error("sink \"%s\": %s", config->name, strerror(-err));
		return err;
	}
	err = sink->driver->open(config, &sink->state, true);
	sink->opened = !err;
	if (!err)
		count(sink);
	return err;
}

static void call(const struct sink *sink)
{
	static const uint64_t one = 1;

	/* It does not block; full, it is readable anyway. */
	if (write(sink->calls, &one, sizeof(one)) < 0)
		return;
}

static void stop(struct sink_set *set, int timeout_ms)
{
	atomic_store(&set->until_ms, time_now_ms(CLOCK_MONOTONIC) + timeout_ms);
	atomic_store(&set->stopping, true);
	for (size_t i = 0; i < set->count; i++)
		call(set->sink[i]);
}

/* The threads leave signals to the daemon's main thread. What goes to a closed pipe is an error then, too. */
static int start_threads(struct sink_set *set)
{
	size_t started = 0;
	sigset_t all, before;
	int err = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (; started < set->count && !err; started += !err)
		err = -pthread_create(&set->sink[started]->thread, NULL, run, set->sink[started]);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!err)
		return 0;
	log_error("no thread can be made for sink \"%s\": %s", set->sink[started]->config->name,
		  strerror(-err));
	stop(set, 0);
	for (size_t i = 0; i < started; i++)
		pthread_join(set->sink[i]->thread, NULL);
	for (size_t i = started; i < set->count; i++)
		set->sink[i]->driver->close(set->sink[i]->state);
	return err;
}

struct sink_set *sinks_start(const struct config *config, struct record_log *log)
{
	struct sink_set *set = new_set(config, log);
	int err = 0;

	if (!set) {
		log_error("the sinks cannot be started: %s", strerror(ENOMEM));
		return NULL;
	}
	for (size_t i = 0; i < config->sink_count && !err; i++)
		err = add_sink(set, &config->sink[i]);
	if (err) {
		for (size_t i = 0; i < set->count; i++)
			if (set->sink[i]->opened)
				set->sink[i]->driver->close(set->sink[i]->state);
	} else {
		err = start_threads(set);
	}
	if (!err)
		return set;
	free_set(set);
	return NULL;
}

void sinks_reopen(struct sink_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		atomic_store(&set->sink[i]->reopens, true);
		call(set->sink[i]);
	}
}

/* False: it has not ended by then. */
static bool wait_for_end(struct sink *sink, const struct timespec *deadline)
{
	int err = 0;
	bool ended;

	pthread_mutex_lock(&sink->set->lock);
	while (!sink->ended && !err)
		err = pthread_cond_timedwait(&sink->set->ending, &sink->set->lock, deadline);
	ended = sink->ended;
	pthread_mutex_unlock(&sink->set->lock);
	if (ended) {
		pthread_join(sink->thread, NULL);
		return true;
	}
	log_error("sink \"%s\" hangs, and is left behind", sink->config->name);
	pthread_detach(sink->thread);
	return false;
}

bool sinks_stop(struct sink_set *set, int timeout_ms)
{
	int64_t until_ms = time_now_ms(CLOCK_MONOTONIC) + timeout_ms + LINES_SEND_MS + STRAGGLE_MS;
	const struct timespec deadline = {until_ms / 1000, until_ms % 1000 * 1000000};
	bool ended = true;

	if (!set)
		return true;
	stop(set, timeout_ms);
	for (size_t i = 0; i < set->count; i++)
		ended &= wait_for_end(set->sink[i], &deadline);
	if (ended)
		free_set(set);
	return ended;
}

bool sinks_count(struct sink_set *set, size_t number, const char **name, struct sink_counts *counts)
{
	if (number >= set->count)
		return false;
	*name = set->sink[number]->config->name;
	pthread_mutex_lock(&set->lock);
	*counts = set->sink[number]->shown;
	pthread_mutex_unlock(&set->lock);
	return true;
}
