/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of the kernel tests; each adds to the report.
 */
#ifndef TIDEGATE_TESTS_KERNEL_H
#define TIDEGATE_TESTS_KERNEL_H

#include "report.h"

/* Where tests/kernel/run has put what was built. */
struct kernel_objects {
	const char *clang14;  /* the object as it is embedded, built by clang 14 */
	const char *clang19;  /* built by clang 19; NULL: there is none */
	const char *preparer; /* bpf/prepare.bpf.c */
};

/* Every program variant passes the verifier; prints verified instructions and load times. */
void kernel_gate(const struct kernel_objects *objects, struct report *r);
/* The case table on XDP and TC, against its expectations and against the native core. */
/* `steps_max`: leave out what has more packets; 0: nothing. */
void kernel_table(const char *object, const char *preparer, const char *pattern, size_t steps_max,
		  struct report *r);
/* Random conversations, the kept ones of tests/fuzz, and those in the directory `corpus` (may be missing): kernel and
 * native core agree. */
void kernel_walk(const char *object, const char *preparer, const char *corpus, struct report *r);
/* Floods of requests and answers leave a transfer alone. */
void kernel_flood(const char *object, struct report *r);
/* The program that tells the kernel's clock. */
void kernel_clock(const char *object, struct report *r);
/* Programs without settings pass no UDP. */
void kernel_unset(const char *object, struct report *r);
/* ICMP errors that quote translated packets. */
void kernel_quotes(const char *object, struct report *r);

#endif
