/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection to PostgreSQL that stores rows, and waits for nothing longer than it says. Silent: what fails is in a
 * struct complaint.
 */
#ifndef TIDEGATE_PG_SESSION_H
#define TIDEGATE_PG_SESSION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "complaint.h"
#include "sinks/spool.h"

#define PG_CONNECT_MS   10000 /* for each host, unless the connection string has connect_timeout */
#define PG_STATEMENT_MS 20000 /* after which the server gives up a statement, */
#define PG_ANSWER_MS    30000 /* and after which we give up the server */

enum pg_outcome {
	PG_DONE,
	PG_AWAY,    /* the server cannot be reached, or cannot now */
	PG_REFUSED, /* it says no, and will until somebody changes something */
	PG_BAD_ROW, /* it does not take what a row says */
};

/* How everything is made to return soon, from another thread. */
struct pg_stop {
	int fd; /* an eventfd; readable: see `at_ms` */
	_Atomic int64_t
		at_ms; /* CLOCK_MONOTONIC; when waiting for an answer ends. Connecting ends at once */
};

struct pg_session;

/* Is it a connection string, and without a password? */
bool pg_connection_is_valid(const char *connection, struct complaint *why);

/* Connects, makes the tables if there are none, and checks that they are ours. `most_ms`: 0, or a shorter limit. */
enum pg_outcome pg_connect(const char *connection, struct pg_stop *stop, int most_ms,
			   struct pg_session **session, struct complaint *why);
void pg_disconnect(struct pg_session *session);

/* Stores the rows, all or none, but for those that are there already; `*stored`: how many were not. */
enum pg_outcome pg_store(struct pg_session *session, const struct spool_batch *batch,
			 uint64_t *stored, struct complaint *why);

#endif
