// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy_compile.h"

#include <errno.h>
#include <stdlib.h>

#define VLANS 4096 /* IEEE 802.1Q: 12 bits */

static bool takes_kind(const struct config_rule *rule, unsigned int operation, unsigned int mode)
{
	return (!rule->operation || rule->operation == operation) &&
	       (!rule->modes || rule->modes & 1U << mode);
}

static int compile_kinds(struct policy_build *build)
{
	struct tg_policy *policy = &build->image->policy;
	int err = 0;

	for (unsigned int operation = TG_READ; operation <= TG_WRITE; operation++)
		for (unsigned int mode = TG_OCTET; mode <= TG_BINARY && !err; mode++) {
			struct tg_rule_set set = {0};

			for (size_t i = 0; i < build->image->rule_count; i++)
				if (takes_kind(build->rule[i], operation, mode))
					rule_set_add(&set, i);
			err = compile_number(
				build, &set,
				&policy->kind_set[operation - TG_READ][mode - TG_OCTET]);
		}
	return err;
}

static int add_vlan(struct policy_build *build, size_t vlan, const struct tg_rule_set *set)
{
	struct policy_image *image = build->image;
	struct image_vlan *grown = compile_grow(image->vlan, image->vlan_count, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	image->vlan = grown;
	grown += image->vlan_count++;
	*grown = (struct image_vlan){.vlan = (uint16_t)vlan};
	return compile_number(build, set, &grown->set);
}

static int compile_vlans(struct policy_build *build)
{
	struct tg_rule_set *named = calloc(VLANS, sizeof(*named)), any = {0};
	bool *is_named = calloc(VLANS, sizeof(*is_named));
	int err = named && is_named ? 0 : -ENOMEM;

	for (size_t i = 0; i < build->image->rule_count && !err; i++) {
		const struct config_rule *rule = build->rule[i];

		if (!rule->vlan_count)
			rule_set_add(&any, i);
		for (size_t v = 0; v < rule->vlan_count; v++) {
			rule_set_add(&named[rule->vlan[v] % VLANS], i);
			is_named[rule->vlan[v] % VLANS] = true;
		}
	}
	for (size_t v = 0; v < VLANS && !err; v++) {
		if (!is_named[v])
			continue;
		rule_set_join(&named[v], &any);
		err = add_vlan(build, v, &named[v]);
	}
	if (!err)
		err = compile_number(build, &any, &build->image->policy.any_vlan_set);
	free(named);
	free(is_named);
	return err;
}

int compile_sets(struct policy_build *build)
{
	int err = compile_kinds(build);

	return err ? err : compile_vlans(build);
}
