/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A property that a fuzzer asserts.
 */
#ifndef TIDEGATE_TESTS_MUST_H
#define TIDEGATE_TESTS_MUST_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static inline void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "property broken: %s\n", what);
	abort();
}

#endif
