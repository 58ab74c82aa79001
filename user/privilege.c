// SPDX-License-Identifier: GPL-2.0-or-later
#include "privilege.h"

#include "log.h"

#include <cap-ng.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool dropped;

static bool have(int capability)
{
	return capng_have_capability(CAPNG_EFFECTIVE, capability);
}

#define MISSING_TEXT 64

/* Names those that are missing; true if none is. */
static bool held(enum privilege privilege, char missing[MISSING_TEXT])
{
	static const struct {
		int capability;
		const char *name;
		enum privilege from;
		bool admin_will_do;
	} needed[] = {
		{CAP_BPF, "CAP_BPF", PRIVILEGE_READ, true},
		{CAP_NET_ADMIN, "CAP_NET_ADMIN", PRIVILEGE_CHANGE, false},
		{CAP_PERFMON, "CAP_PERFMON", PRIVILEGE_CHANGE, true},
	};

	*missing = '\0';
	capng_get_caps_process();
	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		size_t used = strlen(missing);

		if (privilege < needed[i].from || have(needed[i].capability) ||
		    (needed[i].admin_will_do && have(CAP_SYS_ADMIN)))
			continue;
		snprintf(missing + used, MISSING_TEXT - used, "%s%s", used ? ", " : "",
			 needed[i].name);
	}
	return !*missing;
}

bool privilege_held(enum privilege privilege)
{
	char missing[MISSING_TEXT];

	return held(privilege, missing);
}

int privilege_check(enum privilege privilege, const char *command)
{
	char missing[MISSING_TEXT];

	if (held(privilege, missing))
		return 0;
	log_error("%s: not permitted: %s missing", command, missing);
	log_hint("run it as root (sudo tidegate %s …)", command);
	return -EPERM;
}

void privilege_drop(void)
{
	static const int kept[] = {CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON};
	bool admin, had[3];

	capng_get_caps_process();
	admin = capng_have_capability(CAPNG_PERMITTED, CAP_SYS_ADMIN);
	for (size_t i = 0; i < 3; i++)
		had[i] = capng_have_capability(CAPNG_PERMITTED, kept[i]);
	capng_clear(CAPNG_SELECT_CAPS);
	for (size_t i = 0; i < 3; i++)
		if (had[i])
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, kept[i]);
	if (admin)
		capng_update(CAPNG_ADD, CAPNG_PERMITTED, CAP_SYS_ADMIN);
	dropped = !capng_apply(CAPNG_SELECT_CAPS);
	if (!dropped)
		log_notice("capabilities that are not needed could not be given up");
}

void privilege_drop_all(void)
{
	capng_get_caps_process();
	capng_clear(CAPNG_SELECT_CAPS);
	if (capng_apply(CAPNG_SELECT_CAPS))
		log_notice("capabilities that are not needed any more could not be given up");
}

void privilege_admin(bool on)
{
	if (!dropped || !capng_have_capability(CAPNG_PERMITTED, CAP_SYS_ADMIN))
		return;
	capng_update(on ? CAPNG_ADD : CAPNG_DROP, CAPNG_EFFECTIVE, CAP_SYS_ADMIN);
	capng_apply(CAPNG_SELECT_CAPS);
}

bool privilege_has_admin(void)
{
	return capng_have_capability(CAPNG_PERMITTED, CAP_SYS_ADMIN);
}
