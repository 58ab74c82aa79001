/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sink in the working directory, and records for it. After cmocka.h.
 */
#ifndef TIDEGATE_TEST_SINK_SCENE_H
#define TIDEGATE_TEST_SINK_SCENE_H

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "records/record_filter.h"
#include "records/record_format.h"
#include "said.h"
#include "sample_record.h"
#include "sinks/sink.h"

#define MANY 256

static char path[] = "s";
static struct record_filter filter;
static struct config_sink config = {.name = "it", .path = path, .filter = &filter};
static struct record records[MANY];

static inline int begin(void **state)
{
	(void)state;
	unlink(path);
	said_forget();
	config.format = FORMAT_TEXT;
	for (unsigned int i = 0; i < MANY; i++) {
		records[i] = sample_record(RECORD_END);
		records[i].number = i + 1;
		snprintf(records[i].event.name, TG_NAME_MAX, "file-%u", i);
	}
	return 0;
}

static inline void *open_sink(const struct sink_driver *driver, bool first)
{
	void *state = NULL;
	int err = driver->open(&config, &state, first);

	if (err)
		fail_msg("open: %s, %s", strerror(-err), said_all());
	return state;
}

/* Writes `count` records from the Nth on, which has to succeed. */
static inline void write_all(const struct sink_driver *driver, void *state, size_t n, size_t count)
{
	size_t written = 0;
	int err = driver->write(state, records + n, count, &written);

	if (err)
		fail_msg("write: %s, %s", strerror(-err), said_all());
	assert_int_equal(written, count);
}

/* Are these the lines of `count` records from the Nth on, and nothing else? */
static inline void expect_lines(const char *text, size_t n, size_t count)
{
	char line[RECORD_LINE];

	for (size_t i = n; i < n + count; i++) {
		size_t len = record_text_line(&records[i], line);

		if (strncmp(text, line, len))
			fail_msg("record %zu: '%.300s'", i, text);
		text += len;
	}
	assert_string_equal(text, "");
}

static inline void expect_no_open(const struct sink_driver *driver, int err, const char *words)
{
	void *state = NULL;

	said_forget();
	assert_int_equal(driver->open(&config, &state, true), err);
	assert_true(said(words));
	assert_null(state);
}

#endif
