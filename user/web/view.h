/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What may be asked of the web part, whatever the protocol; any thread.
 */
#ifndef TIDEGATE_VIEW_H
#define TIDEGATE_VIEW_H

#include "web/openmetrics.h"
#include "web/web.h"

struct MHD_Connection;
struct viewer;

/* The metrics, to be freed, and their length; NULL if memory is short. Not older than a second. */
char *view_metrics(struct web *web, enum exposition_format format, size_t *bytes);

/* A new viewer of the events, who is told first what is now and what was last. NULL: there are too many. */
struct viewer *view_join(struct web *web, struct MHD_Connection *connection);

/* Lets the web part's own thread look around. */
void view_wake(struct web *web);

#endif
