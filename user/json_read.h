/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Members of JSON objects that come from elsewhere: what is not there, or of another kind, is empty or zero.
 */
#ifndef TIDEGATE_JSON_READ_H
#define TIDEGATE_JSON_READ_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

const char *json_text_of(const json_t *object, const char *key); /* borrowed */
bool json_says(const json_t *object, const char *key, const char *word);
uint64_t json_number_of(const json_t *object, const char *key); /* 0 for negative ones, too */

#endif
