// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `tidegate events`.
 */
#include "command.h"

#include "log.h"
#include "privilege.h"
#include "records/record_format.h"
#include "records/record_parse.h"
#include "report.h"
#include "views/reader.h"
#include "views/request.h"

#include <stdio.h>

static void print_text(const json_t *object)
{
	char line[RECORD_LINE];
	struct record record;

	if (record_from_json(object, &record)) {
		log_notice("the daemon sent a record of a kind that this tidegate does not know");
		return;
	}
	record_text_line(&record, line);
	report_part("%s", line);
}

static void print_record(const json_t *object, const struct settings *settings)
{
	if (settings->pretty)
		report_json(json_incref((json_t *)object), settings);
	else if (settings->json)
		report_json_line(json_incref((json_t *)object));
	else
		print_text(object);
}

static void take(const struct reader_message *message, const struct settings *settings)
{
	switch (message->kind) {
	case READER_RECORD:
		print_record(message->body, settings);
		break;
	case READER_LOST:
		log_notice("%llu records are lost: they came faster than they were read",
			   (unsigned long long)message->lost);
		break;
	default:
		break;
	}
}

/* Until the daemon hangs up, or nobody reads what is printed. An enum exit_code. */
static int follow(struct reader *reader, const struct settings *settings)
{
	struct reader_message message;
	int got;

	for (;;) {
		/* Printed at once as soon as nothing more is there, so that a pipe sees it. */
		got = reader_next(reader, 0, &message);
		if (!got) {
			if (report_finish() != EXIT_FINE)
				return EXIT_FAILED;
			got = reader_next(reader, -1, &message);
		}
		if (got < 0)
			break;
		if (got)
			take(&message, settings);
	}
	report_finish();
	reader_explain(reader, got);
	return EXIT_FAILED;
}

int cmd_events(const struct settings *settings)
{
	struct reader *reader = reader_open(settings->socket, "events", request_records(settings));
	int code;

	privilege_drop_all();
	if (!reader)
		return EXIT_FAILED;
	code = follow(reader, settings);
	reader_close(reader);
	return code;
}
