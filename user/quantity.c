// SPDX-License-Identifier: GPL-2.0-or-later
#include "quantity.h"

#include "duration.h"
#include "number.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SHOWN    40   /* longest value that is repeated in a message */
#define FRACTION 1000 /* a rate has three decimals */

static const struct {
	const char *name; /* of a value */
	const char *units;
} words[] = {
	[QUANTITY_COUNT] = {"number", NULL},
	[QUANTITY_BYTES] = {"size", "KiB, MiB and GiB"},
	[QUANTITY_RATE] = {"rate", "/s, /min and /h"},
	[QUANTITY_TIME] = {"time", "ms, s and min"},
};

struct unit {
	const char *name;
	uint64_t size;
};

/* The largest first; for rates in seconds. */
static const struct unit sizes[] = {{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}};
static const struct unit periods[] = {{"/s", 1}, {"/min", 60}, {"/h", 3600}};

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

/* Splits the digits off. -ERANGE: more than any number has. */
static int split(const char *text, char digits[24], const char **rest)
{
	size_t len = strspn(text, "0123456789");

	*rest = text + len;
	if (!len)
		return -EINVAL;
	if (len >= 24)
		return -ERANGE;
	memcpy(digits, text, len);
	digits[len] = '\0';
	return 0;
}

static int parse_bytes(const char *text, uint64_t *bytes)
{
	char digits[24];
	const char *unit;
	int err = split(text, digits, &unit);

	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		uint64_t value;

		if (err == -EINVAL || strcmp(unit, sizes[i].name))
			continue;
		if (err || number_parse(digits, 0, UINT64_MAX / sizes[i].size, &value))
			return -ERANGE;
		*bytes = value * sizes[i].size;
		return 0;
	}
	return -EINVAL;
}

/* Up to three decimals, in thousandths; `*rest` is what follows them. */
static int split_decimals(const char *text, uint64_t *thousandths, const char **rest)
{
	uint64_t scale = FRACTION, value = 0;

	*rest = text;
	if (*text == '.') {
		for (text++; *text >= '0' && *text <= '9' && scale > 1; text++) {
			scale /= 10;
			value += (uint64_t)(*text - '0') * scale;
		}
		if (scale == FRACTION)
			return -EINVAL;
		*rest = text;
	}
	*thousandths = value;
	return 0;
}

static int parse_rate(const char *text, uint64_t *per_1000_s)
{
	uint64_t whole, decimals;
	char digits[24];
	const char *unit;
	int err = split(text, digits, &unit);

	if (err == -EINVAL || split_decimals(unit, &decimals, &unit))
		return -EINVAL;
	for (size_t i = 0; i < COUNT_OF(periods); i++) {
		if (strcmp(unit, periods[i].name))
			continue;
		if (err || number_parse(digits, 0, UINT32_MAX, &whole))
			return -ERANGE;
		*per_1000_s = (whole * FRACTION + decimals + periods[i].size / 2) / periods[i].size;
		return 0;
	}
	return -EINVAL;
}

static int parse(enum quantity_kind kind, const char *text, uint64_t *value)
{
	switch (kind) {
	case QUANTITY_COUNT:
		return number_parse(text, 0, UINT64_MAX, value);
	case QUANTITY_BYTES:
		return parse_bytes(text, value);
	case QUANTITY_RATE:
		return parse_rate(text, value);
	case QUANTITY_TIME:
		return duration_parse(text, 0, UINT64_MAX, value);
	}
	return -EINVAL;
}

static int refuse(const struct quantity *q, const char *text, int err, struct complaint *why)
{
	char least[QUANTITY_TEXT], most[QUANTITY_TEXT];
	const char *name = words[q->kind].name;

	if (err == -ERANGE)
		complain(why, "%.*s is out of range", SHOWN, text);
	else if (*text)
		complain(why, "'%.*s' is not a %s", SHOWN, text, name);
	else
		complain(why, "a %s is missing", name);
	quantity_format(q->kind, q->min, least);
	quantity_format(q->kind, q->max, most);
	if (q->kind == QUANTITY_COUNT)
		complain_hint(why, "give whole numbers from %s to %s%s", least, most,
			      q->or_none ? ", or none" : "");
	else
		complain_hint(why, "give %s to %s%s; units are %s", least, most,
			      q->or_none ? ", or none" : "", words[q->kind].units);
	return -EINVAL;
}

int quantity_parse(const struct quantity *q, const char *text, uint64_t *value,
		   struct complaint *why)
{
	uint64_t parsed;
	int err;

	if (q->or_none && (!strcmp(text, "none") || !strcmp(text, "0"))) {
		*value = 0;
		return 0;
	}
	err = parse(q->kind, text, &parsed);
	if (!err && (parsed < q->min || parsed > q->max))
		err = -ERANGE;
	if (err)
		return refuse(q, text, err, why);
	*value = parsed;
	return 0;
}

static void format_rate(uint64_t per_1000_s, char text[QUANTITY_TEXT])
{
	int len = snprintf(text, QUANTITY_TEXT, "%llu.%03llu",
			   (unsigned long long)(per_1000_s / FRACTION),
			   (unsigned long long)(per_1000_s % FRACTION));

	while (text[len - 1] == '0')
		len--;
	if (text[len - 1] == '.')
		len--;
	snprintf(text + len, QUANTITY_TEXT - (size_t)len, "/s");
}

const char *quantity_format(enum quantity_kind kind, uint64_t value, char text[QUANTITY_TEXT])
{
	const struct unit *unit = sizes;

	switch (kind) {
	case QUANTITY_COUNT:
		snprintf(text, QUANTITY_TEXT, "%llu", (unsigned long long)value);
		break;
	case QUANTITY_BYTES:
		while (unit->size > 1 && (!value || value % unit->size))
			unit++;
		snprintf(text, QUANTITY_TEXT, "%llu%s", (unsigned long long)(value / unit->size),
			 unit->name);
		break;
	case QUANTITY_RATE:
		format_rate(value, text);
		break;
	case QUANTITY_TIME:
		duration_format(value, text);
		break;
	}
	return text;
}
