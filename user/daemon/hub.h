/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's socket, for readers that are not root: a unix stream socket (mode 0660, the daemon's group) that
 * speaks lines of JSON. Nothing that is said there changes anything.
 *
 * A reader sends one line, an object; all members are optional:
 *   "records": { "kinds": ["begin", …], "outcomes": ["complete", …], "clients": ["192.0.2.0/24", …], "zones": ["boot", …],
 *                "files": ["*.cfg", …], "backlog": N }
 *                           records that fit, as they come, after the latest N that are still there
 *   "flows": MS             what `tidegate flows -j` prints, every MS milliseconds (at least 100); 0: once
 *   "stats": MS             what `tidegate stats -j` prints and the daemon's own counts, likewise
 * and gets lines, each an object with one member:
 *   {"metainfo": {…}}       first: as documents of other commands begin, with "daemon": {"pid", "started", …}
 *   {"record": {…}}         record_json()
 *   {"flows": {…}}, {"stats": {…}}
 *   {"lost": N}             N records came faster than the reader read
 *   {"error": "…"}          the line was not understood; the daemon hangs up
 * Without "records" and with nothing but zeros, the daemon hangs up when all is sent. A reader that stops reading
 * loses records, and is hung up on after 30 s without reading anything.
 */
#ifndef TIDEGATE_HUB_H
#define TIDEGATE_HUB_H

#include <jansson.h>

#include "records/record_log.h"

#define HUB_SOCKET  "/run/tidegate/socket"
#define HUB_READERS 64         /* at the same time */
#define HUB_REQUEST (64 << 10) /* bytes of the reader's line at the most */

/* The group that may read, unless the configuration names another. */
#define HUB_GROUP "tidegate"

struct hub;

/* Where the hub gets at what it tells. */
struct hub_sources {
	const char *bpffs; /* of the instance; borrowed, as all of this */
	struct record_log *log;
	/* The daemon's own counts, a new reference; called by any thread. */
	json_t *(*counts)(void *context);
	void *context;
};

/*
 * Listens at `path`, for members of the group; whatever that needs is done when this returns. NULL, explained, on
 * failure.
 */
struct hub *hub_open(const char *path, const char *group, const struct hub_sources *sources);

int hub_fd(const struct hub *hub); /* readable: hub_accept() */
void hub_accept(struct hub *hub);
unsigned int hub_readers(struct hub *hub); /* by now; any thread */

/* Hangs up on everybody. After record_log_close(). */
void hub_close(struct hub *hub);

#endif
