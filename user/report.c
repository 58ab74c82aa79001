// SPDX-License-Identifier: GPL-2.0-or-later
#include "report.h"

#include "command.h"
#include "log.h"
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void *need(void *memory)
{
	if (memory)
		return memory;
	log_error("the report cannot be built: %s", strerror(ENOMEM));
	exit(EXIT_FAILED);
}

json_t *report_document(void)
{
	return need(json_pack("{s:{s:i, s:s}}", "metainfo", "schema", REPORT_SCHEMA, "version",
			      TG_VERSION));
}

void report_json(json_t *document, const struct settings *settings)
{
	size_t flags = settings->pretty ? JSON_INDENT(2) : JSON_COMPACT;

	need(document);
	if (!json_dumpf(document, stdout, flags))
		fputc('\n', stdout);
	json_decref(document);
}

void report_json_line(json_t *object)
{
	need(object);
	if (!json_dumpf(object, stdout, JSON_COMPACT))
		putchar('\n');
	json_decref(object);
}

#define STREAM_INDENT 4 /* columns, of items in pretty documents */

/* Line break and indentation of a pretty document. */
static void stream_break(const struct report_stream *stream, int indent)
{
	if (stream->settings->pretty)
		printf("\n%*s", indent, "");
}

void report_stream_begin(struct report_stream *stream, const struct settings *settings)
{
	json_t *document = report_document();

	*stream = (struct report_stream){.settings = settings};
	printf("{");
	stream_break(stream, STREAM_INDENT / 2);
	printf(settings->pretty ? "\"metainfo\": " : "\"metainfo\":");
	json_dumpf(json_object_get(document, "metainfo"), stdout, JSON_COMPACT);
	json_decref(document);
}

static void stream_close_list(struct report_stream *stream)
{
	if (!stream->in_list)
		return;
	if (stream->list_has_items)
		stream_break(stream, STREAM_INDENT / 2);
	putchar(']');
}

void report_stream_list(struct report_stream *stream, const char *name)
{
	stream_close_list(stream);
	putchar(',');
	stream_break(stream, STREAM_INDENT / 2);
	printf(stream->settings->pretty ? "\"%s\": [" : "\"%s\":[", name);
	stream->in_list = true;
	stream->list_has_items = false;
}

/* jansson indents from the first column; the lines are moved to where the item stands. */
static void print_indented(const json_t *item)
{
	char *text = need(json_dumps(item, JSON_INDENT(2)));

	for (const char *s = text; *s; s++) {
		putchar(*s);
		if (*s == '\n')
			printf("%*s", STREAM_INDENT, "");
	}
	free(text);
}

void report_stream_item(struct report_stream *stream, json_t *item)
{
	need(item);
	if (stream->list_has_items)
		putchar(',');
	stream->list_has_items = true;
	stream_break(stream, STREAM_INDENT);
	if (stream->settings->pretty)
		print_indented(item);
	else
		json_dumpf(item, stdout, JSON_COMPACT);
	json_decref(item);
}

void report_stream_end(struct report_stream *stream)
{
	stream_close_list(stream);
	stream_break(stream, 0);
	printf("}\n");
}

json_t *report_text(const char *text)
{
	char *safe = need(malloc(TEXT_SAFE(strlen(text))));
	json_t *string = need(json_string(text_safe(text, true, safe)));

	free(safe);
	return string;
}

void report_line(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	fputc('\n', stdout);
}

void report_part(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}

struct table {
	const struct table_column *columns;
	size_t count; /* of columns */
	size_t *width;
	char *text; /* all cells, each with its NUL */
	size_t used;
	size_t room;
	size_t rows;
	size_t next; /* column of the next cell */
};

struct table *table_new(const struct table_column *columns, size_t count)
{
	struct table *table = need(calloc(1, sizeof(*table)));

	table->columns = columns;
	table->count = count;
	table->width = need(calloc(count, sizeof(*table->width)));
	for (size_t i = 0; i < count; i++)
		table->width[i] = text_width(columns[i].head);
	return table;
}

/* Names of interfaces may hold control characters, which a terminal would obey. */
static void blunt(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

void table_cell(struct table *table, const char *format, ...)
{
	size_t *width = &table->width[table->next], columns;
	va_list args, again;
	int len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (table->used + (size_t)len + 1 > table->room) {
		table->room = table->room * 2 + (size_t)len + 1024;
		table->text = need(realloc(table->text, table->room));
	}
	vsnprintf(table->text + table->used, (size_t)len + 1, format, again);
	va_end(again);
	blunt(table->text + table->used);
	columns = text_width(table->text + table->used);
	if (columns > *width)
		*width = columns;
	table->used += (size_t)len + 1;
	if (++table->next == table->count) {
		table->next = 0;
		table->rows++;
	}
}

/* `left` spaces are still due from the columns before: the end of a line has none. */
static int print_cell(const struct table *table, size_t column, const char *text, int left)
{
	int pad = (int)(table->width[column] - text_width(text));
	bool right = table->columns[column].right;

	if (!*text)
		return left + pad + 2;
	printf("%*s%s", left + (right ? pad : 0), "", text);
	return (right ? 0 : pad) + 2;
}

void table_print(struct table *table)
{
	const char *cell = table->text;
	int left = 0;

	for (size_t i = 0; table->rows && i < table->count; i++)
		left = print_cell(table, i, table->columns[i].head, left);
	for (size_t row = 0; row < table->rows; row++) {
		left = 0;
		putchar('\n');
		for (size_t i = 0; i < table->count; i++) {
			left = print_cell(table, i, cell, left);
			cell += strlen(cell) + 1;
		}
	}
	if (table->rows)
		putchar('\n');
	free(table->text);
	free(table->width);
	free(table);
}

const char *report_bytes(uint64_t bytes, char text[REPORT_BYTES])
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
	double scaled = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024) {
		snprintf(text, REPORT_BYTES, "%u B", (unsigned int)bytes);
		return text;
	}
	while (scaled >= 1024 && unit + 1 < sizeof(units) / sizeof(*units)) {
		scaled /= 1024;
		unit++;
	}
	snprintf(text, REPORT_BYTES, "%.1f %s", scaled, units[unit]);
	return text;
}

const char *report_span(uint64_t ms, char text[REPORT_SPAN])
{
	uint64_t seconds = ms / 1000;

	if (seconds < 100)
		snprintf(text, REPORT_SPAN, "%.1f s", (double)ms / 1000);
	else if (seconds < 100 * 60)
		snprintf(text, REPORT_SPAN, "%llu min", (unsigned long long)seconds / 60);
	else if (seconds < 100 * 3600)
		snprintf(text, REPORT_SPAN, "%llu h", (unsigned long long)seconds / 3600);
	else
		snprintf(text, REPORT_SPAN, "%llu d", (unsigned long long)seconds / 86400);
	return text;
}

const char *report_time(uint64_t ns, char text[REPORT_TIME])
{
	time_t seconds = (time_t)(ns / 1000000000);
	struct tm utc;

	if (!gmtime_r(&seconds, &utc) || !strftime(text, REPORT_TIME, "%Y-%m-%dT%H:%M:%SZ", &utc))
		*text = '\0';
	return text;
}

int report_finish(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return EXIT_FINE;
	log_error("standard output: %s", strerror(errno));
	return EXIT_FAILED;
}
