/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A record as text.
 */
#ifndef TIDEGATE_RECORD_FORMAT_H
#define TIDEGATE_RECORD_FORMAT_H

#include <jansson.h>
#include <stddef.h>

#include "records/record.h"

enum record_format { FORMAT_EVE, FORMAT_TEXT };

/* "2026-11-27T13:01:07.123456" and `zone` ("Z", "+0000"), UTC, from nanoseconds of CLOCK_REALTIME; returns `text`. */
#define RECORD_TIME 40
const char *record_time(uint64_t time_ns, const char *zone, char text[RECORD_TIME]);

/*
 * As Suricata's EVE writes it (docs.suricata.io, "EVE JSON format"): begin and denied are `event_type` "tftp", ends
 * "flow" with app_proto "tftp", drops "drop", incidents "tidegate"; our own fields are in the object `tidegate`. A new
 * reference; memory is taken for granted.
 */
json_t *record_json(const struct record *record);

/* The same on one line with its \n, to be freed. */
char *record_eve_line(const struct record *record);

/*
 * For people, in the manner of `conntrack -E`: "TIME [KIND] what name=value …", UTC, values with blanks in quotes; ends
 * with \n. Returns its length, at most RECORD_LINE - 1.
 */
#define RECORD_LINE 2048
size_t record_text_line(const struct record *record, char text[RECORD_LINE]);

#endif
