/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table `records` of the databases, described once: SQLite, PostgreSQL and docs/databases.md have the same columns.
 */
#ifndef TIDEGATE_COLUMNS_H
#define TIDEGATE_COLUMNS_H

#include <stddef.h>
#include <stdint.h>

#include "records/record.h"
#include "text.h"

/* Raised whenever columns or views change; table `schema_version` holds it. */
#define COLUMNS_VERSION 1

enum column_type {
	COLUMN_UUID,
	COLUMN_TIME,    /* SQLite: text, "2026-11-27T13:01:07.123456Z" */
	COLUMN_TEXT,    /* UTF-8; other bytes and control characters are \xNN, see text_safe() */
	COLUMN_INTEGER, /* 32 bits */
	COLUMN_BIGINT,  /* 64 bits, signed */
	COLUMN_BOOLEAN, /* SQLite: 0 or 1 */
	COLUMN_INET,
	COLUMN_MAC,
	COLUMN_TYPES
};

/* Each is NULL in records of other kinds, and where its value is not known. */
struct column {
	const char *name;
	enum column_type type;
	unsigned int kinds; /* that may have it: bits 1 << enum record_kind */
	const char *meaning;
};

extern const struct column columns[];
extern const size_t column_count;

enum columns_dialect { COLUMNS_SQLITE, COLUMNS_POSTGRESQL };

const char *column_type_name(enum column_type type, enum columns_dialect dialect);

enum column_form { COLUMN_NULL, COLUMN_NUMBER, COLUMN_STRING };

struct column_value {
	enum column_form form;
	int64_t number;
	const char *string; /* may lie in `room` */
	char room[TEXT_SAFE(RECORD_DETAIL)];
};

/* What the record has in the column, by its number. */
void column_value(size_t column, const struct record *record, struct column_value *value);

/*
 * Names the run of the daemon: a random UUID, the same as long as the process lives. With the record's number it is the
 * table's key, so that a record that is written twice is there once.
 */
const char *columns_run(void);

/* All names, and as a table's definition has them, with ", " between them; to be freed. NULL if memory is short. */
char *columns_names(void);
char *columns_definitions(enum columns_dialect dialect);

/*
 * The statements that make tables, indices and views where they are missing, and say the version; to be freed. NULL if
 * memory is short. PostgreSQL: in the schema `tidegate`, which has to be there.
 */
char *columns_schema(enum columns_dialect dialect);

#endif
