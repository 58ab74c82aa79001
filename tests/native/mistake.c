// SPDX-License-Identifier: GPL-2.0-or-later
#include "mistake.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "config.h"
#include "said.h"
#include "scratch.h"

int mistake_load(const char *text, size_t size)
{
	struct config config;
	int err;

	scratch_file("t", text, size);
	said_forget();
	err = config_load("t", &config);
	if (!err)
		config_free(&config);
	else
		assert_true(!config.zone && !config.zone_count && !config.file);
	return err;
}

void mistake_expect_said(const struct mistake *m, const char *kind, const char *more)
{
	size_t column = strtoul(strchr(m->at, ':') + 1, NULL, 10);
	const char *shown, *carets;
	char first[400], rest[400];

	snprintf(first, sizeof(first), "t:%s: %s: %s\n", m->at, kind, m->what);
	if (strncmp(said_all(), first, strlen(first)))
		fail_msg("'%s' got:\n%sinstead of:\n%s", m->text, said_all(), first);
	shown = said_all() + strlen(first);
	carets = strchr(shown, '\n') + 1;
	/* A long line is shown from somewhere in its middle. */
	assert_int_equal(strspn(carets, " "), column - 1 < 72 ? column - 1 : 72);
	carets += strspn(carets, " ");
	assert_true(strspn(carets, "^") && carets[strspn(carets, "^")] == '\n');
	carets += strspn(carets, "^") + 1;
	snprintf(rest, sizeof(rest), "%s%s%s", m->hint ? m->hint : "", m->hint ? "\n" : "", more);
	if (strcmp(carets, rest))
		fail_msg("'%s' got, behind the place:\n%sinstead of:\n%s", m->text, carets, rest);
}

void mistake_expect(const struct mistake *m, const char *frame)
{
	char text[1000];

	/* The frames are the tests' own. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, sizeof(text), frame, m->text);
	if (!mistake_load(text, strlen(text)))
		fail_msg("'%s' is accepted", text);
	mistake_expect_said(m, "error", "");
}
