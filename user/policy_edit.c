// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy_edit.h"

#include "glob.h"
#include "log.h"
#include "members.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

static int out_of_memory(void)
{
	log_error("the policy cannot be changed: %s", strerror(ENOMEM));
	return -ENOMEM;
}

ssize_t config_zone_named(const struct config *config, const char *name)
{
	for (size_t z = 0; z < config->zone_count; z++)
		if (!strcmp(config->zone[z].name, name))
			return (ssize_t)z;
	return -1;
}

static int add_interface(struct config_zone *zone, const char *interface)
{
	char(*grown)[TG_IFNAME];

	if (member_of_zone(zone, interface))
		return 0;
	grown = reallocarray(zone->interface, zone->interface_count + 1, sizeof(*grown));
	if (!grown)
		return out_of_memory();
	zone->interface = grown;
	snprintf(grown[zone->interface_count++], TG_IFNAME, "%s", interface);
	return 0;
}

static void remove_interface(struct config_zone *zone, size_t i)
{
	memmove(zone->interface[i], zone->interface[i + 1],
		(--zone->interface_count - i) * sizeof(*zone->interface));
}

/* The names that are guarded in the zone, but for `left_out`. */
static int add_guarded(struct config_zone *zone, const struct registry *registry,
		       const char *left_out)
{
	int err = 0;

	for (uint32_t slot = 0; slot < TG_SLOTS_MAX && !err; slot++) {
		const struct tg_interface *record = &registry->interface[slot];
		uint16_t number = registry_zone_of(registry, slot);

		if (record->state == TG_SLOT_FREE || !number ||
		    strcmp(registry->zone[number].name, zone->name) ||
		    (left_out && !strcmp(record->name, left_out)))
			continue;
		err = add_interface(zone, record->name);
	}
	return err;
}

static int drop_zone(struct config *config, size_t z)
{
	struct config grave = {.zone = malloc(sizeof(*grave.zone)), .zone_count = 1};

	if (!grave.zone)
		return out_of_memory();
	*grave.zone = config->zone[z];
	memmove(&config->zone[z], &config->zone[z + 1],
		(--config->zone_count - z) * sizeof(*config->zone));
	config_free(&grave);
	return 0;
}

static int drop_empty_zones(struct config *config)
{
	int err = 0;

	for (size_t z = config->zone_count; z-- && !err;)
		if (!config->zone[z].interface_count)
			err = drop_zone(config, z);
	return err;
}

int policy_edit_sync(struct config *config, const struct registry *registry)
{
	int err = 0;

	for (size_t z = 0; z < config->zone_count && !err; z++) {
		struct config_zone *zone = &config->zone[z];

		for (size_t i = zone->interface_count; i--;)
			if (!glob_is_pattern(zone->interface[i]))
				remove_interface(zone, i);
		err = add_guarded(zone, registry, NULL);
	}
	return err ? err : drop_empty_zones(config);
}

int policy_edit_take(struct config *config, const struct registry *registry, const char *interface,
		     const char *keep)
{
	int err = 0;

	for (size_t z = 0; z < config->zone_count && !err; z++) {
		struct config_zone *zone = &config->zone[z];

		if ((keep && !strcmp(zone->name, keep)) || !member_of_zone(zone, interface))
			continue;
		for (size_t i = zone->interface_count; i--;)
			if (member_fits(zone->interface[i], interface))
				remove_interface(zone, i);
		err = add_guarded(zone, registry, interface);
	}
	return err ? err : drop_empty_zones(config);
}

static int new_zone(struct config *config, const char *name)
{
	struct config_zone *grown =
		reallocarray(config->zone, config->zone_count + 1, sizeof(*grown));

	if (!grown)
		return out_of_memory();
	config->zone = grown;
	grown += config->zone_count++;
	*grown = (struct config_zone){0};
	snprintf(grown->name, sizeof(grown->name), "%s", name);
	zone_settings_init(&grown->settings);
	return 0;
}

static int set_services(struct config_zone *zone, const struct port_list *ports)
{
	struct config_service *only = NULL;

	if (ports->count) {
		only = calloc(1, sizeof(*only));
		if (!only)
			return out_of_memory();
		snprintf(only->name, sizeof(only->name), "allowed");
		only->ports = *ports;
	}
	for (size_t i = 0; i < zone->service_count; i++)
		free(zone->service[i].sources.prefix);
	free(zone->service);
	zone->service = only;
	zone->service_count = only ? 1 : 0;
	return 0;
}

int policy_edit_put(struct config *config, const char *name, const char *interface,
		    const struct settings *settings)
{
	ssize_t index = config_zone_named(config, name);
	int err = index < 0 ? new_zone(config, name) : 0;
	struct zone_settings before;
	struct config_zone *zone;

	if (err)
		return err;
	zone = &config->zone[index < 0 ? config->zone_count - 1 : (size_t)index];
	before = zone->settings;
	zone->hook = settings->hook;
	zone->settings = settings->zone_settings;
	zone->settings.timers = before.timers;
	zone->settings.abuse = before.abuse;
	zone->settings.allow_udp.count = 0;
	err = set_services(zone, &settings->zone_settings.allow_udp);
	return err ? err : add_interface(zone, interface);
}
