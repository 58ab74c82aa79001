// SPDX-License-Identifier: GPL-2.0-or-later
#include "clock.h"

#include "log.h"
#include "program.h"
#include "time_now.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CLOCK_PROGRAM "tidegate_clock"

int clock_open(void)
{
	return program_load_alone(CLOCK_PROGRAM);
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
