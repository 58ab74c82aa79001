// SPDX-License-Identifier: GPL-2.0-or-later
#include "views/top_denials.h"

#include <stdlib.h>
#include <string.h>

static bool alike(const struct top_denial *a, const struct top_denial *b)
{
	return !memcmp(&a->client, &b->client, sizeof(a->client)) && a->reason == b->reason &&
	       a->operation == b->operation && a->passed == b->passed &&
	       !strcmp(a->file, b->file) && !strcmp(a->rule, b->rule) && !strcmp(a->zone, b->zone);
}

void top_denials_add(struct top_denials *denials, const struct record *record)
{
	const struct tg_event *e = &record->event;
	struct top_denial new = {
		.client = e->client,
		.operation = e->operation,
		.reason = e->reason,
		.passed = e->flags & TG_EVENT_PASSED,
	};
	size_t at = 0;

	memcpy(new.zone, record->zone, sizeof(new.zone));
	memcpy(new.file, e->name, sizeof(new.file));
	memcpy(new.rule, record->rule, sizeof(new.rule));
	while (at < denials->count && !alike(&denials->denial[at], &new))
		at++;
	if (at < denials->count)
		new.count = denials->denial[at].count;
	else if (at < TOP_DENIALS)
		denials->count++;
	else
		at--;
	new.count++;
	new.last_ns = record->time_ns;
	memmove(denials->denial + 1, denials->denial, at * sizeof(new));
	denials->denial[0] = new;
}

/* ---- order ------------------------------------------------------------------------------------------------------ */

/* For compare(), which qsort(3) hands nothing else; there is one thread. */
static struct sorting {
	enum top_column column;
	int sign;
	uint64_t now_ms;
} sorting;

static int by_number(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int by_client(const struct top_row *a, const struct top_row *b)
{
	int order = memcmp(&a->client, &b->client, sizeof(a->client));

	return order ? order : (int)a->client_port_be - (int)b->client_port_be;
}

/* Negative: `a` comes first. */
static int by_column(const struct top_row *a, const struct top_row *b, const struct sorting *how)
{
	switch (how->column) {
	case TOP_CLIENT:
		return by_client(a, b);
	case TOP_FILE:
		return strcmp(a->file, b->file);
	case TOP_DONE:
		return top_row_percent(b) - top_row_percent(a);
	case TOP_BYTES:
		return by_number(b->bytes, a->bytes);
	case TOP_RATE:
		return by_number(b->rate, a->rate);
	case TOP_REPEATS:
		return by_number(b->repeats, a->repeats);
	case TOP_AGE:
		return by_number(top_row_age_ms(b, how->now_ms), top_row_age_ms(a, how->now_ms));
	case TOP_STATE:
		return a->phase != b->phase ? (int)b->phase - (int)a->phase
					    : strcmp(top_row_state(a), top_row_state(b));
	default:
		return 0;
	}
}

/* Equal ones stand by address, whatever the direction, so that rows do not change places for nothing. */
static int compare(const void *left, const void *right)
{
	const struct top_row *a = *(const struct top_row *const *)left,
			     *b = *(const struct top_row *const *)right;
	int order = sorting.sign * by_column(a, b, &sorting);

	if (!order)
		order = by_client(a, b);
	if (!order)
		order = (int)a->server_port_be - (int)b->server_port_be;
	return order ? order : strcmp(a->zone, b->zone);
}

void top_sort(const struct top_row **rows, size_t count, const struct top_order *order,
	      uint64_t now_ms)
{
	sorting = (struct sorting){order->column, order->reverse ? -1 : 1, now_ms};
	if (count)
		qsort(rows, count, sizeof(const struct top_row *), compare);
}
