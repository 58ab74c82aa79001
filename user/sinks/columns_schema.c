// SPDX-License-Identifier: GPL-2.0-or-later
#include "sinks/columns.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* What the three views show. */
static const char transfer_columns[] =
	"timestamp, began, client, client_mac, server, operation, file, outcome, bytes, "
	"size_expected, duration_ms, bytes_per_s, data_packets, retransmissions, blksize, "
	"windowsize, error_code, error_text, zone, interface, vlan, rule, flow_id, run, number";
static const char denied_columns[] =
	"timestamp, client, client_mac, server, operation, file, reason, rule, verdict, "
	"suppressed, zone, interface, vlan, run, number";

const char *column_type_name(enum column_type type, enum columns_dialect dialect)
{
	static const char *const names[COLUMN_TYPES][2] = {
		[COLUMN_UUID] = {"TEXT", "uuid"},        [COLUMN_TIME] = {"TEXT", "timestamptz"},
		[COLUMN_TEXT] = {"TEXT", "text"},        [COLUMN_INTEGER] = {"INTEGER", "integer"},
		[COLUMN_BIGINT] = {"INTEGER", "bigint"}, [COLUMN_BOOLEAN] = {"INTEGER", "boolean"},
		[COLUMN_INET] = {"TEXT", "inet"},        [COLUMN_MAC] = {"TEXT", "macaddr"},
	};

	return names[type][dialect == COLUMNS_POSTGRESQL];
}

static void write_names(FILE *out)
{
	for (size_t i = 0; i < column_count; i++)
		fprintf(out, "%s%s", i ? ", " : "", columns[i].name);
}

/* Every record has these: the key, the time and the kind. */
static bool is_needed(size_t column)
{
	return column < 4;
}

static void write_definitions(FILE *out, enum columns_dialect dialect)
{
	for (size_t i = 0; i < column_count; i++)
		fprintf(out, "%s%s %s%s", i ? ", " : "", columns[i].name,
			column_type_name(columns[i].type, dialect),
			is_needed(i) ? " NOT NULL" : "");
}

static void write_table(FILE *out, enum columns_dialect dialect, const char *schema)
{
	fprintf(out, "CREATE TABLE IF NOT EXISTS %srecords (", schema);
	write_definitions(out, dialect);
	fprintf(out, ", PRIMARY KEY (run, number));\n");
	fprintf(out, "CREATE INDEX IF NOT EXISTS records_timestamp ON %srecords (timestamp);\n",
		schema);
	fprintf(out,
		"CREATE INDEX IF NOT EXISTS records_client ON %srecords (client, timestamp);\n",
		schema);
}

/* "'idle', …" */
static void write_outcomes(FILE *out, bool (*wanted)(enum record_outcome outcome))
{
	const char *between = "";

	for (int i = OUTCOME_NONE + 1; i < OUTCOMES; i++) {
		if (!wanted(i))
			continue;
		fprintf(out, "%s'%s'", between, record_outcome_name(i));
		between = ", ";
	}
}

/* Did a transfer begin, and is it over for good? */
static bool is_transfer(enum record_outcome outcome)
{
	return outcome == OUTCOME_COMPLETE || outcome == OUTCOME_CLIENT_ERROR ||
	       outcome == OUTCOME_SERVER_ERROR || outcome == OUTCOME_IDLE ||
	       outcome == OUTCOME_EVICTED;
}

static void write_views(FILE *out, enum columns_dialect dialect, const char *schema)
{
	const char *create = dialect == COLUMNS_POSTGRESQL ? "CREATE OR REPLACE VIEW"
							   : "CREATE VIEW IF NOT EXISTS";

	fprintf(out,
		"%s %stransfers AS SELECT %s FROM %srecords WHERE kind = 'end' AND outcome IN (",
		create, schema, transfer_columns, schema);
	write_outcomes(out, is_transfer);
	fprintf(out,
		");\n%s %sfailures AS SELECT %s FROM %srecords WHERE kind = 'end' AND outcome IN (",
		create, schema, transfer_columns, schema);
	write_outcomes(out, record_outcome_is_failure);
	fprintf(out, ");\n%s %sdenied AS SELECT %s FROM %srecords WHERE kind = 'denied';\n", create,
		schema, denied_columns, schema);
}

static char *finish(FILE *out, char **text)
{
	bool bad = ferror(out);

	if (fclose(out) || bad) {
		free(*text);
		return NULL;
	}
	return *text;
}

char *columns_names(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	write_names(out);
	return finish(out, &text);
}

char *columns_definitions(enum columns_dialect dialect)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	write_definitions(out, dialect);
	return finish(out, &text);
}

char *columns_schema(enum columns_dialect dialect)
{
	const char *schema = dialect == COLUMNS_POSTGRESQL ? "tidegate." : "";
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "CREATE TABLE IF NOT EXISTS %sschema_version (version integer NOT NULL);\n",
		schema);
	fprintf(out,
		"INSERT INTO %sschema_version SELECT %d WHERE NOT EXISTS (SELECT 1 FROM "
		"%sschema_version);\n",
		schema, COLUMNS_VERSION, schema);
	write_table(out, dialect, schema);
	write_views(out, dialect, schema);
	return finish(out, &text);
}
