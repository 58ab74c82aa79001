// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/flows_document.h"

#include "flow_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int read_list(const json_t *objects, enum flow_kind kind, struct flow_list *list,
		     struct flow_zones *zones)
{
	const json_t *object;
	size_t i, room = json_array_size(objects);

	if (!room)
		return 0;
	list->flow = calloc(room, sizeof(*list->flow));
	if (!list->flow)
		return -ENOMEM;
	list->room = room;
	json_array_foreach(objects, i, object)
	{
		struct flow *flow = &list->flow[list->count];
		const char *zone;

		if (flow_from_json(object, kind, flow, &zone))
			continue;
		flow->zone = flow_zone_named(zones, zone);
		list->count++;
	}
	return 0;
}

int flows_document_read(const json_t *document, struct flow_list lists[FLOW_KINDS],
			struct flow_zones *zones)
{
	int err = 0;

	memset(lists, 0, FLOW_KINDS * sizeof(*lists));
	zones->count = 0;
	for (int kind = 0; kind < FLOW_KINDS && !err; kind++)
		err = read_list(json_object_get(document, flow_list_name(kind)),
				(enum flow_kind)kind, &lists[kind], zones);
	if (err)
		flows_document_free(lists);
	return err;
}

void flows_document_free(struct flow_list lists[FLOW_KINDS])
{
	for (int kind = 0; kind < FLOW_KINDS; kind++)
		free(lists[kind].flow);
	memset(lists, 0, FLOW_KINDS * sizeof(*lists));
}
