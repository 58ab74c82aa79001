/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results on standard output: tables and JSON. Nothing else in user/ prints them.
 */
#ifndef TIDEGATE_REPORT_H
#define TIDEGATE_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "settings.h"

#define REPORT_SCHEMA 1

/*
 * A document with its metainfo. Memory for reports is taken for granted: its lack ends the process.
 */
json_t *report_document(void);

/* Prints the document and takes it. */
void report_json(json_t *document, const struct settings *settings);

/* Prints an object on a line of its own, and takes it: for streams. */
void report_json_line(json_t *object);

/*
 * The same for documents whose lists may be very long: written item by item, so that they never are
 * in memory as a whole. Begin, then for each list its name and items, then end.
 */
struct report_stream {
	const struct settings *settings;
	bool in_list;
	bool list_has_items;
};
void report_stream_begin(struct report_stream *stream, const struct settings *settings);
void report_stream_list(struct report_stream *stream, const char *name);
/* Prints the item and takes it. */
void report_stream_item(struct report_stream *stream, json_t *item);
void report_stream_end(struct report_stream *stream);

/* A JSON string from bytes that may be anything. */
json_t *report_text(const char *text);

/* A line of text; a part of one. */
__attribute__((format(printf, 1, 2))) void report_line(const char *format, ...);
__attribute__((format(printf, 1, 2))) void report_part(const char *format, ...);

/* A table: cells are added row by row; columns become as wide as they need. */
struct table;
struct table_column {
	const char *head;
	bool right; /* aligned to the right: numbers */
};
struct table *table_new(const struct table_column *columns, size_t count);
__attribute__((format(printf, 2, 3))) void table_cell(struct table *table, const char *format, ...);
/* Prints the table, unless it has no rows, and frees it. */
void table_print(struct table *table);

/* "1.5 MiB" */
#define REPORT_BYTES 24
const char *report_bytes(uint64_t bytes, char text[REPORT_BYTES]);
/* "1.5 s", "12 min" */
#define REPORT_SPAN 32
const char *report_span(uint64_t ms, char text[REPORT_SPAN]);

/* "2026-11-27T09:19:05Z", from nanoseconds of CLOCK_REALTIME */
#define REPORT_TIME 24
const char *report_time(uint64_t ns, char text[REPORT_TIME]);

/* Was all of it written? An enum exit_code. */
int report_finish(void);

#endif
