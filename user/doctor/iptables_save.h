/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules of iptables as iptables-save prints them, turned into what libnftables' JSON would have for them. Where nft keeps them it has
 * their matches and targets by name only.
 */
#ifndef TIDEGATE_IPTABLES_SAVE_H
#define TIDEGATE_IPTABLES_SAVE_H

#include <jansson.h>

/*
 * Appends the tables, chains and rules of `text` to the array `objects`. `family` is ip or ip6, `tool` the command that
 * changes them. Every object has a member "tool", every rule one "spec": what follows -A. What is not understood may match or not.
 * 0 or -ENOMEM.
 */
int iptables_save_parse(const char *text, const char *family, const char *tool, json_t *objects);

#endif
