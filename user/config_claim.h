/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What may be there once only, in all files together: names of zones, and interfaces.
 */
#ifndef TIDEGATE_CONFIG_CLAIM_H
#define TIDEGATE_CONFIG_CLAIM_H

#include "config_scope.h"

/* Is it the first zone of this name? Says so if not, else notes it. */
bool claim_zone(const struct config_scope *scope, const struct config_token *title);

/*
 * Can no interface that fits this name or pattern be in another zone, and is it the first of its zone that is
 * written this way? Says so if not, else notes it. `bridge`: a pattern means ports of this bridge only; or NULL.
 */
bool claim_interface(const struct config_scope *scope, const struct config_token *name,
		     const struct config_token *zone_title, const struct config_token *bridge);

#endif
