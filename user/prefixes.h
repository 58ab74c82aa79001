/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Address prefixes and lists of them. The bits of an address behind its prefix are zero.
 */
#ifndef TIDEGATE_PREFIXES_H
#define TIDEGATE_PREFIXES_H

#include "config.h"

/* For sorting: by address, the shorter first. So each stands behind all that contain it, and before what it contains. */
int prefix_compare(const struct config_prefix *a, const struct config_prefix *b);
bool prefix_contains(const struct config_prefix *outer, const struct config_prefix *inner);

/* Appends; `list->prefix` is owned by the list. 0 or -ENOMEM. Silent. */
int prefixes_add(struct prefix_list *list, const struct prefix_list *more);
/* Makes it the shortest list of the same addresses, in order. */
void prefixes_reduce(struct prefix_list *list);
/* Does `outer` have all addresses of `inner`? Both are reduced. */
bool prefixes_contain(const struct prefix_list *outer, const struct prefix_list *inner);
bool prefixes_equal(const struct prefix_list *a, const struct prefix_list *b);
void prefixes_free(struct prefix_list *list);

#endif
