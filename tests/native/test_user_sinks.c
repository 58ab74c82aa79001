// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/sinks/sinks.c user/sinks/lines.c user/records/record*.c user/prefixes.c user/json_read.c user/tftp_options.c user/address.c user/config_meaning.c user/reason_table.c user/report.c user/text.c tests/native/said.c
// again: thread
/*
 * User space: the threads of the sinks, with a driver that fails, waits and refuses as the test wants it.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "await.h"
#include "log.h"
#include "records/record_filter.h"
#include "said.h"
#include "sinks/lines.h"
#include "sinks/sink.h"
#include "time_now.h"

#define ROOM 1024

/* ---- the driver ---------------------------------------------------------------------------------------------------- */

#define NUMBERS (64 * ROOM)

/* One for each sink, found by the number in its path. */
struct fake {
	_Atomic int open_error;  /* what open() returns */
	_Atomic int write_error; /* what write() returns, after having written `most` records */
	_Atomic int most;
	_Atomic int failures; /* so often; then all is well */
	atomic_bool hangs;    /* write() does not return */
	_Atomic int opened, closed, reopened, idles, counted;
	atomic_bool signals; /* write() may be interrupted by one that would end the process */
	_Atomic uint64_t got;
	uint64_t number[NUMBERS];
};

static struct fake fakes[3];

static bool fails(struct fake *fake)
{
	int left = atomic_load(&fake->failures);

	if (left > 0)
		atomic_fetch_sub(&fake->failures, 1);
	return left > 0;
}

static int fake_open(const struct config_sink *sink, void **state, bool first)
{
	struct fake *fake = &fakes[sink->path[0] - '0'];
	int err = atomic_load(&fake->open_error);

	(void)first;
	if (err) {
		log_error("%s cannot be opened", sink->name);
		return err;
	}
	atomic_fetch_add(&fake->opened, 1);
	*state = fake;
	return 0;
}

static int fake_write(void *state, const struct record *records, size_t count, size_t *written)
{
	struct fake *fake = state;
	size_t most = count;
	sigset_t blocked;
	int err = 0;

	pthread_sigmask(SIG_BLOCK, NULL, &blocked);
	if (sigismember(&blocked, SIGPIPE) != 1 || sigismember(&blocked, SIGXFSZ) != 1 ||
	    sigismember(&blocked, SIGTERM) != 1)
		atomic_store(&fake->signals, true);
	while (atomic_load(&fake->hangs))
		usleep(1000);
	if (fails(fake)) {
		err = atomic_load(&fake->write_error);
		most = (size_t)atomic_load(&fake->most);
	}
	for (*written = 0; *written < count && *written < most; ++*written)
		fake->number[atomic_fetch_add(&fake->got, 1)] = records[*written].number;
	if (err == -EIO)
		log_error("it cannot be written");
	if (err == -EAGAIN)
		usleep(1000);
	return err;
}

static int fake_idle(void *state)
{
	atomic_fetch_add(&((struct fake *)state)->idles, 1);
	return 0;
}

static int fake_reopen(void *state)
{
	atomic_fetch_add(&((struct fake *)state)->reopened, 1);
	return fails(state) ? -EIO : 0;
}

static void fake_close(void *state)
{
	atomic_fetch_add(&((struct fake *)state)->closed, 1);
}

static void fake_count(void *state, struct sink_counts *counts)
{
	atomic_fetch_add(&((struct fake *)state)->counted, 1);
	counts->spooled = 17;
	counts->open = true;
}

#define FAKE                                                                              \
	.open = fake_open, .write = fake_write, .idle = fake_idle, .reopen = fake_reopen, \
	.close = fake_close
const struct sink_driver sink_file = {FAKE};
const struct sink_driver sink_postgresql = {FAKE, .count = fake_count};
const struct sink_driver sink_stdout, sink_stream, sink_journal, sink_syslog, sink_sqlite;

/* ---- the scene ----------------------------------------------------------------------------------------------------- */

static char paths[3][2] = {"0", "1", "2"};
static struct record_filter filters[3];
static struct config_sink sinks[3] = {
	{.name = "one", .type = SINK_FILE, .path = paths[0], .filter = &filters[0]},
	{.name = "two", .type = SINK_FILE, .path = paths[1], .filter = &filters[1]},
	{.name = "three", .type = SINK_POSTGRESQL, .path = paths[2], .filter = &filters[2]},
};
static struct record_log *record_log;
static struct sink_set *set;

static int begin(void **state)
{
	(void)state;
	memset(fakes, 0, sizeof(fakes));
	memset(filters, 0, sizeof(filters));
	said_forget();
	record_log = record_log_new(ROOM);
	return 0;
}

static int end(void **state)
{
	(void)state;
	record_log_free(record_log);
	return 0;
}

static void start(size_t count)
{
	const struct config config = {.sink = sinks, .sink_count = count};

	set = sinks_start(&config, record_log);
	assert_non_null(set);
}

static void append(size_t count)
{
	struct record record = {.kind = RECORD_BEGIN};

	for (size_t i = 0; i < count; i++) {
		record.kind = i % 2 ? RECORD_END : RECORD_BEGIN;
		record_log_append(record_log, &record);
	}
	record_log_flush(record_log);
}

static struct sink_counts counts_of(size_t sink)
{
	struct sink_counts counts;
	const char *name;

	assert_true(sinks_count(set, sink, &name, &counts));
	assert_string_equal(name, sinks[sink].name);
	return counts;
}

#define wait_until(holds) await(holds, 10, "%s", #holds)

/* All that was appended, in order and once. */
static void assert_whole(const struct fake *fake, uint64_t count)
{
	assert_int_equal(atomic_load(&fake->got), count);
	for (uint64_t i = 0; i < count; i++)
		assert_int_equal(fake->number[i], i + 1);
}

/* ---- tests --------------------------------------------------------------------------------------------------------- */

static void test_two(void **state)
{
	(void)state;
	filters[1].kinds = 1 << RECORD_END;
	start(2);
	assert_true(counts_of(0).open && !counts_of(0).written);
	append(600);
	wait_until(counts_of(0).written == 600 && counts_of(1).written == 300);
	wait_until(fakes[0].idles >= 1);
	append(10);
	assert_true(sinks_stop(set, 1000));
	assert_whole(&fakes[0], 610);
	for (uint64_t i = 0; i < 305; i++)
		assert_int_equal(fakes[1].number[i], 2 * (i + 1));
	assert_int_equal(fakes[1].got, 305);
	assert_true(fakes[0].opened == 1 && fakes[0].closed == 1);
	assert_false(fakes[0].signals || fakes[1].signals);
	assert_false(said_anything());
}

/* What was there before they start is not for them: another set has had it. */
static void test_start_and_stop(void **state)
{
	struct sink_counts counts;
	const char *name;

	(void)state;
	append(5);
	start(1);
	append(5);
	assert_true(sinks_stop(set, 1000));
	assert_int_equal(fakes[0].got, 5);
	assert_int_equal(fakes[0].number[0], 6);
	start(1);
	append(5);
	record_log_close(record_log);
	wait_until(fakes[0].closed == 2);
	assert_false(sinks_count(set, 1, &name, &counts));
	assert_true(sinks_stop(set, 1000));
	assert_int_equal(fakes[0].got, 10);
	assert_true(sinks_stop(NULL, 0));
}

/* One that hangs holds up neither the writer nor the other, and what it misses is counted. */
static void test_slow(void **state)
{
	(void)state;
	fakes[1].hangs = true;
	start(2);
	for (int i = 1; i <= 20; i++) {
		append(ROOM / 2);
		wait_until(counts_of(0).written == (uint64_t)i * (ROOM / 2));
	}
	assert_int_equal(counts_of(0).lost, 0);
	assert_int_equal(counts_of(1).written, 0);
	fakes[1].hangs = false;
	wait_until(counts_of(1).written + counts_of(1).lost == 20 * ROOM / 2);
	assert_in_range(counts_of(1).lost, 8 * ROOM, 9 * ROOM);
	assert_true(sinks_stop(set, 1000));
	assert_whole(&fakes[0], 10 * ROOM);
	assert_int_equal(fakes[1].number[fakes[1].got - 1], 10 * ROOM);
	/* At once, and at the end what came to it since: a thread that starts late has lost some before it hangs. */
	assert_in_range(said_times("sink \"two\": "), 1, 2);
	assert_true(said("records lost: it is too slow"));
}

/* It fails, cannot be opened for some time, fails again, and is back: told once each, and nothing is lost. */
static void test_away(void **state)
{
	(void)state;
	fakes[0].failures = 3;
	fakes[0].write_error = -EIO;
	fakes[0].most = 3;
	fakes[0].open_error = 0;
	start(2);
	fakes[0].open_error = -ENOENT;
	append(100);
	wait_until(counts_of(0).errors >= 2);
	assert_false(counts_of(0).open);
	assert_int_equal(counts_of(0).written, 3);
	fakes[0].open_error = 0;
	wait_until(counts_of(0).written == 100);
	assert_true(counts_of(0).open);
	append(1);
	assert_true(sinks_stop(set, 1000));
	assert_whole(&fakes[0], 101);
	assert_whole(&fakes[1], 101);
	assert_true(said_times("it cannot be written") == 1 && said_times("is away") == 1 &&
		    said_times("is back") == 1);
	assert_false(said_times("cannot be opened"));
	assert_true(fakes[0].opened == 4 && fakes[0].closed == 4);
}

/* A pause ends when somebody asks for it: SIGHUP. */
static void test_away_for_long(void **state)
{
	(void)state;
	fakes[0].failures = 1;
	fakes[0].write_error = -EIO;
	start(1);
	fakes[0].open_error = -ENOENT;
	append(1);
	wait_until(counts_of(0).errors >= 5);
	/* By now a pause has more than a second. */
	fakes[0].open_error = 0;
	sinks_reopen(set);
	wait_until(counts_of(0).written == 1);
	assert_true(sinks_stop(set, 1000));
}

static void test_refused(void **state)
{
	(void)state;
	fakes[0].failures = 2;
	fakes[0].write_error = -EMSGSIZE;
	fakes[0].most = 5;
	start(1);
	append(100);
	wait_until(counts_of(0).written == 98);
	assert_int_equal(counts_of(0).lost, 2);
	assert_true(sinks_stop(set, 1000));
	assert_int_equal(fakes[0].number[4], 5);
	assert_int_equal(fakes[0].number[5], 7);
	assert_int_equal(fakes[0].number[10], 13);
	assert_int_equal(fakes[0].closed, 1);
}

static void test_full(void **state)
{
	(void)state;
	fakes[0].failures = 50;
	fakes[0].write_error = -EAGAIN;
	fakes[0].most = 1;
	start(1);
	append(100);
	wait_until(counts_of(0).written == 100);
	assert_true(sinks_stop(set, 1000));
	assert_whole(&fakes[0], 100);
	assert_int_equal(fakes[0].closed, 1);
	assert_false(said_anything());
}

static void test_reopen(void **state)
{
	(void)state;
	start(2);
	sinks_reopen(set);
	wait_until(fakes[0].reopened == 1 && fakes[1].reopened == 1);
	/* It fails: as if writing had. */
	fakes[0].failures = 1;
	sinks_reopen(set);
	wait_until(fakes[0].opened == 2);
	append(3);
	assert_true(sinks_stop(set, 1000));
	assert_whole(&fakes[0], 3);
}

static void test_count(void **state)
{
	(void)state;
	start(3);
	assert_int_equal(counts_of(2).spooled, 17);
	wait_until(fakes[2].counted >= 3); /* while nothing comes */
	assert_true(sinks_stop(set, 1000));
}

/* One cannot be opened: none runs. */
static void test_no_start(void **state)
{
	const struct config config = {.sink = sinks, .sink_count = 2};

	(void)state;
	fakes[1].open_error = -ENOENT;
	assert_null(sinks_start(&config, record_log));
	assert_true(said("two cannot be opened"));
	assert_true(fakes[0].opened == 1 && fakes[0].closed == 1 && !fakes[1].closed);
}

/* No time is left for one that fails, or takes no more. */
static void test_stop_in_time(void **state)
{
	int64_t begun;

	(void)state;
	fakes[0].failures = fakes[1].failures = INT32_MAX;
	fakes[0].write_error = -EIO;
	fakes[1].write_error = -EAGAIN;
	start(2);
	append(300);
	wait_until(counts_of(0).errors);
	begun = time_now_ms(CLOCK_MONOTONIC);
	assert_true(sinks_stop(set, 300));
	assert_in_range(time_now_ms(CLOCK_MONOTONIC) - begun, 290, 5000);
	assert_true(said("sink \"one\": there was no time left for 300 records"));
	assert_true(said("sink \"two\": there was no time left for 300 records"));
}

/* Of this process. */
static size_t threads(void)
{
	DIR *tasks = opendir("/proc/self/task");
	size_t count = 0;

	assert_non_null(tasks);
	while (readdir(tasks))
		count++;
	closedir(tasks);
	return count;
}

/* One that hangs for ever does not keep the daemon from ending. */
static void test_hangs(void **state)
{
	static struct record_log *kept;
	size_t before = threads();
	struct sink_set *left;
	int64_t begun;

	(void)state;
	fakes[0].hangs = true;
	start(2);
	append(3);
	wait_until(counts_of(1).written == 3);
	left = set;
	begun = time_now_ms(CLOCK_MONOTONIC);
	assert_false(sinks_stop(set, 100));
	assert_in_range(time_now_ms(CLOCK_MONOTONIC) - begun, 100, 5000);
	assert_true(said("sink \"one\" hangs, and is left behind"));
	/* So that nothing leaks here: it ends after all. */
	fakes[0].hangs = false;
	wait_until(fakes[0].closed == 1);
	wait_until(threads() == before);
	kept = record_log;
	(void)kept;
	assert_ptr_equal(left, set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_two, begin, end),
		cmocka_unit_test_setup_teardown(test_start_and_stop, begin, end),
		cmocka_unit_test_setup_teardown(test_slow, begin, end),
		cmocka_unit_test_setup_teardown(test_away, begin, end),
		cmocka_unit_test_setup_teardown(test_away_for_long, begin, end),
		cmocka_unit_test_setup_teardown(test_refused, begin, end),
		cmocka_unit_test_setup_teardown(test_full, begin, end),
		cmocka_unit_test_setup_teardown(test_reopen, begin, end),
		cmocka_unit_test_setup_teardown(test_count, begin, end),
		cmocka_unit_test_setup_teardown(test_no_start, begin, end),
		cmocka_unit_test_setup_teardown(test_stop_in_time, begin, end),
		cmocka_unit_test_setup_teardown(test_hangs, begin, NULL),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
