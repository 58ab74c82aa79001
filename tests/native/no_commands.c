// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For tests in which no command line is read: there are no commands.
 */
#include <stddef.h>

#include "command.h"

const struct command commands[] = {{0}};
