/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Block arithmetic (tracker specification 7.2). Blocks are 16 bits wide and wrap, to 0 or to 1; distances are
 * signed, and ws + 1 absorbs the number that a wrap to 1 skips, so that no wrap has to be learnt.
 */
#ifndef TIDEGATE_WINDOW_H
#define TIDEGATE_WINDOW_H

#include "core/platform.h"

/* Signed distance from block b to block a. */
CORE int block_distance(u16 a, u16 b)
{
	return (s16)(u16)(a - b);
}

CORE u16 window_clamp(u32 blocks)
{
	return blocks > TG_WINDOW_CLAMP ? TG_WINDOW_CLAMP : blocks;
}

/* F: so far may DATA be ahead of the highest ACK. */
CORE u16 window_ahead(u32 windowsize, u32 slack)
{
	return window_clamp(windowsize + 1 > slack ? windowsize + 1 : slack);
}

/* B: so far may DATA, or an ACK, be behind it. */
CORE u16 window_behind(u32 windowsize, u32 slack)
{
	return window_clamp(windowsize > slack ? windowsize : slack);
}

#endif
