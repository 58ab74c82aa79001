// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/records/record_log.c
// again: thread
/*
 * User space: the ring of the latest records, with a writer that overtakes its readers.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "records/record_log.h"
#include "time_now.h"

#define ROOM  64
#define WORDS (sizeof(struct record) / sizeof(uint64_t))

/* Every byte depends on the number, so that a record mixed of two is seen. */
static struct record numbered(uint64_t number)
{
	uint64_t word[WORDS] = {0};
	struct record record = {0};

	for (size_t i = 0; i < WORDS; i++)
		word[i] = number * 0x9e3779b97f4a7c15 + i;
	memcpy(&record, word, sizeof(word));
	record.number = number;
	return record;
}

static bool is_whole(const struct record *record)
{
	struct record wanted = numbered(record->number);
	uint64_t got_word[WORDS], wanted_word[WORDS];

	memcpy(got_word, record, sizeof(got_word));
	memcpy(wanted_word, &wanted, sizeof(wanted_word));
	return !memcmp(got_word, wanted_word, sizeof(got_word));
}

static void append(struct record_log *log, uint64_t number)
{
	struct record record = numbered(number);

	record.number = 0;
	assert_int_equal(record_log_append(log, &record), number);
}

static void test_in_order(void **state)
{
	struct record_log *log = record_log_new(ROOM);
	struct record_cursor cursor = record_log_place(log, 10);
	struct record records[10];

	(void)state;
	assert_int_equal(record_log_read(log, &cursor, records, 10), 0);
	for (uint64_t i = 1; i <= 12; i++)
		append(log, i);
	assert_int_equal(record_log_read(log, &cursor, records, 10), 10);
	for (uint64_t i = 0; i < 10; i++)
		assert_true(records[i].number == i + 1 && is_whole(&records[i]));
	assert_int_equal(record_log_read(log, &cursor, records, 10), 2);
	assert_int_equal(records[1].number, 12);
	assert_int_equal(record_log_read(log, &cursor, records, 10), 0);
	assert_int_equal(cursor.lost, 0);
	record_log_free(log);
}

static void test_overtaken(void **state)
{
	struct record_log *log = record_log_new(ROOM);
	struct record_cursor slow = record_log_place(log, 0), fast = slow;
	struct record records[ROOM];

	(void)state;
	for (uint64_t i = 1; i <= 3 * ROOM + 5; i++) {
		append(log, i);
		assert_int_equal(record_log_read(log, &fast, records, ROOM), 1);
	}
	assert_int_equal(fast.lost, 0);
	assert_int_equal(record_log_read(log, &slow, records, ROOM), ROOM);
	assert_int_equal(slow.lost, 2 * ROOM + 5);
	assert_int_equal(records[0].number, 2 * ROOM + 6);
	assert_int_equal(records[ROOM - 1].number, 3 * ROOM + 5);
	record_log_free(log);
}

static void test_backlog(void **state)
{
	struct record_log *log = record_log_new(ROOM);

	(void)state;
	assert_int_equal(record_log_place(log, 5).next, 1);
	for (uint64_t i = 1; i <= 10; i++)
		append(log, i);
	assert_int_equal(record_log_place(log, 0).next, 11);
	assert_int_equal(record_log_place(log, 4).next, 7);
	assert_int_equal(record_log_place(log, 1000).next, 1);
	for (uint64_t i = 11; i <= 2 * ROOM; i++)
		append(log, i);
	assert_int_equal(record_log_place(log, UINT64_MAX).next, ROOM + 1);
	record_log_free(log);
}

static void test_room(void **state)
{
	(void)state;
	assert_null(record_log_new(0));
	assert_null(record_log_new(48));
}

static void test_wait(void **state)
{
	struct record_log *log = record_log_new(ROOM);
	struct record_cursor cursor = record_log_place(log, 0);
	struct record record;
	int64_t begun = time_now_ms(CLOCK_MONOTONIC);

	(void)state;
	assert_false(record_log_wait(log, &cursor, 30));
	assert_true(time_now_ms(CLOCK_MONOTONIC) - begun >= 29);
	append(log, 1);
	assert_true(record_log_wait(log, &cursor, -1));
	assert_int_equal(record_log_read(log, &cursor, &record, 1), 1);
	record_log_close(log);
	assert_true(record_log_is_closed(log));
	assert_false(record_log_wait(log, &cursor, -1));
	/* What is left can still be read. */
	append(log, 2);
	assert_true(record_log_wait(log, &cursor, -1));
	record_log_free(log);
}

static bool readable(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	return poll(&poll_fd, 1, 0) == 1;
}

static void test_eventfds(void **state)
{
	struct record_log *log = record_log_new(ROOM);
	int one = record_log_eventfd(log), two = record_log_eventfd(log), late;
	uint64_t value;

	(void)state;
	append(log, 1);
	assert_false(readable(one) || readable(two));
	record_log_flush(log);
	record_log_flush(log);
	assert_true(readable(one) && readable(two));
	assert_int_equal(read(one, &value, sizeof(value)), sizeof(value));
	assert_false(readable(one));
	record_log_forget_eventfd(log, one);
	assert_int_equal(write(one, &value, sizeof(value)), -1);
	record_log_forget_eventfd(log, 9999);
	assert_int_equal(read(two, &value, sizeof(value)), sizeof(value));
	record_log_close(log);
	late = record_log_eventfd(log);
	assert_true(readable(two) && readable(late));
	record_log_free(log);
}

/* ---- one writes, others read ------------------------------------------------------------------------------------- */

#define READERS 2
#define RECORDS 60005 /* the last ones are told by closing alone */

struct reader {
	struct record_log *log;
	pthread_t thread;
	bool sleeps; /* between two looks, so that it is overtaken */
	bool polls;
	uint64_t got;
	uint64_t lost;
	uint64_t broken;
};

static void wait_for_news(struct reader *reader, int fd, const struct record_cursor *cursor)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	uint64_t value;

	if (!reader->polls)
		record_log_wait(reader->log, cursor, -1);
	else if (poll(&poll_fd, 1, -1) == 1 && read(fd, &value, sizeof(value)) != sizeof(value))
		reader->broken++;
}

static void *read_all(void *context)
{
	struct reader *reader = context;
	struct record_cursor cursor = {.next = 1};
	int fd = reader->polls ? record_log_eventfd(reader->log) : -1;
	struct record records[8];
	uint64_t last = 0;
	bool closed;

	do {
		size_t count;

		closed = record_log_is_closed(reader->log);
		while ((count = record_log_read(reader->log, &cursor, records, 8))) {
			for (size_t i = 0; i < count; i++) {
				reader->broken += records[i].number <= last;
				reader->broken += !is_whole(&records[i]);
				last = records[i].number;
			}
			reader->got += count;
			if (reader->sleeps)
				sched_yield();
		}
		if (!closed)
			wait_for_news(reader, fd, &cursor);
	} while (!closed);
	reader->lost = cursor.lost;
	if (reader->polls)
		record_log_forget_eventfd(reader->log, fd);
	return NULL;
}

/* Every record is either read whole and in order, or counted as lost. */
static void test_threads(void **state)
{
	struct record_log *log = record_log_new(ROOM);
	struct reader readers[READERS] = {{.log = log, .sleeps = true},
					  {.log = log, .polls = true}};

	(void)state;
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&readers[i].thread, NULL, read_all, &readers[i]),
				 0);
	for (uint64_t i = 1; i <= RECORDS; i++) {
		append(log, i);
		if (i % 16 == 0)
			record_log_flush(log);
		/* Now and then they catch up. */
		if (i % 1024 == 0)
			usleep(1000);
	}
	record_log_close(log);
	for (int i = 0; i < READERS; i++) {
		pthread_join(readers[i].thread, NULL);
		assert_int_equal(readers[i].broken, 0);
		assert_int_equal(readers[i].got + readers[i].lost, RECORDS);
		/* Else this test says nothing. */
		assert_true(readers[i].got > 100);
	}
	assert_true(readers[0].lost + readers[1].lost > 100);
	record_log_free(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order), cmocka_unit_test(test_overtaken),
		cmocka_unit_test(test_backlog),  cmocka_unit_test(test_room),
		cmocka_unit_test(test_wait),     cmocka_unit_test(test_eventfds),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
