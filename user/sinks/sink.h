/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where records go. A sink reads the log in a thread of its own; whatever it waits for (a disk, a server that is
 * away), it holds up nobody else, and what it loses by that is counted.
 */
#ifndef TIDEGATE_SINK_H
#define TIDEGATE_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "records/record_log.h"

struct sink_counts {
	uint64_t written;
	uint64_t lost;    /* overtaken in the log, or refused by what is behind the sink */
	uint64_t errors;  /* failed attempts */
	uint64_t spooled; /* waiting on disk; PostgreSQL only */
	bool open;
};

#define SINK_PATIENCE_MS 250

/* A kind of sink. The thread calls these, one at a time; what they print goes to log.h. */
struct sink_driver {
	enum config_sink_type type;
	/*
	 * Opens; `*state` is handed to the others. 0 or a negative errno. With `first`, the daemon is starting: a
	 * mistake of the operator's (a directory that is not there) is explained and ends the daemon. Later, and for what
	 * may come back by itself (a server that is away), opening is tried again with growing pauses, up to 30 s; so with
	 * `first` a sink that is merely away opens all the same, and write() fails until it is there. Failures are
	 * explained here and below; what fails again while the sink is away is not heard (log_mute()).
	 */
	int (*open)(const struct config_sink *sink, void **state, bool first);
	/*
	 * Writes them all, in order, or none that it does not count: 0, or a negative errno, then close() and open() follow;
	 * but for -EAGAIN: what is behind the sink takes no more for now. Then it has waited SINK_PATIENCE_MS, and is called
	 * again with those that it did not count. And for -EMSGSIZE (silent): the first that it did not count is never
	 * taken; it is lost, and the others follow. May take some seconds, but not for ever: the daemon may be ending.
	 */
	int (*write)(void *state, const struct record *records, size_t count, size_t *written);
	/* NULL, or: nothing more has come for now (so a batch may be committed). 0 or a negative errno. */
	int (*idle)(void *state);
	/* NULL, or: SIGHUP; opens its file anew, under the same name. 0 or a negative errno. */
	int (*reopen)(void *state);
	/*
	 * NULL, or: what happened beside write(), which then counts in `*written` only what it brought to its place itself.
	 * Adds to `written`, `lost` and `errors` what has come since the last call, and sets `spooled` and `open`. The
	 * thread calls it after each of the others but close(), and while nothing comes.
	 */
	void (*count)(void *state, struct sink_counts *counts);
	void (*close)(void *state); /* writes what is left */
};

struct sink_set;

/*
 * Opens all sinks of the configuration (borrowed until sinks_stop()) and starts their threads. NULL, explained, if one
 * cannot be opened; then none runs.
 */
struct sink_set *sinks_start(const struct config *config, struct record_log *log);

/* SIGHUP: every sink opens its file anew. */
void sinks_reopen(struct sink_set *set);

/*
 * Lets each write what is in the log, for at most `timeout_ms`, and ends the threads. A sink that hangs longer (a dead disk) is
 * left behind with its memory, the log and the configuration, which then must stay: false. The log may go on, for other
 * sinks.
 */
bool sinks_stop(struct sink_set *set, int timeout_ms);

/* By number, in the order of the configuration; false: there is no such sink. Any thread. */
bool sinks_count(struct sink_set *set, size_t number, const char **name,
		 struct sink_counts *counts);

extern const struct sink_driver sink_file, sink_stdout, sink_stream, sink_journal, sink_syslog,
	sink_sqlite, sink_postgresql;

#endif
