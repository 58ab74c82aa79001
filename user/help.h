/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Help and usage errors, all from the tables of commands and options.
 */
#ifndef TIDEGATE_HELP_H
#define TIDEGATE_HELP_H

#include "command.h"

/* Finds the command; NULL, explained, if `name` is NULL or unknown. */
const struct command *help_find_command(const char *name);

/* Does the number of operands fit? 0, or -EINVAL, explained. */
int help_check_operands(const struct command *command, const struct settings *settings);

/* Prints a command's help. An enum exit_code. */
int help_command(const struct command *command, const struct settings *settings);

#endif
