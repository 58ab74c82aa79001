// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/doctor.h"
#include "json_read.h"
#include "log.h"
#include "report.h"
#include "text.h"

#include <stdio.h>

/* Names that somebody else gave to tables, chains and programs are part of the texts. */
static const char *safe(const json_t *object, const char *key)
{
	static char text[TEXT_SAFE(FINDING_TEXT)];

	return text_safe(json_text_of(object, key), false, text);
}

bool findings_any(const json_t *document)
{
	return json_array_size(json_object_get(document, "findings")) ||
	       json_array_size(json_object_get(document, "unseen"));
}

void findings_print(const json_t *document)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(document, "findings"), i, one)
	{
		report_part("%s: ", safe(one, "interface"));
		report_part("%s (%s): ", json_text_of(one, "severity"),
			    json_text_of(one, "finding"));
		report_line("%s", safe(one, "cause"));
		if (*json_text_of(one, "command"))
			report_line("  mend it: %s", safe(one, "command"));
		if (*json_text_of(one, "other_way"))
			report_line("  or: %s", safe(one, "other_way"));
	}
	json_array_foreach(json_object_get(document, "unseen"), i, one)
	{
		report_part("not looked at: %s: ", safe(one, "what"));
		report_line("%s", safe(one, "why"));
	}
}

void findings_warn(const json_t *document)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(document, "findings"), i, one)
	{
		char cause[TEXT_SAFE(FINDING_TEXT)];

		snprintf(cause, sizeof(cause), "%s", safe(one, "cause"));
		log_notice("%s: %s", safe(one, "interface"), cause);
		if (*json_text_of(one, "command"))
			log_hint("%s", safe(one, "command"));
		if (*json_text_of(one, "other_way"))
			log_hint("or %s", safe(one, "other_way"));
	}
}
