// SPDX-License-Identifier: GPL-2.0-or-later
#include "complaint.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int complain(struct complaint *complaint, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(complaint->what, sizeof(complaint->what), format, args);
	va_end(args);
	complaint->hint[0] = '\0';
	return -EINVAL;
}

void complain_hint(struct complaint *complaint, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(complaint->hint, sizeof(complaint->hint), format, args);
	va_end(args);
}
