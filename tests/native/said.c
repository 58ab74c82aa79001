// SPDX-License-Identifier: GPL-2.0-or-later
#include "said.h"

#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char text[8192];

static void keep(const char *format, va_list args)
{
	size_t used = strlen(text);

	vsnprintf(text + used, sizeof(text) - used, format, args);
	used = strlen(text);
	snprintf(text + used, sizeof(text) - used, "\n");
}

#define KEEPS(name)                        \
	void name(const char *format, ...) \
	{                                  \
		va_list args;              \
                                           \
		va_start(args, format);    \
		keep(format, args);        \
		va_end(args);              \
	}
KEEPS(log_error)
KEEPS(log_hint)
KEEPS(log_notice)
KEEPS(log_detail)
KEEPS(log_line)

void said_forget(void)
{
	*text = '\0';
}

bool said_anything(void)
{
	return *text;
}

const char *said_all(void)
{
	return text;
}

bool said(const char *words)
{
	if (strstr(text, words))
		return true;
	printf("# '%s' is not in what was said: '%s'\n", words, text);
	return false;
}
