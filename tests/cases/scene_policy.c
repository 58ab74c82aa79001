// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The policy that the rules of a recording belong to; apart, because the model's driver has recordings without scenes.
 */
#include "scene.h"

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
