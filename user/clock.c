// SPDX-License-Identifier: GPL-2.0-or-later
#include "clock.h"

#include "log.h"
#include "program.h"
#include "time_now.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CLOCK_PROGRAM "tidegate_clock"

static int fail(struct bpf_object *object, int err)
{
	log_error("program %s cannot be run: %s", CLOCK_PROGRAM, strerror(-err));
	program_explain_failure(object, err);
	return err;
}

/* A descriptor that outlives the object. */
static int load(struct bpf_object *object)
{
	struct bpf_map *map;
	int err, fd;

	/* It uses none, and they are large. */
	bpf_object__for_each_map(map, object) bpf_map__set_autocreate(map, false);
	err = bpf_object__load(object);
	if (err)
		return fail(object, err);
	fd = fcntl(bpf_program__fd(bpf_object__find_program_by_name(object, CLOCK_PROGRAM)),
		   F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? fail(object, -errno) : fd;
}

int clock_open(void)
{
	struct tidegate *skeleton = program_skeleton(CLOCK_PROGRAM);
	int fd;

	if (!skeleton)
		return -ENOMEM;
	fd = load(program_skeleton_object(skeleton));
	program_skeleton_close(skeleton);
	return fd;
}

int clock_read(int clock, uint64_t *jiffies)
{
	uint64_t context = 0;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &context, .ctx_size_in = sizeof(context));
	int err = bpf_prog_test_run_opts(clock, &opts);

	*jiffies = context;
	return err;
}

int clock_jiffies(uint64_t *jiffies)
{
	int clock = clock_open(), err;

	if (clock < 0)
		return clock;
	err = clock_read(clock, jiffies);
	if (err)
		log_error("program %s cannot be run: %s", CLOCK_PROGRAM, strerror(-err));
	close(clock);
	return err;
}

int64_t clock_boot_to_real_ns(void)
{
	return time_now_ns(CLOCK_REALTIME) - time_now_ns(CLOCK_BOOTTIME);
}
