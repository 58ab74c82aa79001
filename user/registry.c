// SPDX-License-Identifier: GPL-2.0-or-later
#include "registry.h"

#include "departed.h"

#include "log.h"
#include "policy_bank.h"
#include "tc.h"
#include "xdp_leftovers.h"
#include "zone.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int read_interfaces(struct registry *registry)
{
	int err =
		map_get_array(registry->maps, MAP_interfaces, 0, TG_SLOTS_MAX, registry->interface);

	if (err)
		log_error("the register of interfaces cannot be read: %s", strerror(-err));
	return err;
}

int registry_reread(struct registry *registry)
{
	const struct maps *maps = registry->maps;
	struct live *live = &registry->live, after;
	int err = live_read(maps, &after);

	/* Somebody who does not hold the lock may read while the policy changes. */
	do {
		*live = after;
		if (!err)
			err = policy_bank_read(maps, live->bank, &registry->policy);
		if (!err)
			err = policy_bank_zones(maps, live->bank, registry->zone);
		if (!err)
			err = read_interfaces(registry);
		if (!err)
			err = live_read(maps, &after);
	} while (!err && after.bank != live->bank);
	return err;
}

bool registry_is_current(const struct registry *registry)
{
	struct tg_policy policy;
	struct live live;

	return !live_read(registry->maps, &live) && live.bank == registry->live.bank &&
	       !policy_bank_read(registry->maps, live.bank, &policy) &&
	       policy.generation == registry->policy.generation;
}

struct registry *registry_read(const struct maps *maps)
{
	struct registry *registry = calloc(1, sizeof(*registry));

	if (!registry) {
		log_error("the register of interfaces cannot be read: %s", strerror(ENOMEM));
		return NULL;
	}
	registry->maps = maps;
	if (!registry_reread(registry))
		return registry;
	free(registry);
	return NULL;
}

static bool in_use(const struct registry *registry, uint32_t slot)
{
	return registry->interface[slot].state != TG_SLOT_FREE;
}

bool registry_is_empty(const struct registry *registry)
{
	for (uint32_t slot = 0; slot < TG_SLOTS_MAX; slot++)
		if (in_use(registry, slot))
			return false;
	return true;
}

uint16_t registry_zone_of(const struct registry *registry, uint32_t slot)
{
	uint16_t zone = registry->interface[slot].zone[registry->live.bank];

	return zone < TG_SLOTS_MAX ? zone : 0;
}

int registry_slot_of(const struct registry *registry, uint32_t ifindex)
{
	for (uint32_t slot = 0; slot < TG_SLOTS_MAX; slot++)
		if (in_use(registry, slot) && registry->interface[slot].ifindex == ifindex)
			return (int)slot;
	return -1;
}

int registry_slot_named(const struct registry *registry, const char *name)
{
	for (uint32_t slot = 0; slot < TG_SLOTS_MAX; slot++)
		if (in_use(registry, slot) && !strcmp(registry->interface[slot].name, name))
			return (int)slot;
	return -1;
}

int registry_free_slot(const struct registry *registry)
{
	for (uint32_t slot = 0; slot < TG_SLOTS_MAX; slot++)
		if (!in_use(registry, slot))
			return (int)slot;
	return -1;
}

int registry_zone_named(const struct registry *registry, const char *name)
{
	for (int id = 1; id < TG_SLOTS_MAX; id++)
		if (zone_filled(&registry->zone[id]) && !strcmp(registry->zone[id].name, name))
			return id;
	return -1;
}

int registry_free_zone(const struct registry *registry)
{
	for (int id = 1; id < TG_SLOTS_MAX; id++)
		if (!zone_filled(&registry->zone[id]))
			return id;
	return -1;
}

static int zero_counters(const struct maps *maps, uint32_t slot)
{
	int cpus = libbpf_num_possible_cpus(), err = cpus < 0 ? cpus : 0;
	struct tg_counter *zero = cpus < 0 ? NULL : calloc((size_t)cpus, sizeof(*zero));

	if (!zero)
		return err ? err : -ENOMEM;
	for (uint32_t i = 0; i < TG_REASON_SLOTS && !err; i++) {
		uint32_t key = slot * TG_REASON_SLOTS + i;

		err = map_put(maps, MAP_counters, &key, zero);
	}
	free(zero);
	return err;
}

int registry_store(struct registry *registry, uint32_t slot, const struct tg_interface *record)
{
	int err = 0;

	if (!in_use(registry, slot))
		err = zero_counters(registry->maps, slot);
	if (!err)
		err = map_put(registry->maps, MAP_interfaces, &slot, record);
	if (!err)
		err = map_put(registry->maps, MAP_slots, &record->ifindex, &slot);
	if (err)
		log_error("%s: it cannot be registered: %s", record->name, strerror(-err));
	else
		registry->interface[slot] = *record;
	return err;
}

int registry_erase(struct registry *registry, uint32_t slot)
{
	static const struct tg_interface nothing;
	int err;

	map_delete(registry->maps, MAP_slots, &registry->interface[slot].ifindex);
	err = map_put(registry->maps, MAP_interfaces, &slot, &nothing);
	if (err)
		log_error("%s: it cannot be taken off the register: %s",
			  registry->interface[slot].name, strerror(-err));
	else
		registry->interface[slot] = nothing;
	return err;
}

int registry_release(struct registry *registry, const struct owner *owner, uint32_t slot)
{
	struct tg_interface record = registry->interface[slot];
	int err;

	record.state = TG_SLOT_CHANGING;
	err = registry_store(registry, slot, &record);
	if (!err)
		err = attachment_clear(owner, record.ifindex);
	return err ? err : registry_erase(registry, slot);
}

static uint8_t tc_method(enum method method)
{
	if (method == METHOD_NONE)
		return TG_EGRESS_NONE;
	return method == METHOD_TCX ? TG_EGRESS_TCX : TG_EGRESS_CLSACT;
}

void registry_note(struct tg_interface *record, const struct attachment *attachment)
{
	const struct point *xdp = &attachment->point[PLACE_XDP];
	const struct point *mark = &attachment->point[PLACE_MARK];
	const struct point *ingress = &attachment->point[PLACE_INGRESS];
	const struct point *egress = &attachment->point[PLACE_EGRESS];

	record->xdp_native = xdp->method == METHOD_XDP_NATIVE;
	record->xdp_prog_id = xdp->kernel_id;
	record->mark_tc = tc_method(mark->method);
	record->ingress_tc = tc_method(ingress->method);
	record->egress = tc_method(egress->method);
	record->tc_handle = egress->tc_handle;
}

static int forget(struct registry *registry, const struct owner *owner, uint32_t slot)
{
	uint32_t ifindex = registry->interface[slot].ifindex;
	char pin[PIN_NAME];

	for (int place = 0; place < PLACES; place++) {
		owner_pin_name(pin, "links", ifindex, place);
		bpffs_unpin(owner->dir, pin);
		owner_pin_name(pin, "programs", ifindex, place);
		bpffs_unpin(owner->dir, pin);
	}
	tc_tidy(owner, ifindex);
	return registry_erase(registry, slot);
}

/* Of the two ingress places, an interrupted change may have left both filled. */
static int finish_interrupted(struct registry *registry, const struct owner *owner, uint32_t slot,
			      struct attachment *attachment)
{
	struct tg_interface record = registry->interface[slot];
	enum place keep = record.hook == TG_HOOK_TC ? PLACE_INGRESS : PLACE_XDP;
	enum place spare = record.hook == TG_HOOK_TC ? PLACE_XDP : PLACE_INGRESS;

	if (attachment->point[keep].method != METHOD_NONE) {
		int err = attachment_clear_place(owner, attachment, spare);

		if (err)
			return err;
	} else {
		record.hook = spare == PLACE_XDP ? TG_HOOK_XDP : TG_HOOK_TC;
	}
	registry_note(&record, attachment);
	record.state = TG_SLOT_UP;
	return registry_store(registry, slot, &record);
}

static int mend_interrupted(struct registry *registry, const struct owner *owner, uint32_t slot,
			    struct attachment *attachment)
{
	struct tg_interface *record = &registry->interface[slot];
	struct interface interface;
	int err = interface_find(record->name, &interface);

	if (err)
		return err;
	xdp_sweep(owner, record->ifindex);
	if (attachment_has_ingress(attachment) &&
	    (attachment_has_egress(attachment) || interface.loopback))
		return finish_interrupted(registry, owner, slot, attachment);
	log_notice("%s: an `up` or `down` was interrupted; it is down now", record->name);
	err = attachment_clear(owner, record->ifindex);
	return err ? err : forget(registry, owner, slot);
}

/* What it can't mend is an interface that has `vanished`. */
static int mend_slot(struct registry *registry, const struct owner *owner, uint32_t slot,
		     bool *vanished)
{
	struct tg_interface *record = &registry->interface[slot];
	struct attachment attachment;
	char name[IF_NAMESIZE];
	bool there = interface_name(record->ifindex, name), ours;
	int err = 0;

	if (there) {
		err = attachment_read(owner, record->ifindex, &attachment);
		if (err)
			return err;
		ours = attachment_has_ingress(&attachment) || attachment_has_egress(&attachment);
		if (ours)
			memcpy(record->name, name, sizeof(record->name));
		else if (strcmp(record->name, name))
			there = false; /* the number was given to another interface */
		if (there && record->state == TG_SLOT_CHANGING)
			err = mend_interrupted(registry, owner, slot, &attachment);
		attachment_release(&attachment);
	}
	*vanished = !there;
	return err;
}

int registry_mend(struct registry *registry, const struct owner *owner)
{
	bool vanished[TG_SLOTS_MAX] = {0}, any = false;
	int err = 0;

	for (uint32_t slot = 0; slot < TG_SLOTS_MAX && !err; slot++) {
		if (in_use(registry, slot))
			err = mend_slot(registry, owner, slot, &vanished[slot]);
		any |= vanished[slot];
	}
	/* Before a slot is free for another interface. */
	if (any && !err)
		err = departed_expire(registry, vanished);
	for (uint32_t slot = 0; slot < TG_SLOTS_MAX && !err; slot++) {
		if (!vanished[slot])
			continue;
		log_notice("%s: the interface has vanished; it is forgotten",
			   registry->interface[slot].name);
		err = forget(registry, owner, slot);
	}
	return err;
}
