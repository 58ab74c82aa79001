// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/devices.h"

#include "json_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME 64

static bool lacks_device(const json_t *chain)
{
	return (json_says(chain, "hook", "ingress") || json_says(chain, "hook", "egress")) &&
	       !json_object_get(chain, "dev");
}

bool devices_missing(const json_t *objects)
{
	const json_t *object;
	size_t i;

	json_array_foreach(objects, i,
			   object) if (lacks_device(json_object_get(object, "chain"))) return true;
	return false;
}

/* type filter hook ingress device "eth0" priority 0; or: devices = { "eth0", "eth1" } priority 0; */
static json_t *read_devices(const char *line)
{
	const char *end = strstr(line, " priority ");
	json_t *list = json_array();

	line = strstr(line, " device");
	while (line && end && (line = strchr(line, '"')) && line < end) {
		size_t len = strcspn(line + 1, "\"");

		json_array_append_new(list, json_stringn(line + 1, len));
		line += len + 2;
	}
	return list;
}

static void give_devices(json_t *objects, const char *family, const char *table, const char *name,
			 const char *line)
{
	const json_t *object;
	size_t i;

	json_array_foreach(objects, i, object)
	{
		json_t *chain = json_object_get(object, "chain");

		if (chain && json_says(chain, "family", family) &&
		    json_says(chain, "table", table) && json_says(chain, "name", name) &&
		    lacks_device(chain))
			json_object_set_new(chain, "dev", read_devices(line));
	}
}

void devices_add(json_t *objects, const char *text)
{
	char family[NAME] = "", table[NAME] = "", chain[NAME] = "";
	char *copy = strdup(text), *rest = NULL;

	for (char *line = copy ? strtok_r(copy, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest)) {
		line += strspn(line, "\t ");
		if (!strncmp(line, "type ", 5))
			give_devices(objects, family, table, chain, line);
		else if (sscanf(line, "table %63s %63s {", family, table) != 2)
			sscanf(line, "chain %63s {", chain);
	}
	free(copy);
}
