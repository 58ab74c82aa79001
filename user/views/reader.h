/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A reader of the daemon's socket (daemon/hub.h): asks once, then takes message after message.
 */
#ifndef TIDEGATE_READER_H
#define TIDEGATE_READER_H

#include <jansson.h>
#include <stdint.h>

struct reader;

enum reader_kind {
	READER_METAINFO, /* the first */
	READER_RECORD,
	READER_FLOWS,
	READER_STATS,
	READER_LOST, /* `lost` */
};

struct reader_message {
	enum reader_kind kind;
	const json_t *
		body; /* what stands behind the kind; valid until the next call, and so is the next; not READER_FLOWS */
	const char *
		text; /* READER_FLOWS: the document as it came, which may be large: flows_document_read() */
	size_t text_len;
	uint64_t lost; /* records that came faster than they were read */
};

/*
 * Connects to `path` (NULL: HUB_SOCKET) and sends the request, which it takes. `command` is for messages. NULL,
 * explained: nobody listens, or one may not.
 */
struct reader *reader_open(const char *path, const char *command, json_t *request);
void reader_close(struct reader *reader); /* NULL is fine */

/* Readable when there may be something; a message may also be waiting from before: see reader_next(). */
int reader_fd(const struct reader *reader);

/*
 * The next message: 1; 0: none came within `timeout_ms` (-1: wait for ever), or a signal did. A negative errno, silently
 * (for reader_explain()), when no more will come: -EPIPE: the daemon has hung up. Kinds that are not known are left out.
 */
int reader_next(struct reader *reader, int timeout_ms, struct reader_message *message);

/* Explains what reader_next() last returned. */
void reader_explain(const struct reader *reader, int err);

#endif
