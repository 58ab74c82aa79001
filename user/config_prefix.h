/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Address prefixes as text.
 */
#ifndef TIDEGATE_CONFIG_PREFIX_H
#define TIDEGATE_CONFIG_PREFIX_H

#include "address.h"
#include "complaint.h"
#include "config.h"

#define PREFIX_TEXT (ADDRESS_TEXT + 4)

/*
 * Reads "10.0.0.0/24", "fd00::/64", or an address, which is a prefix of one. `*cut`: bits behind the prefix were set,
 * and are not any more. Silent: 0, or -EINVAL with `*why` filled.
 */
int config_prefix_parse(const char *text, struct config_prefix *prefix, bool *cut,
			struct complaint *why);

/* Without the number of bits if it is a single address; returns `text`. */
const char *config_prefix_format(const struct config_prefix *prefix, char text[PREFIX_TEXT]);

/* Does an IPv6 prefix hold the mapped addresses of IPv4, ::ffff:0:0/96? */
bool config_prefix_holds_ipv4(const struct config_prefix *prefix);

#endif
