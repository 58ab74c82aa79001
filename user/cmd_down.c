// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `tidegate down`: detach, then forget; with the last interface the pins go too.
 */
#include "command.h"

#include "policy_edit.h"
#include "log.h"
#include "policy_install.h"
#include "policy_mend.h"
#include "privilege.h"
#include "report.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

/* The slots that are to go, in a row of flags. */
struct down {
	const struct settings *settings;
	struct instance instance;
	struct registry *registry;
	bool chosen[TG_SLOTS_MAX];
};

static int choose_named(struct down *down)
{
	for (int i = 0; i < down->settings->operand_count; i++) {
		const char *name = down->settings->operands[i];
		int slot = registry_slot_of(down->registry, if_nametoindex(name));

		/* The register still has the name of one that is gone. */
		if (slot < 0)
			slot = registry_slot_named(down->registry, name);
		if (slot < 0) {
			log_error("%s: it is not up", name);
			log_hint("`tidegate status` lists what is up");
			return -ENODEV;
		}
		down->chosen[slot] = true;
	}
	return 0;
}

static int choose_all(struct down *down)
{
	for (uint32_t slot = 0; slot < TG_SLOTS_MAX; slot++)
		down->chosen[slot] = down->registry->interface[slot].state != TG_SLOT_FREE;
	return 0;
}

/* Of two failures the first is kept; the other interfaces go down all the same. */
static int take_all_down(struct down *down)
{
	int result = 0;

	for (uint32_t slot = 0; slot < TG_SLOTS_MAX; slot++) {
		int err;

		if (!down->chosen[slot])
			continue;
		err = registry_release(down->registry, &down->instance.owner, slot);
		result = result ? result : err;
	}
	return result ? result : bpffs_remove(&down->instance.dir);
}

/* The policy without them, as a policy of its own. */
static int take_out(const struct down *down, struct config *config, struct members *members)
{
	struct registry *registry = down->registry;
	int err = policy_running_config(&down->instance, registry, config);

	if (!err)
		err = policy_edit_sync(config, registry);
	for (uint32_t slot = 0; slot < TG_SLOTS_MAX && !err; slot++)
		if (down->chosen[slot])
			err = policy_edit_take(config, registry, registry->interface[slot].name,
					       NULL);
	if (!err)
		err = members_of_registry(registry, config, members);
	for (uint32_t slot = 0; slot < TG_SLOTS_MAX; slot++)
		if (down->chosen[slot])
			members_remove(members, registry->interface[slot].ifindex);
	return err;
}

static int take_some_down(struct down *down)
{
	struct members members = {0};
	struct config config = {0};
	const struct policy_change change = {
		.instance = &down->instance,
		.registry = down->registry,
		.config = &config,
		.members = &members,
		.command = "down",
		.force = true,
	};
	int err = take_out(down, &config, &members);

	if (!err)
		err = policy_install(&change);
	members_free(&members);
	config_free(&config);
	return err;
}

static bool all_are_chosen(const struct down *down)
{
	for (uint32_t slot = 0; slot < TG_SLOTS_MAX; slot++)
		if (down->registry->interface[slot].state != TG_SLOT_FREE && !down->chosen[slot])
			return false;
	return true;
}

static int take_down(struct down *down)
{
	char name[TG_SLOTS_MAX][TG_IFNAME] = {0};
	int err = policy_refuse_trial(down->registry, "down");

	if (err)
		return err;
	for (uint32_t slot = 0; slot < TG_SLOTS_MAX; slot++)
		if (down->chosen[slot])
			memcpy(name[slot], down->registry->interface[slot].name, TG_IFNAME);
	err = all_are_chosen(down) ? take_all_down(down) : take_some_down(down);
	for (uint32_t slot = 0; slot < TG_SLOTS_MAX && !down->settings->json; slot++)
		if (*name[slot] && down->registry->interface[slot].state == TG_SLOT_FREE)
			report_line("%s: down", name[slot]);
	return err;
}

static int run(struct down *down)
{
	bool named = down->settings->operand_count;
	int err;

	down->registry = registry_read(&down->instance.maps);
	if (!down->registry)
		return -EIO;
	/*
	 * Names first: interfaces that have vanished are found by the register, which mending
	 * cleans.
	 */
	err = named ? choose_named(down) : 0;
	if (!err)
		err = policy_mend(down->registry, &down->instance.owner);
	if (!err && !named)
		err = choose_all(down);
	for (uint32_t slot = 0; slot < TG_SLOTS_MAX; slot++)
		down->chosen[slot] &= down->registry->interface[slot].state != TG_SLOT_FREE;
	if (!err)
		err = take_down(down);
	free(down->registry);
	return err;
}

/*
 * What an `up` left that was killed early, or another version: nothing in the register can be
 * relied on.
 */
static int clean_up(const struct settings *settings, int why)
{
	struct instance instance;
	int err = instance_enter(&instance, settings->bpffs);

	if (err == -ENOENT) {
		log_notice("nothing is up in %s", settings->bpffs);
		return 0;
	}
	if (err)
		return err;
	err = instance_discard(&instance);
	if (!err)
		err = bpffs_remove(&instance.dir);
	if (!err)
		log_notice("%s: %s was removed", settings->bpffs,
			   why == -EPROTO ? "the firewall of another version"
					  : "what an interrupted `up` left");
	instance_close(&instance);
	return err;
}

/* What could not be opened as an instance: not there, or not to be read. */
static int not_opened(const struct settings *settings, int why)
{
	if (!settings->operand_count && (why == -ENOENT || why == -EPROTO))
		return clean_up(settings, why);
	if (why == -ENOENT) {
		log_error("%s: it is not up: nothing is up in %s", settings->operands[0],
			  settings->bpffs);
		log_hint("`tidegate status` lists what is up; --bpffs names another directory");
	}
	return why;
}

int cmd_down(const struct settings *settings)
{
	struct down *down;
	int err;

	if (command_check_interfaces(settings))
		return EXIT_USAGE;
	if (privilege_check(PRIVILEGE_CHANGE, "down"))
		return EXIT_FAILED;
	down = calloc(1, sizeof(*down));
	if (!down)
		return EXIT_FAILED;
	down->settings = settings;
	command_hold_signals();
	privilege_drop();
	/* Without names another version's state goes as well. */
	err = instance_open(&down->instance, settings->bpffs, BPFFS_CHANGE,
			    !settings->operand_count);
	if (err) {
		err = not_opened(settings, err);
	} else {
		err = run(down);
		instance_close(&down->instance);
	}
	free(down);
	return err ? EXIT_FAILED : report_finish();
}
