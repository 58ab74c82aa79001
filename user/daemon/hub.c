// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "daemon/hub.h"

#include "daemon/hub_reader.h"
#include "log.h"

#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define STACK_BYTES  (256 << 10)
#define BACKLOG      16
#define LAST_SECONDS 2 /* for what is left when the daemon ends */

struct hub {
	struct hub_sources sources;
	struct sockaddr_un address;
	int fd;
	pthread_mutex_t mutex; /* of what follows */
	pthread_cond_t left;
	int reader[HUB_READERS]; /* sockets; -1 */
	unsigned int readers;
};

struct visit {
	struct hub *hub;
	int place;
	int fd;
};

static int fail(const struct hub *hub, const char *what)
{
	int err = -errno;

	log_error("%s: %s: %s", hub->address.sun_path, what, strerror(-err));
	return err;
}

/* Does somebody listen there? What nobody listens to is left over. */
static int clear_way(const struct hub *hub)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), err = 0;

	if (fd < 0)
		return fail(hub, "no socket can be made");
	if (!connect(fd, (const struct sockaddr *)&hub->address, sizeof(hub->address))) {
		log_error("%s: another daemon listens there", hub->address.sun_path);
		log_hint("name another socket with --socket");
		err = -EADDRINUSE;
	} else if (errno == ECONNREFUSED) {
		unlink(hub->address.sun_path);
	}
	close(fd);
	return err;
}

/* /run/tidegate is made where nothing else does it (tmpfiles.d, RuntimeDirectory=). */
static void make_directory(const struct hub *hub)
{
	char path[sizeof(hub->address.sun_path)];

	snprintf(path, sizeof(path), "%s", hub->address.sun_path);
	mkdir(dirname(path), 0755);
}

static void let_group_in(const struct hub *hub, const char *name)
{
	const struct group *group = getgrnam(name);

	if (!group) {
		log_notice("%s: there is no group %s: only root may read the records",
			   hub->address.sun_path, name);
		return;
	}
	if (!chown(hub->address.sun_path, (uid_t)-1, group->gr_gid) &&
	    !chmod(hub->address.sun_path, 0660))
		return;
	log_notice("%s: it cannot be given to the group %s (%s): only root may read the records",
		   hub->address.sun_path, name, strerror(errno));
	chmod(hub->address.sun_path, 0600);
}

static int listen_there(struct hub *hub, const char *group)
{
	mode_t mask;
	int err;

	hub->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (hub->fd < 0)
		return fail(hub, "no socket can be made");
	mask = umask(0177); /* nobody may connect before the group is set */
	err = bind(hub->fd, (const struct sockaddr *)&hub->address, sizeof(hub->address));
	umask(mask);
	if (err) {
		err = fail(hub, "it cannot be listened on");
		if (err == -ENOENT || err == -EACCES)
			log_hint("the directory has to exist and belong to root; --socket names "
				 "another "
				 "place");
		return err;
	}
	let_group_in(hub, group);
	return listen(hub->fd, BACKLOG) ? fail(hub, "it cannot be listened on") : 0;
}

struct hub *hub_open(const char *path, const char *group, const struct hub_sources *sources)
{
	struct hub *hub = calloc(1, sizeof(*hub));
	int err;

	if (!hub)
		return NULL;
	hub->sources = *sources;
	hub->fd = -1;
	hub->address.sun_family = AF_UNIX;
	pthread_mutex_init(&hub->mutex, NULL);
	pthread_cond_init(&hub->left, NULL);
	for (int i = 0; i < HUB_READERS; i++)
		hub->reader[i] = -1;
	if (strlen(path) >= sizeof(hub->address.sun_path)) {
		log_error("%.40s…: a socket's path has at most %zu bytes", path,
			  sizeof(hub->address.sun_path) - 1);
		free(hub);
		return NULL;
	}
	memcpy(hub->address.sun_path, path, strlen(path));
	make_directory(hub);
	err = clear_way(hub);
	if (!err)
		err = listen_there(hub, group);
	if (!err)
		return hub;
	if (hub->fd >= 0)
		close(hub->fd);
	free(hub);
	return NULL;
}

int hub_fd(const struct hub *hub)
{
	return hub->fd;
}

unsigned int hub_readers(struct hub *hub)
{
	unsigned int readers;

	pthread_mutex_lock(&hub->mutex);
	readers = hub->readers;
	pthread_mutex_unlock(&hub->mutex);
	return readers;
}

static void leave(struct hub *hub, int place, int fd)
{
	pthread_mutex_lock(&hub->mutex);
	hub->reader[place] = -1;
	hub->readers--;
	close(fd);
	pthread_cond_signal(&hub->left);
	pthread_mutex_unlock(&hub->mutex);
}

static void *serve(void *context)
{
	struct visit visit = *(struct visit *)context;

	free(context);
	hub_reader_serve(visit.fd, &visit.hub->sources);
	leave(visit.hub, visit.place, visit.fd);
	return NULL;
}

static int enter(struct hub *hub, int fd)
{
	int place = 0;

	pthread_mutex_lock(&hub->mutex);
	while (place < HUB_READERS && hub->reader[place] >= 0)
		place++;
	if (place < HUB_READERS) {
		hub->reader[place] = fd;
		hub->readers++;
	}
	pthread_mutex_unlock(&hub->mutex);
	return place < HUB_READERS ? place : -1;
}

static int start(struct visit *visit)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int err;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	err = pthread_create(&thread, &attributes, serve, visit);
	pthread_attr_destroy(&attributes);
	return err;
}

static void receive(struct hub *hub, int fd)
{
	static const char full[] = "{\"error\":\"there are too many readers\"}\n";
	struct visit *visit = malloc(sizeof(*visit));
	int place = visit ? enter(hub, fd) : -1;

	if (place < 0) {
		send(fd, full, sizeof(full) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
		close(fd);
		free(visit);
		return;
	}
	*visit = (struct visit){hub, place, fd};
	if (start(visit)) {
		free(visit);
		leave(hub, place, fd);
	}
}

void hub_accept(struct hub *hub)
{
	int fd;

	while ((fd = accept4(hub->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		receive(hub, fd);
}

/* With the mutex held. */
static void hang_up(struct hub *hub, int how)
{
	for (int i = 0; i < HUB_READERS; i++)
		if (hub->reader[i] >= 0)
			shutdown(hub->reader[i], how);
}

/* Who reads gets what there is; who reads nothing is not waited for. */
void hub_close(struct hub *hub)
{
	struct timespec deadline;
	int err = 0;

	if (!hub)
		return;
	close(hub->fd);
	unlink(hub->address.sun_path);
	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += LAST_SECONDS;
	pthread_mutex_lock(&hub->mutex);
	hang_up(hub, SHUT_RD);
	while (hub->readers && !err)
		err = pthread_cond_timedwait(&hub->left, &hub->mutex, &deadline);
	hang_up(hub, SHUT_RDWR);
	while (hub->readers)
		pthread_cond_wait(&hub->left, &hub->mutex);
	pthread_mutex_unlock(&hub->mutex);
	free(hub);
}
