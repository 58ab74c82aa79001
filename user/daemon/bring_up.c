// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/bring_up.h"

#include "instance.h"
#include "log.h"
#include "policy_edit.h"
#include "policy_install.h"
#include "policy_mend.h"
#include "privilege.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Did another version's binary put the programs there that run? */
static bool is_other_version(const char *bpffs)
{
	struct instance instance;
	bool other;

	if (instance_open(&instance, bpffs, BPFFS_READ, true))
		return false;
	other = strcmp(instance.meta.version, TG_VERSION) != 0;
	instance_close(&instance);
	return other;
}

/* Is each member guarded in its zone, by its hook, and nobody else? */
static bool members_are_guarded(const struct registry *registry, const struct config *config,
				const struct members *members)
{
	size_t guarded = 0;

	for (uint32_t slot = 0; slot < TG_SLOTS_MAX; slot++)
		guarded += registry->interface[slot].state != TG_SLOT_FREE;
	for (size_t i = 0; i < members->count; i++) {
		const struct config_zone *zone = &config->zone[members->member[i].zone];
		int slot = registry_slot_of(registry, members->member[i].interface.ifindex);
		uint16_t number = slot < 0 ? 0 : registry_zone_of(registry, (uint32_t)slot);

		if (!number || strcmp(registry->zone[number].name, zone->name) != 0 ||
		    registry->interface[slot].hook != zone->hook)
			return false;
	}
	return guarded == members->count;
}

static bool is_same_policy(const struct instance *instance, struct registry *registry,
			   const struct config *config)
{
	char *running, *wanted;
	bool same;

	if (!registry->policy.generation || registry->live.kind != LIVE_FINAL)
		return false;
	running = policy_running_text(instance, registry);
	wanted = config_print(config);
	same = running && wanted && !strcmp(running, wanted);
	free(running);
	free(wanted);
	return same;
}

static int install(struct instance *instance, struct registry *registry, const struct bring_up *how,
		   bool renew)
{
	struct members members = {0};
	const struct policy_change change = {
		.instance = instance,
		.registry = registry,
		.config = how->config,
		.members = &members,
		.command = how->reload ? "reload" : "run",
		.from_file = true,
	};
	int err = maps_check_sizes(&instance->maps, &how->config->sizes);

	if (!err)
		err = members_present(how->config, renew, &members);
	if (err)
		return err;
	if (how->reload || renew || !is_same_policy(instance, registry, how->config) ||
	    !members_are_guarded(registry, how->config, &members))
		err = policy_install(&change);
	members_free(&members);
	return err;
}

static int change(struct instance *instance, struct registry *registry, struct bring_up *how,
		  bool renew)
{
	int err;

	how->fresh = instance->fresh;
	if (!how->reload && registry->live.kind == LIVE_TRIAL) {
		log_notice("a policy is on trial, for another %llu s: it is left alone; `systemctl "
			   "reload tidegate` applies the file later",
			   (unsigned long long)(registry->live.left_ms + 999) / 1000);
		return 0;
	}
	err = policy_refuse_trial(registry, how->reload ? "reload" : "run");
	if (!err)
		err = install(instance, registry, how, renew);
	if (err && instance->fresh)
		bpffs_empty(&instance->dir);
	return err;
}

int bring_up(struct bring_up *how)
{
	bool renew = !how->reload && is_other_version(how->bpffs);
	struct registry *registry;
	struct instance instance;
	int err = instance_create(&instance, how->bpffs, &how->config->sizes, false, &registry);

	if (!err) {
		err = change(&instance, registry, how, renew);
		free(registry);
		instance_close(&instance);
	}
	privilege_drop();
	return err;
}

int bring_down(const char *bpffs)
{
	struct instance instance;
	int err = instance_enter(&instance, bpffs);

	if (err)
		return err == -ENOENT ? 0 : err;
	err = instance_discard(&instance);
	if (!err)
		err = bpffs_remove(&instance.dir);
	instance_close(&instance);
	return err;
}
