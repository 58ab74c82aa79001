// SPDX-License-Identifier: GPL-2.0-or-later
#include "duration.h"

#include "number.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	uint64_t ms;
} units[] = {{"min", 60000}, {"s", 1000}, {"ms", 1}};

#define UNITS (sizeof(units) / sizeof(*units))

int duration_parse(const char *text, uint64_t min_ms, uint64_t max_ms, uint64_t *ms)
{
	size_t digits = strspn(text, "0123456789");
	char number[24];
	uint64_t value;

	for (size_t i = 0; i < UNITS; i++) {
		if (!digits || strcmp(text + digits, units[i].name))
			continue;
		if (digits >= sizeof(number))
			return -ERANGE;
		memcpy(number, text, digits);
		number[digits] = '\0';
		if (number_parse(number, 0, UINT64_MAX / units[i].ms, &value))
			return -ERANGE;
		value *= units[i].ms;
		if (value < min_ms || value > max_ms)
			return -ERANGE;
		*ms = value;
		return 0;
	}
	return -EINVAL;
}

const char *duration_format(uint64_t ms, char text[DURATION_TEXT])
{
	size_t i = 0;

	while (i < UNITS - 1 && (!ms || ms % units[i].ms))
		i++;
	snprintf(text, DURATION_TEXT, "%llu%s", (unsigned long long)(ms / units[i].ms),
		 units[i].name);
	return text;
}
