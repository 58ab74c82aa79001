// SPDX-License-Identifier: GPL-2.0-or-later
#include "json_read.h"

#include <string.h>

const char *json_text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

bool json_says(const json_t *object, const char *key, const char *word)
{
	return !strcmp(json_text_of(object, key), word);
}

uint64_t json_number_of(const json_t *object, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(object, key));

	return value > 0 ? (uint64_t)value : 0;
}
