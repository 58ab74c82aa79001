// SPDX-License-Identifier: GPL-2.0-or-later
#include "sinks/told.h"

#include <string.h>
#include <syslog.h>

#include "sinks/columns.h"

int told_severity(const struct record *record)
{
	switch (record->kind) {
	case RECORD_END:
		return record_outcome_is_failure(record->outcome) ? LOG_NOTICE : LOG_INFO;
	case RECORD_DENIED:
		return LOG_NOTICE;
	case RECORD_INCIDENT:
		if (record->incident == INCIDENT_FAILED)
			return LOG_ERR;
		return record->incident == INCIDENT_RECORDS_LOST ||
				       record->incident == INCIDENT_PROGRAM_RESTORED
			       ? LOG_WARNING
			       : LOG_NOTICE;
	default:
		return LOG_INFO;
	}
}

size_t told_message(const struct record *record, char text[RECORD_LINE])
{
	size_t len = record_text_line(record, text), time = strcspn(text, "[");

	len -= time + 1;
	memmove(text, text + time, len);
	text[len] = '\0';
	return len;
}

void told_fields(const struct record *record, told_taker take, void *context)
{
	for (size_t i = 0; i < column_count; i++) {
		struct column_value value;
		char number[24];

		column_value(i, record, &value);
		if (value.form == COLUMN_NULL)
			continue;
		snprintf(number, sizeof(number), "%lld", (long long)value.number);
		take(context, columns[i].name, value.form == COLUMN_NUMBER ? number : value.string);
	}
}
