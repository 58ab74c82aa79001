// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `tidegate status`.
 */
#include "command.h"

#include "privilege.h"
#include "report.h"
#include "status.h"

#include <errno.h>
#include <stdlib.h>

int cmd_status(const struct settings *settings)
{
	struct registry *registry;
	struct instance instance;
	int err;

	if (privilege_check(PRIVILEGE_READ, "status"))
		return EXIT_FAILED;
	privilege_drop();
	err = instance_open(&instance, settings->bpffs, BPFFS_READ, false);
	if (err == -ENOENT) {
		status_print_nothing(settings);
		return report_finish();
	}
	if (err)
		return EXIT_FAILED;
	registry = registry_read(&instance.maps);
	err = registry ? status_print(&instance, registry, settings) : -EIO;
	free(registry);
	instance_close(&instance);
	return err ? EXIT_FAILED : report_finish();
}
