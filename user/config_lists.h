/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Settings that are lists: address prefixes, VLANs, file patterns.
 */
#ifndef TIDEGATE_CONFIG_LISTS_H
#define TIDEGATE_CONFIG_LISTS_H

#include "config_scope.h"

/* Each fills its list with what the setting of the block says, and refuses what is wrong. */
void take_prefixes(const struct config_scope *scope, cfg_t *block, const char *setting,
		   struct prefix_list *list);
void take_vlans(const struct config_scope *scope, cfg_t *block, struct config_rule *rule);

/* `files`, and the lines of the files that `files-from` names. */
void take_patterns(const struct config_scope *scope, cfg_t *block, struct config_rule *rule);

#endif
