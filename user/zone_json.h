/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A zone of a configuration as JSON.
 */
#ifndef TIDEGATE_ZONE_JSON_H
#define TIDEGATE_ZONE_JSON_H

#include <jansson.h>

#include "config.h"

/*
 * Name, interfaces, hook, mode, default, services, abuse, rules. Conditions and limits that a rule does not have are left
 * out, limits that a zone does not have are null, untagged among VLANs is null. Times are in ms, sizes in bytes, rates
 * in requests a second.
 */
json_t *zone_json(const struct config_zone *zone);

#endif
