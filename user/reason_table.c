// SPDX-License-Identifier: GPL-2.0-or-later
#include "reason_table.h"

#define REASON_ENTRY(number, NAME, key, verdict, meaning, remedy) \
	{number, key, verdict, meaning, remedy},
const struct reason reasons[] = {TG_REASONS(REASON_ENTRY)};
#undef REASON_ENTRY

const size_t reason_count = sizeof(reasons) / sizeof(*reasons);

const struct reason *reason_numbered(unsigned int number)
{
	for (size_t i = 0; i < reason_count; i++)
		if (reasons[i].number == number)
			return &reasons[i];
	return NULL;
}

const char *verdict_name(enum tg_verdict verdict)
{
	return verdict == TG_PASS ? "pass" : "drop";
}
