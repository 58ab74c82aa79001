// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/incident.h"
#include "time_now.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

struct record incident_new(enum record_incident incident)
{
	struct record record = {.kind = RECORD_INCIDENT, .incident = incident};

	record.time_ns = time_now_ns(CLOCK_REALTIME);
	return record;
}

void incident_tell(struct record_log *log, enum record_incident incident, const char *interface,
		   const char *zone, const char *format, ...)
{
	struct record record = incident_new(incident);
	va_list args;

	snprintf(record.interface, sizeof(record.interface), "%s", interface ? interface : "");
	snprintf(record.zone, sizeof(record.zone), "%s", zone ? zone : "");
	va_start(args, format);
	vsnprintf(record.detail, sizeof(record.detail), format, args);
	va_end(args);
	record_log_append(log, &record);
	record_log_flush(log);
}
