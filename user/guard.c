// SPDX-License-Identifier: GPL-2.0-or-later
#include "guard.h"

#include "log.h"
#include "time_now.h"

#include <errno.h>
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

static int attach(struct guard *guard, const struct instance *instance, struct registry *registry)
{
	struct tg_interface record = guard_record(guard);
	const struct wish wish = {
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
	};
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

int guard_up(struct guard *guard, const struct instance *instance, struct registry *registry)
{
	int err = find_slot(guard, registry);

	attachment_init(&guard->attachment, guard->interface.ifindex);
	if (!err)
		err = attachment_read(&instance->owner, guard->interface.ifindex,
				      &guard->old_attachment);
	if (err)
		return err;
	guard->registered = true;
	if (!guard->renew && is_complete(guard))
		return 0;
	return attach(guard, instance, registry);
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
	if (guard->registered) {
		attachment_release(&guard->old_attachment);
		attachment_release(&guard->attachment);
	}
}
