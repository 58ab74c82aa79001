/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PostgreSQL server of one's own: a cluster in a temporary directory, reachable by a unix socket there and nowhere else. It
 * runs as the user postgres where the test is root, and ends with the test, however that ends. What fails here ends
 * the program.
 */
#ifndef TIDEGATE_TEST_CLUSTER_H
#define TIDEGATE_TEST_CLUSTER_H

/* Makes the cluster with an empty database "tidegate" and starts it; removes it. */
void cluster_make(void);
void cluster_remove(void);

/* Directory of the socket, for connection strings: host=… */
const char *cluster_host(void);

void cluster_start(void); /* until it takes connections */
void cluster_crash(
	void); /* as if the power went: no goodbye to anybody, recovery at the next start */
void cluster_stop(void); /* in good order */

/* The server and all that it runs are stopped, or go on. */
void cluster_freeze(void);
void cluster_thaw(void);

/*
 * Runs statements in the database as the superuser, the first value of the last result: "" without a row, "NULL" for
 * none. Valid until the next call.
 */
const char *cluster_ask(const char *database, const char *sql);

#endif
