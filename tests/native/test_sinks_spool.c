// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/sinks/spool.c user/sinks/spool_file.c tests/native/said.c tests/native/scratch.c
// packages: zlib
/*
 * The spool: order, what a crash, a torn write, a damaged byte or a full disk leaves, and how much is lost by it.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stddef.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "said.h"
#include "scratch.h"
#include "sinks/spool.h"
#include "sinks/spool_file.h"

#define BIG    (64 << 20)
#define HEAD   "a, b"
#define ROW    "row %08u and a text behind it\n"
#define LEN    34 /* of a row */
#define ENTRY  (LEN + SPOOL_ENTRY)
#define BEGINS (16 + sizeof(HEAD) - 1)

static struct spool *spool;

static void opened(uint64_t max)
{
	assert_int_equal(spool_open("s", max, HEAD, &spool), 0);
}

static void closed(void)
{
	spool_close(spool);
	spool = NULL;
}

static int fresh(void **state)
{
	(void)state;
	closed();
	said_forget();
	scratch_remove("s");
	return 0;
}

/* Appends rows `first` to `first + count - 1` at once; returns how many were taken. */
static size_t append(unsigned int first, unsigned int count)
{
	char *text = malloc(count * LEN + 1);
	size_t taken;

	for (unsigned int i = 0; i < count; i++)
		sprintf(text + (size_t)i * LEN, ROW, first + i);
	assert_int_equal(spool_append(spool, text, (size_t)count * LEN, &taken), 0);
	free(text);
	return taken;
}

/* Reads one batch, which has to be rows `first`, …; returns how many, and keeps the batch for spool_done(). */
static size_t expect(unsigned int first, size_t most, struct spool_batch *batch)
{
	assert_int_equal(spool_read(spool, most, batch), 0);
	assert_int_equal(batch->len, batch->count * LEN);
	for (size_t i = 0; i < batch->count; i++) {
		char row[LEN + 1];

		sprintf(row, ROW, (unsigned int)(first + i));
		assert_memory_equal(batch->rows + i * LEN, row, LEN);
	}
	if (batch->count)
		assert_string_equal(batch->head, HEAD);
	return batch->count;
}

/* Takes out all that waits, which has to be `count` rows from `first` on. */
static void drain(unsigned int first, unsigned int count)
{
	struct spool_batch batch;
	unsigned int got = 0;
	size_t n;

	while ((n = expect(first + got, 1000, &batch))) {
		got += n;
		spool_done(spool, &batch);
		spool_batch_free(&batch);
	}
	spool_batch_free(&batch);
	assert_int_equal(got, count);
	assert_int_equal(spool_rows(spool), 0);
}

/* The names of the segments in order; returns how many. */
static int segments(char names[][32], int room)
{
	struct dirent **entries;
	int n = scandir("s", &entries, NULL, alphasort), count = 0;

	assert_true(n >= 0);
	for (int i = 0; i < n; i++) {
		if (strstr(entries[i]->d_name, ".rows") && count < room)
			snprintf(names[count++], 32, "s/%.29s", entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return count;
}

static int only_segment(char name[32])
{
	char names[2][32];
	int fd;

	assert_int_equal(segments(names, 2), 1);
	memcpy(name, names[0], sizeof(names[0]));
	fd = open(name, O_RDWR);
	assert_true(fd >= 0);
	return fd;
}

static uint64_t bytes_on_disk(void)
{
	char names[64][32];
	uint64_t bytes = 0;

	for (int i = segments(names, 64); i--;) {
		struct stat status;

		assert_int_equal(stat(names[i], &status), 0);
		bytes += status.st_size;
	}
	return bytes;
}

static void test_first_in_first_out(void **state)
{
	struct spool_batch batch;

	(void)state;
	opened(BIG);
	assert_int_equal(expect(0, 10, &batch), 0);
	assert_int_equal(append(0, 5), 5);
	assert_int_equal(append(5, 3), 3);
	assert_int_equal(spool_rows(spool), 8);
	assert_int_equal(expect(0, 6, &batch), 6);
	spool_batch_free(&batch);
	/* What is not done comes again. */
	assert_int_equal(expect(0, 6, &batch), 6);
	spool_done(spool, &batch);
	spool_batch_free(&batch);
	assert_int_equal(spool_rows(spool), 2);
	drain(6, 2);
	assert_int_equal(append(8, 1), 1);
	drain(8, 1);
	closed();
	/* Nothing waits, so nothing is left. */
	assert_int_equal(rmdir("s"), 0);
}

static void test_segments_come_and_go(void **state)
{
	char names[64][32];
	unsigned int rows = 100000; /* of 43 bytes: four segments and a bit */
	struct stat status;
	int count;

	(void)state;
	opened(BIG);
	assert_int_equal(append(0, rows), rows);
	count = segments(names, 64);
	assert_int_equal(count, (int)((rows * ENTRY + SPOOL_SEGMENT - 1) / SPOOL_SEGMENT));
	for (int i = 0; i < count; i++) {
		assert_int_equal(stat(names[i], &status), 0);
		assert_true(status.st_size <= SPOOL_SEGMENT);
		assert_int_equal(status.st_mode & 0777, 0600);
	}
	drain(0, rows);
	/* The one that is appended to stays while it is open. */
	assert_int_equal(segments(names, 64), 1);
	closed();
	assert_int_equal(segments(names, 64), 0);
}

static void test_waits_for_the_next_start(void **state)
{
	struct spool_batch batch;

	(void)state;
	opened(BIG);
	append(0, 50000);
	assert_int_equal(expect(0, 1000, &batch), 1000);
	closed();
	spool_batch_free(&batch);
	assert_int_equal(spool_open("s", BIG, "other", &spool), 0);
	assert_int_equal(spool_rows(spool), 50000);
	assert_int_equal(spool_damaged(spool), 0);
	append(50000, 10);
	for (unsigned int got = 0; got < 50000;) {
		got += expect(got, 1000, &batch);
		spool_done(spool, &batch);
		spool_batch_free(&batch);
	}
	/* New rows have the new head, and are not in one batch with the old ones. */
	assert_int_equal(spool_read(spool, 1000, &batch), 0);
	assert_int_equal(batch.count, 10);
	assert_string_equal(batch.head, "other");
	spool_batch_free(&batch);
}

/* In a process of its own, which ends without any goodbye. */
static void in_a_killed_process(void (*what)(void))
{
	pid_t child = fork();
	int status;

	if (!child) {
		what();
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void append_and_do_some(void)
{
	struct spool_batch batch;

	opened(BIG);
	append(0, 60000);
	for (unsigned int got = 0; got < 40000;) {
		got += expect(got, 1000, &batch);
		spool_done(spool, &batch);
		spool_batch_free(&batch);
	}
}

static void test_killed(void **state)
{
	struct spool_batch batch;
	unsigned int first;
	size_t count;

	(void)state;
	in_a_killed_process(append_and_do_some);
	opened(BIG);
	assert_int_equal(spool_damaged(spool), 0);
	/* Up to a segment of what was done comes again, and nothing that was not is missing. */
	count = spool_rows(spool);
	assert_true(count >= 20000 && count <= 20000 + SPOOL_SEGMENT / ENTRY);
	assert_int_equal(spool_read(spool, 1, &batch), 0);
	assert_int_equal(sscanf(batch.rows, "row %u", &first), 1);
	spool_batch_free(&batch);
	drain(first, 60000 - first);
	assert_int_equal(first, 60000 - count);
}

static void test_torn(void **state)
{
	(void)state;
	/* However much of the last row got to the file, its own head included. */
	for (unsigned int left = 0; left < 2 * ENTRY; left++) {
		char name[32];
		int fd;

		fresh(NULL);
		opened(BIG);
		append(0, 10);
		closed();
		fd = only_segment(name);
		assert_int_equal(ftruncate(fd, BEGINS + 8 * ENTRY + left), 0);
		close(fd);
		opened(BIG);
		assert_int_equal(spool_rows(spool), 8 + left / ENTRY);
		assert_int_equal(spool_damaged(spool), left % ENTRY ? 1 : 0);
		assert_int_equal(said_anything(), left % ENTRY ? 1 : 0);
		assert_int_equal(spool_bytes(spool), bytes_on_disk());
		closed();
		/* It is cut off, so it does not count again. */
		opened(BIG);
		assert_int_equal(spool_damaged(spool), 0);
		/* It goes on behind that. */
		append(8 + left / ENTRY, 2);
		drain(0, 10 + left / ENTRY);
	}
}

static void test_torn_head(void **state)
{
	char name[32], names[2][32];
	int fd;

	(void)state;
	opened(BIG);
	append(0, 10);
	closed();
	fd = only_segment(name);
	assert_int_equal(ftruncate(fd, 5), 0);
	close(fd);
	scratch_text("s/0000000000000007.rows", "");
	scratch_text("s/unrelated", "x");
	opened(BIG);
	assert_int_equal(spool_rows(spool), 0);
	assert_int_equal(spool_damaged(spool), 1);
	assert_true(said("0000000000000000.rows.damaged"));
	assert_int_equal(segments(names, 2), 1); /* the one that was put aside */
	append(0, 1);
	assert_int_equal(access("s/0000000000000008.rows", F_OK), 0);
	drain(0, 1);
	assert_int_equal(access("s/unrelated", F_OK), 0);
}

/* Rows that a machine without power left as zeros. */
static void test_zeros(void **state)
{
	static const char zeros[3 * ENTRY];
	char name[32];
	int fd;

	(void)state;
	opened(BIG);
	append(0, 10);
	closed();
	fd = only_segment(name);
	assert_int_equal(pwrite(fd, zeros, sizeof(zeros), BEGINS + 7 * ENTRY), sizeof(zeros));
	close(fd);
	opened(BIG);
	assert_int_equal(spool_damaged(spool), 1);
	drain(0, 7);
}

static void flip(int fd, off_t offset)
{
	char byte;

	assert_int_equal(pread(fd, &byte, 1, offset), 1);
	byte ^= 0x10;
	assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
}

static void test_flipped_byte(void **state)
{
	char name[32];
	struct spool_batch batch;
	int fd;

	(void)state;
	opened(BIG);
	append(0, 10);
	closed();
	fd = only_segment(name);
	flip(fd, BEGINS + 4 * ENTRY + SPOOL_ENTRY + 20);
	close(fd);
	opened(BIG);
	assert_int_equal(spool_damaged(spool), 1);
	assert_true(said("1 records"));
	assert_int_equal(spool_rows(spool), 9);
	assert_int_equal(expect(0, 4, &batch), 4);
	spool_done(spool, &batch);
	spool_batch_free(&batch);
	/* Row 4 is left out, the rest comes. */
	drain(5, 5);
	assert_int_equal(spool_damaged(spool), 1);
}

/* A row of another segment, as a file system's mistake may leave it, does not pass for one of this. */
static void test_row_of_another_segment(void **state)
{
	char name[32];

	(void)state;
	opened(BIG);
	append(0, 3);
	closed();
	close(only_segment(name));
	assert_int_equal(rename(name, "s/0000000000000005.rows"), 0);
	opened(BIG);
	assert_int_equal(spool_rows(spool), 0);
	assert_int_equal(spool_damaged(spool), 3);
}

static void test_damaged_while_it_waits(void **state)
{
	char names[8][32];
	int fd;

	(void)state;
	opened(BIG);
	append(0, 60000);
	assert_int_equal(segments(names, 8), 3);
	/* The length of its first row: nothing behind it can be found. The second and the third are fine. */
	fd = open(names[0], O_RDWR);
	flip(fd, BEGINS);
	close(fd);
	drain((SPOOL_SEGMENT - BEGINS) / ENTRY, 60000 - (SPOOL_SEGMENT - BEGINS) / ENTRY);
	assert_int_equal(spool_damaged(spool), (SPOOL_SEGMENT - BEGINS) / ENTRY);
	append(60000, 5);
	drain(60000, 5);
	append(60005, 5);
	segments(names, 8);
	assert_int_equal(unlink(names[0]), 0);
	drain(0, 0);
	assert_int_equal(spool_damaged(spool), (SPOOL_SEGMENT - BEGINS) / ENTRY + 5);
	append(60010, 5);
	drain(60010, 5);
}

static void test_full(void **state)
{
	const uint64_t max = 1 << 20;
	struct spool_batch batch;
	size_t taken, more, got = 0;

	(void)state;
	opened(max);
	taken = append(0, 50000);
	assert_in_range(taken, (max - 9 * BEGINS) / ENTRY - 8, max / ENTRY);
	assert_in_range(bytes_on_disk(), max - 2 * ENTRY - BEGINS, max);
	assert_int_equal(bytes_on_disk(), spool_bytes(spool));
	/* The newest are not taken, so nothing that was is lost, and the next one has no room either. */
	assert_int_equal(append(taken, 1), 0);
	while (got < 5000) {
		got += expect(got, 1000, &batch);
		spool_done(spool, &batch);
		spool_batch_free(&batch);
	}
	/* One segment of eight is free. */
	more = append(taken, 50000);
	assert_in_range(more, max / 8 / ENTRY - 2, 2 * max / 8 / ENTRY);
	assert_in_range(bytes_on_disk(), 0, max);
	drain(got, taken - got + more);
	assert_int_equal(spool_damaged(spool), 0);
	assert_true(append(0, 50000) > taken - 5000);
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void test_disk_takes_no_more(void **state)
{
	char rows[100 * LEN + 1];
	size_t taken;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	opened(BIG);
	append(0, 10);
	/* In the middle of a row. */
	limit_files(BEGINS + 20 * ENTRY + 3);
	for (unsigned int i = 0; i < 100; i++)
		sprintf(rows + (size_t)i * LEN, ROW, 10 + i);
	assert_int_equal(spool_append(spool, rows, 100 * LEN, &taken), -EFBIG);
	assert_int_equal(taken, 0);
	/* Nothing of it is left, as it was said to be lost. */
	assert_int_equal(bytes_on_disk(), BEGINS + 10 * ENTRY);
	limit_files(RLIM_INFINITY);
	assert_int_equal(spool_append(spool, rows, 100 * LEN, &taken), 0);
	assert_int_equal(taken, 100);
	drain(0, 110);
	assert_int_equal(spool_damaged(spool), 0);
	closed();
	/* Not even the head of a segment. */
	opened(BIG);
	limit_files(10);
	assert_int_equal(spool_append(spool, rows, LEN, &taken), -EFBIG);
	limit_files(RLIM_INFINITY);
	append(0, 1);
	drain(0, 1);
}

static void test_too_long(void **state)
{
	size_t len = SPOOL_ROW + 1, taken;
	char *row = malloc(LEN + len);

	(void)state;
	opened(BIG);
	sprintf(row, ROW, 0U);
	memset(row + LEN, 'x', len);
	row[LEN + len - 1] = '\n';
	assert_int_equal(spool_append(spool, row, LEN + len, &taken), -EMSGSIZE);
	assert_int_equal(taken, 1);
	drain(0, 1);
	memmove(row + LEN, row + LEN + 1, len - 1);
	assert_int_equal(spool_append(spool, row + LEN, len - 1, &taken), 0);
	assert_int_equal(taken, 1);
	free(row);
}

static void test_opening(void **state)
{
	struct spool *second = NULL;

	(void)state;
	assert_int_equal(spool_open("none/s", BIG, HEAD, &spool), -ENOENT);
	assert_true(said("none/s cannot be used: No such file or directory"));
	scratch_text("file", "");
	assert_int_equal(spool_open("file", BIG, HEAD, &spool), -ENOTDIR);
	opened(BIG);
	assert_int_equal(spool_open("s", BIG, HEAD, &second), -EBUSY);
	assert_true(said("in use by another sink or daemon"));
	assert_null(second);
	closed();
	opened(BIG);
}

static void test_sync(void **state)
{
	(void)state;
	opened(BIG);
	append(0, 50000);
	assert_int_equal(spool_sync(spool), 0);
	assert_int_equal(spool_sync(spool), 0);
	drain(0, 50000);
	assert_int_equal(spool_sync(spool), 0);
}

#define MANY 200000

static void *append_many(void *unused)
{
	(void)unused;
	for (unsigned int i = 0; i < MANY; i += 100)
		assert_int_equal(append(i, 100), 100);
	return NULL;
}

static void test_two_threads(void **state)
{
	struct spool_batch batch;
	unsigned int got = 0, rounds = 0;
	pthread_t writer;

	(void)state;
	opened(BIG);
	assert_int_equal(pthread_create(&writer, NULL, append_many, NULL), 0);
	while (got < MANY) {
		got += expect(got, 1000, &batch);
		spool_done(spool, &batch);
		spool_batch_free(&batch);
		if (++rounds % 16 == 0)
			assert_int_equal(spool_sync(spool), 0);
	}
	pthread_join(writer, NULL);
	assert_int_equal(spool_rows(spool), 0);
	assert_int_equal(spool_damaged(spool), 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, fresh, fresh)
	const struct CMUnitTest tests[] = {
		TEST(test_first_in_first_out),
		TEST(test_segments_come_and_go),
		TEST(test_waits_for_the_next_start),
		TEST(test_killed),
		TEST(test_torn),
		TEST(test_torn_head),
		TEST(test_zeros),
		TEST(test_flipped_byte),
		TEST(test_row_of_another_segment),
		TEST(test_damaged_while_it_waits),
		TEST(test_full),
		TEST(test_disk_takes_no_more),
		TEST(test_too_long),
		TEST(test_opening),
		TEST(test_sync),
		TEST(test_two_threads),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
