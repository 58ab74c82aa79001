/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records out of the JSON that record_json() makes, for readers of the daemon's socket.
 */
#ifndef TIDEGATE_RECORD_PARSE_H
#define TIDEGATE_RECORD_PARSE_H

#include <jansson.h>

#include "records/record.h"

/*
 * Fills `*record` from the object. What JSON does not have stays zero (TG_EVENT_GOT_OACK, times of the event); times are
 * whole microseconds; texts that have become longer, since each byte that is no UTF-8 is written as \xNN, are cut. Silent:
 * 0, or -EINVAL if it is no record.
 */
int record_from_json(const json_t *object, struct record *record);

#endif
