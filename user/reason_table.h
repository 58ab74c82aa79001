/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reasons (bpf/reasons.h) as a table.
 */
#ifndef TIDEGATE_REASON_TABLE_H
#define TIDEGATE_REASON_TABLE_H

#include <stddef.h>
#include <linux/types.h>

#include "abi.h"

struct reason {
	unsigned int number;
	const char *key;
	enum tg_verdict verdict;
	const char *meaning;
	const char *remedy;
};

extern const struct reason reasons[];
extern const size_t reason_count;

const struct reason *reason_numbered(unsigned int number); /* NULL: there is none */

const char *verdict_name(enum tg_verdict verdict);

#endif
