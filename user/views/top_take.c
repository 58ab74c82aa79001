// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the daemon's messages into the model.
 */
#include "views/top_view.h"

#include "records/record_parse.h"
#include "time_now.h"
#include "views/flows_document.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

uint64_t top_clock_ms(void)
{
	return time_now_ms(CLOCK_MONOTONIC);
}

static int take_flows(const struct reader_message *message, struct top_model *model)
{
	struct flow_list lists[FLOW_KINDS];
	struct flow_zones *zones;
	int err;

	if (top_model_paused(model))
		return 0;
	zones = calloc(1, sizeof(*zones));
	err = zones ? flows_document_read(message->text, message->text_len, lists, zones) : -ENOMEM;
	if (!err) {
		err = top_model_flows(model, top_clock_ms(), lists, zones);
		flows_document_free(lists);
	}
	free(zones);
	return err;
}

static int take_record(const json_t *object, struct top_model *model)
{
	struct record record;

	/* One that is not understood is a newer daemon's. */
	return record_from_json(object, &record) ? 0
						 : top_model_record(model, top_clock_ms(), &record);
}

int top_take(struct reader *reader, struct top_model *model, int timeout_ms, bool *looked)
{
	struct reader_message message;
	int got, err = 0;

	got = reader_next(reader, timeout_ms, &message);
	while (got > 0 && !err) {
		if (message.kind == READER_FLOWS) {
			*looked = true;
			return take_flows(&message, model);
		}
		if (message.kind == READER_RECORD)
			err = take_record(message.body, model);
		if (message.kind == READER_LOST)
			top_model_lost(model, message.lost);
		if (!err)
			got = reader_next(reader, 0, &message);
	}
	return err ? err : got < 0 ? got : 0;
}
