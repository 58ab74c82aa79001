// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy_install.h"

#include "both_sides.h"
#include "endangered.h"
#include "guard.h"
#include "live.h"
#include "log.h"
#include "policy_bank.h"
#include "policy_mend.h"
#include "privilege.h"
#include "time_now.h"
#include "zone.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

struct install {
	const struct policy_change *change;
	uint32_t bank; /* that is to be live */
	struct policy_image image;
	char *text;
	uint16_t *number; /* of each zone of the image */
	uint64_t *seed;   /* likewise */
	struct guard *guard;
	size_t *zone; /* of each guard, its index in the image */
	size_t count;
	size_t done; /* guards that were begun */
};

static int out_of_memory(const struct install *install)
{
	log_error("%s: %s", install->change->command, strerror(ENOMEM));
	return -ENOMEM;
}

static int compile(struct install *install)
{
	const struct policy_change *change = install->change;
	size_t zones = change->config->zone_count + 1;
	int err = policy_compile(change->config, change->instance->meta.tick_ns, &install->image);

	if (err)
		return err;
	install->text = config_print(change->config);
	install->number = calloc(zones, sizeof(*install->number));
	install->seed = calloc(zones, sizeof(*install->seed));
	if (!install->text || !install->number || !install->seed)
		return out_of_memory(install);
	return 0;
}

/* Numbers of zones that go are not given away now: their state is still there. */
static int free_number(const struct registry *registry, const bool taken[TG_SLOTS_MAX])
{
	for (int number = 1; number < TG_SLOTS_MAX; number++)
		if (!zone_filled(&registry->zone[number]) && !taken[number])
			return number;
	log_error("no more than %d zones fit, counting those that are replaced", TG_SLOTS_MAX - 1);
	return -ENOSPC;
}

/* A zone keeps its number, and an unpredictable seed, as long as there is one of its name. */
static int number_zones(struct install *install)
{
	const struct registry *registry = install->change->registry;
	bool taken[TG_SLOTS_MAX] = {0};

	for (size_t i = 0; i < install->image.zone_count; i++) {
		int number = registry_zone_named(registry, install->image.zone[i].name);

		if (number >= 0) {
			install->seed[i] = registry->zone[number].hash_seed;
		} else {
			number = free_number(registry, taken);
			if (number < 0)
				return number;
			if (getrandom(&install->seed[i], sizeof(*install->seed), 0) !=
			    sizeof(*install->seed)) {
				log_error("no random numbers can be had: %s", strerror(errno));
				return -EIO;
			}
		}
		taken[number] = true;
		install->number[i] = (uint16_t)number;
	}
	return 0;
}

static int plan_guards(struct install *install)
{
	const struct policy_change *change = install->change;
	const struct members *members = change->members;

	install->guard = calloc(members->count + 1, sizeof(*install->guard));
	install->zone = calloc(members->count + 1, sizeof(*install->zone));
	if (!install->guard || !install->zone)
		return out_of_memory(install);
	install->count = members->count;
	for (size_t i = 0; i < members->count; i++) {
		const struct member *member = &members->member[i];

		install->zone[i] = member->zone;
		install->guard[i] = (struct guard){
			.interface = member->interface,
			.hook = change->config->zone[member->zone].hook,
			.marks = guard_marks(change->config->zone[member->zone].hook,
					     change->config->zone[member->zone].settings.mark.mask),
			.bank = install->bank,
			.zone = install->number[member->zone],
			.renew = member->renew,
		};
		guard_find(&install->guard[i], change->registry);
	}
	return 0;
}

/* A trial ends by the switch of a bank alone, which moves no program. */
static int check_trial(const struct install *install)
{
	for (size_t i = 0; i < install->count && install->change->confirm_s; i++) {
		const struct guard *guard = &install->guard[i];

		if (!guard->was_up || guard->old_record.hook == guard->hook)
			continue;
		log_error("%s: the hook cannot be changed on trial", guard->interface.name);
		log_hint("leave out --confirm, or leave the hook of its zone as it is");
		return -EINVAL;
	}
	return 0;
}

static int check_listeners(const struct install *install)
{
	const struct policy_change *change = install->change;
	const struct endangering endangering = {
		.maps = &change->instance->maps,
		.registry = change->registry,
		.image = &install->image,
		.guard = install->guard,
		.zone = install->zone,
		.count = install->count,
		.command = change->command,
		.from_file = change->from_file,
		.force = change->force,
	};

	return endangered_check(&endangering);
}

static int prepare(struct install *install)
{
	int err = compile(install);

	if (!err)
		err = number_zones(install);
	if (!err)
		err = plan_guards(install);
	if (!err)
		err = check_trial(install);
	return err ? err : check_listeners(install);
}

static int fill(const struct install *install)
{
	const struct instance *instance = install->change->instance;
	struct policy_place place = {
		.bank = install->bank,
		.zone_number = install->number,
		.hash_seed = install->seed,
		.generation = install->change->registry->policy.generation + 1,
		.text = install->text,
		.text_bytes = strlen(install->text),
	};

	place.applied_ns = time_now_ns(CLOCK_REALTIME);
	return policy_bank_fill(&instance->maps, &instance->dir, &place, &install->image);
}

static const struct guard *guard_of_slot(const struct install *install, uint32_t slot)
{
	for (size_t i = 0; i < install->count; i++)
		if (install->guard[i].was_up && install->guard[i].slot == slot)
			return &install->guard[i];
	return NULL;
}

/* What the interfaces that are guarded by now will be from the switch on. */
static int announce(const struct install *install)
{
	struct registry *registry = install->change->registry;
	int err = 0;

	for (uint32_t slot = 0; slot < TG_SLOTS_MAX && !err; slot++) {
		struct tg_interface record = registry->interface[slot];
		const struct guard *guard;

		if (record.state == TG_SLOT_FREE)
			continue;
		guard = guard_of_slot(install, slot);
		if (guard)
			record = guard_record(guard);
		else
			record.zone[install->bank] = 0;
		err = registry_store(registry, slot, &record);
	}
	for (size_t i = 0; i < install->count; i++)
		if (install->guard[i].was_up)
			install->guard[i].old_record = registry->interface[install->guard[i].slot];
	return err;
}

static int switch_over(const struct install *install)
{
	const struct maps *maps = &install->change->instance->maps;

	if (install->change->confirm_s)
		return live_try(maps, install->bank, install->change->confirm_s);
	return live_settle(maps, install->bank);
}

static int put_in_force(struct install *install)
{
	const struct policy_change *change = install->change;
	int err = fill(install);

	if (!err)
		err = announce(install);
	if (!err)
		err = switch_over(install);
	while (!err && install->done < install->count) {
		size_t left = install->count - install->done;

		if (install->done % GUARDS_AHEAD == 0)
			guard_load_ahead(&install->guard[install->done],
					 left < GUARDS_AHEAD ? left : GUARDS_AHEAD,
					 change->instance, change->registry);
		err = guard_up(&install->guard[install->done++], change->instance,
			       change->registry);
	}
	return err;
}

/* The registry's copy still says that the old bank is live, and so it will be. */
static void undo(struct install *install)
{
	const struct policy_change *change = install->change;

	live_settle(&change->instance->maps, change->registry->live.bank);
	while (install->done)
		guard_undo(&install->guard[--install->done], change->instance, change->registry);
	policy_tidy(change->registry, &change->instance->owner);
}

static int finish(const struct install *install)
{
	struct registry *registry = install->change->registry;
	int err = registry_reread(registry);

	if (err || install->change->confirm_s)
		return err;
	return policy_tidy(registry, &install->change->instance->owner);
}

static void release(struct install *install)
{
	for (size_t i = 0; i < install->count; i++)
		guard_release(&install->guard[i]);
	free(install->guard);
	free(install->zone);
	free(install->number);
	free(install->seed);
	free(install->text);
	policy_image_free(&install->image);
}

int policy_install(const struct policy_change *change)
{
	struct install install = {
		.change = change,
		.bank = change->registry->live.bank ^ 1,
	};
	int err = prepare(&install);

	privilege_drop();
	if (!err) {
		err = put_in_force(&install);
		if (err)
			undo(&install);
		else
			err = finish(&install);
		if (!err)
			both_sides_tell(change->config, change->members);
	}
	release(&install);
	return err;
}

char *policy_running_text(const struct instance *instance, struct registry *registry)
{
	const struct bpffs *dir = &instance->dir;
	char *text;
	int err = policy_bank_text(dir, registry->live.bank, &registry->policy, &text);

	while (!registry_is_current(registry)) {
		free(text);
		if (registry_reread(registry))
			return NULL;
		err = policy_bank_text(dir, registry->live.bank, &registry->policy, &text);
	}
	if (err)
		log_error("%s: the text of the policy cannot be read: %s", dir->path,
			  strerror(-err));
	if (err == -ENOENT)
		log_hint("has `tidegate down` just taken it away?");
	return text;
}

struct tg_rule *policy_running_rules(struct registry *registry)
{
	const struct maps *maps = registry->maps;
	struct tg_rule *rule = policy_bank_rules(maps, registry->live.bank, &registry->policy);

	while (rule && !registry_is_current(registry)) {
		free(rule);
		if (registry_reread(registry))
			return NULL;
		rule = policy_bank_rules(maps, registry->live.bank, &registry->policy);
	}
	return rule;
}

int policy_running_config(const struct instance *instance, struct registry *registry,
			  struct config *config)
{
	char *text;
	int err;

	*config = (struct config){0};
	if (!registry->policy.generation)
		return 0;
	text = policy_running_text(instance, registry);
	if (!text)
		return -EIO;
	err = config_load_text("running policy", text, registry->policy.text_bytes, config);
	if (err)
		log_hint("the running policy is of another version: `tidegate apply FILE` and "
			 "`tidegate up --config FILE` replace it without reading it");
	free(text);
	return err;
}
