// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/findings.h"

#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *finding_name(enum finding_kind kind)
{
	static const char *const names[] = {
#define X(name, text) text,
		FINDING_KINDS(X)
#undef X
	};

	return names[kind];
}

struct finding *finding_add(struct findings *findings, enum finding_kind kind,
			    const char *interface, const char *command)
{
	struct finding *more;

	for (size_t i = 0; i < findings->count; i++)
		if (*command && !strcmp(findings->finding[i].interface, interface) &&
		    !strcmp(findings->finding[i].command, command))
			return NULL;
	more = reallocarray(findings->finding, findings->count + 1, sizeof(*more));
	if (!more)
		return NULL;
	findings->finding = more;
	more += findings->count++;
	*more = (struct finding){.kind = kind, .harm = true};
	snprintf(more->interface, sizeof(more->interface), "%s", interface);
	snprintf(more->command, sizeof(more->command), "%s", command);
	return more;
}

void finding_unseen(struct findings *findings, const char *what, const char *why, ...)
{
	struct unseen *more, unseen = {0};
	va_list args;

	snprintf(unseen.what, sizeof(unseen.what), "%s", what);
	va_start(args, why);
	vsnprintf(unseen.why, sizeof(unseen.why), why, args);
	va_end(args);
	for (size_t i = 0; i < findings->unseen_count; i++)
		if (!memcmp(&findings->unseen[i], &unseen, sizeof(unseen)))
			return;
	more = reallocarray(findings->unseen, findings->unseen_count + 1, sizeof(*more));
	if (!more)
		return;
	findings->unseen = more;
	more[findings->unseen_count++] = unseen;
}

json_t *findings_json(const struct findings *findings)
{
	json_t *list = json_array();

	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *f = &findings->finding[i];

		json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "finding",
				  finding_name(f->kind), "severity", f->harm ? "problem" : "note",
				  "interface", report_text(f->interface), "cause",
				  report_text(f->cause), "command",
				  *f->command ? report_text(f->command) : json_null(), "other_way",
				  *f->other_way ? report_text(f->other_way) : json_null()));
	}
	return list;
}

json_t *findings_unseen_json(const struct findings *findings)
{
	json_t *list = json_array();

	for (size_t i = 0; i < findings->unseen_count; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:o}", "what", findings->unseen[i].what,
						"why", report_text(findings->unseen[i].why)));
	return list;
}

void findings_free(struct findings *findings)
{
	free(findings->finding);
	free(findings->unseen);
	*findings = (struct findings){0};
}
