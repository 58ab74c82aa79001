/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting for what another thread or process brings about.
 */
#ifndef TIDEGATE_TEST_AWAIT_H
#define TIDEGATE_TEST_AWAIT_H

#include <unistd.h>

#include "time_now.h"

/* Looks every millisecond whether it holds; after so many seconds the test fails with this message. */
#define await(holds, seconds, ...)                                                         \
	do {                                                                               \
		int64_t end_ms = time_now_ms(CLOCK_MONOTONIC) + INT64_C(1000) * (seconds); \
		while (!(holds)) {                                                         \
			if (time_now_ms(CLOCK_MONOTONIC) > end_ms)                         \
				fail_msg(__VA_ARGS__);                                     \
			usleep(1000);                                                      \
		}                                                                          \
	} while (0)

#endif
