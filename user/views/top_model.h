/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `tidegate top` knows: looks at the flows and records go in, rows come out. No clock, no terminal: the
 * caller says what time it is, in milliseconds of any clock that goes forward.
 */
#ifndef TIDEGATE_TOP_MODEL_H
#define TIDEGATE_TOP_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flow_table.h"
#include "flows.h"
#include "records/record.h"
#include "views/top_column.h"

#define TOP_LINGER_MS 10000 /* so long a transfer is shown that has ended */
#define TOP_DENIALS   64    /* the latest that are kept, equal ones counted together */
#define TOP_FILTER    64    /* bytes, NUL included */
#define TOP_HELD      4096  /* records that wait while it is paused; what is more is only counted */

enum top_phase {
	TOP_WAITING, /* a request without an answer */
	TOP_OFFERED, /* a TID has spoken, the client has not */
	TOP_RUNNING,
	TOP_ENDED,
};

struct top_row {
	struct tg_addr client;
	struct tg_addr server; /* all zero: any */
	uint16_t client_port_be;
	uint16_t server_port_be; /* 0: none yet */
	uint16_t vlan_outer;
	uint16_t vlan_inner;
	char zone[TG_ZONE_NAME];
	char file[TG_NAME_MAX];
	uint16_t file_bytes; /* of the whole name */
	char rule[TG_RULE_NAME];
	uint8_t operation; /* enum tg_operation */
	uint8_t options;   /* enum tg_option bits granted (TOP_WAITING: asked) */
	uint16_t blksize;
	uint16_t windowsize;
	enum top_phase phase;
	enum record_outcome outcome; /* TOP_ENDED; OUTCOME_NONE: not known (yet) */
	bool failed;                 /* TOP_ENDED: by an ERROR, as far as is known */
	uint16_t error_code;
	char error_text[TG_ERROR_TEXT + 8];
	bool size_known;
	uint64_t size;  /* of the file, as announced */
	uint64_t bytes; /* transferred */
	uint64_t rate;  /* bytes a second: of the last seconds, or on the whole if it has ended */
	uint32_t repeats;
	uint64_t age_ms;    /* at the last look, or in the end */
	uint64_t looked_ms; /* when that was; TOP_ENDED: when it ended */
	uint64_t look;      /* number of the last look that showed it */
};

/* Requests that were denied, equal but for the time. */
struct top_denial {
	struct tg_addr client;
	char zone[TG_ZONE_NAME];
	char file[TG_NAME_MAX];
	char rule[TG_RULE_NAME]; /* "": none decided */
	uint8_t operation;
	uint8_t reason;   /* enum tg_reason */
	bool passed;      /* the zone only monitors */
	uint64_t count;   /* so often */
	uint64_t last_ns; /* CLOCK_REALTIME */
};

struct top_totals {
	uint64_t waiting;
	uint64_t offered;
	uint64_t running;
	uint64_t rate; /* bytes a second, of all that run */
	/* from here on: since the beginning */
	uint64_t ended[OUTCOMES];
	uint64_t failures; /* of these, by record_outcome_is_failure() */
	uint64_t denied;   /* with those that the kernel did not tell one by one; also the next */
	uint64_t dropped;
	uint64_t incidents;
	uint64_t lost; /* records */
};

struct top_order {
	enum top_column column;
	bool reverse; /* numbers and times begin with the largest, texts with A, unless reversed */
	char filter
		[TOP_FILTER]; /* rows whose client, server, file, rule, zone or state has it; case does not matter */
};

struct top_model;

/* NULL if memory is short. */
struct top_model *top_model_new(void);
void top_model_free(struct top_model *model); /* NULL is fine */

/* A look at the flows. Nothing happens while it is paused. 0 or -ENOMEM, silently. */
int top_model_flows(struct top_model *model, uint64_t now_ms,
		    const struct flow_list lists[FLOW_KINDS], const struct flow_zones *zones);

/* A record came. 0 or -ENOMEM, silently. */
int top_model_record(struct top_model *model, uint64_t now_ms, const struct record *record);

/* So many records did not come. */
void top_model_lost(struct top_model *model, uint64_t count);

/* While it is paused nothing changes; what has come meanwhile is seen when it goes on. */
void top_model_pause(struct top_model *model, uint64_t now_ms);
void top_model_resume(struct top_model *model);
bool top_model_paused(const struct top_model *model);
/* The time that is shown: `now_ms`, or when it was paused. */
uint64_t top_model_now(const struct top_model *model, uint64_t now_ms);

/*
 * Chooses and sorts. `*rows` is valid until the next call of any function here. The number of rows; 0 also if memory
 * is short.
 */
size_t top_model_rows(struct top_model *model, uint64_t now_ms, const struct top_order *order,
		      const struct top_row *const **rows);

const struct top_totals *top_model_totals(struct top_model *model);

/* The latest first; valid until the next record. */
size_t top_model_denials(const struct top_model *model, const struct top_denial **denials);

/* The latest incident; its number is 0 if there was none. */
const struct record *top_model_incident(const struct top_model *model);

/* Do two rows tell of the same transfer? */
bool top_row_same(const struct top_row *a, const struct top_row *b);

/* Percent of the size, 0 to 100; -1: the size is not known. */
int top_row_percent(const struct top_row *row);

/* How old it is; if it has ended: how long it took. */
uint64_t top_row_age_ms(const struct top_row *row, uint64_t now_ms);

/* "waiting", "offer", "reading", "writing", "done", …: at most 8 characters */
const char *top_row_state(const struct top_row *row);

/* Does the row contain the text, as a filter does? */
bool top_row_contains(const struct top_row *row, const char *text);

#endif
