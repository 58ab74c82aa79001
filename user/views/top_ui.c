// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/top_ui.h"

#include <ncurses.h>
#include <string.h>

#define KEY_ESCAPE 27
#define KEY_RUBOUT 127
#define KEY_CTRL_H 8

static void choose(struct top_ui *ui, const struct top_row *const *rows, size_t count, size_t at)
{
	if (!count)
		return;
	ui->at = at < count ? at : count - 1;
	ui->chosen = *rows[ui->at];
	ui->choosing = true;
}

static void let_go(struct top_ui *ui)
{
	ui->choosing = false;
	ui->at = ui->first = 0;
}

/* From the row behind the chosen one (or that one itself), around the end. */
static void search(struct top_ui *ui, const struct top_row *const *rows, size_t count, bool next)
{
	size_t start = ui->choosing ? ui->at + next : 0;

	ui->not_found = false;
	if (!*ui->search)
		return;
	for (size_t i = 0; i < count; i++) {
		size_t at = (start + i) % count;

		if (!top_row_contains(rows[at], ui->search))
			continue;
		choose(ui, rows, count, at);
		return;
	}
	ui->not_found = true;
}

static bool move_choice(struct top_ui *ui, int key, const struct top_row *const *rows, size_t count)
{
	size_t page = ui->page ? ui->page : 1;

	switch (key) {
	case KEY_UP:
		choose(ui, rows, count, ui->at ? ui->at - 1 : 0);
		return true;
	case KEY_DOWN:
		choose(ui, rows, count, ui->choosing ? ui->at + 1 : 0);
		return true;
	case KEY_PPAGE:
		choose(ui, rows, count, ui->at > page ? ui->at - page : 0);
		return true;
	case KEY_NPAGE:
		choose(ui, rows, count, ui->at + page);
		return true;
	case KEY_END:
		choose(ui, rows, count, count);
		return true;
	case KEY_HOME:
	case KEY_ESCAPE:
		let_go(ui);
		return true;
	default:
		return false;
	}
}

static void sort_by(struct top_ui *ui, int step)
{
	ui->order.column = (enum top_column)((ui->order.column + TOP_COLUMNS + step) % TOP_COLUMNS);
	ui->order.reverse = false;
}

static void toggle_pause(struct top_model *model, uint64_t now_ms)
{
	if (top_model_paused(model))
		top_model_resume(model);
	else
		top_model_pause(model, now_ms);
}

static void begin_typing(struct top_ui *ui, enum top_mode mode)
{
	ui->mode = mode;
	ui->not_found = false;
	memcpy(ui->before, ui->order.filter, sizeof(ui->before));
	if (mode == TOP_SEARCHING)
		*ui->search = '\0';
}

static void list_key(struct top_ui *ui, int key, struct top_model *model, uint64_t now_ms)
{
	switch (key) {
	case 'q':
	case 'Q':
	case KEY_F(10):
		ui->quit = true;
		break;
	case 'h':
	case '?':
	case KEY_F(1):
		ui->mode = TOP_HELP;
		break;
	case '/':
	case KEY_F(3):
		begin_typing(ui, TOP_SEARCHING);
		break;
	case '\\':
	case KEY_F(4):
		begin_typing(ui, TOP_FILTERING);
		break;
	case '>':
	case KEY_F(6):
		sort_by(ui, 1);
		break;
	case '<':
		sort_by(ui, -1);
		break;
	case 'r':
	case 'R':
		ui->order.reverse = !ui->order.reverse;
		break;
	case 'd':
	case 'D':
		ui->denials_hidden = !ui->denials_hidden;
		break;
	case 'p':
	case 'P':
	case ' ':
		toggle_pause(model, now_ms);
		break;
	default:
		break;
	}
}

/* Removes the last character, of however many bytes. */
static void rub_out(char *text)
{
	size_t len = strlen(text);

	while (len && ((unsigned char)text[len - 1] & 0xc0) == 0x80)
		len--;
	text[len ? len - 1 : 0] = '\0';
}

static void type(char *text, int key)
{
	size_t len = strlen(text);

	if (key == KEY_BACKSPACE || key == KEY_RUBOUT || key == KEY_CTRL_H) {
		rub_out(text);
	} else if (key >= ' ' && key <= 0xff && len + 1 < TOP_FILTER) {
		text[len] = (char)key;
		text[len + 1] = '\0';
	}
}

static void typing_key(struct top_ui *ui, int key, const struct top_row *const *rows, size_t count)
{
	bool filtering = ui->mode == TOP_FILTERING;

	switch (key) {
	case KEY_ESCAPE:
		if (filtering)
			memcpy(ui->order.filter, ui->before, sizeof(ui->before));
		ui->mode = TOP_LIST;
		break;
	case '\n':
	case '\r':
	case KEY_ENTER:
		ui->mode = TOP_LIST;
		break;
	case KEY_F(3):
		search(ui, rows, count, true);
		break;
	default:
		type(filtering ? ui->order.filter : ui->search, key);
		if (!filtering)
			search(ui, rows, count, false);
		break;
	}
}

void top_ui_key(struct top_ui *ui, int key, struct top_model *model, uint64_t now_ms,
		const struct top_row *const *rows, size_t count)
{
	switch (ui->mode) {
	case TOP_HELP:
		ui->mode = TOP_LIST; /* by any key */
		break;
	case TOP_SEARCHING:
	case TOP_FILTERING:
		typing_key(ui, key, rows, count);
		break;
	default:
		if (key == 'n')
			search(ui, rows, count, true);
		else if (!move_choice(ui, key, rows, count))
			list_key(ui, key, model, now_ms);
	}
}

void top_ui_place(struct top_ui *ui, const struct top_row *const *rows, size_t count, size_t page)
{
	ui->page = page;
	if (!count || !page) {
		ui->first = 0;
		return;
	}
	if (ui->choosing) {
		size_t found = 0;

		while (found < count && !top_row_same(rows[found], &ui->chosen))
			found++;
		/* Where it has gone, its neighbour takes its place. */
		choose(ui, rows, count, found < count ? found : ui->at);
		if (ui->at < ui->first)
			ui->first = ui->at;
		if (ui->at >= ui->first + page)
			ui->first = ui->at - page + 1;
	}
	if (ui->first + page > count)
		ui->first = count > page ? count - page : 0;
}
