// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/newcomer.h"

#include "guard.h"
#include "log.h"
#include "members.h"
#include "policy_bank.h"
#include "tc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint16_t zone_in_other_bank(const struct followed *followed, const char *name)
{
	const struct instance *instance = &followed->instance;
	uint32_t bank = followed->registry->live.bank ^ 1;
	struct tg_zone *zones = calloc(TG_SLOTS_MAX, sizeof(*zones));
	struct tg_policy policy = {0};
	struct config config = {0};
	uint16_t number = 0;
	ssize_t zone = -1;
	char *text = NULL;

	if (zones && !policy_bank_read(&instance->maps, bank, &policy) && policy.generation &&
	    !policy_bank_zones(&instance->maps, bank, zones))
		policy_bank_text(&instance->dir, bank, &policy, &text);
	if (text && !config_load_text("policy on trial", text, policy.text_bytes, &config))
		zone = members_zone_of(&config, name);
	for (uint16_t i = 1; zone >= 0 && i < TG_SLOTS_MAX; i++)
		if (!strcmp(zones[i].name, config.zone[zone].name))
			number = i;
	config_free(&config);
	free(text);
	free(zones);
	return number;
}

uint16_t newcomer_other_zone(const struct followed *followed, const char *name)
{
	return followed->registry->live.kind == LIVE_TRIAL ? zone_in_other_bank(followed, name) : 0;
}

static int put(const struct instance *instance, const struct interface *interface, enum place place,
	       int fd, struct attachment *attachment)
{
	const struct point nothing = {.fd = -1};
	struct program program;
	int err = program_from_fd(&program, place, fd);

	if (err)
		return err;
	err = tc_put(&instance->owner, interface, &program, &nothing, &attachment->point[place]);
	program_close(&program);
	return err;
}

/*
 * Incoming packets first, unlike elsewhere: nothing has gone out yet whose answers could come. Each call waits for the kernel to
 * be done with what was there before, but judges from its beginning on.
 */
static int attach_spare(const struct instance *instance, const struct interface *interface,
			const struct spare *spare, struct attachment *attachment)
{
	int err;

	attachment_init(attachment, interface->ifindex);
	err = put(instance, interface, PLACE_INGRESS, spare->ingress, attachment);
	if (!err && !interface->loopback)
		err = put(instance, interface, PLACE_EGRESS, spare->egress, attachment);
	return err;
}

/* The record is in the register, as one that is changing. */
static int bring_up(struct followed *followed, const struct interface *interface,
		    const struct spare *spare, struct tg_interface *record)
{
	const struct instance *instance = &followed->instance;
	struct attachment attachment;
	int err = attach_spare(instance, interface, spare, &attachment);

	if (!err) {
		registry_note(record, &attachment);
		record->state = TG_SLOT_UP;
		err = registry_store(followed->registry, spare->slot, record);
	}
	attachment_release(&attachment);
	if (!err)
		return 0;
	attachment_clear(&instance->owner, interface->ifindex);
	registry_erase(followed->registry, spare->slot);
	return err;
}

static int guard_with(struct followed *followed, const struct guard *guard, uint16_t other_zone,
		      const struct spare *spare)
{
	struct tg_interface record = guard_record(guard);
	int err;

	record.hook = TG_HOOK_TC;
	record.zone[guard->bank ^ 1] = other_zone;
	err = registry_store(followed->registry, spare->slot, &record);
	return err ? err : bring_up(followed, &guard->interface, spare, &record);
}

/* Without anything in stock: slower, and at once as the zone asks. */
static int guard_slowly(struct followed *followed, struct guard *guard, uint16_t other_zone)
{
	int err = guard_up(guard, &followed->instance, followed->registry);
	struct tg_interface record;

	if (!err && other_zone) {
		record = followed->registry->interface[guard->slot];
		record.zone[guard->bank ^ 1] = other_zone;
		err = registry_store(followed->registry, guard->slot, &record);
	}
	if (err)
		guard_undo(guard, &followed->instance, followed->registry);
	guard_release(guard);
	return err;
}

int newcomer_guard(struct followed *followed, struct loader *loader,
		   const struct interface *interface, size_t zone, bool *upgrade)
{
	const struct config_zone *wanted = &followed->config.zone[zone];
	int number = registry_zone_named(followed->registry, wanted->name), err;
	uint16_t other_zone = 0;
	struct spare spare;
	struct guard guard = {
		.interface = *interface,
		.hook = wanted->hook,
		.marks = guard_marks(wanted->hook, wanted->settings.mark.mask),
		.bank = followed->registry->live.bank,
		.zone = (uint16_t)number,
	};

	*upgrade = false;
	if (number <= 0)
		return -EAGAIN;
	other_zone = newcomer_other_zone(followed, interface->name);
	err = loader_take(loader, followed->registry, interface->no_ethernet, &spare);
	if (err == -ENOENT)
		return guard_slowly(followed, &guard, other_zone);
	if (err)
		return err;
	err = guard_with(followed, &guard, other_zone, &spare);
	spare_release(&spare);
	*upgrade = !err && wanted->hook != TG_HOOK_TC;
	return err;
}
