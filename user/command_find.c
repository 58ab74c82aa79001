// SPDX-License-Identifier: GPL-2.0-or-later
#include "command.h"

#include <string.h>

const struct command *command_find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}
