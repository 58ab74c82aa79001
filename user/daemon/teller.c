// SPDX-License-Identifier: GPL-2.0-or-later
#include "daemon/teller.h"

#include "clock.h"
#include "policy_bank.h"

#include <string.h>

static const enum record_outcome outcomes[] = {
	[TG_END_DONE] = OUTCOME_COMPLETE,
	[TG_END_CLIENT_ERROR] = OUTCOME_CLIENT_ERROR,
	[TG_END_SERVER_ERROR] = OUTCOME_SERVER_ERROR,
	[TG_END_PROBE] = OUTCOME_PROBE,
	[TG_END_SUPERSEDED] = OUTCOME_SUPERSEDED,
	[TG_END_IDLE] = OUTCOME_IDLE,
};

static const enum record_kind kinds[TG_EVENT_KINDS] = {
	[TG_EVENT_BEGIN] = RECORD_BEGIN,
	[TG_EVENT_END] = RECORD_END,
	[TG_EVENT_DENIED] = RECORD_DENIED,
	[TG_EVENT_DROP] = RECORD_DROP,
};

void teller_set_clock(struct teller *teller)
{
	teller->boot_to_real_ns = clock_boot_to_real_ns();
}

static void join_rule(struct teller *teller, struct record *record, uint32_t id)
{
	const struct followed *followed = teller->followed;
	const struct tg_rule *rule;

	if (!id || !followed->rules)
		return;
	rule = policy_rule_find(followed->rules, followed->registry->policy.rules, id,
				&teller->rule);
	if (rule)
		memcpy(record->rule, rule->name, sizeof(record->rule));
}

static void join_names(struct teller *teller, struct record *record)
{
	const struct registry *registry = teller->followed->registry;
	const struct tg_event *event = &record->event;

	if (event->zone < TG_SLOTS_MAX)
		memcpy(record->zone, registry->zone[event->zone].name, sizeof(record->zone));
	if (event->slot < TG_SLOTS_MAX && registry->interface[event->slot].state != TG_SLOT_FREE)
		memcpy(record->interface, registry->interface[event->slot].name,
		       sizeof(record->interface));
	join_rule(teller, record, event->rule);
}

static void tell(struct teller *teller, const struct tg_event *event, enum record_outcome outcome)
{
	struct record record = {
		.time_ns = event->time_ns + (uint64_t)teller->boot_to_real_ns,
		.kind = kinds[event->kind],
		.outcome = outcome,
		.event = *event,
	};

	if (record.kind == RECORD_BEGIN || record.kind == RECORD_END) {
		record.began_ns = event->began_ns + (uint64_t)teller->boot_to_real_ns;
		record.flow_id = record_flow_id(event);
	}
	join_names(teller, &record);
	record_log_append(teller->log, &record);
}

void teller_tell(struct teller *teller, const struct tg_event *event)
{
	enum record_outcome outcome = OUTCOME_NONE;

	if (!event->kind || event->kind >= TG_EVENT_KINDS)
		return;
	if (event->kind == TG_EVENT_END && event->outcome < sizeof(outcomes) / sizeof(*outcomes))
		outcome = outcomes[event->outcome];
	tell(teller, event, outcome);
}

void teller_tell_end(struct teller *teller, const struct tg_event *event,
		     enum record_outcome outcome)
{
	tell(teller, event, outcome);
}
