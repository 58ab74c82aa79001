// SPDX-License-Identifier: GPL-2.0-or-later
#include "sinks/socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"

int sink_socket(const struct config_sink *sink, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", sink->path);
	if (!connect(fd, (const struct sockaddr *)&address, sizeof(address)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

bool sink_socket_is_away(int err)
{
	/* EAGAIN: as many wait to be accepted as may. */
	return err == -ENOENT || err == -ECONNREFUSED || err == -EAGAIN;
}

int sink_socket_explain(const struct config_sink *sink, int err)
{
	log_error("sink \"%s\": %s: %s", sink->name, sink->path, strerror(-err));
	if (err == -ENOENT || err == -ECONNREFUSED)
		log_hint("nobody listens there: start the program that does");
	else if (err == -EPROTOTYPE)
		log_hint("it is a socket of another kind: type = stream is for stream sockets, "
			 "type = syslog for datagrams");
	return err;
}

int sink_socket_open(const struct config_sink *sink, int type, bool first, int *fd)
{
	int made = sink_socket(sink, type);

	if (made < 0) {
		sink_socket_explain(sink, made);
		if (!first || !sink_socket_is_away(made))
			return made;
		made = -1;
	}
	*fd = made;
	return 0;
}
