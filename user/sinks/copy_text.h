/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records as PostgreSQL's COPY reads them in its text format: a line each, columns in the order of columns.h with tabs
 * between them, \N for NULL, and \ before what would be taken for one of these.
 */
#ifndef TIDEGATE_COPY_TEXT_H
#define TIDEGATE_COPY_TEXT_H

#include <stddef.h>

#include "records/record.h"

/* Zeroed: empty. */
struct copy_text {
	char *text; /* owned */
	size_t len;
	size_t room;
};

/* Appends the record's line. 0 or -ENOMEM, and the text is as before; silent. */
int copy_text_add(struct copy_text *text, const struct record *record);
void copy_text_free(struct copy_text *text);

#endif
