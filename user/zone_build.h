/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A zone's settings as the programs read them.
 */
#ifndef TIDEGATE_ZONE_BUILD_H
#define TIDEGATE_ZONE_BUILD_H

#include "zone_settings.h"

/* UDP ports (host order) that are reachable without being asked for: DHCP, DHCPv6, proxyDHCP. */
#define ZONE_DEFAULT_PORTS 5
extern const uint16_t zone_default_ports[ZONE_DEFAULT_PORTS];

/*
 * Fills `*zone` from the settings of a zone `name`, for a kernel whose jiffy lasts `tick_ns`. Left zero: the hash seed,
 * the rules.
 */
void zone_build(const struct zone_settings *settings, const char *name, uint32_t tick_ns,
		struct tg_zone *zone);

/*
 * A token bucket that refills with `rate_mhz` tokens in 1000 s (0: no limit) and holds `burst`; `hz`: jiffies of a
 * second.
 */
struct tg_rate rate_build(uint64_t rate_mhz, uint64_t burst, uint32_t hz);

/*
 * How many of the TG_NAME_BITS bits of tg_source.names_seen are set, at least, when `names` distinct names were seen, as
 * linear counting estimates it: 1 to TG_NAME_BITS, and 0 for 0.
 */
uint32_t names_build(uint64_t names);

#endif
