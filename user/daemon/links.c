// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/links.h"

#include "log.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define RECEIVE_BYTES (1 << 20) /* a thousand interfaces may come at once */

struct links {
	struct mnl_socket *socket;
	char buffer[32768];
};

struct reading {
	links_visit visit;
	void *context;
};

static int fail(struct links *links)
{
	int err = -errno;

	log_error("rtnetlink cannot be listened to: %s", strerror(-err));
	links_close(links);
	return err;
}

struct links *links_open(void)
{
	struct links *links = calloc(1, sizeof(*links));
	int bytes = RECEIVE_BYTES, tc = RTNLGRP_TC;

	if (!links)
		return NULL;
	links->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!links->socket || mnl_socket_bind(links->socket, RTMGRP_LINK, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_setsockopt(links->socket, NETLINK_ADD_MEMBERSHIP, &tc, sizeof(tc)) < 0) {
		fail(links);
		return NULL;
	}
	setsockopt(mnl_socket_get_fd(links->socket), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	return links;
}

void links_close(struct links *links)
{
	if (!links)
		return;
	if (links->socket)
		mnl_socket_close(links->socket);
	free(links);
}

int links_fd(const struct links *links)
{
	return mnl_socket_get_fd(links->socket);
}

static int take(const struct nlmsghdr *message, void *context)
{
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);
	const struct tcmsg *tc = mnl_nlmsg_get_payload(message);
	const struct reading *reading = context;

	switch (message->nlmsg_type) {
	case RTM_NEWLINK:
		reading->visit(LINK_CAME_OR_CHANGED, (uint32_t)link->ifi_index, reading->context);
		break;
	case RTM_DELLINK:
		/* That of a bridge's port tells that it is no port any more. */
		if (link->ifi_family == AF_UNSPEC)
			reading->visit(LINK_GONE, (uint32_t)link->ifi_index, reading->context);
		break;
	case RTM_DELTFILTER:
	case RTM_DELQDISC:
		reading->visit(LINK_FILTER_REMOVED, (uint32_t)tc->tcm_ifindex, reading->context);
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

int links_read(struct links *links, links_visit visit, void *context)
{
	struct reading reading = {visit, context};

	for (;;) {
		ssize_t len =
			mnl_socket_recvfrom(links->socket, links->buffer, sizeof(links->buffer));

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
		mnl_cb_run(links->buffer, (size_t)len, 0, 0, take, &reading);
	}
}
