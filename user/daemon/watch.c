// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/watch.h"

#include "daemon/incident.h"
#include "daemon/keeper.h"
#include "daemon/links.h"
#include "daemon/newcomer.h"
#include "departed.h"
#include "log.h"
#include "members.h"
#include "netlink.h"
#include "policy_edit.h"
#include "policy_mend.h"
#include "time_now.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TROUBLES      64
#define PAUSE_FIRST_S 1
#define PAUSE_MOST_S  64

/* What failed is tried again, more and more rarely; and told once. */
struct trouble {
	uint32_t ifindex; /* 0: not in use */
	uint32_t pause_s;
	time_t not_before; /* CLOCK_MONOTONIC */
};

struct watch {
	struct followed *followed;
	struct loader *loader;
	struct record_log *log;
	struct links *links;
	struct keeper_memory memory[TG_SLOTS_MAX];
	struct trouble trouble[TROUBLES];
	bool look_again; /* the lock was taken */
	bool mend;       /* an interface went */
	bool vlans;      /* a bridge may have other VLANs */
};

struct watch *watch_new(struct followed *followed, struct loader *loader, struct record_log *log)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return NULL;
	watch->followed = followed;
	watch->loader = loader;
	watch->log = log;
	watch->links = links_open();
	if (watch->links)
		return watch;
	free(watch);
	return NULL;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	links_close(watch->links);
	free(watch);
}

int watch_fd(const struct watch *watch)
{
	return links_fd(watch->links);
}

/* ---- what fails ---------------------------------------------------------------------------------------------------- */

static struct trouble *trouble_of(struct watch *watch, uint32_t ifindex)
{
	for (size_t i = 0; i < TROUBLES; i++)
		if (watch->trouble[i].ifindex == ifindex)
			return &watch->trouble[i];
	return NULL;
}

static bool may_try(struct watch *watch, uint32_t ifindex)
{
	const struct trouble *trouble = trouble_of(watch, ifindex);

	return !trouble || time_now_s(CLOCK_MONOTONIC) >= trouble->not_before;
}

static void went_well(struct watch *watch, uint32_t ifindex)
{
	struct trouble *trouble = trouble_of(watch, ifindex);

	if (trouble)
		*trouble = (struct trouble){0};
}

static void went_wrong(struct watch *watch, uint32_t ifindex, const char *name, const char *zone,
		       const char *what, int err)
{
	struct trouble *trouble = trouble_of(watch, ifindex);

	if (!trouble) {
		incident_tell(watch->log, INCIDENT_FAILED, name, zone, "%s: %s", what,
			      strerror(-err));
		trouble = trouble_of(watch, 0);
		if (!trouble) /* so many at once: the oldest place will do */
			trouble = &watch->trouble[ifindex % TROUBLES];
		*trouble = (struct trouble){.ifindex = ifindex, .pause_s = PAUSE_FIRST_S};
	} else if (trouble->pause_s < PAUSE_MOST_S) {
		trouble->pause_s *= 2;
	}
	trouble->not_before = time_now_s(CLOCK_MONOTONIC) + trouble->pause_s;
}

/* ---- interfaces that come ------------------------------------------------------------------------------------------ */

static const char *zone_name_of(const struct watch *watch, uint32_t slot)
{
	return watch->followed->registry->zone[registry_zone_of(watch->followed->registry, slot)]
		.name;
}

static void ask_for_programs(const struct watch *watch, uint32_t slot, uint64_t hook, bool lacking)
{
	const struct loader_job job = {
		.slot = slot,
		.ifindex = watch->followed->registry->interface[slot].ifindex,
		.hook = hook,
		.lacking = lacking,
	};

	loader_ask(watch->loader, &job);
}

static int guard_locked(struct watch *watch, const struct interface *interface, size_t zone)
{
	struct followed *followed = watch->followed;
	bool upgrade = false;
	int err = followed_reread(followed);

	/* A command may have been faster. */
	if (err || registry_slot_of(followed->registry, interface->ifindex) >= 0)
		return err;
	err = newcomer_guard(followed, watch->loader, interface, zone, &upgrade);
	if (err)
		return err;
	log_notice("%s: it has appeared, and is guarded in zone %s", interface->name,
		   followed->config.zone[zone].name);
	incident_tell(watch->log, INCIDENT_INTERFACE_GUARDED, interface->name,
		      followed->config.zone[zone].name, "interface %u", interface->ifindex);
	if (upgrade)
		ask_for_programs(watch,
				 (uint32_t)registry_slot_of(followed->registry, interface->ifindex),
				 followed->config.zone[zone].hook, false);
	return 0;
}

/* An interface that is not guarded: should it be? */
static void consider(struct watch *watch, uint32_t ifindex, const char *name)
{
	struct followed *followed = watch->followed;
	ssize_t zone = members_zone_of(&followed->config, name);
	struct interface interface;
	int err;

	if (zone < 0 || !may_try(watch, ifindex))
		return;
	err = followed_lock(followed, false);
	if (err == -EWOULDBLOCK) {
		watch->look_again = true;
		return;
	}
	if (err) /* it is being taken down, or that was explained */
		return;
	/* Whose lock it was may have changed the policy. */
	if (followed_refresh(followed, false) == FOLLOWED_SAME) {
		err = interface_find(name, &interface);
		if (!err && interface.ifindex == ifindex)
			err = guard_locked(watch, &interface, (size_t)zone);
	} else {
		err = -EAGAIN;
	}
	followed_unlock(followed);
	if (err == -EAGAIN)
		watch->look_again = true;
	else if (err)
		went_wrong(watch, ifindex, name, NULL, "it cannot be guarded", err);
	else
		went_well(watch, ifindex);
}

/* ---- interfaces that go -------------------------------------------------------------------------------------------- */

typedef char interface_names[TG_SLOTS_MAX][TG_IFNAME];

static void note_names(const struct watch *watch, interface_names names)
{
	for (uint32_t slot = 0; slot < TG_SLOTS_MAX; slot++)
		memcpy(names[slot], watch->followed->registry->interface[slot].name, TG_IFNAME);
}

static void tell_gone(struct watch *watch, interface_names names)
{
	for (uint32_t slot = 0; slot < TG_SLOTS_MAX; slot++)
		if (*names[slot] &&
		    watch->followed->registry->interface[slot].state == TG_SLOT_FREE)
			incident_tell(watch->log, INCIDENT_INTERFACE_GONE, names[slot], NULL,
				      "it is forgotten");
}

/* Forgets what is gone, and finishes what others left: as every command does that changes something. */
static void mend(struct watch *watch)
{
	struct followed *followed = watch->followed;
	interface_names names;
	int err = followed_lock(followed, true);

	watch->mend = err == -EWOULDBLOCK;
	if (err)
		return;
	err = followed_reread(followed);
	if (!err) {
		note_names(watch, names);
		policy_mend(followed->registry, &followed->instance.owner);
		tell_gone(watch, names);
	}
	followed_unlock(followed);
}

/* ---- interfaces that move to another bridge ------------------------------------------------------------------------- */

/* Is it no port of its zone's bridge any more? */
static bool has_moved(const struct watch *watch, uint32_t slot, const char *name)
{
	const struct config *config = &watch->followed->config;
	ssize_t zone = config_zone_named(config, zone_name_of(watch, slot));

	return zone >= 0 && *config->zone[zone].bridge &&
	       !member_of_zone(&config->zone[zone], name);
}

/* The programs stay: an interface's zone is one store. 0 or a negative errno; `*zone`: where it is now, -1 nowhere. */
static int move_locked(struct watch *watch, uint32_t slot, const char *name, ssize_t *zone)
{
	struct followed *followed = watch->followed;
	struct registry *registry = followed->registry;
	struct tg_interface record = registry->interface[slot];
	bool departed[TG_SLOTS_MAX] = {0};
	int number, err;

	*zone = members_zone_of(&followed->config, name);
	if (*zone < 0) {
		err = registry_release(registry, &followed->instance.owner, slot);
	} else {
		number = registry_zone_named(registry, followed->config.zone[*zone].name);
		if (number <= 0)
			return -EAGAIN;
		record.zone[registry->live.bank] = (uint16_t)number;
		record.zone[registry->live.bank ^ 1] = newcomer_other_zone(followed, name);
		err = registry_store(registry, slot, &record);
	}
	departed[slot] = true;
	return err ? err : departed_expire(registry, departed);
}

static void move(struct watch *watch, uint32_t slot)
{
	struct followed *followed = watch->followed;
	char name[IF_NAMESIZE], before[TG_ZONE_NAME];
	uint32_t ifindex = followed->registry->interface[slot].ifindex;
	ssize_t zone = -1;
	int err = followed_lock(followed, true);

	if (err) {
		watch->look_again |= err == -EWOULDBLOCK;
		return;
	}
	err = followed_reread(followed);
	if (err || followed->registry->interface[slot].state != TG_SLOT_UP ||
	    followed->registry->interface[slot].ifindex != ifindex ||
	    !interface_name(ifindex, name) || !has_moved(watch, slot, name)) {
		followed_unlock(followed);
		return;
	}
	snprintf(before, sizeof(before), "%s", zone_name_of(watch, slot));
	err = move_locked(watch, slot, name, &zone);
	followed_unlock(followed);
	if (err == -EAGAIN)
		watch->look_again = true;
	else if (err)
		went_wrong(watch, ifindex, name, before, "it cannot be moved to another zone", err);
	else if (zone < 0)
		incident_tell(watch->log, INCIDENT_INTERFACE_GONE, name, before,
			      "it is no port of the zone's bridge any more");
	else
		incident_tell(watch->log, INCIDENT_INTERFACE_GUARDED, name,
			      followed->config.zone[zone].name, "it comes from zone %s", before);
	if (!err && zone >= 0 &&
	    followed->config.zone[zone].hook != followed->registry->interface[slot].hook)
		ask_for_programs(watch, slot, followed->config.zone[zone].hook, false);
}

/* ---- programs that were taken off ---------------------------------------------------------------------------------- */

static void restore_locked(struct watch *watch, uint32_t slot)
{
	struct followed *followed = watch->followed;
	const struct tg_interface *record = &followed->registry->interface[slot];
	uint32_t ifindex = record->ifindex;
	char what[KEEPER_WHAT], name[TG_IFNAME];
	int there;

	memcpy(name, record->name, sizeof(name));
	/* By now it may be down, or as it should be. */
	if (followed_reread(followed) || record->state != TG_SLOT_UP ||
	    record->ifindex != ifindex ||
	    keeper_check(&followed->instance, record, &watch->memory[slot]))
		return;
	keeper_restore(&followed->instance, record, what);
	there = keeper_check(&followed->instance, record, &watch->memory[slot]);
	if (there <= 0) {
		went_wrong(watch, ifindex, name, zone_name_of(watch, slot),
			   "a program that was taken off cannot be put back",
			   there ? there : -EBUSY);
		ask_for_programs(watch, slot, record->hook, true);
		return;
	}
	went_well(watch, ifindex);
	log_notice("%s: somebody had taken a program off: %s: it is back", name, what);
	incident_tell(watch->log, INCIDENT_PROGRAM_RESTORED, name, zone_name_of(watch, slot), "%s",
		      what);
}

static void check_slot(struct watch *watch, uint32_t slot)
{
	struct followed *followed = watch->followed;
	const struct tg_interface *record = &followed->registry->interface[slot];
	char name[IF_NAMESIZE];
	int err;

	if (record->state == TG_SLOT_FREE)
		return;
	if (!interface_name(record->ifindex, name)) {
		watch->mend = true;
		return;
	}
	if (record->state != TG_SLOT_UP || !may_try(watch, record->ifindex))
		return;
	if (has_moved(watch, slot, name)) {
		move(watch, slot);
		return;
	}
	if (keeper_check(&followed->instance, record, &watch->memory[slot]))
		return;
	err = followed_lock(followed, true);
	if (err == -EWOULDBLOCK)
		watch->look_again = true;
	if (err)
		return;
	restore_locked(watch, slot);
	followed_unlock(followed);
}

/* ---- VLANs of bridges ------------------------------------------------------------------------------------------------ */

static bool has_other_vlan(const struct tg_interface *record, const struct netlink_untagged *list,
			   int count)
{
	return record->state == TG_SLOT_UP &&
	       record->untagged_vlan != netlink_untagged_vlan(list, count, record->ifindex);
}

static bool any_has_other_vlan(const struct followed *followed, const struct netlink_untagged *list,
			       int count)
{
	for (uint32_t slot = 0; slot < TG_SLOTS_MAX; slot++)
		if (has_other_vlan(&followed->registry->interface[slot], list, count))
			return true;
	return false;
}

static void note_vlans_locked(struct followed *followed, const struct netlink_untagged *list,
			      int count)
{
	if (followed_reread(followed))
		return;
	for (uint32_t slot = 0; slot < TG_SLOTS_MAX; slot++) {
		struct tg_interface record = followed->registry->interface[slot];

		if (!has_other_vlan(&record, list, count))
			continue;
		record.untagged_vlan = netlink_untagged_vlan(list, count, record.ifindex);
		registry_store(followed->registry, slot, &record);
	}
}

/* What goes on untagged at a port whose VLAN changes goes on in another VLAN, where nobody has asked for it. */
static void note_vlans(struct watch *watch)
{
	struct followed *followed = watch->followed;
	struct netlink_untagged *list;
	int count = netlink_list_untagged(&list), err = 0;

	watch->vlans = false;
	if (count >= 0 && any_has_other_vlan(followed, list, count)) {
		err = followed_lock(followed, true);
		watch->look_again |= err == -EWOULDBLOCK;
		if (!err) {
			note_vlans_locked(followed, list, count);
			followed_unlock(followed);
		}
	}
	free(list);
}

/* ---- what there is to see ------------------------------------------------------------------------------------------ */

static void take_news(enum link_news news, uint32_t ifindex, void *context)
{
	struct watch *watch = context;
	struct followed *followed = watch->followed;
	char name[IF_NAMESIZE];
	int slot;

	if (!followed->open)
		return;
	watch->vlans |= news == LINK_CAME_OR_CHANGED;
	slot = registry_slot_of(followed->registry, ifindex);
	if (slot >= 0 && news == LINK_GONE)
		watch->mend = true;
	else if (slot >= 0)
		check_slot(watch, (uint32_t)slot);
	else if (news == LINK_CAME_OR_CHANGED && interface_name(ifindex, name))
		consider(watch, ifindex, name);
	if (news == LINK_GONE)
		went_well(watch, ifindex);
}

void watch_read(struct watch *watch)
{
	int err = links_read(watch->links, take_news, watch);

	if (err && err != -ENOBUFS)
		log_error("rtnetlink cannot be read: %s", strerror(-err));
	if (err)
		watch_look(watch);
	if (watch->vlans && watch->followed->open)
		note_vlans(watch);
	if (watch->mend && watch->followed->open)
		mend(watch);
}

void watch_look(struct watch *watch)
{
	struct followed *followed = watch->followed;
	struct if_nameindex *all;

	watch->look_again = false;
	if (!followed->open)
		return;
	if (followed->registry->live.kind == LIVE_ENDED)
		watch->mend = true;
	for (uint32_t slot = 0; slot < TG_SLOTS_MAX && followed->open; slot++)
		check_slot(watch, slot);
	if (followed->open)
		note_vlans(watch);
	if (watch->mend)
		mend(watch);
	all = if_nameindex();
	for (size_t i = 0; all && all[i].if_index && followed->open; i++)
		if (registry_slot_of(followed->registry, all[i].if_index) < 0)
			consider(watch, all[i].if_index, all[i].if_name);
	if (all)
		if_freenameindex(all);
}

bool watch_retry(struct watch *watch)
{
	if (watch->look_again || watch->mend)
		watch_look(watch);
	return watch->look_again || watch->mend;
}

void watch_loaded(struct watch *watch)
{
	struct followed *followed = watch->followed;
	struct loader_job job;

	while (loader_done(watch->loader, &job)) {
		const struct tg_interface *record;

		if (!followed->open || followed_reread(followed))
			continue;
		record = &followed->registry->interface[job.slot];
		if (record->state == TG_SLOT_FREE || record->ifindex != job.ifindex)
			continue;
		if (job.result)
			went_wrong(watch, job.ifindex, record->name, zone_name_of(watch, job.slot),
				   "it cannot have the programs that its zone asks for",
				   job.result);
		else if (job.lacking)
			incident_tell(watch->log, INCIDENT_PROGRAM_RESTORED, record->name,
				      zone_name_of(watch, job.slot), "by fresh programs");
	}
}
