// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/top_draw.h"

#include "address.h"
#include "views/cells.h"
#include "views/top_cells.h"

#include <ncurses.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINES_LEAST   8
#define COLUMNS_LEAST 40
#define HEAD_LINES    4 /* title, two of totals, the columns' names */
#define FOOT_LINES    2 /* the chosen row's details, keys */
#define DENIALS_MOST  5
#define FILE_WANTED   24 /* columns, before there is a bar */
#define BAR_LEAST     8
#define BAR_MOST      20

enum colour { COLOUR_GOOD = 1, COLOUR_BAD, COLOUR_NOTE, COLOUR_BAR };

void top_draw_colours(void)
{
	if (getenv("NO_COLOR") || !has_colors() || start_color() == ERR)
		return;
	use_default_colors();
	init_pair(COLOUR_GOOD, COLOR_GREEN, -1);
	init_pair(COLOUR_BAD, COLOR_RED, -1);
	init_pair(COLOUR_NOTE, COLOR_YELLOW, -1);
	init_pair(COLOUR_BAR, COLOR_CYAN, -1);
}

/* COLOR_PAIR() of a pair that was not made is none. */
static attr_t colour(enum colour number)
{
	return COLOR_PAIR(number);
}

/* Writes the text into `width` columns at a place, the rest blank. */
static void put(int y, int x, int width, bool right, const char *text)
{
	char cut[CELLS_BYTES(TOP_DETAIL)];
	int used;

	if (width <= 0)
		return;
	used = (int)cells_cut(text, (size_t)width, cut);
	mvprintw(y, x, "%*s", right ? width - used : 0, "");
	addstr(cut);
	if (!right)
		printw("%*s", width - used, "");
}

static void put_line(int y, const char *text)
{
	put(y, 0, COLS, false, text);
}

/* ---- head ----------------------------------------------------------------------------------------------------- */

static void draw_head(const struct top_picture *p)
{
	const struct top_totals *totals = top_model_totals(p->model);
	const struct record *incident = top_model_incident(p->model);
	char line[TOP_DETAIL], clock[16] = "";
	time_t seconds = time(NULL);
	struct tm local;

	if (localtime_r(&seconds, &local))
		strftime(clock, sizeof(clock), "%H:%M:%S", &local);
	snprintf(line, sizeof(line), "tidegate top  %s  by %s%s%s%s", clock,
		 top_column_head(p->ui->order.column), p->ui->order.reverse ? ", reversed" : "",
		 *p->ui->order.filter ? "  filter: " : "", p->ui->order.filter);
	attron(A_BOLD);
	put_line(0, line);
	attroff(A_BOLD);
	if (top_model_paused(p->model)) {
		attron(A_REVERSE | A_BOLD);
		put(0, COLS - 8, 8, false, " PAUSED ");
		attroff(A_REVERSE | A_BOLD);
	}
	put_line(1, top_now_line(totals, line));
	top_past_line(totals, line);
	if (incident->number) {
		size_t used = strlen(line);

		snprintf(line + used, sizeof(line) - used, "  last: %s %s",
			 record_incident_name(incident->incident), incident->detail);
	}
	put_line(2, line);
}

/* ---- rows ----------------------------------------------------------------------------------------------------- */

struct layout {
	int width[TOP_COLUMNS]; /* 0: no room for it */
	int bar;                /* columns of it behind DONE, the blank before it included */
};

static struct layout lay_out(const struct top_picture *p, size_t shown)
{
	/* What is left out where there is little room, one after the other. */
	static const enum top_column spared[] = {TOP_REPEATS, TOP_BYTES, TOP_RATE, TOP_AGE};
	struct layout layout = {.width = {[TOP_DONE] = 4,
					  [TOP_BYTES] = 6,
					  [TOP_RATE] = 6,
					  [TOP_REPEATS] = 5,
					  [TOP_AGE] = 5,
					  [TOP_STATE] = 8}};
	int client = 6, left = COLS - (TOP_COLUMNS - 1);
	char text[TOP_CELL];

	for (size_t i = 0; i < shown; i++) {
		int width = (int)strlen(
			top_cell(p->rows[p->ui->first + i], TOP_CLIENT, p->now_ms, text));

		client = width > client ? width : client;
	}
	layout.width[TOP_CLIENT] = client < COLS / 4 ? client : COLS / 4;
	for (int i = 0; i < TOP_COLUMNS; i++)
		left -= layout.width[i];
	for (size_t i = 0; i < sizeof(spared) / sizeof(*spared) && left < 10; i++) {
		left += layout.width[spared[i]] + 1;
		layout.width[spared[i]] = 0;
	}
	if (left - FILE_WANTED >= BAR_LEAST)
		layout.bar = left - FILE_WANTED < BAR_MOST ? left - FILE_WANTED : BAR_MOST;
	layout.width[TOP_FILE] = left - layout.bar > 1 ? left - layout.bar : 1;
	return layout;
}

static void draw_columns(const struct top_picture *p, const struct layout *layout, int y)
{
	int x = 0;

	attron(A_REVERSE);
	put_line(y, "");
	for (int i = 0; i < TOP_COLUMNS; i++) {
		enum top_column column = (enum top_column)i;

		if (!layout->width[i])
			continue;
		if (column == p->ui->order.column)
			attron(A_BOLD | A_UNDERLINE);
		put(y, x, layout->width[i], top_column_is_number(column), top_column_head(column));
		attroff(A_BOLD | A_UNDERLINE);
		x += layout->width[i] + 1 + (i == TOP_DONE ? layout->bar : 0);
	}
	attroff(A_REVERSE);
}

/* "[||||    ]"; without a size, nothing. */
static void draw_bar(int y, int x, int width, const struct top_row *row, bool plain)
{
	int percent = top_row_percent(row), inside = width - 2;

	if (percent < 0) {
		put(y, x, width, false, "");
		return;
	}
	mvaddch(y, x, '[');
	if (!plain)
		attron(colour(COLOUR_BAR));
	for (int i = 0; i < inside; i++)
		addch(i < inside * percent / 100 ? '|' : ' ');
	if (!plain)
		attroff(colour(COLOUR_BAR));
	addch(']');
}

static attr_t row_look(const struct top_row *row)
{
	if (row->phase != TOP_ENDED)
		return A_NORMAL;
	return row->failed                        ? colour(COLOUR_BAD)
	       : row->outcome == OUTCOME_COMPLETE ? colour(COLOUR_GOOD)
						  : A_DIM;
}

static void draw_row(const struct top_picture *p, const struct layout *layout, int y, size_t at)
{
	const struct top_row *row = p->rows[at];
	bool chosen = p->ui->choosing && at == p->ui->at;
	attr_t look = chosen ? A_REVERSE : row_look(row);
	char text[TOP_CELL];
	int x = 0;

	attron(look);
	put_line(y, "");
	for (int i = 0; i < TOP_COLUMNS; i++) {
		enum top_column column = (enum top_column)i;

		if (!layout->width[i])
			continue;
		put(y, x, layout->width[i], top_column_is_number(column),
		    top_cell(row, column, p->now_ms, text));
		x += layout->width[i] + 1;
		if (i == TOP_DONE && layout->bar) {
			draw_bar(y, x, layout->bar - 1, row, chosen);
			attron(look);
			x += layout->bar;
		}
	}
	attroff(look);
}

static void draw_rows(const struct top_picture *p, int y, int lines)
{
	struct layout layout;
	size_t shown;

	top_ui_place(p->ui, p->rows, p->count, (size_t)(lines > 1 ? lines - 1 : 0));
	shown = p->count - p->ui->first;
	if (shown > p->ui->page)
		shown = p->ui->page;
	layout = lay_out(p, shown);
	draw_columns(p, &layout, y);
	for (size_t i = 0; i < shown; i++)
		draw_row(p, &layout, y + 1 + (int)i, p->ui->first + i);
	if (!p->count && lines > 1)
		put_line(y + 1,
			 *p->ui->order.filter ? "nothing fits the filter" : "no TFTP by now");
}

/* ---- denials -------------------------------------------------------------------------------------------------- */

static int denial_lines(const struct top_picture *p, size_t *count)
{
	const struct top_denial *denials;
	size_t most = LINES < 20 ? 2 : DENIALS_MOST;

	*count = top_model_denials(p->model, &denials);
	if (*count > most)
		*count = most;
	return p->ui->denials_hidden || !*count ? 0 : (int)*count + 1;
}

static void draw_denials(const struct top_picture *p, int y, size_t count)
{
	const struct top_denial *denials;
	char line[TOP_DETAIL], address[ADDRESS_TEXT], clock[16];

	top_model_denials(p->model, &denials);
	attron(A_REVERSE);
	put_line(y, "DENIED    TIMES  CLIENT           WHY: RULE, FILE");
	attroff(A_REVERSE);
	attron(colour(COLOUR_NOTE));
	for (size_t i = 0; i < count; i++) {
		const struct top_denial *denial = &denials[i];
		time_t seconds = (time_t)(denial->last_ns / 1000000000);
		struct tm local;

		*clock = '\0';
		if (localtime_r(&seconds, &local))
			strftime(clock, sizeof(clock), "%H:%M:%S", &local);
		snprintf(line, sizeof(line), "%-8s  %5llu  %-15s  %s%s%s%s %s %s%s", clock,
			 (unsigned long long)denial->count,
			 address_format(&denial->client, address), top_denial_reason(denial),
			 *denial->rule ? " \"" : "", denial->rule, *denial->rule ? "\"," : ",",
			 denial->operation == TG_WRITE ? "write" : "read", denial->file,
			 denial->passed ? "  (passed: monitor)" : "");
		put_line(y + 1 + (int)i, line);
	}
	attroff(colour(COLOUR_NOTE));
}

/* ---- foot, help ----------------------------------------------------------------------------------------------- */

static void draw_foot(const struct top_picture *p)
{
	const struct top_ui *ui = p->ui;
	char line[TOP_DETAIL] = "";

	if (ui->choosing && ui->at < p->count)
		top_row_detail(p->rows[ui->at], line);
	else if (p->count > ui->page)
		snprintf(line, sizeof(line), "%zu to %zu of %zu", ui->first + 1,
			 ui->first + ui->page, p->count);
	put_line(LINES - 2, line);
	attron(A_REVERSE);
	if (ui->mode == TOP_SEARCHING)
		snprintf(line, sizeof(line), "Search: %s_%s", ui->search,
			 ui->not_found ? "   (not found)" : "   F3 next  Enter, Esc end");
	else if (ui->mode == TOP_FILTERING)
		snprintf(line, sizeof(line), "Filter: %s_   Enter keep  Esc as before",
			 ui->order.filter);
	else
		snprintf(line, sizeof(line),
			 "F1 Help  F3 Search  F4 Filter  F6 Sort  R Reverse  P Pause  D Denied  "
			 "Q Quit");
	put_line(LINES - 1, line);
	attroff(A_REVERSE);
}

static void draw_help(void)
{
	static const char *const lines[] = {
		"tidegate top: what the columns and keys mean",
		"",
		"DONE    percent of the announced size (option tsize); - if there was none",
		"RATE/s  bytes a second, of the last seconds; of what has ended: on the whole",
		"RETR    DATA packets that brought nothing new",
		"STATE   waiting (no answer yet), offer (not taken up yet), reading, writing;",
		"        for 10 s: done, error, probe (only the size was asked for), left,",
		"        idle, no reply, unacked, evicted",
		"",
		"arrows, PgUp, PgDn, End   choose a row, which is followed; Home, Esc: none",
		"F3 /  search   n next     F4 \\  filter: client, server, file, rule, zone, state",
		"F6 > <  sort by the next, the previous column      R  reverse",
		"P space  pause            D  show denied requests, or not",
		"F10 Q  quit",
		"",
		"Any key goes back.",
	};

	for (int i = 0; i < (int)(sizeof(lines) / sizeof(*lines)) && i < LINES; i++)
		put_line(i, lines[i]);
}

void top_draw(const struct top_picture *picture)
{
	size_t denied;
	int lines;

	erase();
	if (LINES < LINES_LEAST || COLS < COLUMNS_LEAST) {
		put_line(0, "too small");
	} else if (picture->ui->mode == TOP_HELP) {
		draw_help();
	} else {
		lines = denial_lines(picture, &denied);
		draw_head(picture);
		draw_rows(picture, HEAD_LINES - 1, LINES - (HEAD_LINES - 1) - FOOT_LINES - lines);
		if (lines)
			draw_denials(picture, LINES - FOOT_LINES - lines, denied);
		draw_foot(picture);
	}
	refresh();
}
