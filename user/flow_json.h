/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `tidegate flows -j` prints of one flow (tidegate(8), JSON), and back: the daemon sends the same to its readers.
 */
#ifndef TIDEGATE_FLOW_JSON_H
#define TIDEGATE_FLOW_JSON_H

#include <jansson.h>

#include "flows.h"
#include "tftp_options.h"

/* The words of flow.state, by enum transfer_state (core/state.h). */
const char *flow_state_name(int state);

const char *flow_operation_name(const struct flow *flow); /* "read", "write" */

struct tftp_options flow_options(const struct flow *flow); /* asked (requests), or granted */

/* The name of a kind's list in the document: "requests", "offers", "transfers", "udp_flows". */
const char *flow_list_name(enum flow_kind kind);

/* A new reference; `zone` is the name of flow->zone. Memory is taken for granted. */
json_t *flow_json(const struct flow *flow, enum flow_kind kind, const char *zone);

/*
 * Reads such an object; what it does not have stays zero. Names and texts that do not fit are cut, `flow->zone` is left
 * to the caller, who gets the zone's name (borrowed from the object; "" without). Silent: 0, or -EINVAL if it is none.
 */
int flow_from_json(const json_t *object, enum flow_kind kind, struct flow *flow, const char **zone);

#endif
