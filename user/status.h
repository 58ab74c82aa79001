/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is up: gathered once as a document, which is then printed as it is or as text.
 */
#ifndef TIDEGATE_STATUS_H
#define TIDEGATE_STATUS_H

#include "instance.h"
#include "report.h"

/*
 * After a change: prints the interfaces (as text: one line each) and whether the policy is on trial, or with --json all
 * of it; what doctor finds is told on standard error. 0 or a negative errno.
 */
int status_print_change(const struct instance *instance, const struct registry *registry,
			const struct settings *settings);

/* The live policy in a few numbers. */
json_t *status_policy(const struct instance *instance, const struct registry *registry);

/* Prints all of it. 0 or a negative errno. */
int status_print(const struct instance *instance, const struct registry *registry,
		 const struct settings *settings);

/* Prints that nothing is up. */
void status_print_nothing(const struct settings *settings);

#endif
