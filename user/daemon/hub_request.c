// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/hub_request.h"

#include "config_prefix.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 40 /* bytes of a value that are repeated */

typedef const char *(*name_of)(unsigned int number);

static const char *kind_name(unsigned int number)
{
	return record_kind_name((enum record_kind)number);
}

static const char *outcome_name(unsigned int number)
{
	return record_outcome_name((enum record_outcome)number);
}

/* The list that an object has under the key: 0 and its length, also without; or -EINVAL. */
static int list_of(const json_t *object, const char *key, const json_t **list, size_t *count,
		   struct complaint *why)
{
	*list = json_object_get(object, key);
	*count = json_array_size(*list);
	if (*list && !json_is_array(*list))
		return complain(why, "\"%s\" is no list", key);
	for (size_t i = 0; i < *count; i++)
		if (!json_is_string(json_array_get(*list, i)))
			return complain(why, "\"%s\" holds what is no text", key);
	return 0;
}

static const char *text_at(const json_t *list, size_t i)
{
	return json_string_value(json_array_get(list, i));
}

static int take_words(const json_t *object, const char *key, name_of name, unsigned int first,
		      unsigned int end, unsigned int *bits, struct complaint *why)
{
	const json_t *list;
	size_t count;
	int err = list_of(object, key, &list, &count, why);

	for (size_t i = 0; i < count && !err; i++) {
		unsigned int number = first;

		while (number < end && strcmp(name(number), text_at(list, i)) != 0)
			number++;
		if (number == end)
			err = complain(why, "\"%s\": '%.*s' is none of them", key, SHOWN,
				       text_at(list, i));
		else
			*bits |= 1U << number;
	}
	return err;
}

static int take_clients(const json_t *object, struct prefix_list *clients, struct complaint *why)
{
	const json_t *list;
	size_t count;
	bool cut;
	int err = list_of(object, "clients", &list, &count, why);

	if (err || !count)
		return err;
	clients->prefix = calloc(count, sizeof(*clients->prefix));
	if (!clients->prefix)
		return complain(why, "%s", strerror(ENOMEM));
	for (size_t i = 0; i < count && !err; i++) {
		err = config_prefix_parse(text_at(list, i), &clients->prefix[i], &cut, why);
		clients->count += !err;
	}
	return err;
}

static int take_zones(const json_t *object, struct record_filter *filter, struct complaint *why)
{
	const json_t *list;
	size_t count;
	int err = list_of(object, "zones", &list, &count, why);

	if (err || !count)
		return err;
	filter->zone = calloc(count, sizeof(*filter->zone));
	if (!filter->zone)
		return complain(why, "%s", strerror(ENOMEM));
	for (size_t i = 0; i < count; i++)
		snprintf(filter->zone[i], sizeof(*filter->zone), "%s", text_at(list, i));
	filter->zone_count = count;
	return 0;
}

static int take_files(const json_t *object, struct record_filter *filter, struct complaint *why)
{
	const json_t *list;
	size_t count;
	int err = list_of(object, "files", &list, &count, why);

	if (err || !count)
		return err;
	filter->file = calloc(count, sizeof(*filter->file));
	for (size_t i = 0; filter->file && i < count; i++) {
		filter->file[i] = strdup(text_at(list, i));
		if (!filter->file[i])
			break;
		filter->file_count++;
	}
	return filter->file_count == count ? 0 : complain(why, "%s", strerror(ENOMEM));
}

static int take_number(const json_t *value, const char *key, uint64_t *number,
		       struct complaint *why)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return complain(why, "\"%s\" is no number", key);
	*number = (uint64_t)json_integer_value(value);
	return 0;
}

static int take_records(const json_t *object, struct hub_request *request, struct complaint *why)
{
	struct record_filter *filter = &request->filter;
	const json_t *backlog = json_object_get(object, "backlog");
	int err = 0;

	if (!json_is_object(object))
		return complain(why, "\"records\" is no object");
	request->records = true;
	if (backlog)
		err = take_number(backlog, "backlog", &request->backlog, why);
	if (!err)
		err = take_words(object, "kinds", kind_name, RECORD_BEGIN, RECORD_KINDS,
				 &filter->kinds, why);
	if (!err)
		err = take_words(object, "outcomes", outcome_name, OUTCOME_COMPLETE, OUTCOMES,
				 &filter->outcomes, why);
	if (!err)
		err = take_clients(object, &filter->clients, why);
	if (!err)
		err = take_zones(object, filter, why);
	return err ? err : take_files(object, filter, why);
}

static int take_wish(const json_t *object, const char *key, struct hub_wish *wish,
		     struct complaint *why)
{
	const json_t *value = json_object_get(object, key);
	int err;

	if (!value)
		return 0;
	err = take_number(value, key, &wish->every_ms, why);
	if (err)
		return err;
	wish->asked = true;
	if (wish->every_ms &&
	    (wish->every_ms < HUB_EVERY_MIN_MS || wish->every_ms > HUB_EVERY_MAX_MS))
		return complain(why, "\"%s\" is 0, or %d to %d milliseconds", key, HUB_EVERY_MIN_MS,
				HUB_EVERY_MAX_MS);
	return 0;
}

int hub_request_parse(const char *line, size_t len, struct hub_request *request,
		      struct complaint *why)
{
	json_error_t error;
	json_t *object = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error), *records;
	int err = 0;

	*request = (struct hub_request){0};
	if (!object)
		return complain(why, "no JSON: %s", error.text);
	records = json_object_get(object, "records");
	if (!json_is_object(object))
		err = complain(why, "no object");
	if (!err && records)
		err = take_records(records, request, why);
	if (!err)
		err = take_wish(object, "flows", &request->flows, why);
	if (!err)
		err = take_wish(object, "stats", &request->stats, why);
	json_decref(object);
	return err;
}

void hub_request_free(struct hub_request *request)
{
	record_filter_free(&request->filter);
}
