// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/top_cells.h"

#include "address.h"
#include "reason_table.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *head;
	bool number;
} columns[TOP_COLUMNS] = {
	[TOP_CLIENT] = {"CLIENT", false}, [TOP_FILE] = {"FILE", false},
	[TOP_DONE] = {"DONE", true},      [TOP_BYTES] = {"BYTES", true},
	[TOP_RATE] = {"RATE/s", true},    [TOP_REPEATS] = {"RETR", true},
	[TOP_AGE] = {"AGE", true},        [TOP_STATE] = {"STATE", false},
};

const char *top_column_head(enum top_column column)
{
	return columns[column].head;
}

bool top_column_is_number(enum top_column column)
{
	return columns[column].number;
}

const char *top_amount(uint64_t amount, char text[TOP_AMOUNT])
{
	static const char units[] = "KMGTPE";
	double scaled = (double)amount / 1024;
	size_t unit = 0;

	if (amount < 1024) {
		snprintf(text, TOP_AMOUNT, "%u", (unsigned int)amount);
		return text;
	}
	/* What would be rounded to 1024 is one of the next. */
	while (scaled >= 1023.5 && units[unit + 1]) {
		scaled /= 1024;
		unit++;
	}
	snprintf(text, TOP_AMOUNT, scaled < 99.95 ? "%.1f%c" : "%.0f%c", scaled, units[unit]);
	return text;
}

const char *top_span(uint64_t ms, char text[TOP_SPAN])
{
	unsigned long long s = ms / 1000;

	if (ms < 10000)
		snprintf(text, TOP_SPAN, "%llu.%llus", s, ms % 1000 / 100ULL);
	else if (s < 60)
		snprintf(text, TOP_SPAN, "%llus", s);
	else if (s < 3600)
		snprintf(text, TOP_SPAN, "%llum%02llu", s / 60, s % 60);
	else if (s < 86400)
		snprintf(text, TOP_SPAN, "%lluh%02llu", s / 3600, s / 60 % 60);
	else
		snprintf(text, TOP_SPAN, "%llud", s / 86400);
	return text;
}

/* Appends to a text of TOP_DETAIL bytes. */
__attribute__((format(printf, 2, 3))) static void add(char *text, const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, TOP_DETAIL - used, format, args);
	va_end(args);
}

static void file_cell(const struct top_row *row, char *text)
{
	const char *cut = row->file_bytes >= TG_NAME_MAX ? "…" : "";
	bool error = row->phase == TOP_ENDED &&
		     (row->outcome == OUTCOME_CLIENT_ERROR || row->outcome == OUTCOME_SERVER_ERROR);

	if (error)
		snprintf(text, TOP_CELL, "%s%s (%u %s)", row->file, cut, row->error_code,
			 row->error_text);
	else
		snprintf(text, TOP_CELL, "%s%s", row->file, cut);
}

static const char *word(char text[TOP_CELL], const char *word)
{
	snprintf(text, TOP_CELL, "%s", word);
	return text;
}

const char *top_cell(const struct top_row *row, enum top_column column, uint64_t now_ms,
		     char text[TOP_CELL])
{
	int percent = top_row_percent(row);

	switch (column) {
	case TOP_CLIENT:
		return address_format(&row->client, text);
	case TOP_FILE:
		file_cell(row, text);
		return text;
	case TOP_DONE:
		if (percent < 0)
			return word(text, "-");
		snprintf(text, TOP_CELL, "%d%%", percent);
		return text;
	case TOP_BYTES:
		return top_amount(row->bytes, text);
	case TOP_RATE:
		return top_amount(row->rate, text);
	case TOP_REPEATS:
		return top_amount(row->repeats, text);
	case TOP_AGE:
		return top_span(top_row_age_ms(row, now_ms), text);
	default:
		return word(text, top_row_state(row));
	}
}

const char *top_row_detail(const struct top_row *row, char text[TOP_DETAIL])
{
	char client[ENDPOINT_TEXT], server[ENDPOINT_TEXT], amount[TOP_AMOUNT];

	*text = '\0';
	add(text, "%s %s %s", endpoint_format(&row->client, row->client_port_be, client),
	    row->operation == TG_WRITE ? "writes to" : "reads from",
	    endpoint_format(&row->server, row->server_port_be, server));
	add(text, "  zone %s", row->zone);
	if (row->vlan_outer)
		add(text, "  vlan %u", row->vlan_outer);
	if (row->vlan_inner)
		add(text, ".%u", row->vlan_inner);
	if (*row->rule)
		add(text, "  rule \"%s\"", row->rule);
	if (row->size_known)
		add(text, "  size %s", top_amount(row->size, amount));
	if (row->blksize)
		add(text, "  blksize %u", row->blksize);
	if (row->options & TG_OPT_WINDOWSIZE)
		add(text, "  windowsize %u", row->windowsize);
	return text;
}

const char *top_denial_reason(const struct top_denial *denial)
{
	const struct reason *reason = reason_numbered(denial->reason);

	return reason ? reason->key : "unknown";
}

const char *top_now_line(const struct top_totals *totals, char text[TOP_DETAIL])
{
	char rate[TOP_AMOUNT];

	*text = '\0';
	add(text, "%llu running  %llu offered  %llu waiting  %s bytes/s",
	    (unsigned long long)totals->running, (unsigned long long)totals->offered,
	    (unsigned long long)totals->waiting, top_amount(totals->rate, rate));
	return text;
}

const char *top_past_line(const struct top_totals *totals, char text[TOP_DETAIL])
{
	unsigned long long all = 0;

	for (int i = 0; i < OUTCOMES; i++)
		all += totals->ended[i];
	*text = '\0';
	add(text, "%llu ended: %llu complete, %llu probes, %llu failed", all,
	    (unsigned long long)totals->ended[OUTCOME_COMPLETE],
	    (unsigned long long)totals->ended[OUTCOME_PROBE], (unsigned long long)totals->failures);
	add(text, "  %llu denied  %llu dropped", (unsigned long long)totals->denied,
	    (unsigned long long)totals->dropped);
	if (totals->incidents)
		add(text, "  %llu incidents", (unsigned long long)totals->incidents);
	if (totals->lost)
		add(text, "  %llu records lost", (unsigned long long)totals->lost);
	return text;
}
