/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records of what happens to the firewall itself.
 */
#ifndef TIDEGATE_INCIDENT_H
#define TIDEGATE_INCIDENT_H

#include "records/record.h"
#include "records/record_log.h"

/* An incident with its time, to be completed. */
struct record incident_new(enum record_incident incident);

/* With the names of interface and zone, either of them NULL, and a text for people. */
__attribute__((format(printf, 5, 6))) void incident_tell(struct record_log *log,
							 enum record_incident incident,
							 const char *interface, const char *zone,
							 const char *format, ...);

#endif
