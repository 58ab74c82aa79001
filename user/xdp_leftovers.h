/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libxdp keeps the programs of a dispatcher alive by pins in a directory of its own. A process that
 * is killed at the wrong moment leaves a directory whose dispatcher is not attached.
 */
#ifndef TIDEGATE_XDP_LEFTOVERS_H
#define TIDEGATE_XDP_LEFTOVERS_H

#include "owner.h"

/* libxdp's directory, or NULL if none is there. */
const char *xdp_pin_directory(void);

/* Removes what dispatchers of the interface left that are not attached and had a program of ours. */
void xdp_sweep(const struct owner *owner, uint32_t ifindex);

#endif
