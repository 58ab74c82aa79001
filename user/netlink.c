// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
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

struct filters {
	struct netlink_filter *list; /* NULL: they are only counted */
	size_t room;
	size_t count;
	bool egress; /* that are being listed */
};

static void copy_text(char *text, size_t size, const struct nlattr *attribute)
{
	if (!mnl_attr_validate(attribute, MNL_TYPE_STRING))
		snprintf(text, size, "%s", mnl_attr_get_str(attribute));
}

static void take_bpf(struct netlink_filter *filter, const struct nlattr *options)
{
	const struct nlattr *attribute;

	mnl_attr_for_each_nested(attribute, options)
	{
		if (mnl_attr_get_type(attribute) == TCA_BPF_ID)
			filter->program = mnl_attr_get_u32(attribute);
		else if (mnl_attr_get_type(attribute) == TCA_BPF_NAME)
			copy_text(filter->name, sizeof(filter->name), attribute);
	}
}

static int take_filter(const struct nlmsghdr *message, void *context)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(message);
	struct filters *filters = context;
	struct netlink_filter filter = {
		.priority = TC_H_MAJ(tc->tcm_info) >> 16,
		.handle = tc->tcm_handle,
		.egress = filters->egress,
	};
	const struct nlattr *attribute, *options = NULL;

	/* One message per chain head has no handle. */
	if (message->nlmsg_type != RTM_NEWTFILTER || !tc->tcm_handle)
		return MNL_CB_OK;
	mnl_attr_for_each(attribute, message, sizeof(*tc))
	{
		if (mnl_attr_get_type(attribute) == TCA_KIND)
			copy_text(filter.kind, sizeof(filter.kind), attribute);
		else if (mnl_attr_get_type(attribute) == TCA_OPTIONS)
			options = attribute;
	}
	if (options && !strcmp(filter.kind, "bpf"))
		take_bpf(&filter, options);
	if (filters->list && filters->count < filters->room)
		filters->list[filters->count] = filter;
	filters->count++;
	return MNL_CB_OK;
}

static int list_filters(uint32_t ifindex, uint32_t direction, struct filters *filters)
{
	char buffer[MNL_NLMSG_HDRLEN + 64] = {0};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct tcmsg *tc = mnl_nlmsg_put_extra_header(request, sizeof(*tc));

	request->nlmsg_type = RTM_GETTFILTER;
	tc->tcm_family = AF_UNSPEC;
	tc->tcm_ifindex = (int)ifindex;
	tc->tcm_parent = TC_H_MAKE(TC_H_CLSACT, direction);
	filters->egress = direction == TC_H_MIN_EGRESS;
	return dump(request, take_filter, filters);
}

int netlink_list_filters(uint32_t ifindex, struct netlink_filter *list, size_t room)
{
	struct filters filters = {.list = list, .room = room};
	int err = list_filters(ifindex, TC_H_MIN_INGRESS, &filters);

	if (!err)
		err = list_filters(ifindex, TC_H_MIN_EGRESS, &filters);
	if (list && filters.count > room)
		filters.count = room;
	return err ? err : (int)filters.count;
}

int netlink_has_filters(uint32_t ifindex)
{
	int count = netlink_list_filters(ifindex, NULL, 0);

	return count < 0 ? count : count > 0;
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

struct links {
	struct netlink_link *list; /* owned */
	size_t count;
	bool short_of_memory;
};

/* IFLA_LINK means "built upon" for these; for veth it is the other end. */
static bool is_stacked(const char *kind)
{
	static const char *const stacked[] = {"vlan", "macvlan", "macvtap", "ipvlan", "ipvtap"};

	for (size_t i = 0; i < sizeof(stacked) / sizeof(*stacked); i++)
		if (!strcmp(kind, stacked[i]))
			return true;
	return false;
}

static void take_bridge(struct netlink_link *link, const struct nlattr *data)
{
	const struct nlattr *attribute;

	mnl_attr_for_each_nested(attribute, data)
	{
		switch (mnl_attr_get_type(attribute)) {
		case IFLA_BR_VLAN_FILTERING:
			link->vlan_filtering = mnl_attr_get_u8(attribute);
			break;
		case IFLA_BR_NF_CALL_IPTABLES:
			link->calls_iptables = mnl_attr_get_u8(attribute);
			break;
		case IFLA_BR_NF_CALL_IP6TABLES:
			link->calls_ip6tables = mnl_attr_get_u8(attribute);
			break;
		default:
			break;
		}
	}
}

static void take_kind(struct netlink_link *link, const struct nlattr *info)
{
	const struct nlattr *attribute, *data = NULL;

	mnl_attr_for_each_nested(attribute, info)
	{
		if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND)
			copy_text(link->kind, sizeof(link->kind), attribute);
		else if (mnl_attr_get_type(attribute) == IFLA_INFO_DATA)
			data = attribute;
	}
	if (data && !strcmp(link->kind, "bridge"))
		take_bridge(link, data);
}

static int take_link(const struct nlmsghdr *message, void *context)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	struct netlink_link link = {.ifindex = (uint32_t)info->ifi_index}, *grown;
	const struct nlattr *attribute;
	struct links *links = context;

	if (message->nlmsg_type != RTM_NEWLINK)
		return MNL_CB_OK;
	mnl_attr_for_each(attribute, message, sizeof(*info))
	{
		switch (mnl_attr_get_type(attribute)) {
		case IFLA_IFNAME:
			copy_text(link.name, sizeof(link.name), attribute);
			break;
		case IFLA_MASTER:
			link.master = mnl_attr_get_u32(attribute);
			break;
		case IFLA_LINK:
			link.lower = mnl_attr_get_u32(attribute);
			break;
		case IFLA_LINKINFO:
			take_kind(&link, attribute);
			break;
		default:
			break;
		}
	}
	if (!is_stacked(link.kind))
		link.lower = 0;
	grown = reallocarray(links->list, links->count + 1, sizeof(*grown));
	links->short_of_memory |= !grown;
	if (!grown)
		return MNL_CB_OK;
	links->list = grown;
	links->list[links->count++] = link;
	return MNL_CB_OK;
}

int netlink_list_links(struct netlink_link **list)
{
	char buffer[MNL_NLMSG_HDRLEN + 64] = {0};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	struct links links = {0};
	int err;

	*list = NULL;
	request->nlmsg_type = RTM_GETLINK;
	info->ifi_family = AF_UNSPEC;
	err = dump(request, take_link, &links);
	if (!err && links.short_of_memory)
		err = -ENOMEM;
	if (err) {
		free(links.list);
		return err;
	}
	*list = links.list;
	return (int)links.count;
}

const struct netlink_link *netlink_find_link(const struct netlink_link *list, size_t count,
					     uint32_t ifindex)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].ifindex == ifindex)
			return &list[i];
	return NULL;
}

struct untagged {
	const struct netlink_link *link; /* all */
	size_t links;
	struct netlink_untagged *list; /* owned; room for all */
	size_t count;
};

static uint16_t pvid_of(const struct nlattr *vlans)
{
	const struct nlattr *attribute;

	mnl_attr_for_each_nested(attribute, vlans)
	{
		const struct bridge_vlan_info *vlan = mnl_attr_get_payload(attribute);

		if (mnl_attr_get_type(attribute) == IFLA_BRIDGE_VLAN_INFO &&
		    mnl_attr_get_payload_len(attribute) >= sizeof(*vlan) &&
		    vlan->flags & BRIDGE_VLAN_INFO_PVID)
			return vlan->vid;
	}
	return 0;
}

/* A port, or the bridge: IFLA_MASTER is the bridge for both. */
static int take_untagged(const struct nlmsghdr *message, void *context)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	const struct netlink_link *bridge = NULL;
	const struct nlattr *attribute;
	struct untagged *all = context;
	uint16_t vlan = 0;

	if (message->nlmsg_type != RTM_NEWLINK || info->ifi_family != AF_BRIDGE)
		return MNL_CB_OK;
	mnl_attr_for_each(attribute, message, sizeof(*info))
	{
		if (mnl_attr_get_type(attribute) == IFLA_MASTER)
			bridge = netlink_find_link(all->link, all->links,
						   mnl_attr_get_u32(attribute));
		else if (mnl_attr_get_type(attribute) == IFLA_AF_SPEC)
			vlan = pvid_of(attribute);
	}
	if (bridge && bridge->vlan_filtering && vlan && all->count < all->links)
		all->list[all->count++] =
			(struct netlink_untagged){(uint32_t)info->ifi_index, vlan};
	return MNL_CB_OK;
}

static int list_untagged(struct untagged *all)
{
	char buffer[MNL_NLMSG_HDRLEN + 64] = {0};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));

	request->nlmsg_type = RTM_GETLINK;
	info->ifi_family = AF_BRIDGE;
	mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_BRVLAN);
	return dump(request, take_untagged, all);
}

static bool any_filters_vlans(const struct netlink_link *link, int count)
{
	for (int i = 0; link && i < count; i++)
		if (link[i].vlan_filtering)
			return true;
	return false;
}

int netlink_list_untagged(struct netlink_untagged **list)
{
	struct netlink_link *link;
	int links = netlink_list_links(&link), err = 0;
	struct untagged all = {.link = link, .links = links < 0 ? 0 : (size_t)links};

	*list = NULL;
	if (any_filters_vlans(link, links)) {
		all.list = calloc(all.links, sizeof(*all.list));
		err = all.list ? list_untagged(&all) : -ENOMEM;
	}
	free(link);
	if (links < 0 || err) {
		free(all.list);
		return links < 0 ? links : err;
	}
	*list = all.list;
	return (int)all.count;
}

uint16_t netlink_untagged_vlan(const struct netlink_untagged *list, int count, uint32_t ifindex)
{
	for (int i = 0; i < count; i++)
		if (list[i].ifindex == ifindex)
			return list[i].vlan;
	return 0;
}

int netlink_list_uppers(struct netlink_upper *list, size_t room)
{
	struct netlink_link *link;
	int links = netlink_list_links(&link);
	size_t count = 0;

	for (int i = 0; link && i < links; i++) {
		if (link[i].master && count < room)
			list[count++] = (struct netlink_upper){link[i].ifindex, link[i].master};
		if (link[i].lower && count < room)
			list[count++] = (struct netlink_upper){link[i].lower, link[i].ifindex};
	}
	free(link);
	return links < 0 ? links : (int)count;
}

static int take_one_link(const struct nlmsghdr *message, void *context)
{
	take_link(message, context);
	return MNL_CB_STOP;
}

int64_t netlink_master(uint32_t ifindex)
{
	char buffer[MNL_NLMSG_HDRLEN + 64] = {0};
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	struct links links = {0};
	int64_t master = 0;
	int err;

	request->nlmsg_type = RTM_GETLINK;
	info->ifi_family = AF_UNSPEC;
	info->ifi_index = (int)ifindex;
	err = ask(request, 0, take_one_link, &links);
	if (!err && links.short_of_memory)
		err = -ENOMEM;
	if (links.count)
		master = links.list[0].master;
	free(links.list);
	return err ? err : master;
}
