/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a reader asks the daemon for (daemon/hub.h).
 */
#ifndef TIDEGATE_VIEWS_REQUEST_H
#define TIDEGATE_VIEWS_REQUEST_H

#include <jansson.h>

#include "settings.h"

/* The records that the options of `tidegate events` choose. A new reference. */
json_t *request_records(const struct settings *settings);

/* `tidegate top`: everything that happens, and the flows every settings->interval_ms. */
json_t *request_top(const struct settings *settings);

/* `tidegate flows --watch`: every settings->watch_ms. */
json_t *request_flows(const struct settings *settings);

#endif
