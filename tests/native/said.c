// SPDX-License-Identifier: GPL-2.0-or-later
#include "said.h"

#include "log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char text[8192];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local bool muted;

static void keep(const char *format, va_list args)
{
	size_t used;

	if (muted)
		return;
	pthread_mutex_lock(&lock);
	used = strlen(text);
	vsnprintf(text + used, sizeof(text) - used, format, args);
	used = strlen(text);
	snprintf(text + used, sizeof(text) - used, "\n");
	pthread_mutex_unlock(&lock);
}

void log_mute(bool mute)
{
	muted = mute;
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

size_t said_times(const char *words)
{
	size_t times = 0;

	pthread_mutex_lock(&lock);
	for (const char *at = text; (at = strstr(at, words)); at++)
		times++;
	pthread_mutex_unlock(&lock);
	return times;
}

bool said(const char *words)
{
	bool found = said_times(words);

	if (!found)
		printf("# '%s' is not in what was said: '%s'\n", words, text);
	return found;
}
