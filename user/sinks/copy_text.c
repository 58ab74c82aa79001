// SPDX-License-Identifier: GPL-2.0-or-later
#include "sinks/copy_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sinks/columns.h"

#define COLUMN_ROOM (2 * sizeof(((struct column_value *)NULL)->room)) /* every byte escaped */

static char *put_string(char *to, const char *from)
{
	static const char escaped[] = "\b\f\n\r\t\v\\", letters[] = "bfnrtv\\";

	for (; *from; from++) {
		const char *found = strchr(escaped, *from);

		if (found) {
			*to++ = '\\';
			*to++ = letters[found - escaped];
		} else {
			*to++ = *from;
		}
	}
	return to;
}

static char *put_value(char *to, size_t column, const struct column_value *value)
{
	switch (value->form) {
	case COLUMN_NULL:
		return stpcpy(to, "\\N");
	case COLUMN_NUMBER:
		if (columns[column].type == COLUMN_BOOLEAN)
			return stpcpy(to, value->number ? "t" : "f");
		return to + sprintf(to, "%" PRId64, value->number);
	case COLUMN_STRING:
		return put_string(to, value->string);
	}
	return to;
}

int copy_text_add(struct copy_text *text, const struct record *record)
{
	size_t len = text->len;
	char *to;

	for (size_t i = 0; i < column_count; i++) {
		struct column_value value;

		if (text->room - len < COLUMN_ROOM) {
			size_t room = 2 * (text->room + COLUMN_ROOM);
			char *more = realloc(text->text, room);

			if (!more)
				return -ENOMEM;
			text->text = more;
			text->room = room;
		}
		column_value(i, record, &value);
		to = put_value(text->text + len, i, &value);
		*to++ = i + 1 < column_count ? '\t' : '\n';
		len = to - text->text;
	}
	text->len = len;
	return 0;
}

void copy_text_free(struct copy_text *text)
{
	free(text->text);
	*text = (struct copy_text){0};
}
