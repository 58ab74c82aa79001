// SPDX-License-Identifier: GPL-2.0-or-later
#include "web/feed.h"

#include <inttypes.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OWN 4 /* messages for one viewer alone */

/* Shared by those who are about to send it. */
struct message {
	unsigned int users;
	size_t bytes;
	char text[];
};

struct viewer {
	struct feed *feed;
	struct MHD_Connection *connection;
	struct message *own[OWN]; /* told to this viewer alone, in order; NULL: no more */
	struct message *now;      /* being sent */
	size_t sent;              /* bytes of it */
	uint64_t next;            /* number of the message that comes then */
	bool suspended;
	struct viewer *another;
};

struct feed {
	pthread_mutex_t lock;                   /* of all below and of all viewers */
	struct message *message[FEED_MESSAGES]; /* by number % FEED_MESSAGES */
	uint64_t posted;                        /* the number of the next one */
	struct viewer *viewers;
	unsigned int count;
	bool ended;
};

struct feed *feed_new(void)
{
	struct feed *feed = calloc(1, sizeof(*feed));

	if (feed)
		pthread_mutex_init(&feed->lock, NULL);
	return feed;
}

/* Returns NULL, for who pointed to it. */
static struct message *message_release(struct message *message)
{
	if (message && !--message->users)
		free(message);
	return NULL;
}

void feed_free(struct feed *feed)
{
	if (!feed)
		return;
	for (int i = 0; i < FEED_MESSAGES; i++)
		message_release(feed->message[i]);
	pthread_mutex_destroy(&feed->lock);
	free(feed);
}

unsigned int feed_viewers(struct feed *feed)
{
	unsigned int count;

	pthread_mutex_lock(&feed->lock);
	count = feed->count;
	pthread_mutex_unlock(&feed->lock);
	return count;
}

static struct message *message_new(const char *event, const char *data)
{
	static const char form[] = "event: %s\ndata: %s\n\n";
	size_t room = sizeof(form) + strlen(event) + strlen(data);
	struct message *message = malloc(sizeof(*message) + room);

	if (!message)
		return NULL;
	message->users = 1;
	message->bytes = (size_t)snprintf(message->text, room, form, event, data);
	return message;
}

/* Under the lock: a viewer who leaves does so under it, too. */
static void wake_all(struct feed *feed)
{
	for (struct viewer *v = feed->viewers; v; v = v->another) {
		if (!v->suspended)
			continue;
		v->suspended = false;
		MHD_resume_connection(v->connection);
	}
}

void feed_post(struct feed *feed, const char *event, const char *data)
{
	struct message *message = message_new(event, data), **place;

	if (!message)
		return;
	pthread_mutex_lock(&feed->lock);
	place = &feed->message[feed->posted++ % FEED_MESSAGES];
	message_release(*place);
	*place = message;
	wake_all(feed);
	pthread_mutex_unlock(&feed->lock);
}

void feed_end(struct feed *feed)
{
	pthread_mutex_lock(&feed->lock);
	feed->ended = true;
	wake_all(feed);
	pthread_mutex_unlock(&feed->lock);
}

struct viewer *feed_join(struct feed *feed, struct MHD_Connection *connection)
{
	struct viewer *viewer = calloc(1, sizeof(*viewer));

	if (!viewer)
		return NULL;
	viewer->feed = feed;
	viewer->connection = connection;
	pthread_mutex_lock(&feed->lock);
	if (feed->count == FEED_VIEWERS) {
		pthread_mutex_unlock(&feed->lock);
		free(viewer);
		return NULL;
	}
	feed->count++;
	viewer->next = feed->posted;
	viewer->another = feed->viewers;
	feed->viewers = viewer;
	pthread_mutex_unlock(&feed->lock);
	return viewer;
}

static void tell(struct viewer *viewer, struct message *message)
{
	for (size_t i = 0; message && i < OWN; i++) {
		if (viewer->own[i])
			continue;
		viewer->own[i] = message;
		return;
	}
	message_release(message);
}

void feed_tell(struct viewer *viewer, const char *event, const char *data)
{
	struct message *message = message_new(event, data);

	pthread_mutex_lock(&viewer->feed->lock);
	tell(viewer, message);
	pthread_mutex_unlock(&viewer->feed->lock);
}

/* What the viewer is to be sent next; NULL: nothing yet. A reference of the viewer's own. */
static struct message *next_message(struct viewer *viewer)
{
	struct feed *feed = viewer->feed;
	struct message *message = viewer->own[0];
	char lost[32];

	if (message) {
		for (size_t i = 1; i < OWN; i++)
			viewer->own[i - 1] = viewer->own[i];
		viewer->own[OWN - 1] = NULL;
		return message;
	}
	if (feed->posted - viewer->next > FEED_MESSAGES) {
		snprintf(lost, sizeof(lost), "%" PRIu64,
			 feed->posted - FEED_MESSAGES - viewer->next);
		viewer->next = feed->posted - FEED_MESSAGES;
		message = message_new("lost", lost);
		if (message)
			return message;
	}
	if (viewer->next == feed->posted)
		return NULL;
	message = feed->message[viewer->next++ % FEED_MESSAGES];
	message->users++;
	return message;
}

ssize_t feed_read(void *context, uint64_t position, char *buffer, size_t room)
{
	struct viewer *viewer = context;
	struct feed *feed = viewer->feed;
	ssize_t bytes = 0;

	(void)position;
	pthread_mutex_lock(&feed->lock);
	if (!viewer->now) {
		viewer->now = next_message(viewer);
		viewer->sent = 0;
	}
	if (viewer->now) {
		size_t left = viewer->now->bytes - viewer->sent, part = left < room ? left : room;

		memcpy(buffer, viewer->now->text + viewer->sent, part);
		viewer->sent += part;
		bytes = (ssize_t)part;
		if (part == left)
			viewer->now = message_release(viewer->now);
	} else if (feed->ended) {
		bytes = MHD_CONTENT_READER_END_OF_STREAM;
	} else {
		viewer->suspended = true;
		MHD_suspend_connection(viewer->connection);
	}
	pthread_mutex_unlock(&feed->lock);
	return bytes;
}

void feed_leave(void *context)
{
	struct viewer *viewer = context, **at;
	struct feed *feed = viewer->feed;

	pthread_mutex_lock(&feed->lock);
	for (at = &feed->viewers; *at != viewer; at = &(*at)->another)
		;
	*at = viewer->another;
	feed->count--;
	message_release(viewer->now);
	for (size_t i = 0; i < OWN; i++)
		message_release(viewer->own[i]);
	pthread_mutex_unlock(&feed->lock);
	free(viewer);
}
