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

static void *need(void *memory)
{
	if (memory)
		return memory;
	log_error("the report cannot be built: %s", strerror(ENOMEM));
	exit(EXIT_FAILED);
}

json_t *report_document(void)
{
	return need(json_pack("{s:{s:i, s:s}}", "metainfo", "schema", REPORT_SCHEMA, "version", TG_VERSION));
}

void report_json(json_t *document, const struct settings *settings)
{
	size_t flags = settings->pretty ? JSON_INDENT(2) : JSON_COMPACT;

	need(document);
	if (!json_dumpf(document, stdout, flags))
		fputc('\n', stdout);
	json_decref(document);
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
	size_t cells;
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

void table_cell(struct table *table, const char *format, ...)
{
	size_t *width = &table->width[table->cells++ % table->count], columns;
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
	columns = text_width(table->text + table->used);
	if (columns > *width)
		*width = columns;
	table->used += (size_t)len + 1;
}

static void print_cell(const struct table *table, size_t column, const char *text)
{
	int pad = (int)(table->width[column] - text_width(text));
	bool last = column + 1 == table->count;

	if (table->columns[column].right)
		printf("%*s%s%s", pad, "", text, last ? "\n" : "  ");
	else
		printf("%s%*s%s", text, last ? 0 : pad, "", last ? "\n" : "  ");
}

void table_print(struct table *table)
{
	const char *cell = table->text;

	for (size_t i = 0; table->cells && i < table->count; i++)
		print_cell(table, i, table->columns[i].head);
	for (size_t i = 0; i < table->cells; i++) {
		print_cell(table, i % table->count, cell);
		cell += strlen(cell) + 1;
	}
	free(table->text);
	free(table->width);
	free(table);
}

const char *report_bytes(uint64_t bytes, char text[REPORT_BYTES])
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
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

int report_finish(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return EXIT_FINE;
	log_error("standard output: %s", strerror(errno));
	return EXIT_FAILED;
}
