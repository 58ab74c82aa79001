// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * usage: kernel-tests CLANG14.o CLANG19.o|- PREPARE.o CORPUS [PATTERN]
 *
 * CORPUS is the fuzzer's directory of conversations; it may be missing. PATTERN is one of gate, walk, flood,
 * unset, clock, short (the table without its longest scenarios), or else only the scenarios whose names contain it are
 * run. Needs root. Last line: the counts.
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

/* Of one scenario in the short table. */
#define SHORT_STEPS 10000

static bool wanted(const char *part, const char *pattern)
{
	return !pattern || !strcmp(part, pattern);
}

/* Every part, or the one called `pattern`, or else the scenarios whose names contain it. */
static void run_parts(const struct kernel_objects *objects, const char *corpus, const char *pattern,
		      struct report *r)
{
	static const char *const parts[] = {"gate", "walk", "flood", "unset", "clock", "quotes"};
	bool table = true, brief = pattern && !strcmp(pattern, "short");
	const char *names = brief ? NULL : pattern;
	size_t steps_max = brief ? SHORT_STEPS : 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		table = table && (!pattern || strcmp(parts[i], pattern));
	if (wanted("gate", pattern))
		kernel_gate(objects, r);
	if (table)
		kernel_table(objects->clang14, objects->preparer, names, steps_max, r);
	if (table && objects->clang19)
		kernel_table(objects->clang19, objects->preparer, names, steps_max, r);
	if (wanted("walk", pattern))
		kernel_walk(objects->clang14, objects->preparer, corpus, r);
	if (wanted("flood", pattern))
		kernel_flood(objects->clang14, r);
	if (wanted("unset", pattern))
		kernel_unset(objects->clang14, r);
	if (wanted("clock", pattern))
		kernel_clock(objects->clang14, r);
	if (wanted("quotes", pattern))
		kernel_quotes(objects->clang14, r);
}

int main(int argc, char **argv)
{
	struct kernel_objects objects;
	struct report r = {};

	if (argc < 5 || argc > 6) {
		fprintf(stderr, "usage: %s CLANG14.o CLANG19.o|- PREPARE.o CORPUS [PATTERN]\n",
			argv[0]);
		return 2;
	}
	objects = (struct kernel_objects){argv[1], strcmp(argv[2], "-") ? argv[2] : NULL, argv[3]};
	setvbuf(stdout, NULL, _IOLBF, 0);
	libbpf_set_print(print_warnings);
	stay_here();
	run_parts(&objects, argv[4], argc == 6 ? argv[5] : NULL, &r);
	printf("kernel: %u passed, %u failed, %u skipped\n", r.passed, r.failed, r.skipped);
	return r.failed || !r.passed ? 1 : 0;
}
