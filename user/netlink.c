// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <time.h>

/* Sends a request and hands every answer to `take`, until that stops or they end. 0 or a negative errno. */
static int ask(struct nlmsghdr *request, uint16_t flags, mnl_cb_t take, void *context)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	char buffer[32768];
	unsigned int port;
	int result = MNL_CB_ERROR, err = 0;

	if (!socket)
		return -errno;
	request->nlmsg_flags = NLM_F_REQUEST | flags;
	request->nlmsg_seq = (unsigned int)time(NULL);
	if (!mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) &&
	    mnl_socket_sendto(socket, request, request->nlmsg_len) >= 0) {
		port = mnl_socket_get_portid(socket);
		do {
			ssize_t len = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));

			result = len < 0 ? MNL_CB_ERROR
					 : mnl_cb_run(buffer, (size_t)len, request->nlmsg_seq, port,
						      take, context);
		} while (result > MNL_CB_STOP);
	}
	if (result == MNL_CB_ERROR)
		err = -errno;
	mnl_socket_close(socket);
	return err;
}

static int dump(struct nlmsghdr *request, mnl_cb_t take, void *context)
{
	return ask(request, NLM_F_DUMP, take, context);
}

static int count_filter(const struct nlmsghdr *message, void *context)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(message);

	/* One message per chain head has no handle. */
	if (message->nlmsg_type == RTM_NEWTFILTER && tc->tcm_handle)
		++*(int *)context;
	return MNL_CB_OK;
}

static int count_filters(uint32_t ifindex, uint32_t direction, int *count)
{
	char buffer[MNL_NLMSG_HDRLEN + 64] = {0};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct tcmsg *tc = mnl_nlmsg_put_extra_header(request, sizeof(*tc));

	request->nlmsg_type = RTM_GETTFILTER;
	tc->tcm_family = AF_UNSPEC;
	tc->tcm_ifindex = (int)ifindex;
	tc->tcm_parent = TC_H_MAKE(TC_H_CLSACT, direction);
	return dump(request, count_filter, count);
}

int netlink_has_filters(uint32_t ifindex)
{
	int count = 0, err;

	err = count_filters(ifindex, TC_H_MIN_INGRESS, &count);
	if (!err)
		err = count_filters(ifindex, TC_H_MIN_EGRESS, &count);
	return err ? err : count > 0;
}

struct qdisc_search {
	uint32_t ifindex; /* older kernels list the qdiscs of all interfaces */
	bool found;
};

static int take_qdisc(const struct nlmsghdr *message, void *context)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(message);
	struct qdisc_search *search = context;

	if (message->nlmsg_type == RTM_NEWQDISC && (uint32_t)tc->tcm_ifindex == search->ifindex &&
	    tc->tcm_parent == TC_H_CLSACT)
		search->found = true;
	return MNL_CB_OK;
}

int netlink_has_clsact(uint32_t ifindex)
{
	char buffer[MNL_NLMSG_HDRLEN + 64] = {0};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct tcmsg *tc = mnl_nlmsg_put_extra_header(request, sizeof(*tc));
	struct qdisc_search search = {.ifindex = ifindex};
	int err;

	request->nlmsg_type = RTM_GETQDISC;
	tc->tcm_family = AF_UNSPEC;
	tc->tcm_ifindex = (int)ifindex;
	err = dump(request, take_qdisc, &search);
	return err ? err : search.found;
}

struct uppers {
	struct netlink_upper *list;
	size_t room;
	size_t count;
};

static void add_upper(struct uppers *uppers, uint32_t lower, uint32_t upper)
{
	if (uppers->count < uppers->room)
		uppers->list[uppers->count++] = (struct netlink_upper){lower, upper};
}

/* IFLA_LINK means "built upon" for these; for veth it is the other end. */
static bool is_stacked(const char *kind)
{
	static const char *const stacked[] = {"vlan", "macvlan", "macvtap", "ipvlan", "ipvtap"};

	for (size_t i = 0; i < sizeof(stacked) / sizeof(*stacked); i++)
		if (!strcmp(kind, stacked[i]))
			return true;
	return false;
}

static const char *link_kind(const struct nlattr *info)
{
	const struct nlattr *attribute;

	mnl_attr_for_each_nested(
		attribute,
		info) if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND &&
			  !mnl_attr_validate(attribute,
					     MNL_TYPE_STRING)) return mnl_attr_get_str(attribute);
	return "";
}

static int take_link(const struct nlmsghdr *message, void *context)
{
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(message);
	const struct nlattr *attribute;
	const char *kind = "";
	uint32_t lower = 0, master = 0;

	if (message->nlmsg_type != RTM_NEWLINK)
		return MNL_CB_OK;
	mnl_attr_for_each(attribute, message, sizeof(*link))
	{
		switch (mnl_attr_get_type(attribute)) {
		case IFLA_MASTER:
			master = mnl_attr_get_u32(attribute);
			break;
		case IFLA_LINK:
			lower = mnl_attr_get_u32(attribute);
			break;
		case IFLA_LINKINFO:
			kind = link_kind(attribute);
			break;
		default:
			break;
		}
	}
	if (master)
		add_upper(context, (uint32_t)link->ifi_index, master);
	if (lower && is_stacked(kind))
		add_upper(context, lower, (uint32_t)link->ifi_index);
	return MNL_CB_OK;
}

int netlink_list_uppers(struct netlink_upper *list, size_t room)
{
	char buffer[MNL_NLMSG_HDRLEN + 64] = {0};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *link = mnl_nlmsg_put_extra_header(request, sizeof(*link));
	struct uppers uppers = {.list = list, .room = room};
	int err;

	request->nlmsg_type = RTM_GETLINK;
	link->ifi_family = AF_UNSPEC;
	err = dump(request, take_link, &uppers);
	return err ? err : (int)uppers.count;
}

static int take_master(const struct nlmsghdr *message, void *context)
{
	struct netlink_upper found = {0};
	struct uppers uppers = {.list = &found, .room = 1};
	int64_t *master = context;

	/* IFLA_LINK comes second, if both are there. */
	if (take_link(message, &uppers) >= 0 && uppers.count &&
	    found.lower ==
		    (uint32_t)((const struct ifinfomsg *)mnl_nlmsg_get_payload(message))->ifi_index)
		*master = found.upper;
	return MNL_CB_STOP;
}

int64_t netlink_master(uint32_t ifindex)
{
	char buffer[MNL_NLMSG_HDRLEN + 64] = {0};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *link = mnl_nlmsg_put_extra_header(request, sizeof(*link));
	int64_t master = 0;
	int err;

	request->nlmsg_type = RTM_GETLINK;
	link->ifi_family = AF_UNSPEC;
	link->ifi_index = (int)ifindex;
	err = ask(request, 0, take_master, &master);
	return err ? err : master;
}
