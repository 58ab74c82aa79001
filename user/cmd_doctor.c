// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `tidegate doctor`.
 */
#include "command.h"

#include "doctor/doctor.h"
#include "log.h"
#include "report.h"

#include <errno.h>
#include <stdlib.h>

static int print(const struct findings *findings, const struct settings *settings)
{
	json_t *document = report_document();
	int code;

	json_object_set_new(document, "findings", findings_json(findings));
	json_object_set_new(document, "unseen", findings_unseen_json(findings));
	if (settings->json) {
		report_json(document, settings);
	} else {
		if (findings_any(document))
			findings_print(document);
		else
			report_line("nothing gets into its way");
		json_decref(document);
	}
	code = report_finish();
	if (code)
		return code;
	if (findings->count)
		return EXIT_FOUND;
	return findings->unseen_count ? EXIT_FAILED : EXIT_FINE;
}

int cmd_doctor(const struct settings *settings)
{
	struct registry *registry;
	struct instance instance;
	struct findings findings = {0};
	int err = command_open_running(&instance, settings, "doctor"), code = EXIT_FAILED;

	if (err)
		return EXIT_FAILED;
	registry = registry_read(&instance.maps);
	err = registry ? doctor_look(&instance, registry, &findings) : -EIO;
	if (!err)
		code = print(&findings, settings);
	findings_free(&findings);
	free(registry);
	instance_close(&instance);
	return code;
}
