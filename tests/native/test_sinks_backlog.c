// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/sinks/backlog.c user/sinks/spool.c user/sinks/spool_file.c tests/native/said.c
// packages: zlib
/*
 * Rows that wait in memory, where there is no spool.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "sinks/backlog.h"

#define HEAD "a, b"
#define ROW  "row %08u and a text behind it\n"
#define LEN  34 /* of a row */

/* The next rows of the backlog have to be `first`, …; they are done. */
static size_t take(struct backlog *backlog, unsigned int first)
{
	struct spool_batch batch;
	char row[LEN + 1];
	size_t count;

	assert_int_equal(backlog_read(backlog, 1000, &batch), 0);
	count = batch.count;
	assert_int_equal(batch.len, count * LEN);
	for (size_t i = 0; i < count; i++) {
		sprintf(row, ROW, (unsigned int)(first + i));
		assert_memory_equal(batch.rows + i * LEN, row, LEN);
	}
	backlog_done(backlog, &batch);
	spool_batch_free(&batch);
	return count;
}

static void test_first_in_first_out_and_full(void **state)
{
	size_t room = BACKLOG_MEMORY / LEN, taken, got, n;
	char *rows = malloc(2 * room * LEN + 1);
	struct backlog *backlog;

	(void)state;
	for (size_t i = 0; i < 2 * room; i++)
		sprintf(rows + i * LEN, ROW, (unsigned int)i);
	assert_int_equal(backlog_open(NULL, 0, HEAD, &backlog), 0);
	assert_int_equal(backlog_append(backlog, rows, 2 * room * LEN, &taken), 0);
	assert_int_equal(taken, room);
	assert_int_equal(backlog_append(backlog, rows, LEN, &taken), 0);
	assert_int_equal(taken, 0);
	assert_int_equal(backlog_rows(backlog), room);
	got = take(backlog, 0);
	assert_int_equal(got, 1000);
	/* So much has room again. */
	assert_int_equal(backlog_append(backlog, rows + room * LEN, room * LEN, &taken), 0);
	assert_int_equal(taken, 1000);
	while ((n = take(backlog, got)))
		got += n;
	assert_int_equal(got, room + 1000);
	assert_int_equal(backlog_rows(backlog), 0);
	assert_int_equal(backlog_sync(backlog), 0);
	backlog_close(backlog);
	free(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_in_first_out_and_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
