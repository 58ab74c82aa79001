// SPDX-License-Identifier: GPL-2.0-or-later
#include "number.h"

#include <errno.h>

int number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	uint64_t sum = 0;
	int overflow = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		/* "99…9x" is no number, so reading goes on after an overflow. */
		overflow |= __builtin_mul_overflow(sum, 10, &sum);
		overflow |= __builtin_add_overflow(sum, (uint64_t)(*text - '0'), &sum);
	}
	if (overflow || sum < min || sum > max)
		return -ERANGE;
	*value = sum;
	return 0;
}
