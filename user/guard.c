// SPDX-License-Identifier: GPL-2.0-or-later
#include "guard.h"

#include "ahead.h"
#include "log.h"
#include "privilege.h"
#include "time_now.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void guard_find(struct guard *guard, const struct registry *registry)
{
	int slot = registry_slot_of(registry, guard->interface.ifindex);

	guard->was_up = slot >= 0;
	if (!guard->was_up)
		return;
	guard->slot = (uint32_t)slot;
	guard->old_record = registry->interface[slot];
}

static int find_slot(struct guard *guard, const struct registry *registry)
{
	int slot = registry_free_slot(registry);

	if (guard->was_up)
		return 0;
	if (slot < 0) {
		log_error("%s: no more than %d interfaces can be guarded", guard->interface.name,
			  TG_SLOTS_MAX);
		log_hint("`tidegate down IFACE` makes room");
		return -ENOSPC;
	}
	guard->slot = (uint32_t)slot;
	return 0;
}

struct tg_interface guard_record(const struct guard *guard)
{
	struct tg_interface record = guard->old_record;

	if (!guard->was_up) {
		record.since_ns = time_now_ns(CLOCK_BOOTTIME);
		record.state = TG_SLOT_CHANGING;
	}
	record.ifindex = guard->interface.ifindex;
	record.mtu = guard->interface.mtu;
	record.untagged_vlan = guard->interface.untagged_vlan;
	record.no_ethernet = guard->interface.no_ethernet;
	record.zone[guard->bank] = guard->zone;
	memcpy(record.name, guard->interface.name, sizeof(record.name));
	return record;
}

static bool is_complete(const struct guard *guard)
{
	const struct attachment *now = &guard->old_attachment;
	enum place ingress = guard->hook == TG_HOOK_TC ? PLACE_INGRESS : PLACE_XDP;

	/* A program that can mark serves a zone without marks, too. */
	if (guard->marks && now->point[PLACE_MARK].method == METHOD_NONE)
		return false;
	return guard->was_up && guard->old_record.hook == guard->hook &&
	       now->point[ingress].method != METHOD_NONE &&
	       (guard->interface.loopback || attachment_has_egress(now));
}

/* May the program at this place stay, where only what is missing is to be loaded? */
static bool is_kept(const struct guard *guard, enum place place)
{
	const struct point *now = guard->old_attachment.point;

	if (guard->renew || !guard->was_up || now[place].method == METHOD_NONE)
		return false;
	return place != PLACE_XDP || (guard->old_record.hook == guard->hook &&
				      (!guard->marks || now[PLACE_MARK].method != METHOD_NONE));
}

static struct wish wish_of(const struct guard *guard, const struct instance *instance)
{
	struct wish wish = {
		.hook = guard->hook,
		.no_native = guard->was_up && guard->old_record.hook == TG_HOOK_XDP &&
			     !guard->old_record.xdp_native,
		.target =
			{
				.maps = &instance->maps,
				.slot = guard->slot,
				.no_ethernet = guard->interface.no_ethernet,
				.marks = guard->marks,
			},
		.ahead = guard->ahead,
	};

	for (enum place place = 0; place < PLACES; place++)
		wish.kept[place] = is_kept(guard, place);
	return wish;
}

static int look(struct guard *guard, const struct instance *instance)
{
	int err = 0;

	if (!guard->looked)
		err = attachment_read(&instance->owner, guard->interface.ifindex,
				      &guard->old_attachment);
	guard->looked |= !err;
	return err;
}

/*
 * XDP is loaded as it will be attached. Where that takes a try, and there is something to be told of it, it isn't: without
 * CAP_SYS_ADMIN, and with marks, for which newer kernels have no place in a dispatcher.
 */
static bool may_be_ahead(const struct guard *guard, enum place place)
{
	return place != PLACE_XDP || guard->old_attachment.point[PLACE_XDP].method != METHOD_NONE ||
	       (privilege_has_admin() && !guard->marks);
}

static bool is_shared(const struct guard *guard, enum place place)
{
	const struct point *now = &guard->old_attachment.point[PLACE_XDP];

	return place == PLACE_XDP && (now->method == METHOD_NONE || now->shared);
}

/* Adds to `job` what is to be loaded for the interface; returns how much that is. */
static size_t list_loads(struct guard *guard, const struct instance *instance,
			 struct ahead_job job[PLACES])
{
	struct wish wish;
	size_t count = 0;

	if (look(guard, instance) || (!guard->renew && is_complete(guard)))
		return 0;
	guard->ahead = calloc(PLACES, sizeof(*guard->ahead));
	wish = wish_of(guard, instance);
	for (enum place place = 0; guard->ahead && place < PLACES; place++) {
		guard->ahead[place].fd = -1;
		if (attachment_needs(&guard->interface, &wish, place) && may_be_ahead(guard, place))
			job[count++] = (struct ahead_job){&guard->ahead[place], place, wish.target,
							  is_shared(guard, place)};
	}
	return count;
}

void guard_load_ahead(struct guard *guards, size_t count, const struct instance *instance,
		      struct registry *registry)
{
	struct ahead_job *job = calloc(count * PLACES, sizeof(*job));
	size_t jobs = 0, i;

	log_mute(true);
	for (i = 0; job && i < count && !find_slot(&guards[i], registry); i++) {
		jobs += list_loads(&guards[i], instance, job + jobs);
		if (!guards[i].was_up)
			registry->interface[guards[i].slot].state = TG_SLOT_CHANGING;
	}
	log_mute(false);
	/* They are given away in this order, but not yet. */
	while (i--)
		if (!guards[i].was_up)
			registry->interface[guards[i].slot].state = TG_SLOT_FREE;
	ahead_load(job, jobs);
	free(job);
}

static int attach(struct guard *guard, const struct instance *instance, struct registry *registry)
{
	struct tg_interface record = guard_record(guard);
	const struct wish wish = wish_of(guard, instance);
	int err;

	record.hook = (uint8_t)guard->hook;
	record.state = TG_SLOT_CHANGING;
	err = registry_store(registry, guard->slot, &record);
	if (!err)
		err = attachment_change(&instance->owner, &guard->interface, &wish,
					&guard->attachment);
	if (err)
		return err;
	registry_note(&record, &guard->attachment);
	record.state = TG_SLOT_UP;
	return registry_store(registry, guard->slot, &record);
}

static void drop_ahead(struct guard *guard)
{
	for (int i = 0; guard->ahead && i < PLACES; i++)
		program_close(&guard->ahead[i]);
	free(guard->ahead);
	guard->ahead = NULL;
}

int guard_up(struct guard *guard, const struct instance *instance, struct registry *registry)
{
	int err = find_slot(guard, registry);

	attachment_init(&guard->attachment, guard->interface.ifindex);
	if (!err)
		err = look(guard, instance);
	if (err)
		return err;
	guard->registered = true;
	if (!guard->renew && is_complete(guard))
		return 0;
	err = attach(guard, instance, registry);
	drop_ahead(guard);
	return err;
}

void guard_undo(struct guard *guard, const struct instance *instance, struct registry *registry)
{
	if (!guard->registered)
		return;
	attachment_restore(&instance->owner, &guard->interface, &guard->old_attachment);
	if (guard->was_up)
		registry_store(registry, guard->slot, &guard->old_record);
	else if (registry->interface[guard->slot].state != TG_SLOT_FREE)
		registry_erase(registry, guard->slot);
}

void guard_release(struct guard *guard)
{
	if (guard->looked)
		attachment_release(&guard->old_attachment);
	if (guard->registered)
		attachment_release(&guard->attachment);
	drop_ahead(guard);
}
