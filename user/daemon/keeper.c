// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/keeper.h"

#include "attach.h"
#include "tc.h"

#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>

static bool wants(const struct tg_interface *record, enum place place)
{
	switch (place) {
	case PLACE_XDP:
		return record->hook != TG_HOOK_TC;
	case PLACE_MARK:
		return record->mark_tc != TG_EGRESS_NONE;
	case PLACE_INGRESS:
		return record->hook == TG_HOOK_TC;
	default:
		return record->egress != TG_EGRESS_NONE;
	}
}

static int has_tc(const struct instance *instance, const struct tg_interface *record,
		  enum place place)
{
	struct attachment one;
	bool there;
	int err;

	attachment_init(&one, record->ifindex);
	err = tc_read(&instance->owner, record->ifindex, place, &one.point[place]);
	there = one.point[place].method != METHOD_NONE;
	attachment_release(&one);
	return err ? err : there;
}

static uint32_t xdp_id(uint32_t ifindex)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	if (bpf_xdp_query((int)ifindex, 0, &query))
		return 0;
	return query.drv_prog_id ? query.drv_prog_id : query.skb_prog_id;
}

/* A dispatcher has to be opened to see who is in it, unless it is the one in which we were. */
static int has_xdp(const struct instance *instance, const struct tg_interface *record,
		   struct keeper_memory *memory)
{
	struct attachment all;
	uint32_t id = xdp_id(record->ifindex);
	bool there;
	int err;

	if (!id)
		return 0;
	if (memory->ifindex == record->ifindex && memory->xdp_id == id)
		return 1;
	err = attachment_read(&instance->owner, record->ifindex, &all);
	if (err)
		return err;
	there = all.point[PLACE_XDP].method != METHOD_NONE;
	attachment_release(&all);
	*memory = (struct keeper_memory){record->ifindex, there ? id : 0};
	return there;
}

int keeper_check(const struct instance *instance, const struct tg_interface *record,
		 struct keeper_memory *memory)
{
	int there = 1;

	if (wants(record, PLACE_EGRESS))
		there = has_tc(instance, record, PLACE_EGRESS);
	if (there == 1 && wants(record, PLACE_MARK))
		there = has_tc(instance, record, PLACE_MARK);
	if (there == 1 && wants(record, PLACE_INGRESS))
		there = has_tc(instance, record, PLACE_INGRESS);
	if (there == 1 && wants(record, PLACE_XDP))
		there = has_xdp(instance, record, memory);
	return there;
}

static enum method method_before(const struct tg_interface *record, enum place place)
{
	uint8_t tc = record->ingress_tc;

	if (place == PLACE_XDP)
		return record->xdp_native ? METHOD_XDP_NATIVE : METHOD_XDP_GENERIC;
	if (place == PLACE_EGRESS)
		tc = record->egress;
	else if (place == PLACE_MARK)
		tc = record->mark_tc;
	return tc == TG_EGRESS_CLSACT ? METHOD_CLSACT : METHOD_TCX;
}

static void note(char what[KEEPER_WHAT], enum place place)
{
	static const char *const names[PLACES] = {
		[PLACE_XDP] = "XDP",
		[PLACE_MARK] = "TC marks",
		[PLACE_INGRESS] = "TC ingress",
		[PLACE_EGRESS] = "TC egress",
	};
	size_t used = strlen(what);

	snprintf(what + used, KEEPER_WHAT - used, "%s%s", used ? ", " : "", names[place]);
}

void keeper_restore(const struct instance *instance, const struct tg_interface *record,
		    char what[KEEPER_WHAT])
{
	struct attachment now, before;
	struct interface interface;

	*what = '\0';
	if (interface_find(record->name, &interface) || interface.ifindex != record->ifindex ||
	    attachment_read(&instance->owner, record->ifindex, &now))
		return;
	attachment_init(&before, record->ifindex);
	for (enum place place = 0; place < PLACES; place++) {
		char pin[PIN_NAME];

		before.point[place].method = now.point[place].method;
		before.point[place].kernel_id = now.point[place].kernel_id;
		if (now.point[place].method != METHOD_NONE || !wants(record, place))
			continue;
		note(what, place);
		owner_pin_name(pin, "programs", record->ifindex, place);
		before.point[place].fd = bpffs_get(&instance->dir, pin);
		before.point[place].method = method_before(record, place);
	}
	if (*what)
		attachment_restore(&instance->owner, &interface, &before);
	attachment_release(&before);
	attachment_release(&now);
}
