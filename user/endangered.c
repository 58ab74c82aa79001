// SPDX-License-Identifier: GPL-2.0-or-later
#include "endangered.h"

#include "address.h"
#include "listeners.h"
#include "log.h"
#include "zone.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool admitted(const struct endangering *change, size_t zone, uint16_t port)
{
	const struct policy_image *image = change->image;

	if (zone_admits(&image->zone[zone], port))
		return true;
	for (size_t i = 0; i < image->service_count; i++)
		if (image->service[i].zone == zone && image->service[i].port_be == htons(port))
			return true;
	return false;
}

/* Can the port be reached through the interface as things are? */
static bool is_open_now(const struct endangering *change, const struct guard *guard, uint16_t port)
{
	uint16_t number = guard->was_up ? registry_zone_of(change->registry, guard->slot) : 0;
	struct tg_service_key key = {
		.settings = (uint16_t)(change->registry->live.bank * TG_SLOTS_MAX + number),
		.port_be = htons(port),
	};
	uint32_t side;

	return !number || zone_admits(&change->registry->zone[number], port) ||
	       !map_get(change->maps, MAP_services, &key, &side);
}

static bool is_endangered(const struct endangering *change, size_t zone, uint16_t port)
{
	if (admitted(change, zone, port))
		return false;
	for (size_t i = 0; i < change->count; i++)
		if (change->zone[i] == zone && is_open_now(change, &change->guard[i], port))
			return true;
	return false;
}

static bool is_listed(const struct listener_list *list, const struct listener *listener)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->listener[i].port == listener->port &&
		    !memcmp(&list->listener[i].address, &listener->address,
			    sizeof(listener->address)))
			return true;
	return false;
}

static int add(struct listener_list *list, const struct listener *listener)
{
	struct listener *grown;

	if (is_listed(list, listener))
		return 0;
	grown = reallocarray(list->listener, list->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	list->listener = grown;
	grown[list->count++] = *listener;
	return 0;
}

static int add_of_zone(const struct endangering *change, size_t zone, struct listener_list *list)
{
	struct interface *guarded = calloc(change->count + 1, sizeof(*guarded));
	struct listener_list behind = {0};
	size_t count = 0;
	int err = guarded ? 0 : -ENOMEM;

	for (size_t i = 0; i < change->count && !err; i++)
		if (change->zone[i] == zone)
			guarded[count++] = change->guard[i].interface;
	if (count)
		err = listeners_behind(guarded, count, &behind);
	for (size_t i = 0; i < behind.count && !err; i++)
		if (is_endangered(change, zone, behind.listener[i].port))
			err = add(list, &behind.listener[i]);
	listeners_free(&behind);
	free(guarded);
	return err;
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

static int judge(const struct endangering *change, const struct listener_list *list)
{
	char ports[512];

	if (change->force)
		log_notice("these local UDP listeners become unreachable:");
	else
		log_error("%s: local UDP listeners would become unreachable:", change->command);
	for (size_t i = 0; i < list->count; i++) {
		char address[ADDRESS_TEXT];

		log_detail("port %-5u %-15s %s", list->listener[i].port,
			   address_format(&list->listener[i].address, address),
			   list->listener[i].owner);
	}
	if (change->force)
		return 0;
	name_ports(list, ports, sizeof(ports));
	if (change->from_file)
		log_hint("keep them with service \"NAME\" { port = {%s} }, cut them off with "
			 "--force, or only watch with mode = monitor",
			 ports);
	else
		log_hint("keep them with --allow-udp %s, cut them off with --force, or only watch "
			 "with --monitor",
			 ports);
	return -EADDRINUSE;
}

static int by_port(const void *a, const void *b)
{
	const struct listener *left = a, *right = b;

	if (left->port != right->port)
		return left->port < right->port ? -1 : 1;
	return memcmp(&left->address, &right->address, sizeof(left->address));
}

int endangered_check(const struct endangering *change)
{
	struct listener_list list = {0};
	int err = 0;

	for (size_t z = 0; z < change->image->zone_count && !err; z++)
		err = add_of_zone(change, z, &list);
	if (!err && list.count) {
		qsort(list.listener, list.count, sizeof(*list.listener), by_port);
		listeners_find_owners(&list);
		err = judge(change, &list);
	}
	listeners_free(&list);
	return err;
}
