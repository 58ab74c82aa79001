// SPDX-License-Identifier: GPL-2.0-or-later
#include "clock.h"

#include "log.h"
#include "program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#define CLOCK_PROGRAM "tidegate_clock"

static int run(struct bpf_object *object, uint64_t *jiffies)
{
	struct bpf_map *map;
	uint64_t context = 0;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &context, .ctx_size_in = sizeof(context));
	int err;

	/* It uses none, and they are large. */
	bpf_object__for_each_map(map, object) bpf_map__set_autocreate(map, false);
	err = bpf_object__load(object);
	if (!err)
		err = bpf_prog_test_run_opts(
			bpf_program__fd(bpf_object__find_program_by_name(object, CLOCK_PROGRAM)),
			&opts);
	if (err) {
		log_error("program %s cannot be run: %s", CLOCK_PROGRAM, strerror(-err));
		program_explain_failure(object, err);
		return err;
	}
	*jiffies = context;
	return 0;
}

int clock_jiffies(uint64_t *jiffies)
{
	struct tidegate *skeleton = program_skeleton(CLOCK_PROGRAM);
	int err;

	if (!skeleton)
		return -ENOMEM;
	err = run(program_skeleton_object(skeleton), jiffies);
	program_skeleton_close(skeleton);
	return err;
}

uint32_t clock_tick_ns(void)
{
	struct timespec resolution;

	/* The coarse clocks advance with the jiffies. */
	if (clock_getres(CLOCK_MONOTONIC_COARSE, &resolution) || resolution.tv_sec ||
	    !resolution.tv_nsec)
		return 4000000;
	return (uint32_t)resolution.tv_nsec;
}

uint32_t clock_hz(uint32_t tick_ns)
{
	/* The resolution is rounded: 3333333 ns mean HZ=300. */
	return tick_ns ? (1000000000U + tick_ns / 2) / tick_ns : 250;
}
