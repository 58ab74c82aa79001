// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `tidegate up`: interfaces and settings from the command line, or a whole configuration file.
 */
#include "command.h"

#include "policy_edit.h"
#include "log.h"
#include "policy_install.h"
#include "policy_mend.h"
#include "privilege.h"
#include "report.h"
#include "status.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct up {
	const struct settings *settings;
	struct instance instance;
	struct registry *registry;
	struct interface *named; /* on the command line */
	struct config config;
	struct members members;
};

static int find_interfaces(struct up *up)
{
	size_t count = (size_t)up->settings->operand_count;

	up->named = calloc(count + 1, sizeof(*up->named));
	if (!up->named)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		int err = interface_find(up->settings->operands[i], &up->named[i]);

		if (err)
			return err;
		for (size_t j = 0; j < i; j++) {
			if (up->named[j].ifindex != up->named[i].ifindex)
				continue;
			log_error("%s: it is named twice, as %s too", up->named[i].name,
				  up->settings->operands[j]);
			return -EEXIST;
		}
	}
	return 0;
}

static const char *zone_name(const struct up *up, size_t i)
{
	return up->settings->zone ? up->settings->zone : up->named[i].name;
}

/* Somebody else may have put the interface where there are rules. */
static void tell_move(const struct up *up, size_t i)
{
	int slot = registry_slot_of(up->registry, up->named[i].ifindex);
	uint16_t number = slot < 0 ? 0 : registry_zone_of(up->registry, (uint32_t)slot);
	const char *from = up->registry->zone[number].name;

	if (number && strcmp(from, zone_name(up, i)))
		log_notice("%s: it leaves zone %s for zone %s", up->named[i].name, from,
			   zone_name(up, i));
}

static int edit(struct up *up)
{
	size_t count = (size_t)up->settings->operand_count;
	int err = policy_edit_sync(&up->config, up->registry);

	for (size_t i = 0; i < count && !err; i++) {
		tell_move(up, i);
		err = policy_edit_take(&up->config, up->registry, up->named[i].name,
				       zone_name(up, i));
		if (!err)
			err = policy_edit_put(&up->config, zone_name(up, i), up->named[i].name,
					      up->settings);
	}
	if (err)
		return err;
	map_sizes_merge(&up->config.sizes, &up->settings->sizes);
	err = members_of_registry(up->registry, &up->config, &up->members);
	for (size_t i = 0; i < count && !err; i++)
		err = members_put(&up->members, &up->named[i],
				  (size_t)config_zone_named(&up->config, zone_name(up, i)), true);
	return err;
}

static int plan(struct up *up)
{
	int err = policy_refuse_trial(up->registry, "up");

	if (!err && !up->instance.fresh)
		err = maps_check_sizes(&up->instance.maps, up->settings->operand_count
								   ? &up->settings->sizes
								   : &up->config.sizes);
	if (err)
		return err;
	if (!up->settings->operand_count)
		return members_of_config(&up->config, true, &up->members);
	err = policy_running_config(&up->instance, up->registry, &up->config);
	return err ? err : edit(up);
}

static int bring_up(struct up *up)
{
	int err = plan(up);
	const struct policy_change change = {
		.instance = &up->instance,
		.registry = up->registry,
		.config = &up->config,
		.members = &up->members,
		.command = "up",
		.from_file = !up->settings->operand_count,
		.force = up->settings->force,
		.confirm_s = up->settings->confirm_s,
	};

	if (!err)
		err = policy_install(&change);
	if (err && up->instance.fresh)
		bpffs_empty(&up->instance.dir);
	return err;
}

static int run(struct up *up)
{
	int err = instance_create(&up->instance, up->settings->bpffs,
				  up->settings->operand_count ? &up->settings->sizes
							      : &up->config.sizes,
				  up->settings->discard_state, &up->registry);

	if (err)
		return err;
	err = bring_up(up);
	if (!err)
		err = status_print_change(&up->instance, up->registry, up->settings);
	free(up->registry);
	instance_close(&up->instance);
	return err;
}

/* What the command line names is looked up, or the file read, before anything is touched. */
static int read_wishes(struct up *up)
{
	int err;

	if (up->settings->operand_count)
		return find_interfaces(up);
	err = config_load(up->settings->config ? up->settings->config : CONFIG_FILE, &up->config);
	if (err && !up->settings->config)
		log_hint("without interfaces, `tidegate up` reads that file; `tidegate up IFACE…` "
			 "needs none");
	if (!err)
		map_sizes_merge(&up->config.sizes, &up->settings->sizes);
	return err;
}

int cmd_up(const struct settings *settings)
{
	struct up up = {.settings = settings};
	int err;

	if (command_check_interfaces(settings))
		return EXIT_USAGE;
	err = privilege_check(PRIVILEGE_CHANGE, "up");
	if (!err)
		err = read_wishes(&up);
	if (!err) {
		command_raise_file_limit();
		command_hold_signals();
		err = run(&up);
	}
	members_free(&up.members);
	config_free(&up.config);
	free(up.named);
	return err ? EXIT_FAILED : report_finish();
}
