/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's jiffies, which time everything that the programs store.
 */
#ifndef TIDEGATE_CLOCK_H
#define TIDEGATE_CLOCK_H

#include <stdint.h>

/* Reads the counter, by a tiny BPF program: no other interface gives it. 0 or a negative errno. */
int clock_jiffies(uint64_t *jiffies);

#endif
