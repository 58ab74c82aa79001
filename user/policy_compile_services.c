// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy_compile.h"

#include "log.h"
#include "prefixes.h"
#include "zone_build.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LISTED 1 /* any value but 0 */

/* A list of addresses that some service of the zone has already. */
struct side {
	struct prefix_list list;
	uint16_t number;
};

struct sides {
	struct side *side; /* owned, with the lists; of one zone */
	size_t count;
	uint16_t last; /* of all zones */
};

static bool has_port(const struct port_list *ports, uint16_t port)
{
	for (size_t i = 0; i < ports->count; i++)
		if (ports->port[i] == port)
			return true;
	return false;
}

static int too_large(const struct config_zone *zone, const char *what)
{
	log_error("zone \"%s\": there are more than %d %s in all zones", zone->name,
		  COMPILE_SETTINGS_MAX, what);
	return -E2BIG;
}

static int add_service(struct policy_build *build, size_t zone, uint16_t port, uint32_t side)
{
	struct policy_image *image = build->image;
	struct image_service *grown;

	if (image->service_count == COMPILE_SETTINGS_MAX)
		return too_large(&build->config->zone[zone], "services");
	grown = compile_grow(image->service, image->service_count, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	image->service = grown;
	grown[image->service_count++] = (struct image_service){zone, htons(port), side};
	image->zone[zone].service_bits |= TG_SERVICE_BIT(htons(port));
	return 0;
}

/* Takes the list over. */
static int new_side(struct policy_build *build, struct sides *sides, struct prefix_list *list)
{
	struct side *grown = compile_grow(sides->side, sides->count, sizeof(*grown));
	int err = 0;

	if (!grown) {
		prefixes_free(list);
		return -ENOMEM;
	}
	sides->side = grown;
	grown[sides->count++] = (struct side){*list, ++sides->last};
	for (size_t i = 0; i < list->count && !err; i++)
		err = compile_add_prefix(build, sides->last, &list->prefix[i], LISTED);
	return err;
}

/* The number of the side with these addresses. Takes the list over. */
static int side_of(struct policy_build *build, struct sides *sides, struct prefix_list *list,
		   uint32_t *number)
{
	int err;

	for (size_t i = 0; i < sides->count; i++)
		if (prefixes_equal(&sides->side[i].list, list)) {
			*number = sides->side[i].number;
			prefixes_free(list);
			return 0;
		}
	err = new_side(build, sides, list);
	*number = sides->last;
	return err;
}

/* Adds the port if it has not been, for everybody whom one of the blocks that name it lets in. */
static int take_port(struct policy_build *build, struct sides *sides, size_t z, uint16_t port)
{
	const struct config_zone *zone = &build->config->zone[z];
	bool everybody = has_port(&zone->settings.allow_udp, port), named = false;
	struct prefix_list list = {0};
	uint32_t number = 0;
	int err = 0;

	for (size_t i = build->image->service_count; i-- > 0;) {
		if (build->image->service[i].zone != z)
			break;
		if (build->image->service[i].port_be == htons(port))
			return 0;
	}
	for (size_t s = 0; s < zone->service_count && !err; s++) {
		const struct config_service *service = &zone->service[s];

		if (!has_port(&service->ports, port))
			continue;
		named = true;
		everybody |= !service->sources.count;
		err = prefixes_add(&list, &service->sources);
	}
	if (err || everybody || !named) {
		prefixes_free(&list);
	} else {
		prefixes_reduce(&list);
		err = side_of(build, sides, &list, &number);
	}
	return err ? err : add_service(build, z, port, number);
}

static int take_ports(struct policy_build *build, struct sides *sides, size_t z,
		      const uint16_t *port, size_t count)
{
	int err = 0;

	for (size_t i = 0; i < count && !err; i++)
		err = take_port(build, sides, z, port[i]);
	return err;
}

static int add_members(struct policy_build *build, size_t z)
{
	const struct group_list *groups = &build->config->zone[z].settings.groups;
	struct policy_image *image = build->image;

	for (size_t g = 0; g < groups->count; g++) {
		const struct address_list *group = &groups->group[g];

		for (size_t i = 0; i < group->count; i++) {
			struct image_member *grown;

			if (image->member_count == COMPILE_SETTINGS_MAX)
				return too_large(&build->config->zone[z],
						 "members of server groups");
			grown = compile_grow(image->member, image->member_count, sizeof(*grown));
			if (!grown)
				return -ENOMEM;
			image->member = grown;
			grown[image->member_count++] =
				(struct image_member){z, group->address[i], group->address[0]};
		}
	}
	return 0;
}

static int compile_zone(struct policy_build *build, struct sides *sides, size_t z)
{
	const struct config_zone *zone = &build->config->zone[z];
	const struct port_list *allowed = &zone->settings.allow_udp;
	int err = take_ports(build, sides, z, zone_default_ports, ZONE_DEFAULT_PORTS);

	if (!err)
		err = take_ports(build, sides, z, allowed->port, allowed->count);
	for (size_t s = 0; s < zone->service_count && !err; s++)
		err = take_ports(build, sides, z, zone->service[s].ports.port,
				 zone->service[s].ports.count);
	for (size_t i = 0; i < sides->count; i++)
		prefixes_free(&sides->side[i].list);
	free(sides->side);
	sides->side = NULL;
	sides->count = 0;
	return err ? err : add_members(build, z);
}

int compile_services(struct policy_build *build)
{
	struct sides sides = {.last = TG_SIDE_SERVICE - 1};
	int err = 0;

	for (size_t z = 0; z < build->config->zone_count && !err; z++)
		err = compile_zone(build, &sides, z);
	return err;
}
