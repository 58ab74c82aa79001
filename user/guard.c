// SPDX-License-Identifier: GPL-2.0-or-later
#include "guard.h"

#include "log.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static const char *zone_name(const struct guard *guard, const struct settings *settings)
{
	return settings->zone ? settings->zone : guard->interface.name;
}

int guard_plan(struct guard *guard, const struct instance *instance,
	       const struct registry *registry, const struct settings *settings)
{
	int slot = registry_slot_of(registry, guard->interface.ifindex);
	int zone = registry_zone_named(registry, zone_name(guard, settings));

	guard->was_up = slot >= 0;
	if (guard->was_up)
		guard->old_record = registry->interface[slot];
	else
		slot = registry_free_slot(registry);
	if (zone < 0)
		zone = registry_free_zone(registry);
	if (slot < 0 || zone < 0) {
		log_error("%s: no more than %d interfaces and %d zones can be guarded",
			  guard->interface.name, TG_SLOTS_MAX, TG_SLOTS_MAX - 1);
		return -ENOSPC;
	}
	guard->slot = (uint32_t)slot;
	guard->zone = (uint16_t)zone;
	return zone_read(&instance->maps, guard->was_up ? guard->old_record.zone : guard->zone,
			 &guard->old_zone);
}

/* An unpredictable number that stays the zone's as long as the zone exists. */
static int zone_seed(const struct zone_contents *old, uint64_t *seed)
{
	*seed = old->settings.hash_seed;
	if (zone_filled(&old->settings))
		return 0;
	if (getrandom(seed, sizeof(*seed), 0) == sizeof(*seed))
		return 0;
	log_error("no random numbers can be had: %s", strerror(errno));
	return -errno;
}

static int fill_zone(struct guard *guard, const struct instance *instance,
		     struct registry *registry, const struct settings *settings)
{
	struct zone_contents contents;
	uint64_t seed;
	int err = zone_read(&instance->maps, guard->zone, &guard->old_zone);

	if (!err)
		err = zone_seed(&guard->old_zone, &seed);
	if (err)
		return err;
	zone_from_settings(&settings->zone_settings, zone_name(guard, settings), seed,
			   instance->meta.tick_ns, &contents);
	guard->zone_written = true;
	err = zone_write(&instance->maps, guard->zone, &contents);
	if (!err)
		registry->zone[guard->zone] = contents.settings;
	return err;
}

static struct tg_interface new_record(const struct guard *guard, const struct settings *settings)
{
	struct tg_interface record = guard->old_record;
	struct timespec now = {0};

	if (!guard->was_up) {
		clock_gettime(CLOCK_BOOTTIME, &now);
		record.since_ns = (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
	}
	record.ifindex = guard->interface.ifindex;
	record.mtu = guard->interface.mtu;
	record.no_ethernet = guard->interface.no_ethernet;
	record.zone = guard->zone;
	record.hook = (uint8_t)settings->hook;
	record.state = TG_SLOT_CHANGING;
	memcpy(record.name, guard->interface.name, sizeof(record.name));
	return record;
}

int guard_up(struct guard *guard, const struct instance *instance, struct registry *registry,
	     const struct settings *settings)
{
	struct tg_interface record = new_record(guard, settings);
	const struct wish wish = {
		.hook = settings->hook,
		.no_native = guard->was_up && guard->old_record.hook == TG_HOOK_XDP &&
			     !guard->old_record.xdp_native,
		.target =
			{
				.maps = &instance->maps,
				.slot = guard->slot,
				.no_ethernet = guard->interface.no_ethernet,
			},
	};
	int err = fill_zone(guard, instance, registry, settings);

	attachment_init(&guard->attachment, guard->interface.ifindex);
	if (!err)
		err = attachment_read(&instance->owner, guard->interface.ifindex,
				      &guard->old_attachment);
	if (err)
		return err;
	guard->registered = true;
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

void guard_undo(struct guard *guard, const struct instance *instance, struct registry *registry)
{
	if (guard->registered) {
		attachment_restore(&instance->owner, &guard->interface, &guard->old_attachment);
		if (guard->was_up)
			registry_store(registry, guard->slot, &guard->old_record);
		else
			registry_erase(registry, guard->slot);
	}
	if (guard->zone_written) {
		zone_write(&instance->maps, guard->zone, &guard->old_zone);
		registry->zone[guard->zone] = guard->old_zone.settings;
	}
}

void guard_release(struct guard *guard)
{
	if (guard->registered) {
		attachment_release(&guard->old_attachment);
		attachment_release(&guard->attachment);
	}
}
