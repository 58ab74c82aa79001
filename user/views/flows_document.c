// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/flows_document.h"

#include "flow_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct spot {
	const char *at;
	const char *end;
};

/* Is this what comes next, blanks left out? Then it is behind us. */
static bool take(struct spot *spot, char wanted)
{
	while (spot->at < spot->end && strchr(" \t\r\n", *spot->at) && *spot->at)
		spot->at++;
	if (spot->at == spot->end || *spot->at != wanted)
		return false;
	spot->at++;
	return true;
}

/* The value that begins here, of any kind; NULL if none does. */
static json_t *take_value(struct spot *spot)
{
	json_error_t error;
	json_t *value = json_loadb(spot->at, (size_t)(spot->end - spot->at),
				   JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, &error);

	if (value)
		spot->at += error.position;
	return value;
}

static int add_flow(const json_t *object, enum flow_kind kind, struct flow_list *list,
		    struct flow_zones *zones)
{
	const char *zone;

	if (list->count == list->room) {
		size_t room = list->room * 2 + 256;
		struct flow *grown = reallocarray(list->flow, room, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		list->flow = grown;
		list->room = room;
	}
	if (flow_from_json(object, kind, &list->flow[list->count], &zone))
		return 0;
	list->flow[list->count++].zone = flow_zone_named(zones, zone);
	return 0;
}

static int read_list(struct spot *spot, enum flow_kind kind, struct flow_list *list,
		     struct flow_zones *zones)
{
	if (!take(spot, '['))
		return -EPROTO;
	if (take(spot, ']'))
		return 0;
	do {
		json_t *object = take_value(spot);
		int err = object ? add_flow(object, kind, list, zones) : -EPROTO;

		json_decref(object);
		if (err)
			return err;
	} while (take(spot, ','));
	return take(spot, ']') ? 0 : -EPROTO;
}

/* `"name": value`, of which only lists of flows mean something. */
static int read_member(struct spot *spot, struct flow_list lists[FLOW_KINDS],
		       struct flow_zones *zones)
{
	json_t *name = take_value(spot), *value;
	int kind = 0, err = -EPROTO;

	if (json_is_string(name) && take(spot, ':')) {
		while (kind < FLOW_KINDS &&
		       strcmp(json_string_value(name), flow_list_name((enum flow_kind)kind)))
			kind++;
		if (kind < FLOW_KINDS) {
			err = read_list(spot, (enum flow_kind)kind, &lists[kind], zones);
		} else {
			value = take_value(spot);
			err = value ? 0 : -EPROTO;
			json_decref(value);
		}
	}
	json_decref(name);
	return err;
}

static int read_document(struct spot *spot, struct flow_list lists[FLOW_KINDS],
			 struct flow_zones *zones)
{
	int err;

	if (!take(spot, '{'))
		return -EPROTO;
	do {
		err = read_member(spot, lists, zones);
	} while (!err && take(spot, ','));
	return err ? err : take(spot, '}') ? 0 : -EPROTO;
}

int flows_document_read(const char *text, size_t len, struct flow_list lists[FLOW_KINDS],
			struct flow_zones *zones)
{
	struct spot spot = {text, text + len};
	int err;

	memset(lists, 0, FLOW_KINDS * sizeof(*lists));
	zones->count = 0;
	err = read_document(&spot, lists, zones);
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
