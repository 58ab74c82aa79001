// SPDX-License-Identifier: GPL-2.0-or-later
#include "web/measures.h"

#include <stdlib.h>
#include <string.h>

void measures_free(struct measures *measures)
{
	free(measures->interface);
	free(measures->zone);
	free(measures->rule);
	memset(measures, 0, sizeof(*measures));
}
