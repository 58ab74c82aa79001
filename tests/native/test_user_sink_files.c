// SPDX-License-Identifier: GPL-2.0-or-later
// sources: user/sinks/lines.c user/sinks/file.c user/sinks/stdout.c user/records/record*.c user/prefixes.c user/json_read.c user/tftp_options.c user/address.c user/config_meaning.c user/reason_table.c user/report.c user/text.c tests/native/said.c tests/native/scratch.c
/*
 * User space: sinks that write lines to files and to standard output, with all that can happen to these.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "scratch.h"
#include "sink_scene.h"
#include "sinks/lines.h"

/* ---- files --------------------------------------------------------------------------------------------------------- */

static char *contents(const char *name)
{
	static char text[1 << 20];
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

	assert_true(len >= 0);
	close(fd);
	text[len > 0 ? len : 0] = '\0';
	return text;
}

static void test_file(void **state)
{
	void *sink = open_sink(&sink_file, true);
	struct stat status;

	(void)state;
	write_all(&sink_file, sink, 0, 10);
	write_all(&sink_file, sink, 10, MANY - 10);
	expect_lines(contents(path), 0, MANY);
	sink_file.close(sink);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640 & ~umask(umask(022)));
	/* It goes on where it was. */
	sink = open_sink(&sink_file, true);
	write_all(&sink_file, sink, 0, 1);
	sink_file.close(sink);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(contents(path)[status.st_size - 1], '\n');
	assert_false(said_anything());
}

static void test_file_eve(void **state)
{
	void *sink = open_sink(&sink_file, true);
	json_t *object;
	char *end;

	(void)state;
	config.format = FORMAT_EVE;
	write_all(&sink_file, sink, 3, 2);
	sink_file.close(sink);
	end = strchr(contents(path), '\n');
	*end = '\0';
	object = json_loads(contents(path), JSON_DISABLE_EOF_CHECK, NULL);
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(object, "tidegate"), "number")),
		4);
	json_decref(object);
}

/* logrotate moves it away, then sends SIGHUP. */
static void test_file_rotated(void **state)
{
	void *sink = open_sink(&sink_file, true);

	(void)state;
	write_all(&sink_file, sink, 0, 3);
	assert_int_equal(rename(path, "s.1"), 0);
	write_all(&sink_file, sink, 3, 2);
	assert_int_equal(sink_file.reopen(sink), 0);
	write_all(&sink_file, sink, 5, 4);
	sink_file.close(sink);
	expect_lines(contents("s.1"), 0, 5);
	expect_lines(contents(path), 5, 4);
}

/* A crash left half a line. */
static void test_file_half_line(void **state)
{
	void *sink;

	(void)state;
	scratch_text(path, "{\"half\": ");
	sink = open_sink(&sink_file, true);
	write_all(&sink_file, sink, 0, 2);
	sink_file.close(sink);
	assert_memory_equal(contents(path), "{\"half\": \n", 10);
	expect_lines(contents(path) + 10, 0, 2);
}

/* Nobody would find what is written there. */
static void test_file_deleted(void **state)
{
	void *sink = open_sink(&sink_file, true);
	size_t written = 7;

	(void)state;
	write_all(&sink_file, sink, 0, 1);
	unlink(path);
	assert_int_equal(sink_file.write(sink, records, 1, &written), -ESTALE);
	assert_int_equal(written, 0);
	assert_true(said("sink \"it\": s was deleted"));
	sink_file.close(sink);
	sink = open_sink(&sink_file, false);
	write_all(&sink_file, sink, 0, 1);
	sink_file.close(sink);
	expect_lines(contents(path), 0, 1);
}

static void limit_files(rlim_t bytes)
{
	const struct rlimit limit = {bytes, RLIM_INFINITY};

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The disk is full in the middle of a line: it is taken back, and what was whole is counted. */
static void test_file_full(void **state)
{
	void *sink = open_sink(&sink_file, true);
	size_t written;
	int err;

	(void)state;
	signal(SIGXFSZ, SIG_IGN); /* blocked in the sinks' threads */
	write_all(&sink_file, sink, 0, 2);
	limit_files(2000);
	err = sink_file.write(sink, records + 2, 20, &written);
	limit_files(RLIM_INFINITY);
	assert_int_equal(err, -EFBIG);
	assert_in_range(written, 1, 19);
	expect_lines(contents(path), 0, 2 + written);
	assert_true(strlen(contents(path)) < 2000);
	assert_true(said("sink \"it\": cannot write s: File too large"));
	write_all(&sink_file, sink, 2 + written, 20);
	expect_lines(contents(path), 0, 22 + written);
	sink_file.close(sink);
}

static void test_file_refused(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	expect_no_open(&sink_file, -EINVAL, "s is not a file");
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	expect_no_open(&sink_file, -EISDIR, "cannot open s: Is a directory");
	rmdir(path);
	config.path = (char *)"d/s";
	expect_no_open(&sink_file, -ENOENT, "make the directory in which it stands");
	config.path = path;
}

/* Its directory vanishes, and is there again. */
static void test_file_directory(void **state)
{
	size_t written;
	void *sink;

	(void)state;
	assert_int_equal(mkdir("d", 0700), 0);
	config.path = (char *)"d/s";
	sink = open_sink(&sink_file, true);
	unlink("d/s");
	rmdir("d");
	assert_int_equal(sink_file.write(sink, records, 1, &written), -ESTALE);
	sink_file.close(sink);
	expect_no_open(&sink_file, -ENOENT, "No such file");
	assert_int_equal(mkdir("d", 0700), 0);
	sink = open_sink(&sink_file, false);
	write_all(&sink_file, sink, 0, 1);
	sink_file.close(sink);
	expect_lines(contents("d/s"), 0, 1);
	unlink("d/s");
	rmdir("d");
	config.path = path;
}

static double cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1e6;
}

/* Writing costs little beside making the lines (test_user_record_format), here the cheap ones. */
static void test_file_cost(void **state)
{
	struct lines lines = {0};
	double made = cpu_ms(), all;
	void *sink;

	(void)state;
	for (int i = 0; i < 20; i++)
		assert_int_equal(lines_fill(&lines, FORMAT_TEXT, records, MANY), 0);
	made = cpu_ms() - made;
	lines_free(&lines);
	sink = open_sink(&sink_file, true);
	all = cpu_ms();
	for (int i = 0; i < 20; i++)
		write_all(&sink_file, sink, 0, MANY);
	all = cpu_ms() - all;
	sink_file.close(sink);
	if (all > 3 * made)
		fail_msg("%.1f us a line, where making it takes %.1f", all / 5.12, made / 5.12);
}

/* ---- standard output ----------------------------------------------------------------------------------------------- */

static int real_stdout = -1;

static void redirect(int fd)
{
	fflush(stdout);
	real_stdout = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
	dup2(fd, STDOUT_FILENO);
	close(fd);
}

static void restore(void)
{
	dup2(real_stdout, STDOUT_FILENO);
	close(real_stdout);
}

/* Lines of whole records from a blocking pipe that is not read for a while, then all; then the reader goes. */
static void test_stdout(void **state)
{
	static char text[1 << 20];
	size_t len = 0, sent = 0, written = 0;
	int fds[2], err, closed;
	void *sink;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	redirect(fds[1]);
	sink = open_sink(&sink_stdout, true);
	do {
		err = sink_stdout.write(sink, records + sent % MANY, MANY - sent % MANY, &written);
		sent += written;
	} while (!err && sent < 8 * MANY);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	for (ssize_t got; (got = read(fds[0], text + len, sizeof(text) - 1 - len)) > 0;)
		len += (size_t)got;
	sink_stdout.write(sink, records + sent % MANY, 1, &written);
	for (ssize_t got; (got = read(fds[0], text + len, sizeof(text) - 1 - len)) > 0;)
		len += (size_t)got;
	close(fds[0]);
	signal(SIGPIPE, SIG_IGN); /* blocked in the sinks' threads */
	closed = sink_stdout.write(sink, records, 1, &written);
	signal(SIGPIPE, SIG_DFL);
	sink_stdout.close(sink);
	restore();
	assert_int_equal(err, -EAGAIN);
	assert_int_equal(closed, -EPIPE);
	assert_true(said("standard output: Broken pipe"));
	for (size_t i = 0, at = 0; i <= sent; i++) {
		char line[RECORD_LINE];
		size_t size = record_text_line(&records[i % MANY], line);

		assert_memory_equal(text + at, line, size);
		at += size;
		assert_true(i < sent || at == len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_file, begin),
		cmocka_unit_test_setup(test_file_eve, begin),
		cmocka_unit_test_setup(test_file_rotated, begin),
		cmocka_unit_test_setup(test_file_half_line, begin),
		cmocka_unit_test_setup(test_file_deleted, begin),
		cmocka_unit_test_setup(test_file_full, begin),
		cmocka_unit_test_setup(test_file_refused, begin),
		cmocka_unit_test_setup(test_file_directory, begin),
		cmocka_unit_test_setup(test_file_cost, begin),
		cmocka_unit_test_setup(test_stdout, begin),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
