// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `tidegate run`: the daemon, in the foreground.
 */
#include "command.h"

#include "daemon/daemon.h"
#include "daemon/mark.h"
#include "privilege.h"

#include <signal.h>

int cmd_run(const struct settings *settings)
{
	if (privilege_check(PRIVILEGE_CHANGE, "run") || daemon_mark_check(settings->bpffs))
		return EXIT_FAILED;
	command_raise_file_limit();
	command_hold_signals(); /* the main loop takes them; no thread does */
	signal(SIGPIPE, SIG_IGN);
	return daemon_run(settings);
}
