/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What hosts behind an interface asked for, once the interface is gone: whoever has their addresses next is somebody else.
 */
#ifndef TIDEGATE_DEPARTED_H
#define TIDEGATE_DEPARTED_H

#include "registry.h"

/*
 * Lets requests, offers and transfers whose request came in by a slot that is marked run out, just now. They stay in their
 * tables, so that a daemon still tells how they ended. Does not see what is put meanwhile, which can't be much: the
 * interface is gone. 0 or a negative errno, explained.
 */
int departed_expire(const struct registry *registry, const bool gone[TG_SLOTS_MAX]);

#endif
