/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A large policy, for measuring what it costs.
 */
#ifndef TIDEGATE_TESTS_PROGRAM_POLICY_H
#define TIDEGATE_TESTS_PROGRAM_POLICY_H

#include "config.h"
#include "rig.h"

#define PROGRAM_POLICY_BANK 1

/* A name that a late rule of the policy allows some clients to read; none allows anything else. */
#define PROGRAM_POLICY_NAME "firmware/model-997/image-9-release-2.4.1.bin"

/*
 * Compiles 1,000 rules with 10,000 patterns and puts them into bank 1 of a rig that is configured for the recording, for
 * the same zone; `clients` are those that the name is allowed. 0, or a negative errno.
 */
int program_policy_fill(struct rig *rig, const struct recording *recording,
			const struct config_prefix *clients);

/* Makes that bank live. */
int program_policy_live(const struct rig *rig, uint32_t bank);

#endif
