// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy_mend.h"

#include "log.h"
#include "policy_bank.h"
#include "zone.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int release_unguarded(struct registry *registry, const struct owner *owner)
{
	int result = 0;

	for (uint32_t slot = 0; slot < TG_SLOTS_MAX; slot++) {
		int err = 0;

		if (registry->interface[slot].state != TG_SLOT_FREE &&
		    !registry_zone_of(registry, slot))
			err = registry_release(registry, owner, slot);
		result = result ? result : err;
	}
	return result;
}

/* State of zones that the live policy does not have. */
static int purge_zones(const struct registry *registry, uint32_t bank)
{
	struct tg_zone *old = calloc(TG_SLOTS_MAX, sizeof(*old));
	bool gone[TG_SLOTS_MAX] = {0}, any = false;
	int err = old ? policy_bank_zones(registry->maps, bank, old) : -ENOMEM;

	for (uint32_t i = 0; i < TG_SLOTS_MAX && !err; i++) {
		gone[i] = zone_filled(&old[i]) && !zone_filled(&registry->zone[i]);
		any |= gone[i];
	}
	free(old);
	return any ? zones_purge(registry->maps, gone) : err;
}

static int forget_bank(struct registry *registry, uint32_t bank)
{
	int err = 0;

	for (uint32_t slot = 0; slot < TG_SLOTS_MAX && !err; slot++) {
		struct tg_interface record = registry->interface[slot];

		if (record.state == TG_SLOT_FREE || !record.zone[bank])
			continue;
		record.zone[bank] = 0;
		err = registry_store(registry, slot, &record);
	}
	return err;
}

int policy_tidy(struct registry *registry, const struct owner *owner)
{
	uint32_t bank = registry->live.bank ^ 1;
	struct tg_policy policy = {0};
	int err = release_unguarded(registry, owner);

	if (!err)
		err = policy_bank_read(registry->maps, bank, &policy);
	if (err || !policy.generation)
		return err;
	err = policy_bank_retire(registry->maps, owner->dir, bank);
	if (!err)
		err = purge_zones(registry, bank);
	if (!err)
		err = forget_bank(registry, bank);
	return err ? err : policy_bank_clear(registry->maps, owner->dir, bank);
}

static int end_trial(struct registry *registry)
{
	int err;

	log_notice("the policy on trial was not confirmed in time: the one before it is back");
	err = live_settle(registry->maps, registry->live.bank);
	if (!err)
		registry->live.kind = LIVE_FINAL;
	return err;
}

int policy_mend(struct registry *registry, const struct owner *owner)
{
	int err = registry->live.kind == LIVE_ENDED ? end_trial(registry) : 0;

	if (!err)
		err = registry_mend(registry, owner);
	if (err || registry->live.kind == LIVE_TRIAL)
		return err;
	return policy_tidy(registry, owner);
}

int policy_refuse_trial(const struct registry *registry, const char *command)
{
	if (registry->live.kind != LIVE_TRIAL)
		return 0;
	log_error("%s: a policy is on trial, for another %llu s", command,
		  (unsigned long long)(registry->live.left_ms + 999) / 1000);
	log_hint("keep it with `tidegate confirm`, or wait until the one before it is back");
	return -EBUSY;
}
