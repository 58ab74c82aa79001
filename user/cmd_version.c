// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `tidegate version`.
 */
#include "command.h"

#include "report.h"

int cmd_version(const struct settings *settings)
{
	json_t *document;

	if (!settings->json) {
		report_line("tidegate %s (ABI %d)", TG_VERSION, TG_ABI);
		return report_finish();
	}
	document = report_document();
	json_object_set_new(document, "abi", json_integer(TG_ABI));
	report_json(document, settings);
	return report_finish();
}
