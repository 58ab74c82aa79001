/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The devices of chains at ingress and egress, which libnftables 1.0.6 leaves out of its JSON.
 */
#ifndef TIDEGATE_DEVICES_H
#define TIDEGATE_DEVICES_H

#include <jansson.h>
#include <stdbool.h>

/* Does a chain of the array lack its device? */
bool devices_missing(const json_t *objects);

/* Adds them, as the array "dev" of each such chain, from what `nft list chains` prints. */
void devices_add(json_t *objects, const char *text);

#endif
