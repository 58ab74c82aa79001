/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packet marks, VALUE/MASK: the bits of MASK become those of VALUE, the others stay.
 */
#ifndef TIDEGATE_MARK_TEXT_H
#define TIDEGATE_MARK_TEXT_H

#include "complaint.h"
#include "zone_settings.h"

#define MARK_TEXT 24

/*
 * Reads all of `text`: two numbers, decimal or with 0x; without a mask all bits are set. Silent: 0, or -EINVAL with
 * `*why` filled and `*mark` untouched.
 */
int mark_parse(const char *text, struct zone_mark *mark, struct complaint *why);

/* As mark_parse() reads it; returns `text`. */
const char *mark_format(const struct zone_mark *mark, char text[MARK_TEXT]);

#endif
