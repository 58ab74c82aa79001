/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What rtnetlink tells of interfaces: they came, changed or went, and TC filters on them were removed.
 */
#ifndef TIDEGATE_LINKS_H
#define TIDEGATE_LINKS_H

#include <stdbool.h>
#include <stdint.h>

struct links; /* a socket */

/* NULL, explained, on failure. */
struct links *links_open(void);
void links_close(struct links *links);
int links_fd(const struct links *links);

enum link_news {
	LINK_CAME_OR_CHANGED,
	LINK_GONE,
	LINK_FILTER_REMOVED,
};

/* Hands on all that has come: 0. -ENOBUFS: some of it was lost, so look at everything; or another negative errno. */
typedef void (*links_visit)(enum link_news news, uint32_t ifindex, void *context);
int links_read(struct links *links, links_visit visit, void *context);

#endif
