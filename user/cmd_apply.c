// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `tidegate apply`: what runs becomes what the file says.
 */
#include "command.h"

#include "log.h"
#include "policy_install.h"
#include "policy_mend.h"
#include "privilege.h"
#include "report.h"
#include "status.h"

#include <stdlib.h>
#include <string.h>

/* Names of the interfaces that are guarded and will not be, by slot; else empty. */
typedef char released[TG_SLOTS_MAX][TG_IFNAME];

static void note_released(const struct registry *registry, const struct members *members,
			  released names)
{
	for (uint32_t slot = 0; slot < TG_SLOTS_MAX; slot++) {
		const struct tg_interface *record = &registry->interface[slot];
		bool stays = record->state == TG_SLOT_FREE;

		for (size_t i = 0; i < members->count; i++)
			stays |= members->member[i].interface.ifindex == record->ifindex;
		if (!stays)
			memcpy(names[slot], record->name, TG_IFNAME);
	}
}

static void tell_released(released names)
{
	for (uint32_t slot = 0; slot < TG_SLOTS_MAX; slot++)
		if (*names[slot])
			log_notice("%s: no zone has it: it is not guarded any more", names[slot]);
}

static int apply(struct instance *instance, struct registry *registry, const struct config *config,
		 const struct settings *settings)
{
	struct members members = {0};
	const struct policy_change change = {
		.instance = instance,
		.registry = registry,
		.config = config,
		.members = &members,
		.command = "apply",
		.from_file = true,
		.force = settings->force,
		.confirm_s = settings->confirm_s,
	};
	released names = {0};
	int err = policy_refuse_trial(registry, "apply");

	if (!err)
		err = maps_check_sizes(&instance->maps, &config->sizes);
	if (!err)
		err = members_of_config(config, false, &members);
	if (err)
		return err;
	note_released(registry, &members, names);
	err = policy_install(&change);
	members_free(&members);
	if (!err)
		tell_released(names);
	return err ? err : status_print_change(instance, registry, settings);
}

int cmd_apply(const struct settings *settings)
{
	struct registry *registry;
	struct instance instance;
	struct config config;
	int err = privilege_check(PRIVILEGE_CHANGE, "apply");

	if (err || config_load(settings->operands[0], &config))
		return EXIT_FAILED;
	command_raise_file_limit();
	command_hold_signals();
	err = command_open_change(&instance, settings, "apply", &registry);
	if (!err) {
		err = apply(&instance, registry, &config, settings);
		free(registry);
		instance_close(&instance);
	}
	config_free(&config);
	return err ? EXIT_FAILED : report_finish();
}
