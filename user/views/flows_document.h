/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The document of `tidegate flows -j`, as the daemon sends it, back as flows.
 */
#ifndef TIDEGATE_FLOWS_DOCUMENT_H
#define TIDEGATE_FLOWS_DOCUMENT_H

#include <jansson.h>

#include "flow_table.h"
#include "flows.h"

/*
 * Reads it into lists, to be freed by flows_document_free(), and names the zones. What is no flow is left out.
 * 0, or -ENOMEM, silently, with nothing to be freed.
 */
int flows_document_read(const json_t *document, struct flow_list lists[FLOW_KINDS],
			struct flow_zones *zones);
void flows_document_free(struct flow_list lists[FLOW_KINDS]);

#endif
