// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/request.h"

#include "options.h"
#include "report.h"

#include <string.h>

/* The words of an option whose bits are set; nothing if none is. */
static void add_words(json_t *object, const char *key, const char *option, uint64_t bits)
{
	const struct option_spec *o = option_named(option);
	json_t *list;

	if (!bits)
		return;
	list = json_array();
	for (const struct choice *c = o->choices; c->word; c++)
		if (bits & c->value)
			json_array_append_new(list, json_string(c->word));
	json_object_set_new(object, key, list);
}

static void add_split(json_t *list, const char *text)
{
	for (;;) {
		size_t len = strcspn(text, ",");

		json_array_append_new(list, json_stringn(text, len));
		if (!text[len])
			return;
		text += len + 1;
	}
}

static void add_texts(json_t *object, const char *key, const struct text_list *texts, bool split)
{
	json_t *list;

	if (!texts->count)
		return;
	list = json_array();
	for (size_t i = 0; i < texts->count; i++) {
		if (split)
			add_split(list, texts->text[i]);
		else
			json_array_append_new(list, report_text(texts->text[i]));
	}
	json_object_set_new(object, key, list);
}

json_t *request_records(const struct settings *settings)
{
	json_t *records = json_object();

	add_words(records, "kinds", "kind", settings->kinds);
	add_words(records, "outcomes", "outcome", settings->outcomes);
	add_texts(records, "clients", &settings->clients, true);
	add_texts(records, "files", &settings->files, false);
	if (settings->zone)
		json_object_set_new(records, "zones", json_pack("[s]", settings->zone));
	if (settings->backlog)
		json_object_set_new(records, "backlog",
				    json_integer((json_int_t)settings->backlog));
	return json_pack("{s:o}", "records", records);
}

json_t *request_top(const struct settings *settings)
{
	return json_pack("{s:{}, s:I}", "records", "flows", (json_int_t)settings->interval_ms);
}

json_t *request_flows(const struct settings *settings)
{
	return json_pack("{s:I}", "flows", (json_int_t)settings->watch_ms);
}
