// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rows stand in one array, found by their addresses and ports. A look updates or adds rows; those that it did not
 * show, and that have not ended a moment ago, go. A transfer ends by its record; what flows say of its end is only
 * believed until then, and they never bring back what a record has ended.
 */
#include "views/top_model.h"

#include "core_native.h"
#include "core/state.h"
#include "flow_json.h"
#include "hash_index.h"
#include "views/top_denials.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The time over which rates are smoothed. */
#define RATE_MS 2000

struct top_model {
	struct top_row *row;
	size_t count;
	size_t room;
	struct hash_index index; /* of rows */
	uint64_t look;           /* number of the latest */
	const struct top_row **view;
	size_t view_room;
	struct top_totals totals;
	struct top_denials denials;
	struct record incident;
	bool paused;
	uint64_t paused_ms;
	struct held {
		uint64_t at_ms;
		struct record record;
	} * held; /* TOP_HELD, while it is paused */
	size_t held_count;
};

struct top_model *top_model_new(void)
{
	return calloc(1, sizeof(struct top_model));
}

void top_model_free(struct top_model *model)
{
	if (!model)
		return;
	hash_index_free(&model->index);
	free(model->row);
	free(model->view);
	free(model->held);
	free(model);
}

/* ---- rows and how they are found ------------------------------------------------------------------------------ */

static uint32_t row_hash(const struct top_row *row)
{
	uint64_t words[4], hash;

	memcpy(words, &row->client, sizeof(row->client));
	memcpy(words + 2, &row->server, sizeof(row->server));
	hash = hash_word((uint64_t)row->client_port_be << 32 | (uint64_t)row->server_port_be << 16 |
				 row->vlan_outer,
			 row->vlan_inner);
	for (size_t i = 0; i < 4; i++)
		hash = hash_word(hash, words[i]);
	for (const char *c = row->zone; *c; c++)
		hash = hash_word(hash, (unsigned char)*c);
	return hash_end(hash);
}

struct wanted {
	const struct top_model *model;
	const struct top_row *row;
};

static bool is_wanted(const void *context, uint32_t number)
{
	const struct wanted *wanted = context;

	return top_row_same(&wanted->model->row[number], wanted->row);
}

static struct top_row *find(const struct top_model *model, const struct top_row *like)
{
	const struct wanted wanted = {model, like};
	uint32_t number = hash_index_find(&model->index, row_hash(like), is_wanted, &wanted);

	return number == HASH_INDEX_NONE ? NULL : &model->row[number];
}

static struct top_row *append(struct top_model *model, const struct top_row *like)
{
	if (model->count == model->room) {
		size_t room = model->room * 2 + 64;
		struct top_row *grown = realloc(model->row, room * sizeof(*grown));

		if (!grown)
			return NULL;
		model->row = grown;
		model->room = room;
	}
	if (hash_index_add(&model->index, row_hash(like), (uint32_t)model->count))
		return NULL;
	model->row[model->count] = *like;
	return &model->row[model->count++];
}

static bool lingers(const struct top_row *row, uint64_t now_ms)
{
	return row->phase == TOP_ENDED && now_ms - row->looked_ms < TOP_LINGER_MS;
}

/*
 * Removes what is neither there nor lingers. A row that has ended stays, unseen, as long as looks show it: else they
 * would bring it back.
 */
static int tidy(struct top_model *model, uint64_t now_ms)
{
	size_t kept = 0;
	int err = 0;

	for (size_t i = 0; i < model->count; i++)
		if (model->row[i].look == model->look || lingers(&model->row[i], now_ms))
			model->row[kept++] = model->row[i];
	if (kept == model->count)
		return 0;
	model->count = kept;
	hash_index_free(&model->index);
	for (size_t i = 0; i < kept && !err; i++)
		err = hash_index_add(&model->index, row_hash(&model->row[i]), (uint32_t)i);
	return err;
}

/* ---- looks ---------------------------------------------------------------------------------------------------- */

static void take_identity(struct top_row *row, const struct flow *flow, const char *zone)
{
	memset(row, 0, sizeof(*row));
	row->client = flow->client;
	row->server = flow->server;
	row->client_port_be = flow->client_port_be;
	row->server_port_be = flow->server_port_be;
	row->vlan_outer = flow->vlan_outer;
	row->vlan_inner = flow->vlan_inner;
	memcpy(row->zone, zone, sizeof(row->zone));
}

static uint64_t smoothed_rate(const struct top_row *row, const struct flow *flow, uint64_t now_ms)
{
	uint64_t span = now_ms - row->looked_ms, moved;

	/* A row that is new, or has become another transfer's. */
	if (!row->looked_ms || flow->bytes < row->bytes)
		return flow->age_ms ? flow->bytes * 1000 / flow->age_ms : 0;
	if (!span)
		return row->rate;
	moved = (flow->bytes - row->bytes) * 1000 / span;
	return (row->rate * RATE_MS + moved * span) / (RATE_MS + span);
}

static bool has_ended(const struct flow *flow)
{
	return flow->state == flow_state_name(STATE_DONE) ||
	       flow->state == flow_state_name(STATE_ERROR) ||
	       flow->state == flow_state_name(STATE_SUPERSEDED);
}

static void take_flow(struct top_row *row, const struct flow *flow, enum flow_kind kind,
		      uint64_t now_ms)
{
	row->rate = smoothed_rate(row, flow, now_ms);
	row->bytes = flow->bytes;
	row->repeats = flow->repeats;
	row->age_ms = flow->age_ms;
	row->looked_ms = now_ms;
	row->operation = flow->operation;
	row->options = flow->options;
	row->blksize = flow->blksize;
	row->windowsize = flow->windowsize;
	row->size = flow->tsize;
	/* A read asks with the size 0. */
	row->size_known = flow->options & TG_OPT_TSIZE &&
			  (kind != FLOW_REQUEST || flow->operation == TG_WRITE);
	if (*flow->file) {
		memcpy(row->file, flow->file, sizeof(row->file));
		row->file_bytes = flow->file_bytes;
	}
	if (*flow->rule)
		memcpy(row->rule, flow->rule, sizeof(row->rule));
	row->phase = kind == FLOW_REQUEST ? TOP_WAITING
		     : kind == FLOW_OFFER ? TOP_OFFERED
					  : TOP_RUNNING;
	if (!has_ended(flow))
		return;
	row->phase = TOP_ENDED;
	row->failed = flow->state == flow_state_name(STATE_ERROR);
	if (flow->state == flow_state_name(STATE_SUPERSEDED))
		row->outcome = OUTCOME_SUPERSEDED;
	row->rate = flow->age_ms ? flow->bytes * 1000 / flow->age_ms : 0;
}

static int look_at(struct top_model *model, const struct flow *flow, enum flow_kind kind,
		   const char *zone, uint64_t now_ms)
{
	struct top_row like, *row;

	take_identity(&like, flow, zone);
	row = find(model, &like);
	if (!row) {
		row = append(model, &like);
		if (!row)
			return -ENOMEM;
	} else if (row->phase == TOP_ENDED && (has_ended(flow) || lingers(row, now_ms))) {
		row->look = model->look;
		return 0;
	} else if (row->phase == TOP_ENDED) {
		/* Its BEGIN was lost: other rows of the same addresses and ports have gone by now. */
		*row = like;
	}
	take_flow(row, flow, kind, now_ms);
	row->look = model->look;
	return 0;
}

int top_model_flows(struct top_model *model, uint64_t now_ms,
		    const struct flow_list lists[FLOW_KINDS], const struct flow_zones *zones)
{
	int err = 0;

	if (model->paused)
		return 0;
	model->look++;
	for (int kind = 0; kind < FLOW_UDP; kind++)
		for (size_t i = 0; i < lists[kind].count && !err; i++) {
			const struct flow *flow = &lists[kind].flow[i];

			err = look_at(model, flow, (enum flow_kind)kind,
				      zones->name[flow->zone % TG_SLOTS_MAX], now_ms);
		}
	return err ? err : tidy(model, now_ms);
}

/* ---- records -------------------------------------------------------------------------------------------------- */

static void identity_of(struct top_row *row, const struct record *record)
{
	const struct tg_event *e = &record->event;

	memset(row, 0, sizeof(*row));
	row->client = e->client;
	row->server = e->server;
	row->client_port_be = e->client_port_be;
	row->server_port_be = e->server_port_be;
	row->vlan_outer = e->vlan_outer;
	row->vlan_inner = e->vlan_inner;
	memcpy(row->zone, record->zone, sizeof(row->zone));
}

/* The looks tell the rest; but they do not bring back what has ended. */
static void take_begin(struct top_model *model, const struct record *record)
{
	struct top_row like, *row;

	identity_of(&like, record);
	row = find(model, &like);
	if (!row || row->phase != TOP_ENDED)
		return;
	like.look = row->look;
	like.phase = TOP_RUNNING;
	*row = like;
}

static void take_end(struct top_row *row, const struct record *record, uint64_t now_ms)
{
	const struct tg_event *e = &record->event;

	row->phase = TOP_ENDED;
	row->outcome = record->outcome;
	row->failed = record_outcome_is_failure(record->outcome);
	row->error_code = e->error_code;
	memcpy(row->error_text, e->error_text, sizeof(row->error_text));
	row->bytes = e->bytes;
	row->repeats = e->data_repeats;
	row->age_ms = record_duration_ms(record);
	row->rate = record_rate(record);
	row->looked_ms = now_ms;
	row->operation = e->operation;
	row->options = e->options;
	row->blksize = e->blksize;
	row->windowsize = e->windowsize;
	row->size = e->tsize;
	row->size_known = e->options & TG_OPT_TSIZE;
	memcpy(row->file, e->name, sizeof(row->file));
	row->file_bytes = e->name_len;
	memcpy(row->rule, record->rule, sizeof(row->rule));
}

static int add_end(struct top_model *model, const struct record *record, uint64_t now_ms)
{
	struct top_row like, *row;

	model->totals.ended[record->outcome]++;
	model->totals.failures += record_outcome_is_failure(record->outcome);
	identity_of(&like, record);
	row = find(model, &like);
	if (!row)
		row = append(model, &like);
	if (!row)
		return -ENOMEM;
	take_end(row, record, now_ms);
	return 0;
}

static int take_record(struct top_model *model, uint64_t now_ms, const struct record *record)
{
	switch (record->kind) {
	case RECORD_BEGIN:
		take_begin(model, record);
		return 0;
	case RECORD_END:
		return add_end(model, record, now_ms);
	case RECORD_DENIED:
		model->totals.denied += 1 + record->event.suppressed;
		top_denials_add(&model->denials, record);
		return 0;
	case RECORD_DROP:
		model->totals.dropped += 1 + record->event.suppressed;
		return 0;
	case RECORD_INCIDENT:
		model->totals.incidents++;
		if (record->incident == INCIDENT_RECORDS_LOST)
			model->totals.lost += record->count;
		model->incident = *record;
		return 0;
	default:
		return 0;
	}
}

int top_model_record(struct top_model *model, uint64_t now_ms, const struct record *record)
{
	if (!model->paused)
		return take_record(model, now_ms, record);
	if (model->held_count == TOP_HELD) {
		model->totals.lost++;
		return 0;
	}
	model->held[model->held_count++] = (struct held){now_ms, *record};
	return 0;
}

void top_model_lost(struct top_model *model, uint64_t count)
{
	model->totals.lost += count;
}

void top_model_pause(struct top_model *model, uint64_t now_ms)
{
	if (model->paused)
		return;
	if (!model->held)
		model->held = calloc(TOP_HELD, sizeof(*model->held));
	if (!model->held)
		return; /* it goes on, rather */
	model->paused = true;
	model->paused_ms = now_ms;
}

void top_model_resume(struct top_model *model)
{
	model->paused = false;
	for (size_t i = 0; i < model->held_count; i++)
		take_record(model, model->held[i].at_ms, &model->held[i].record);
	model->held_count = 0;
}

bool top_model_paused(const struct top_model *model)
{
	return model->paused;
}

uint64_t top_model_now(const struct top_model *model, uint64_t now_ms)
{
	return model->paused ? model->paused_ms : now_ms;
}

/* ---- what comes out ------------------------------------------------------------------------------------------- */

const struct top_totals *top_model_totals(struct top_model *model)
{
	struct top_totals *totals = &model->totals;

	totals->waiting = totals->offered = totals->running = totals->rate = 0;
	for (size_t i = 0; i < model->count; i++) {
		const struct top_row *row = &model->row[i];

		totals->waiting += row->phase == TOP_WAITING;
		totals->offered += row->phase == TOP_OFFERED;
		totals->running += row->phase == TOP_RUNNING;
		totals->rate += row->phase == TOP_RUNNING ? row->rate : 0;
	}
	return totals;
}

size_t top_model_denials(const struct top_model *model, const struct top_denial **denials)
{
	*denials = model->denials.denial;
	return model->denials.count;
}

const struct record *top_model_incident(const struct top_model *model)
{
	return &model->incident;
}

size_t top_model_rows(struct top_model *model, uint64_t now_ms, const struct top_order *order,
		      const struct top_row *const **rows)
{
	size_t count = 0;

	now_ms = top_model_now(model, now_ms);
	if (model->view_room < model->count) {
		const struct top_row **grown =
			realloc(model->view, model->room * sizeof(struct top_row *));

		if (!grown)
			return 0;
		model->view = grown;
		model->view_room = model->room;
	}
	for (size_t i = 0; i < model->count; i++) {
		const struct top_row *row = &model->row[i];

		if ((row->phase != TOP_ENDED || lingers(row, now_ms)) &&
		    (!*order->filter || top_row_contains(row, order->filter)))
			model->view[count++] = row;
	}
	top_sort(model->view, count, order, now_ms);
	*rows = model->view;
	return count;
}
