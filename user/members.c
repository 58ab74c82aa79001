// SPDX-License-Identifier: GPL-2.0-or-later
#include "members.h"

#include "policy_edit.h"
#include "glob.h"
#include "log.h"
#include "netlink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool member_fits(const char *pattern, const char *name)
{
	char example[TG_IFNAME];

	return globs_meet(pattern, name, example);
}

static bool is_port(const char *name, const char *bridge)
{
	uint32_t ifindex = if_nametoindex(name), master = if_nametoindex(bridge);

	return ifindex && master && netlink_master(ifindex) == (int64_t)master;
}

/* Does the zone's name or pattern take the interface? */
static bool takes(const struct config_zone *zone, const char *pattern, const char *name)
{
	return member_fits(pattern, name) &&
	       (!*zone->bridge || !glob_is_pattern(pattern) || is_port(name, zone->bridge));
}

bool member_of_zone(const struct config_zone *zone, const char *name)
{
	for (size_t i = 0; i < zone->interface_count; i++)
		if (takes(zone, zone->interface[i], name))
			return true;
	return false;
}

static struct member *find(const struct members *members, uint32_t ifindex)
{
	for (size_t i = 0; i < members->count; i++)
		if (members->member[i].interface.ifindex == ifindex)
			return &members->member[i];
	return NULL;
}

int members_put(struct members *members, const struct interface *interface, size_t zone, bool renew)
{
	struct member *member = find(members, interface->ifindex);

	if (!member) {
		struct member *grown =
			reallocarray(members->member, members->count + 1, sizeof(*grown));

		if (!grown) {
			log_error("%s: %s", interface->name, strerror(ENOMEM));
			return -ENOMEM;
		}
		members->member = grown;
		member = &grown[members->count++];
	}
	*member = (struct member){*interface, zone, renew};
	return 0;
}

void members_remove(struct members *members, uint32_t ifindex)
{
	struct member *member = find(members, ifindex);

	if (member)
		*member = members->member[--members->count];
}

void members_free(struct members *members)
{
	free(members->member);
	*members = (struct members){0};
}

/* One name may be another one's alias, so two zones may mean the same interface. */
static int add_named(const struct config *config, const char *name, size_t zone, bool renew,
		     struct members *members)
{
	struct interface interface;
	const struct member *before;
	int err = interface_find(name, &interface);

	if (err)
		return err;
	before = find(members, interface.ifindex);
	if (before && before->zone != zone) {
		log_error("%s: zones %s and %s both have it", interface.name,
			  config->zone[before->zone].name, config->zone[zone].name);
		log_hint("an interface may be in one zone, under one of its names");
		return -EEXIST;
	}
	return members_put(members, &interface, zone, renew);
}

static int add_fitting(const struct config *config, const char *pattern, size_t zone, bool renew,
		       struct members *members)
{
	struct if_nameindex *all = if_nameindex();
	int err = all ? 0 : -errno;
	bool any = false;

	if (err)
		log_error("the interfaces cannot be listed: %s", strerror(-err));
	for (size_t i = 0; all && all[i].if_index && !err; i++) {
		if (!takes(&config->zone[zone], pattern, all[i].if_name))
			continue;
		any = true;
		err = add_named(config, all[i].if_name, zone, renew, members);
	}
	if (!err && !any)
		log_notice("zone %s: there is no interface %s now", config->zone[zone].name,
			   pattern);
	if (all)
		if_freenameindex(all);
	return err;
}

/* A name without an interface: -ENODEV, explained, or `later`, which is only told. */
static int add_name(const struct config *config, const char *name, size_t zone, bool renew,
		    bool later, struct members *members)
{
	if (!later || if_nametoindex(name))
		return add_named(config, name, zone, renew, members);
	log_notice("zone %s: there is no interface %s now", config->zone[zone].name, name);
	return 0;
}

static int gather(const struct config *config, bool renew, bool later, struct members *members)
{
	int err = 0;

	*members = (struct members){0};
	for (size_t z = 0; z < config->zone_count; z++) {
		const struct config_zone *zone = &config->zone[z];

		for (size_t i = 0; i < zone->interface_count && !err; i++) {
			const char *name = zone->interface[i];

			if (glob_is_pattern(name))
				err = add_fitting(config, name, z, renew, members);
			else
				err = add_name(config, name, z, renew, later, members);
		}
	}
	return err;
}

int members_of_config(const struct config *config, bool renew, struct members *members)
{
	int err = gather(config, renew, false, members);

	if (!err && !members->count) {
		log_error("no zone has an interface that exists now");
		log_hint("`ip link` lists the interfaces; `tidegate down` takes everything down");
		err = -ENODEV;
	}
	if (err)
		members_free(members);
	return err;
}

int members_present(const struct config *config, bool renew, struct members *members)
{
	int err = gather(config, renew, true, members);

	if (err)
		members_free(members);
	return err;
}

ssize_t members_zone_of(const struct config *config, const char *name)
{
	for (size_t z = 0; z < config->zone_count; z++)
		if (member_of_zone(&config->zone[z], name))
			return (ssize_t)z;
	return -1;
}

int members_of_registry(const struct registry *registry, const struct config *config,
			struct members *members)
{
	int err = 0;

	*members = (struct members){0};
	for (uint32_t slot = 0; slot < TG_SLOTS_MAX && !err; slot++) {
		uint16_t number = registry_zone_of(registry, slot);
		ssize_t zone = number ? config_zone_named(config, registry->zone[number].name) : -1;
		struct interface interface;

		if (registry->interface[slot].state == TG_SLOT_FREE || zone < 0)
			continue;
		err = interface_find(registry->interface[slot].name, &interface);
		if (!err)
			err = members_put(members, &interface, (size_t)zone, false);
	}
	if (err)
		members_free(members);
	return err;
}
