/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file pattern as a list of items. tidegate.conf(5) describes the language.
 */
#ifndef TIDEGATE_PATTERN_H
#define TIDEGATE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "byte_set.h"
#include "complaint.h"

#define PATTERN_MAX 1024 /* bytes, and so items */

enum pattern_kind {
	PATTERN_SET,    /* one byte */
	PATTERN_STAR,   /* any bytes but `/` */
	PATTERN_DSTAR,  /* any bytes */
	PATTERN_PARTS,  /* any number of whole parts, each with the `/` behind it; begins a part */
	PATTERN_OWN,    /* a text of the client's own */
	PATTERN_PREFIX, /* any prefix of one, but the empty one */
};

struct pattern_item {
	enum pattern_kind kind;
	uint8_t text;        /* of OWN and PREFIX: enum tg_own_text */
	struct byte_set set; /* of SET; not empty */
};

struct pattern {
	struct pattern_item item[PATTERN_MAX];
	size_t count;
};

/*
 * 0, or -EINVAL with `*why` filled. In the result no STAR or DSTAR stands behind another, and neither a DSTAR nor PARTS
 * behind PARTS. Silent.
 */
int pattern_parse(const char *text, bool any_case, struct pattern *pattern, struct complaint *why);

#endif
