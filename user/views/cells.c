// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/cells.h"

#include "text.h"

#include <langinfo.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

static bool utf8;

void cells_init(void)
{
	setlocale(LC_CTYPE, "");
	utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
}

/* Of valid UTF-8. */
static uint32_t code_point(const unsigned char *s, size_t len)
{
	uint32_t point = len == 1 ? s[0] : s[0] & (0x7fU >> len);

	for (size_t i = 1; i < len; i++)
		point = point << 6 | (s[i] & 0x3f);
	return point;
}

/* Marks of direction, and what is there and not seen: a name could look like another one. */
static bool deceives(uint32_t point)
{
	return point == 0xad || point == 0x61c || (point >= 0x200b && point <= 0x200f) ||
	       (point >= 0x2028 && point <= 0x202e) || (point >= 0x2060 && point <= 0x206f) ||
	       point == 0xfeff || (point >= 0xe0000 && point <= 0xe0fff);
}

/* What one character becomes. */
struct cell {
	size_t len;   /* bytes of it in the text, at least 1 */
	bool escaped; /* each as \xNN */
	size_t width; /* columns */
};

static struct cell next_cell(const char *text)
{
	bool control;
	size_t len = text_character(text, &control);
	uint32_t point = len ? code_point((const unsigned char *)text, len) : 0;
	int width = len == 1 ? 1 : len && utf8 ? wcwidth((wchar_t)point) : -1;

	if (len && !control && width >= 0 && !deceives(point))
		return (struct cell){len, false, (size_t)width};
	if (!len)
		len = 1;
	return (struct cell){len, true, 4 * len};
}

size_t cells_width(const char *text)
{
	size_t width = 0;

	while (*text) {
		struct cell cell = next_cell(text);

		width += cell.width;
		text += cell.len;
	}
	return width;
}

static char *write_cell(const struct cell *cell, const char *text, char *out)
{
	if (!cell->escaped) {
		memcpy(out, text, cell->len);
		return out + cell->len;
	}
	for (size_t i = 0; i < cell->len; i++)
		out += sprintf(out, "\\x%02x", (unsigned char)text[i]);
	return out;
}

size_t cells_cut(const char *text, size_t columns, char *out)
{
	bool all = cells_width(text) <= columns;
	size_t room = all || !columns ? columns : columns - 1, used = 0;

	while (*text) {
		struct cell cell = next_cell(text);

		if (used + cell.width > room)
			break;
		out = write_cell(&cell, text, out);
		used += cell.width;
		text += cell.len;
	}
	if (!all && columns) {
		out += sprintf(out, "%s", utf8 ? "…" : "~");
		used++;
	}
	*out = '\0';
	return used;
}
