// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * usage: kernel-tests CLANG14.o CLANG19.o|- EMPTY.o TAG.o CORPUS [PATTERN]
 *
 * CORPUS is the fuzzer's directory of conversations; it may be missing. With a PATTERN only the scenarios whose names
 * contain it are run. Needs root. Last line: the counts.
 */
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <bpf/libbpf.h>

#include "kernel.h"

bool report(struct report *r, bool good, const char *format, ...)
{
	va_list args;

	if (good) {
		r->passed++;
		return true;
	}
	r->failed++;
	printf("FAILED ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	return false;
}

void report_skip(struct report *r, const char *format, ...)
{
	va_list args;

	r->skipped++;
	printf("SKIP ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

static int print_warnings(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

/* One CPU, so that the counters' and the maps' per-CPU parts are always the same and times compare. */
static void stay_here(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

int main(int argc, char **argv)
{
	struct kernel_objects objects;
	struct report r = {};

	if (argc < 6 || argc > 7) {
		fprintf(stderr, "usage: %s CLANG14.o CLANG19.o|- EMPTY.o TAG.o CORPUS [PATTERN]\n",
			argv[0]);
		return 2;
	}
	objects = (struct kernel_objects){argv[1], strcmp(argv[2], "-") ? argv[2] : NULL, argv[3],
					  argv[4]};
	setvbuf(stdout, NULL, _IOLBF, 0);
	libbpf_set_print(print_warnings);
	stay_here();
	if (argc == 7) {
		kernel_table(objects.clang14, objects.tagger, argv[6], &r);
	} else {
		kernel_gate(&objects, &r);
		kernel_table(objects.clang14, objects.tagger, NULL, &r);
		if (objects.clang19)
			kernel_table(objects.clang19, objects.tagger, NULL, &r);
		kernel_walk(objects.clang14, objects.tagger, argv[5], &r);
		kernel_flood(objects.clang14, &r);
		kernel_clock(objects.clang14, &r);
		kernel_cost(&objects, &r);
	}
	printf("kernel: %u passed, %u failed, %u skipped\n", r.passed, r.failed, r.skipped);
	return r.failed || !r.passed ? 1 : 0;
}
