/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's jiffy.
 */
#ifndef TIDEGATE_TICK_H
#define TIDEGATE_TICK_H

#include <stdint.h>

/* Its length in nanoseconds, rounded by the kernel. */
uint32_t tick_ns(void);

/* Jiffies of a second, from such a length. */
uint32_t tick_hz(uint32_t tick);

#endif
