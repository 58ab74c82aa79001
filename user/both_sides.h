/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Zones with single-port translation that stand on both sides of what this host forwards: a packet is judged once in
 * each zone, where it comes in, so the stack in between would see service ports one way and TIDs the other.
 */
#ifndef TIDEGATE_BOTH_SIDES_H
#define TIDEGATE_BOTH_SIDES_H

#include "members.h"

/* Tells of each such zone of the configuration, with the way out. What cannot be found out is not told. */
void both_sides_tell(const struct config *config, const struct members *members);

#endif
