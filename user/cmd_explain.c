// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `tidegate explain`: what a reason means.
 */
#include "command.h"

#include "log.h"
#include "reason_table.h"
#include "report.h"
#include "suggest.h"

#include <string.h>

static const struct reason *find(const char *key)
{
	struct suggestion near = suggestion_for(key);

	for (size_t i = 0; i < reason_count; i++) {
		if (!strcmp(reasons[i].key, key))
			return &reasons[i];
		suggestion_offer(&near, reasons[i].key);
	}
	log_error("there is no reason '%.40s'", key);
	if (near.nearest)
		log_hint("did you mean %s?", near.nearest);
	else
		log_hint("`tidegate explain` lists the reasons");
	return NULL;
}

static void print_text(const struct reason *reason)
{
	report_line("%s (%s)", reason->key, verdict_name(reason->verdict));
	report_line("  %s", reason->meaning);
	report_line("  %s", reason->remedy);
}

static json_t *as_json(const struct reason *reason)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "reason", reason->key, "verdict",
			 verdict_name(reason->verdict), "meaning", reason->meaning, "remedy",
			 reason->remedy);
}

static void print_list(const struct reason *first, size_t count, const struct settings *settings)
{
	json_t *document, *list;

	if (!settings->json) {
		for (size_t i = 0; i < count; i++)
			print_text(&first[i]);
		return;
	}
	document = report_document();
	list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, as_json(&first[i]));
	json_object_set_new(document, "reasons", list);
	report_json(document, settings);
}

int cmd_explain(const struct settings *settings)
{
	const struct reason *reason;

	if (settings->operand_count) {
		reason = find(settings->operands[0]);
		if (!reason)
			return EXIT_USAGE;
		print_list(reason, 1, settings);
	} else {
		print_list(reasons, reason_count, settings);
	}
	return report_finish();
}
