// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/top_view.h"

#include "address.h"
#include "command.h"
#include "report.h"
#include "text.h"
#include "time_now.h"
#include "views/top_cells.h"

#include <arpa/inet.h>
#include <time.h>

/* ---- JSON ----------------------------------------------------------------------------------------------------- */

static json_t *number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *text_or_null(const char *text)
{
	return *text ? report_text(text) : json_null();
}

static json_t *totals_json(const struct top_totals *totals)
{
	json_t *ended = json_object();

	for (int i = OUTCOME_NONE + 1; i < OUTCOMES; i++)
		json_object_set_new(ended, record_outcome_name((enum record_outcome)i),
				    number(totals->ended[i]));
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "running",
			 number(totals->running), "offered", number(totals->offered), "waiting",
			 number(totals->waiting), "bytes_per_s", number(totals->rate), "ended",
			 ended, "failures", number(totals->failures), "denied",
			 number(totals->denied), "dropped", number(totals->dropped), "incidents",
			 number(totals->incidents), "lost", number(totals->lost));
}

static json_t *endpoint_json(const struct tg_addr *address, uint16_t port_be)
{
	char text[ADDRESS_TEXT];

	return json_pack("{s:o, s:o}", "address",
			 address_is_zero(address) ? json_null()
						  : json_string(address_format(address, text)),
			 "port", port_be ? json_integer(ntohs(port_be)) : json_null());
}

static json_t *error_json(const struct top_row *row)
{
	if (row->outcome != OUTCOME_CLIENT_ERROR && row->outcome != OUTCOME_SERVER_ERROR)
		return json_null();
	return json_pack("{s:i, s:o}", "code", (int)row->error_code, "text",
			 report_text(row->error_text));
}

static json_t *row_json(const struct top_row *row, uint64_t now_ms)
{
	static const char *const phases[] = {
		[TOP_WAITING] = "waiting",
		[TOP_OFFERED] = "offered",
		[TOP_RUNNING] = "running",
		[TOP_ENDED] = "ended",
	};
	int percent = top_row_percent(row);
	json_t *object = json_pack("{s:o, s:o, s:o, s:s, s:o, s:s}", "zone", report_text(row->zone),
				   "client", endpoint_json(&row->client, row->client_port_be),
				   "server", endpoint_json(&row->server, row->server_port_be),
				   "operation", row->operation == TG_WRITE ? "write" : "read",
				   "file", report_text(row->file), "state", phases[row->phase]);

	json_object_set_new(object, "outcome",
			    row->phase == TOP_ENDED && row->outcome != OUTCOME_NONE
				    ? json_string(record_outcome_name(row->outcome))
				    : json_null());
	json_object_set_new(object, "error", error_json(row));
	json_object_set_new(object, "bytes", number(row->bytes));
	json_object_set_new(object, "size", row->size_known ? number(row->size) : json_null());
	json_object_set_new(object, "percent", percent < 0 ? json_null() : json_integer(percent));
	json_object_set_new(object, "bytes_per_s", number(row->rate));
	json_object_set_new(object, "retransmissions", number(row->repeats));
	json_object_set_new(object, "age_ms", number(top_row_age_ms(row, now_ms)));
	json_object_set_new(object, "rule", text_or_null(row->rule));
	return object;
}

static json_t *denial_json(const struct top_denial *denial)
{
	char text[ADDRESS_TEXT], time[REPORT_TIME];

	return json_pack("{s:s, s:o, s:s, s:s, s:o, s:s, s:o, s:b, s:o}", "last",
			 report_time(denial->last_ns, time), "zone", report_text(denial->zone),
			 "client", address_format(&denial->client, text), "operation",
			 denial->operation == TG_WRITE ? "write" : "read", "file",
			 report_text(denial->file), "reason", top_denial_reason(denial), "rule",
			 text_or_null(denial->rule), "passed", denial->passed, "count",
			 number(denial->count));
}

static void print_json(struct top_model *model, const struct top_row *const *rows, size_t count,
		       const struct settings *settings)
{
	json_t *document = report_document(), *list = json_array();
	const struct top_denial *denials;
	size_t denied = top_model_denials(model, &denials);
	char time[REPORT_TIME];

	json_object_set_new(document, "time",
			    json_string(report_time(time_now_ns(CLOCK_REALTIME), time)));
	json_object_set_new(document, "totals", totals_json(top_model_totals(model)));
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, row_json(rows[i], top_clock_ms()));
	json_object_set_new(document, "transfers", list);
	list = json_array();
	for (size_t i = 0; i < denied; i++)
		json_array_append_new(list, denial_json(&denials[i]));
	json_object_set_new(document, "denied", list);
	report_json(document, settings);
}

/* ---- text ----------------------------------------------------------------------------------------------------- */

static void print_rows(const struct top_row *const *rows, size_t count)
{
	struct table_column columns[TOP_COLUMNS];
	struct table *table;

	/* The file's name, of any length, comes last. */
	static const enum top_column order[TOP_COLUMNS] = {TOP_CLIENT, TOP_STATE, TOP_DONE,
							   TOP_BYTES,  TOP_RATE,  TOP_REPEATS,
							   TOP_AGE,    TOP_FILE};

	for (int i = 0; i < TOP_COLUMNS; i++)
		columns[i] = (struct table_column){top_column_head(order[i]),
						   top_column_is_number(order[i])};
	table = table_new(columns, TOP_COLUMNS);
	for (size_t row = 0; row < count; row++)
		for (int i = 0; i < TOP_COLUMNS; i++) {
			char cell[TOP_CELL], safe[TEXT_SAFE(TOP_CELL)];

			top_cell(rows[row], order[i], top_clock_ms(), cell);
			table_cell(table, "%s", text_safe(cell, false, safe));
		}
	table_print(table);
}

static void print_denials(const struct top_model *model)
{
	static const struct table_column columns[] = {
		{"DENIED", false}, {"CLIENT", false}, {"TIMES", true},
		{"REASON", false}, {"RULE", false},   {"FILE", false},
	};
	const struct top_denial *denials;
	size_t count = top_model_denials(model, &denials);
	struct table *table = table_new(columns, sizeof(columns) / sizeof(*columns));

	for (size_t i = 0; i < count; i++) {
		const struct top_denial *denial = &denials[i];
		char safe[TEXT_SAFE(TG_NAME_MAX)], text[ADDRESS_TEXT];

		table_cell(table, "%s", denial->operation == TG_WRITE ? "write" : "read");
		table_cell(table, "%s", address_format(&denial->client, text));
		table_cell(table, "%llu", (unsigned long long)denial->count);
		table_cell(table, "%s", top_denial_reason(denial));
		table_cell(table, "%s", *denial->rule ? denial->rule : "-");
		table_cell(table, "%s", text_safe(denial->file, false, safe));
	}
	table_print(table);
}

static void print_text(struct top_model *model, const struct top_row *const *rows, size_t count)
{
	const struct top_totals *totals = top_model_totals(model);
	char line[TOP_DETAIL], time[REPORT_TIME];

	report_line("%s  %s", report_time(time_now_ns(CLOCK_REALTIME), time),
		    top_now_line(totals, line));
	report_line("%s", top_past_line(totals, line));
	print_rows(rows, count);
	print_denials(model);
	report_line("%s", "");
}

int top_batch(struct reader *reader, struct top_model *model, const struct settings *settings)
{
	const struct top_order order = {.column = (enum top_column)settings->sort};
	const struct top_row *const *rows;
	uint64_t shown = 0;

	while (!settings->count || shown < settings->count) {
		bool looked = false;
		int err = top_take(reader, model, -1, &looked);
		size_t count;

		if (err) {
			reader_explain(reader, err);
			return EXIT_FAILED;
		}
		if (!looked)
			continue;
		count = top_model_rows(model, top_clock_ms(), &order, &rows);
		if (settings->json)
			print_json(model, rows, count, settings);
		else
			print_text(model, rows, count);
		if (report_finish() != EXIT_FINE)
			return EXIT_FAILED;
		shown++;
	}
	return EXIT_FINE;
}
