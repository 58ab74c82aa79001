// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `tidegate up`: load, fill, attach; and undo in reverse if something fails.
 */
#include "command.h"

#include "address.h"
#include "guard.h"
#include "listeners.h"
#include "log.h"
#include "options.h"
#include "privilege.h"
#include "report.h"
#include "status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

struct up {
	const struct settings *settings;
	struct instance instance;
	struct registry *registry;
	struct guard *guard; /* one for each interface named */
	size_t count;
	size_t done; /* guards that were begun */
};

/* Every interface that is guarded needs a few dozen descriptors while it comes up. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int find_interfaces(struct up *up)
{
	up->count = (size_t)up->settings->operand_count;
	up->guard = calloc(up->count, sizeof(*up->guard));
	if (!up->guard)
		return -ENOMEM;
	for (size_t i = 0; i < up->count; i++) {
		struct interface *interface = &up->guard[i].interface;
		int err = interface_find(up->settings->operands[i], interface);

		if (err)
			return err;
		for (size_t j = 0; j < i; j++) {
			if (up->guard[j].interface.ifindex != interface->ifindex)
				continue;
			log_error("%s: it is named twice, as %s too", interface->name,
				  up->settings->operands[j]);
			return -EEXIST;
		}
	}
	return 0;
}

/* Can the port be reached through one of the interfaces as things are? */
static bool is_open_now(const struct up *up, uint16_t port)
{
	for (size_t i = 0; i < up->count; i++)
		if (!up->guard[i].was_up || zone_admits_port(&up->guard[i].old_zone, port))
			return true;
	return false;
}

/* Keeps the listeners that `up` would cut off. */
static void keep_endangered(const struct up *up, struct listener_list *list)
{
	struct zone_contents contents;
	size_t kept = 0;

	zone_from_settings(&up->settings->zone_settings, "", 0, up->instance.meta.tick_ns,
			   &contents);
	for (size_t i = 0; i < list->count; i++)
		if (!zone_admits_port(&contents, list->listener[i].port) &&
		    is_open_now(up, list->listener[i].port))
			list->listener[kept++] = list->listener[i];
	list->count = kept;
}

static void name_ports(const struct listener_list *list, char *text, size_t size)
{
	uint16_t last = 0;
	size_t used = 0;

	for (size_t i = 0; i < list->count && used + 8 < size; i++) {
		if (list->listener[i].port == last)
			continue;
		last = list->listener[i].port;
		used += (size_t)snprintf(text + used, size - used, "%s%u", used ? "," : "", last);
	}
}

static int judge_endangered(const struct settings *settings, const struct listener_list *list)
{
	char ports[512];

	if (settings->force)
		log_notice("these local UDP listeners become unreachable:");
	else
		log_error("up: local UDP listeners would become unreachable:");
	for (size_t i = 0; i < list->count; i++) {
		char address[ADDRESS_TEXT];

		log_detail("port %-5u %-15s %s", list->listener[i].port,
			   address_format(&list->listener[i].address, address),
			   list->listener[i].owner);
	}
	if (settings->force)
		return 0;
	name_ports(list, ports, sizeof(ports));
	log_hint("keep them with --allow-udp %s, cut them off with --force, or only watch with "
		 "--monitor",
		 ports);
	return -EADDRINUSE;
}

static int check_listeners(const struct up *up)
{
	struct interface *guarded = calloc(up->count, sizeof(*guarded));
	struct listener_list list;
	int err;

	if (!guarded)
		return -ENOMEM;
	for (size_t i = 0; i < up->count; i++)
		guarded[i] = up->guard[i].interface;
	err = listeners_behind(guarded, up->count, &list);
	free(guarded);
	if (err)
		return err;
	keep_endangered(up, &list);
	if (list.count) {
		listeners_find_owners(&list);
		err = judge_endangered(up->settings, &list);
	}
	listeners_free(&list);
	return err;
}

static int bring_up(struct up *up)
{
	int err = 0;

	if (!up->instance.fresh)
		err = maps_check_sizes(&up->instance.maps, &up->settings->sizes);
	for (size_t i = 0; i < up->count && !err; i++)
		err = guard_plan(&up->guard[i], &up->instance, up->registry, up->settings);
	if (!err)
		err = check_listeners(up);
	privilege_drop();
	while (up->done < up->count && !err) {
		struct guard *guard = &up->guard[up->done++];

		/* Now, because the interfaces before have taken slots and zones. */
		err = guard_plan(guard, &up->instance, up->registry, up->settings);
		if (!err)
			err = guard_up(guard, &up->instance, up->registry, up->settings);
	}
	return err;
}

static void undo(struct up *up)
{
	while (up->done)
		guard_undo(&up->guard[--up->done], &up->instance, up->registry);
	if (up->instance.fresh)
		bpffs_empty(&up->instance.dir);
}

static int run(struct up *up)
{
	int err = instance_create(&up->instance, up->settings->bpffs, &up->settings->sizes,
				  up->settings->discard_state, &up->registry);

	if (err)
		return err;
	err = bring_up(up);
	if (err)
		undo(up);
	else
		err = registry_drop_zones(up->registry);
	if (!err)
		err = status_print_interfaces(&up->instance, up->registry, up->settings);
	for (size_t i = 0; i < up->count; i++)
		guard_release(&up->guard[i]);
	free(up->registry);
	instance_close(&up->instance);
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
		err = find_interfaces(&up);
	if (!err) {
		raise_file_limit();
		command_hold_signals();
		err = run(&up);
	}
	free(up.guard);
	return err ? EXIT_FAILED : report_finish();
}
