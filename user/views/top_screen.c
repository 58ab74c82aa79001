// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The screen of `tidegate top`: curses begun and ended, whatever ends it; keys and messages waited for.
 */
#include "views/top_view.h"

#include "command.h"
#include "log.h"
#include "views/top_draw.h"

#include <ncurses.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>

#define TICK_MS 1000 /* ages go on even if nothing comes */

static volatile sig_atomic_t ended, continued;
static bool active;

static void on_end(int number)
{
	(void)number;
	ended = 1;
}

static void on_continue(int number)
{
	(void)number;
	continued = 1;
}

static void restore_terminal(void)
{
	if (active)
		endwin();
	active = false;
}

static void catch_signals(void)
{
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	struct sigaction action = {.sa_handler = on_end};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		sigaction(ends[i], &action, NULL);
	action.sa_handler = on_continue;
	sigaction(SIGCONT, &action, NULL);
}

/* curses itself sees to SIGTSTP and SIGWINCH. */
static int begin_screen(void)
{
	const char *term = getenv("TERM");

	catch_signals();
	if (!newterm(NULL, stdout, stdin)) {
		log_error("top: the terminal '%.40s' is not known", term ? term : "");
		log_hint("set TERM to what it is, or use --batch");
		return -ENOTTY;
	}
	active = true;
	atexit(restore_terminal);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(25);
	curs_set(0);
	top_draw_colours();
	return 0;
}

struct loop {
	struct reader *reader;
	struct top_picture picture;
	struct top_ui ui;
	uint64_t looks;
	bool more;
};

static void choose_rows(struct loop *loop)
{
	struct top_picture *p = &loop->picture;

	p->now_ms = top_model_now(p->model, top_clock_ms());
	p->count = top_model_rows(p->model, p->now_ms, &loop->ui.order, &p->rows);
}

/* Each key is for what the one before has made of it. */
static void take_keys(struct loop *loop)
{
	int key;

	while ((key = getch()) != ERR) {
		if (key == KEY_RESIZE)
			continue;
		top_ui_key(&loop->ui, key, loop->picture.model, top_clock_ms(), loop->picture.rows,
			   loop->picture.count);
		choose_rows(loop);
		top_ui_place(&loop->ui, loop->picture.rows, loop->picture.count, loop->ui.page);
	}
}

/* Somebody may have written on the terminal, and changed its modes. */
static void come_back(void)
{
	continued = 0;
	reset_prog_mode();
	clearok(curscr, TRUE);
}

/* Waits, and takes what has come. 0, or a negative errno of top_take(); -ENOTTY: the terminal is gone. */
static int turn(struct loop *loop)
{
	struct pollfd wait[] = {{.fd = 0, .events = POLLIN},
				{.fd = reader_fd(loop->reader), .events = POLLIN}};
	bool looked = false;
	int err;

	/* Behind a look more may wait in the reader already; keys have their turn after each. */
	poll(wait, 2, loop->more ? 0 : TICK_MS);
	if (wait[0].revents & (POLLHUP | POLLERR | POLLNVAL))
		return -ENOTTY;
	err = top_take(loop->reader, loop->picture.model, 0, &looked);
	loop->looks += looked;
	loop->more = looked;
	choose_rows(loop);
	take_keys(loop);
	if (continued)
		come_back();
	return err;
}

int top_screen(struct reader *reader, struct top_model *model, const struct settings *settings)
{
	struct loop loop = {.reader = reader, .picture = {.model = model}};
	int err;

	if (begin_screen())
		return EXIT_FAILED;
	loop.picture.ui = &loop.ui;
	loop.ui.order.column = (enum top_column)settings->sort;
	do {
		choose_rows(&loop);
		top_draw(&loop.picture);
		err = turn(&loop);
	} while (!err && !ended && !loop.ui.quit &&
		 (!settings->count || loop.looks < settings->count));
	restore_terminal();
	if (!err || ended || err == -ENOTTY)
		return EXIT_FINE;
	reader_explain(reader, err);
	return EXIT_FAILED;
}
