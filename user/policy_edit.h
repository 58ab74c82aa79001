/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a command line changes in the policy that runs: `up IFACE` and `down IFACE`.
 */
#ifndef TIDEGATE_POLICY_EDIT_H
#define TIDEGATE_POLICY_EDIT_H

#include "config.h"
#include "registry.h"

/* All of these return 0, or -ENOMEM, explained; then the configuration is still to be freed. */

/*
 * Brings the names of interfaces in line with what is guarded: interfaces may have gone, or changed their names. Zones
 * that have nothing left go; patterns stay.
 */
int policy_edit_sync(struct config *config, const struct registry *registry);

/*
 * Takes the interface out of every zone but `keep` (NULL: out of every one). A pattern that it fits gives way to the
 * names that are guarded under it. Zones that have nothing left go.
 */
int policy_edit_take(struct config *config, const struct registry *registry, const char *interface,
		     const char *keep);

/*
 * Puts the interface into the zone of this name; makes that zone if it is new. Hook and settings become those of the command line;
 * what it cannot say (timers, limits, rules) stays as it is.
 */
int policy_edit_put(struct config *config, const char *name, const char *interface,
		    const struct settings *settings);

/* Index of the zone, or -1. */
ssize_t config_zone_named(const struct config *config, const char *name);

#endif
