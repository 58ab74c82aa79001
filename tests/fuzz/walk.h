/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A conversation out of arbitrary bytes: what two hosts, now and then others, send to each other, mostly nearly right.
 * Shared by the fuzzer of the native core and by the comparison of the kernel with it.
 */
#ifndef TIDEGATE_TESTS_WALK_H
#define TIDEGATE_TESTS_WALK_H

#include "scene.h"

/* Longest conversation, in packets (and what the last operation adds). */
#define WALK_STEPS_MAX 400

/*
 * Records what the bytes say; the same bytes always give the same recording. The steps' expected reasons have no
 * meaning. The caller frees it with recording_free().
 */
void walk_record(const uint8_t *bytes, size_t len, struct recording *recording);

#endif
