// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `tidegate top`.
 */
#include "command.h"

#include "log.h"
#include "privilege.h"
#include "views/cells.h"
#include "views/request.h"
#include "views/top_view.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int run(struct reader *reader, const struct settings *settings, bool batch)
{
	struct top_model *model = top_model_new();
	int code;

	if (!model) {
		log_error("top: %s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	code = batch ? top_batch(reader, model, settings) : top_screen(reader, model, settings);
	top_model_free(model);
	return code;
}

int cmd_top(const struct settings *settings)
{
	bool batch = settings->batch || settings->json;
	struct reader *reader;
	int code;

	cells_init();
	if (!batch && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))) {
		log_error("top: standard input and output are no terminal");
		log_hint("--batch prints tables, and --json documents, wherever it goes");
		return EXIT_FAILED;
	}
	reader = reader_open(settings->socket, "top", request_top(settings));
	privilege_drop_all();
	if (!reader)
		return EXIT_FAILED;
	code = run(reader, settings, batch);
	reader_close(reader);
	return code;
}
