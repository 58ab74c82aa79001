// SPDX-License-Identifier: GPL-2.0-or-later
#include "mark.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The number at `text`, up to `*end`; -EINVAL if there is none, or it has more than 32 bits. */
static int read_number(const char *text, char **end, uint32_t *number)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	unsigned long value;

	if (hex ? !isxdigit((unsigned char)text[2]) : !isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	value = strtoul(text, end, hex ? 16 : 10);
	if (errno || value > UINT32_MAX)
		return -EINVAL;
	*number = (uint32_t)value;
	return 0;
}

int mark_parse(const char *text, struct zone_mark *mark, struct complaint *why)
{
	struct zone_mark read = {.mask = UINT32_MAX};
	char *end;

	if (read_number(text, &end, &read.value) ||
	    (*end == '/' && read_number(end + 1, &end, &read.mask)) || *end) {
		complain(why, "'%.40s' is not a mark", text);
		complain_hint(why, "write VALUE/MASK, such as 0x40/0xf0: two numbers of 32 bits");
		return -EINVAL;
	}
	if (!read.mask)
		return complain(why, "a mask of 0 marks nothing");
	if (read.value & ~read.mask) {
		complain(why, "the value has bits that the mask does not");
		complain_hint(why, "perhaps 0x%x/0x%x is meant", read.value,
			      read.value | read.mask);
		return -EINVAL;
	}
	*mark = read;
	return 0;
}

const char *mark_format(const struct zone_mark *mark, char text[MARK_TEXT])
{
	snprintf(text, MARK_TEXT, "0x%x/0x%x", mark->value, mark->mask);
	return text;
}
