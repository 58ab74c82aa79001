// SPDX-License-Identifier: GPL-2.0-or-later
#include "text.h"

#include <stdint.h>
#include <stdio.h>

/* Length of the UTF-8 sequence at `s`, 0 if it is none; its code point to `*point`. */
static size_t utf8_sequence(const unsigned char *s, uint32_t *point)
{
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = s[0] < 0x80 ? 1 : (s[0] & 0xe0) == 0xc0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : 4;

	if (len == 1) {
		*point = s[0];
		return 1;
	}
	if (len == 4 && (s[0] & 0xf8) != 0xf0)
		return 0;
	*point = s[0] & (0x7f >> len);
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80) /* the terminating NUL too */
			return 0;
		*point = *point << 6 | (s[i] & 0x3f);
	}
	if (*point < least[len] || *point > 0x10ffff || (*point >= 0xd800 && *point < 0xe000))
		return 0;
	return len;
}

size_t text_character(const char *text, bool *control)
{
	uint32_t point = 0;
	size_t len = utf8_sequence((const unsigned char *)text, &point);

	*control = len && (point < 0x20 || (point >= 0x7f && point < 0xa0));
	return len;
}

char *text_safe(const char *in, bool keep_controls, char *out)
{
	char *to = out;

	while (*in) {
		bool control;
		size_t len = text_character(in, &control);

		if (len && (!control || keep_controls)) {
			while (len--)
				*to++ = *in++;
		} else {
			for (len = len ? len : 1; len; len--)
				to += sprintf(to, "\\x%02x", (unsigned char)*in++);
		}
	}
	*to = '\0';
	return out;
}

size_t text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

void text_vappend(char *text, size_t size, size_t *used, const char *format, va_list args)
{
	size_t left = size - *used;
	int len = vsnprintf(text + *used, left, format, args);

	*used += (size_t)len < left ? (size_t)len : left - 1;
}

const char *text_plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}
