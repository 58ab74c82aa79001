// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What follows from a recording's settings; apart, because the model's driver has recordings without scenes.
 */
#include "scene.h"

#include <arpa/inet.h>

struct tg_policy recording_policy(void)
{
	return (struct tg_policy){
		.generation = 1,
		.rules = RULES_OF_A_SCENE,
		.sets = 2,
		.nameless_set = 1,
		.any_vlan_set = 1,
		.kind_set = {{1, 1, 1}, {1, 1, 1}},
	};
}

struct tg_zone recording_zone(const struct recording *recording, const struct tg_zone *zone)
{
	struct tg_zone with = *zone;

	for (size_t i = 0; i < recording->service_count; i++)
		with.service_bits |= TG_SERVICE_BIT(htons(recording->services[i]));
	return with;
}
