/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which interfaces there are for the zones of a configuration.
 */
#ifndef TIDEGATE_MEMBERS_H
#define TIDEGATE_MEMBERS_H

#include "config.h"
#include "interface.h"
#include "registry.h"

struct member {
	struct interface interface;
	size_t zone; /* index in the configuration */
	bool renew;  /* its programs are replaced although they are there */
};

struct members {
	struct member *member; /* owned */
	size_t count;
};

/* Does the name fit the pattern, or is it the same? */
bool member_fits(const char *pattern, const char *name);

/*
 * The interfaces that exist now and that the configuration names. A pattern without any is told; a name without one,
 * and no interface at all, are errors. 0 or a negative errno; then there is nothing to free.
 */
int members_of_config(const struct config *config, bool renew, struct members *members);

/*
 * The same for the daemon, to which interfaces may come later: those that are missing are told, and there may be none
 * at all.
 */
int members_present(const struct config *config, bool renew, struct members *members);

/* Does the zone have this interface, by a name or a pattern of its own? */
bool member_of_zone(const struct config_zone *zone, const char *name);

/* The zone that names the interface, by a name or a pattern: its index in the configuration, or -1. */
ssize_t members_zone_of(const struct config *config, const char *name);

/* The interfaces that are guarded now, in zones of the same names. 0 or a negative errno, as above. */
int members_of_registry(const struct registry *registry, const struct config *config,
			struct members *members);

/* Adds one, or puts it into another zone. 0 or a negative errno. */
int members_put(struct members *members, const struct interface *interface, size_t zone,
		bool renew);
void members_remove(struct members *members, uint32_t ifindex); /* no matter if it is not there */

void members_free(struct members *members);

#endif
