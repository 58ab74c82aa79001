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

/* A trial that has ended is tidied up by whoever comes first and may. */
static void tidy(const struct settings *settings)
{
	struct registry *registry;
	struct instance instance;
	int err;

	if (!privilege_held(PRIVILEGE_CHANGE) ||
	    instance_open(&instance, settings->bpffs, BPFFS_CHANGE, false))
		return;
	command_hold_signals();
	err = instance_mend(&instance, &registry);
	if (!err)
		free(registry);
	else if (err == -ENOENT)
		bpffs_remove(&instance.dir);
	instance_close(&instance);
}

static int print(const struct settings *settings, bool may_tidy)
{
	struct registry *registry;
	struct instance instance;
	bool ended;
	int err = instance_open(&instance, settings->bpffs, BPFFS_READ, false);

	if (err == -ENOENT) {
		status_print_nothing(settings);
		return 0;
	}
	if (err)
		return err;
	registry = registry_read(&instance.maps);
	ended = may_tidy && registry && registry->live.kind == LIVE_ENDED;
	if (!ended)
		err = registry ? status_print(&instance, registry, settings) : -EIO;
	free(registry);
	instance_close(&instance);
	if (!ended)
		return err;
	tidy(settings);
	return print(settings, false);
}

int cmd_status(const struct settings *settings)
{
	int err;

	if (privilege_check(PRIVILEGE_READ, "status"))
		return EXIT_FAILED;
	privilege_drop();
	err = print(settings, true);
	return err ? EXIT_FAILED : report_finish();
}
