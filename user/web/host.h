/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may be asked for here, and from where: against pages of other sites that a reader of ours has open.
 */
#ifndef TIDEGATE_HOST_H
#define TIDEGATE_HOST_H

#include <stdbool.h>

/*
 * Is this Host header one of ours: an address, "localhost", or `own_name` (this machine's; any letter case), each with
 * or without a port? A name that somebody else has made point here (DNS rebinding) is not. NULL: no.
 */
bool host_is_ours(const char *host, const char *own_name);

/*
 * May a page that asks in this way (Sec-Fetch-Site, Sec-Fetch-Mode; NULL: not said, as by everything that is no browser)
 * be answered? Other sites may lead to `is_page`, and no more.
 */
bool fetch_is_allowed(const char *site, const char *mode, bool is_page);

#endif
