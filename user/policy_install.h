/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one way in which a policy and the interfaces under it change: compiled, put into the bank that is not live, made
 * live by one store; then interfaces come and go. Whoever is killed in between leaves the old policy or the new one.
 */
#ifndef TIDEGATE_POLICY_INSTALL_H
#define TIDEGATE_POLICY_INSTALL_H

#include "instance.h"
#include "members.h"

struct policy_change {
	struct instance *instance; /* opened for a change, mended, with no policy on trial */
	struct registry *registry;
	const struct config *config;
	const struct members
		*members;    /* the interfaces that are guarded from then on: all others are not */
	const char *command; /* for messages */
	bool from_file;      /* the policy: so hints point there */
	bool force;          /* local listeners may become unreachable */
	uint64_t confirm_s;  /* 0: for good; else on trial */
};

/*
 * Does it; privileges that only the check of listeners needs are given up on the way. 0, and the registry is what holds
 * then; or a negative errno, and what ran before runs on untouched.
 */
int policy_install(const struct policy_change *change);

/*
 * The running policy as text, NUL-terminated, to be freed; NULL, explained, on failure. As a configuration, which is
 * empty where there is none yet: 0 or a negative errno. And its rules, to be freed; NULL, explained, on failure.
 * Without the lock, too: if the policy is replaced meanwhile, `registry` is read again, and what is returned is its.
 */
char *policy_running_text(const struct instance *instance, struct registry *registry);
int policy_running_config(const struct instance *instance, struct registry *registry,
			  struct config *config);
struct tg_rule *policy_running_rules(struct registry *registry);

#endif
