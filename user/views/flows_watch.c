// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/flows_watch.h"

#include "command.h"
#include "log.h"
#include "privilege.h"
#include "report.h"
#include "views/cells.h"
#include "views/flows_document.h"
#include "views/reader.h"
#include "views/request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define HOME       "\033[H"
#define CLEAR_LINE "\033[K"
#define CLEAR_REST "\033[J"

/* Writes the lines of `text` over what is on the terminal. */
static void show(char *text, const struct winsize *size)
{
	size_t most = size->ws_row ? size->ws_row : 24, columns = size->ws_col ? size->ws_col : 80;
	char *rest = text, *line;

	fputs(HOME, stdout);
	for (size_t i = 0; i + 1 < most && (line = strsep(&rest, "\n")) && (*line || rest); i++) {
		char *cut = malloc(CELLS_BYTES(strlen(line)));

		if (cut)
			cells_cut(line, columns, cut);
		printf("%s" CLEAR_LINE "\n", cut ? cut : "");
		free(cut);
	}
	fputs(CLEAR_REST, stdout);
}

/* Keeps what is printed, since only whole lines can be cut. */
static int print_in_place(int (*print)(void *context), void *context)
{
	FILE *terminal = stdout;
	struct winsize size = {0};
	char *text = NULL;
	size_t len;
	FILE *kept = open_memstream(&text, &len);
	int err;

	if (!kept)
		return -ENOMEM;
	stdout = kept;
	err = print(context);
	stdout = terminal;
	fclose(kept);
	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	if (!err && text)
		show(text, &size);
	free(text);
	return err;
}

static int print_once(const struct settings *settings, bool first, int (*print)(void *context),
		      void *context)
{
	int err;

	if (!settings->json && isatty(STDOUT_FILENO)) {
		err = print_in_place(print, context);
	} else {
		if (!first && !settings->json)
			report_line("%s", "");
		err = print(context);
	}
	return err ? err : report_finish() == EXIT_FINE ? 0 : -EIO;
}

int flows_watch(const struct settings *settings, int (*print)(void *context), void *context)
{
	const struct timespec pause = {(time_t)(settings->watch_ms / 1000),
				       (long)(settings->watch_ms % 1000) * 1000000};
	bool first = true;
	int err;

	cells_init();
	while (!(err = print_once(settings, first, print, context))) {
		first = false;
		nanosleep(&pause, NULL);
	}
	return err;
}

/* ---- from the daemon ------------------------------------------------------------------------------------------ */

struct document {
	struct reader_message message;
	const struct settings *settings;
};

/* As it came, or indented. */
static int print_json(const struct reader_message *message, const struct settings *settings)
{
	json_t *document;

	if (!settings->pretty) {
		report_line("%.*s", (int)message->text_len, message->text);
		return 0;
	}
	document = json_loadb(message->text, message->text_len, 0, NULL);
	if (!document) {
		log_error("flows: the daemon sent no document");
		return -EPROTO;
	}
	report_json(document, settings);
	return 0;
}

static int print_document(void *context)
{
	const struct document *document = context;
	struct flow_list lists[FLOW_KINDS];
	struct flow_zones *zones;
	int err;

	if (document->settings->json)
		return print_json(&document->message, document->settings);
	zones = calloc(1, sizeof(*zones));
	err = zones ? flows_document_read(document->message.text, document->message.text_len, lists,
					  zones)
		    : -ENOMEM;
	if (err)
		log_error("flows: %s", strerror(-err));
	if (!err) {
		flow_table_print(lists, zones);
		flows_document_free(lists);
	}
	free(zones);
	return err;
}

int flows_watch_daemon(const struct settings *settings)
{
	struct reader *reader = reader_open(settings->socket, "flows", request_flows(settings));
	struct document document = {.settings = settings};
	bool first = true;
	int got, err = 0;

	privilege_drop_all();
	if (!reader)
		return EXIT_FAILED;
	cells_init();
	while (!err && (got = reader_next(reader, -1, &document.message)) >= 0) {
		if (!got || document.message.kind != READER_FLOWS)
			continue;
		err = print_once(settings, first, print_document, &document);
		first = false;
		if (!settings->watch_ms)
			break;
	}
	if (got < 0)
		reader_explain(reader, got);
	reader_close(reader);
	return err || got < 0 ? EXIT_FAILED : EXIT_FINE;
}
