// SPDX-License-Identifier: GPL-2.0-or-later
#include "config_error.h"

#include "log.h"
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Bytes of a long line that are shown before the place, and from it on. */
#define SHOWN_BEFORE 72
#define SHOWN_FROM   72

size_t config_line(struct config_place place)
{
	const char *text = place.source->text, *end = text + place.offset;
	size_t line = 1;

	for (const char *at = text; at < end && (at = memchr(at, '\n', (size_t)(end - at))); at++)
		line++;
	return line;
}

static size_t line_start(struct config_place place)
{
	size_t start = place.offset;

	while (start && place.source->text[start - 1] != '\n')
		start--;
	return start;
}

/* Characters of `len` bytes. */
static size_t characters(const char *text, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += ((unsigned char)text[i] & 0xc0) != 0x80;
	return count;
}

/* As text_safe(), of `len` bytes; tabs become single spaces, so that carets meet their place. */
static const char *shown(const char *text, size_t len, char *out)
{
	char copy[SHOWN_BEFORE + SHOWN_FROM + 1];

	for (size_t i = 0; i < len; i++)
		copy[i] = text[i] == '\t' ? ' ' : text[i];
	copy[len] = '\0';
	return text_safe(copy, false, out);
}

/* How much of the line is shown before `offset`: not from the middle of a character. */
static size_t shown_before(const char *text, size_t start, size_t offset)
{
	size_t from = offset - start > SHOWN_BEFORE ? offset - SHOWN_BEFORE : start;

	while (from < offset && ((unsigned char)text[from] & 0xc0) == 0x80)
		from++;
	return offset - from;
}

static void show(struct config_place place, size_t start)
{
	const char *at = place.source->text + place.offset;
	size_t before = shown_before(place.source->text, start, place.offset);
	size_t from = strcspn(at, "\r\n"), under;
	char left[TEXT_SAFE(SHOWN_BEFORE)], right[TEXT_SAFE(SHOWN_FROM)],
		mark[TEXT_SAFE(SHOWN_FROM)];
	char carets[TEXT_SAFE(SHOWN_FROM)];

	if (from > SHOWN_FROM)
		from = SHOWN_FROM;
	while (from && ((unsigned char)at[from] & 0xc0) == 0x80)
		from--;
	under = place.length < from ? place.length : from;
	shown(at - before, before, left);
	shown(at, from, right);
	under = text_width(shown(at, under, mark));
	if (!under)
		under = 1;
	memset(carets, '^', under);
	carets[under] = '\0';
	log_line("%s%s", left, right);
	log_line("%*s%s", (int)text_width(left), "", carets);
}

static void tell(struct config_place place, const char *kind, const char *format, va_list args)
{
	size_t start = line_start(place);
	char what[512], safe[TEXT_SAFE(sizeof(what))];

	vsnprintf(what, sizeof(what), format, args);
	log_line("%s:%zu:%zu: %s: %s", place.source->path, config_line(place),
		 1 + characters(place.source->text + start, place.offset - start), kind,
		 text_safe(what, false, safe)); /* characters may have been cut through */
	show(place, start);
}

int config_error(struct config_place place, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(place, "error", format, args);
	va_end(args);
	return -EINVAL;
}

void config_warning(struct config_place place, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(place, "warning", format, args);
	va_end(args);
}
