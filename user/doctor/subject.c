// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/subject.h"

#include "address.h"
#include "listeners.h"
#include "netlink.h"
#include "zone.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is asked once for all of them. */
struct host {
	struct netlink_link *link; /* owned */
	size_t links;
	struct ifaddrs *addresses; /* owned */
	bool rules_name_vlans;
};

static void take_links(struct subject *subject, const struct host *host)
{
	const struct netlink_link *self =
		netlink_find_link(host->link, host->links, subject->ifindex);
	const struct netlink_link *master =
		self ? netlink_find_link(host->link, host->links, self->master) : NULL;

	if (master) {
		snprintf(subject->master, sizeof(subject->master), "%s", master->name);
		subject->bridge_port = !strcmp(master->kind, "bridge");
		subject->tags_expected = master->vlan_filtering;
	}
	for (size_t i = 0; i < host->links; i++)
		subject->tags_expected |= host->link[i].lower == subject->ifindex &&
					  !strcmp(host->link[i].kind, "vlan");
}

/* Link-local addresses count for nothing: every interface has one. */
static unsigned int family_of(const struct sockaddr *address)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;

	if (address->sa_family == AF_INET)
		return SUBJECT_IPV4;
	if (address->sa_family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr))
		return SUBJECT_IPV6;
	return 0;
}

static void take_families(struct subject *subject, const struct host *host)
{
	const char *upper = subject_upper(subject);

	for (const struct ifaddrs *a = host->addresses; a; a = a->ifa_next)
		if (a->ifa_addr && !strcmp(a->ifa_name, upper))
			subject->local_families |= family_of(a->ifa_addr);
	if (interface_forwards(upper, AF_INET))
		subject->routed_families |= SUBJECT_IPV4;
	if (interface_forwards(upper, AF_INET6))
		subject->routed_families |= SUBJECT_IPV6;
}

/* Does somebody here wait for TFTP requests that come through it? */
static bool has_server(const struct subject *subject)
{
	struct interface interface = {.ifindex = subject->ifindex,
				      .loopback = !strcmp(subject->name, "lo")};
	struct listener_list list;
	bool found = false;

	if (listeners_behind(&interface, 1, &list))
		return false;
	for (size_t i = 0; i < list.count; i++)
		found |= list.listener[i].port == subject->tftp_port;
	listeners_free(&list);
	return found;
}

static void take_roles(struct subject *subject)
{
	bool elsewhere;

	if (subject->bridge_port)
		subject->roles |= SUBJECT_BRIDGED;
	if (subject->routed_families && strcmp(subject->name, "lo"))
		subject->roles |= SUBJECT_ROUTED;
	elsewhere = subject->roles;
	if ((subject->flags & TG_ZONE_REQUESTS_IN) &&
	    (has_server(subject) || (!elsewhere && !(subject->flags & TG_ZONE_REQUESTS_OUT))))
		subject->roles |= SUBJECT_SERVER;
	if ((subject->flags & TG_ZONE_REQUESTS_OUT) && !elsewhere)
		subject->roles |= SUBJECT_CLIENT;
}

static void take_marks(struct subject *subject, const struct tg_zone *zone)
{
	subject->mark = zone->mark;
	subject->mark_mask = zone->mark_mask;
	subject->single_port = zone->flags & TG_ZONE_SINGLE_PORT;
}

static int take_programs(struct subject *subject, const struct owner *owner)
{
	struct attachment attachment;
	int err = attachment_read(owner, subject->ifindex, &attachment);

	if (err)
		return err;
	subject->xdp_native = attachment.point[PLACE_XDP].method == METHOD_XDP_NATIVE;
	subject->xdp_id = attachment.point[PLACE_XDP].kernel_id;
	subject->ingress_id = attachment.point[PLACE_INGRESS].kernel_id;
	subject->mark_id = attachment.point[PLACE_MARK].kernel_id;
	subject->egress_id = attachment.point[PLACE_EGRESS].kernel_id;
	attachment_release(&attachment);
	return 0;
}

static int see_vlan(const void *key, const void *value, void *context)
{
	const struct tg_vlan_key *vlan = key;

	(void)value;
	if (vlan->vlan)
		((bool *)context)[vlan->bank % TG_BANKS] = true;
	return 0;
}

static int host_read(struct host *host, const struct registry *registry)
{
	bool vlans[TG_BANKS] = {false};
	int links, err = map_walk(registry->maps, MAP_vlan_sets, see_vlan, vlans);

	*host = (struct host){.rules_name_vlans = vlans[registry->live.bank % TG_BANKS]};
	if (err)
		return err;
	links = netlink_list_links(&host->link);
	if (links < 0)
		return links;
	host->links = (size_t)links;
	return getifaddrs(&host->addresses) ? -errno : 0;
}

static void host_free(struct host *host)
{
	free(host->link);
	if (host->addresses)
		freeifaddrs(host->addresses);
}

static int add(struct subjects *subjects, const struct owner *owner,
	       const struct tg_interface *record, const struct tg_zone *zone,
	       const struct host *host)
{
	struct subject *subject = &subjects->list[subjects->count];
	int err;

	*subject = (struct subject){
		.ifindex = record->ifindex,
		.flags = zone->flags,
		.tftp_port = ntohs(zone->tftp_port_be[0]),
		.hook = record->hook,
	};
	if (!interface_name(record->ifindex, subject->name) || !zone_filled(zone))
		return 0; /* it is gone, or nobody's */
	memcpy(subject->zone, zone->name, sizeof(subject->zone));
	take_links(subject, host);
	subject->tags_expected |= host->rules_name_vlans && zone->rule_end > zone->rule_first;
	take_families(subject, host);
	take_roles(subject);
	take_marks(subject, zone);
	err = take_programs(subject, owner);
	if (!err)
		subjects->count++;
	return err;
}

int subjects_read(const struct owner *owner, const struct registry *registry,
		  struct subjects *subjects, struct findings *findings)
{
	struct host host;
	int err;

	*subjects = (struct subjects){.list = calloc(TG_SLOTS_MAX, sizeof(*subjects->list))};
	if (!subjects->list)
		return -ENOMEM;
	err = host_read(&host, registry);
	if (err) {
		finding_unseen(findings, "interfaces and addresses of this host", "%s",
			       strerror(-err));
		err = 0;
	}
	for (uint32_t slot = 0; slot < TG_SLOTS_MAX && !err; slot++)
		if (registry->interface[slot].state != TG_SLOT_FREE)
			err = add(subjects, owner, &registry->interface[slot],
				  &registry->zone[registry_zone_of(registry, slot)], &host);
	host_free(&host);
	if (err)
		subjects_free(subjects);
	return err;
}

void subjects_free(struct subjects *subjects)
{
	free(subjects->list);
	*subjects = (struct subjects){0};
}
