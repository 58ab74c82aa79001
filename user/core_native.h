/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What bpf/core asks of whoever includes it: its loop. Include this before core/….
 */
#ifndef TIDEGATE_CORE_NATIVE_H
#define TIDEGATE_CORE_NATIVE_H

#include "core/platform.h"

CORE void repeat(u32 count, repeat_step step, void *context)
{
	for (u32 i = 0; i < count && !step(i, context); i++)
		;
}

#endif
