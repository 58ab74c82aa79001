// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE /* sched_getaffinity() */
#include "ahead.h"

#include "log.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>

#define THREADS_MAX 8

struct work {
	const struct ahead_job *job;
	size_t count;
	size_t next; /* atomic: the first that nobody has begun */
	bool failed; /* atomic: what comes after would fail likewise */
};

static size_t processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 1 : (size_t)CPU_COUNT(&set);
}

static int load_as(const struct ahead_job *job, bool shared)
{
	int err = program_open(job->program, job->place, &job->target);

	if (err)
		return err;
	err = shared ? program_load_extension(job->program) : program_load(job->program);
	if (err)
		program_close(job->program);
	else if (!shared)
		program_trim(job->program);
	return err;
}

/* Alone only where the kernel has no extensions, not where it was short of something. */
static int load(const struct ahead_job *job)
{
	int err = job->shared ? load_as(job, true) : -EOPNOTSUPP;

	if (!err || err == -EMFILE || err == -ENFILE || err == -ENOMEM)
		return err;
	return load_as(job, false);
}

static void *take_jobs(void *context)
{
	struct work *work = context;

	log_mute(true);
	while (!__atomic_load_n(&work->failed, __ATOMIC_RELAXED)) {
		size_t i = __atomic_fetch_add(&work->next, 1, __ATOMIC_RELAXED);

		if (i >= work->count)
			break;
		if (load(&work->job[i]))
			__atomic_store_n(&work->failed, true, __ATOMIC_RELAXED);
	}
	log_mute(false);
	return NULL;
}

void ahead_load(const struct ahead_job *job, size_t count)
{
	struct work work = {.job = job, .count = count};
	size_t wanted = processors(), started = 0;
	pthread_t thread[THREADS_MAX];

	if (wanted > THREADS_MAX)
		wanted = THREADS_MAX;
	if (wanted > count)
		wanted = count;
	for (size_t i = 0; i < count; i++)
		job[i].program->fd = -1;
	if (wanted < 2 || log_debugging())
		return;
	while (started < wanted - 1 && !pthread_create(&thread[started], NULL, take_jobs, &work))
		started++;
	if (started)
		take_jobs(&work);
	while (started)
		pthread_join(thread[--started], NULL);
}
