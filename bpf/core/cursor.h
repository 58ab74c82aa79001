/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A checked place in a packet. Every look at packet bytes goes through cursor_take(), so that no header is read
 * past the end of the frame.
 */
#ifndef TIDEGATE_CURSOR_H
#define TIDEGATE_CURSOR_H

#include "core/platform.h"

struct cursor {
	void *start;
	void *pos;
	void *end;
	u32 offset; /* of pos from the frame's start; pointers into a packet can't be subtracted in BPF */
};

/* Moves on by `size` bytes without looking at them; the next cursor_take() checks. `size` is bounded by the caller. */
CORE void cursor_skip(struct cursor *c, u32 size)
{
	c->pos += size;
	c->offset += size;
}

/* Goes to `offset` from the frame's start, which the caller has bounded. */
CORE void cursor_go(struct cursor *c, u32 offset)
{
	c->pos = c->start + offset;
	c->offset = offset;
}

/* The next `size` bytes and on, or NULL (and no move) if the frame ends before. `size` is a constant. */
CORE void *cursor_take(struct cursor *c, u32 size)
{
	void *here = c->pos;

	if (here + size > c->end)
		return NULL;
	cursor_skip(c, size);
	return here;
}

#endif
