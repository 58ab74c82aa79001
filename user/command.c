// SPDX-License-Identifier: GPL-2.0-or-later
#include "command.h"

#include "instance.h"
#include "log.h"
#include "privilege.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

int command_check_interfaces(const struct settings *settings)
{
	for (int i = 0; i < settings->operand_count; i++) {
		int err = interface_check_name(settings->operands[i]);

		if (err)
			return err;
		for (int j = 0; j < i; j++) {
			if (strcmp(settings->operands[i], settings->operands[j]))
				continue;
			log_error("%s: it is named twice", settings->operands[i]);
			return -EINVAL;
		}
	}
	return 0;
}

int command_open_running(struct instance *instance, const struct settings *settings,
			 const char *name)
{
	int err = privilege_check(PRIVILEGE_READ, name);

	if (err)
		return err;
	privilege_drop();
	err = instance_open(instance, settings->bpffs, BPFFS_READ, false);
	if (err == -ENOENT) {
		log_error("%s: nothing is up in %s", name, settings->bpffs);
		log_hint("`tidegate up IFACE` brings the firewall up; --bpffs names another "
			 "directory");
	}
	return err;
}

int command_open_change(struct instance *instance, const struct settings *settings,
			const char *name, struct registry **registry)
{
	int err = instance_open(instance, settings->bpffs, BPFFS_CHANGE, false);

	if (!err) {
		err = instance_mend(instance, registry);
		if (err == -ENOENT)
			bpffs_remove(&instance->dir);
		if (err)
			instance_close(instance);
	}
	if (err == -ENOENT) {
		log_error("%s: nothing is up in %s", name, settings->bpffs);
		log_hint("`tidegate up --config FILE` or `tidegate up IFACE` brings the firewall "
			 "up; --bpffs names another directory");
	}
	return err;
}

void command_raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

void command_hold_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
}
