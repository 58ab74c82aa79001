/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The document of `tidegate flows -j`, as the daemon sends it, back as flows.
 */
#ifndef TIDEGATE_FLOWS_DOCUMENT_H
#define TIDEGATE_FLOWS_DOCUMENT_H

#include "flow_table.h"
#include "flows.h"

/*
 * Reads `len` bytes of JSON into lists, to be freed by flows_document_free(), and names the zones. One flow at a time:
 * as one tree, a document of full tables would take ten times its bytes. What is no flow is left out. Silent: 0, -EPROTO or
 * -ENOMEM, and then there is nothing to be freed.
 */
int flows_document_read(const char *text, size_t len, struct flow_list lists[FLOW_KINDS],
			struct flow_zones *zones);
void flows_document_free(struct flow_list lists[FLOW_KINDS]);

#endif
