// SPDX-License-Identifier: GPL-2.0-or-later
#include "clock.h"

#include "log.h"
#include "program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

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
