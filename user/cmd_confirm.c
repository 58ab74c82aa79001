// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `tidegate confirm`: the policy on trial stays.
 */
#include "command.h"

#include "live.h"
#include "log.h"
#include "policy_mend.h"
#include "privilege.h"
#include "report.h"
#include "status.h"

#include <errno.h>
#include <stdlib.h>

static int confirm(struct instance *instance, struct registry *registry,
		   const struct settings *settings)
{
	int err;

	if (registry->live.kind != LIVE_TRIAL) {
		log_error("confirm: no policy is on trial");
		log_hint("`tidegate status` tells which one is running; one that was not confirmed "
			 "in time has to be applied again");
		return -ESTALE;
	}
	err = live_settle(&instance->maps, registry->live.bank);
	if (err)
		return err;
	registry->live.kind = LIVE_FINAL;
	err = policy_tidy(registry, &instance->owner);
	return err ? err : status_print_change(instance, registry, settings);
}

int cmd_confirm(const struct settings *settings)
{
	struct registry *registry;
	struct instance instance;
	int err = privilege_check(PRIVILEGE_CHANGE, "confirm");

	if (err)
		return EXIT_FAILED;
	privilege_drop();
	command_hold_signals();
	err = command_open_change(&instance, settings, "confirm", &registry);
	if (!err) {
		err = confirm(&instance, registry, settings);
		free(registry);
		instance_close(&instance);
	}
	return err ? EXIT_FAILED : report_finish();
}
