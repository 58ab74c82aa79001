/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What follows from the live bank: a policy that is over goes out of its bank, and interfaces that the live one does not
 * guard are released. Done after each change, and by the next command after one that was killed or a trial that ended.
 */
#ifndef TIDEGATE_POLICY_MEND_H
#define TIDEGATE_POLICY_MEND_H

#include "registry.h"

/* For whoever holds the lock. 0 or a negative errno; then the next command tries again. */
int policy_tidy(struct registry *registry, const struct owner *owner);

/* The same, and everything that an interrupted command or an ended trial may have left before. */
int policy_mend(struct registry *registry, const struct owner *owner);

/* Refuses to change a policy that is on trial: 0, or -EBUSY with the way out. */
int policy_refuse_trial(const struct registry *registry, const char *command);

#endif
