/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's jiffies, which time everything that the programs store.
 */
#ifndef TIDEGATE_CLOCK_H
#define TIDEGATE_CLOCK_H

#include <stdint.h>

/* Reads the counter, by a tiny BPF program: no other interface gives it. 0 or a negative errno. */
int clock_jiffies(uint64_t *jiffies);

/* The same for whoever asks often: a descriptor of the program, or a negative errno; and what it says, silently. */
int clock_open(void);
int clock_read(int clock, uint64_t *jiffies);

/* CLOCK_REALTIME minus CLOCK_BOOTTIME, by which the programs' nanoseconds become dates. */
int64_t clock_boot_to_real_ns(void);

#endif
