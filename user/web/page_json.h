/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the status page is told, as JSON. The page and this are of one version; nobody else should rely on it.
 */
#ifndef TIDEGATE_PAGE_JSON_H
#define TIDEGATE_PAGE_JSON_H

#include <jansson.h>

#include "web/web.h"

#define PAGE_TRANSFERS 200 /* that are shown at the most */

/* One record: as few words as the page needs. A new reference, as all. */
json_t *page_record(const struct record *record);

/* What each reason means: {key: {"meaning", "remedy"}}. */
json_t *page_reasons(void);

/*
 * What is at this moment: transfers, drops by reason, interfaces, sinks. `measures` and `lists` may be NULL: they
 * could not be read.
 */
json_t *page_state(const struct measures *measures, const struct flow_list *lists,
		   char (*zone)[TG_ZONE_NAME], const struct web_sources *sources);

#endif
