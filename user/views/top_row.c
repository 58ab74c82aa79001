// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What can be said of a single row.
 */
#include "views/top_model.h"

#include "address.h"

#include <ctype.h>
#include <string.h>

bool top_row_same(const struct top_row *a, const struct top_row *b)
{
	return !memcmp(&a->client, &b->client, sizeof(a->client)) &&
	       !memcmp(&a->server, &b->server, sizeof(a->server)) &&
	       a->client_port_be == b->client_port_be && a->server_port_be == b->server_port_be &&
	       a->vlan_outer == b->vlan_outer && a->vlan_inner == b->vlan_inner &&
	       !strcmp(a->zone, b->zone);
}

int top_row_percent(const struct top_row *row)
{
	double percent;

	if (!row->size_known)
		return -1;
	if (row->bytes >= row->size)
		return 100; /* netascii may exceed it; nothing of nothing is all */
	percent = (double)row->bytes * 100 / (double)row->size;
	return percent < 99 ? (int)percent : 99; /* 100 is the end, and nothing else */
}

uint64_t top_row_age_ms(const struct top_row *row, uint64_t now_ms)
{
	if (row->phase == TOP_ENDED || now_ms < row->looked_ms)
		return row->age_ms;
	return row->age_ms + (now_ms - row->looked_ms);
}

static const char *ended_state(const struct top_row *row)
{
	static const char *const words[OUTCOMES] = {
		[OUTCOME_COMPLETE] = "done",       [OUTCOME_CLIENT_ERROR] = "error",
		[OUTCOME_SERVER_ERROR] = "error",  [OUTCOME_PROBE] = "probe",
		[OUTCOME_SUPERSEDED] = "left",     [OUTCOME_IDLE] = "idle",
		[OUTCOME_UNANSWERED] = "no reply", [OUTCOME_UNACKNOWLEDGED] = "unacked",
		[OUTCOME_EVICTED] = "evicted",
	};

	if (row->outcome == OUTCOME_NONE)
		return row->failed ? "error" : "done";
	return words[row->outcome];
}

const char *top_row_state(const struct top_row *row)
{
	switch (row->phase) {
	case TOP_WAITING:
		return "waiting";
	case TOP_OFFERED:
		return "offer";
	case TOP_RUNNING:
		return row->operation == TG_WRITE ? "writing" : "reading";
	default:
		return ended_state(row);
	}
}

/* As strcasestr(3) in the C locale. */
static bool contains(const char *text, const char *part)
{
	for (; *text; text++) {
		size_t i = 0;

		while (part[i] &&
		       tolower((unsigned char)text[i]) == tolower((unsigned char)part[i]))
			i++;
		if (!part[i])
			return true;
	}
	return !*part;
}

bool top_row_contains(const struct top_row *row, const char *text)
{
	char end[ENDPOINT_TEXT];

	return contains(row->file, text) || contains(row->rule, text) ||
	       contains(row->zone, text) || contains(top_row_state(row), text) ||
	       contains(endpoint_format(&row->client, row->client_port_be, end), text) ||
	       contains(endpoint_format(&row->server, row->server_port_be, end), text);
}
