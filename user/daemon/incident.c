// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/incident.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

struct record incident_new(enum record_incident incident)
{
	struct record record = {.kind = RECORD_INCIDENT, .incident = incident};
	struct timespec now = {0};

	clock_gettime(CLOCK_REALTIME, &now);
	record.time_ns = (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
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
