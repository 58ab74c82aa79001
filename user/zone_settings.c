// SPDX-License-Identifier: GPL-2.0-or-later
#include "zone_settings.h"

#define TIMER(member) offsetof(struct zone_timers, member), offsetof(struct tg_zone, member)
#define SECONDS(n)    ((n)*1000ULL)

/* Tracker specification 8; for other UDP what Linux's connection tracking uses. */
const struct timer_spec timer_specs[] = {
	{"request", "request", TIMER(request_wait), SECONDS(30), SECONDS(15), SECONDS(300)},
	{"offer", "offer", TIMER(offer_wait), SECONDS(45), SECONDS(40), SECONDS(120)},
	{"idle", "idle", TIMER(idle_wait), SECONDS(120), SECONDS(60), SECONDS(300)},
	{"done", "done", TIMER(done_wait), SECONDS(35), SECONDS(10), SECONDS(60)},
	{"error", "error", TIMER(error_wait), SECONDS(12), SECONDS(2), SECONDS(30)},
	{"superseded", "superseded", TIMER(superseded_wait), SECONDS(10), SECONDS(5), SECONDS(30)},
	{"stale", "stale", TIMER(stale_wait), SECONDS(2), SECONDS(1), SECONDS(5)},
	{"fragment", "fragment", TIMER(fragment_wait), SECONDS(30), SECONDS(5), SECONDS(120)},
	{"udp", "udp", TIMER(udp_wait), SECONDS(30), SECONDS(5), SECONDS(300)},
	{"udp-replied", "udp_replied", TIMER(udp_replied_wait), SECONDS(120), SECONDS(10),
	 SECONDS(3600)},
	{0},
};

#define ABUSE(member) offsetof(struct zone_abuse, member)
#define COUNTS(max)                          \
	{                                    \
		QUANTITY_COUNT, 1, max, true \
	}
#define SPAN(min_s, max_s)                                          \
	{                                                           \
		QUANTITY_TIME, SECONDS(min_s), SECONDS(max_s), true \
	}

/*
 * Above what any client in tracker specification 2 does, a loader's 151 open probes included. How many names can be
 * told apart depends on TG_NAME_BITS.
 */
const struct abuse_spec abuse_specs[] = {
	{"request-rate",
	 "request_rate",
	 ABUSE(request_rate_mhz),
	 200000,
	 {QUANTITY_RATE, 1, 1000000000, true}},
	{"request-burst",
	 "request_burst",
	 ABUSE(request_burst),
	 256,
	 {QUANTITY_COUNT, 1, 1000000, false}},
	{"max-open", "max_open", ABUSE(open_max), 512, COUNTS(1000000)},
	{"not-found", "not_found", ABUSE(not_found_max), 128, COUNTS(1000000)},
	{"names", "names", ABUSE(names_max), 1000, COUNTS(2000)},
	{"within", "within", ABUSE(within_ms), SECONDS(60), SPAN(1, 3600)},
	{"hold", "hold", ABUSE(hold_ms), SECONDS(60), SPAN(1, 86400)},
	{"unacknowledged-packets", "unacknowledged_packets", ABUSE(unacknowledged_packets), 1024,
	 COUNTS(1000000000)},
	{"unacknowledged-bytes",
	 "unacknowledged_bytes",
	 ABUSE(unacknowledged_bytes),
	 512 << 10,
	 {QUANTITY_BYTES, 1, 1 << 30, true}},
	{"unacknowledged-within", "unacknowledged_within", ABUSE(unacknowledged_within_ms),
	 SECONDS(60), SPAN(1, 3600)},
	{"request-budget",
	 "request_budget",
	 ABUSE(budget_rate_mhz),
	 100000,
	 {QUANTITY_RATE, 1, 1000000000, true}},
	{"budget-burst",
	 "budget_burst",
	 ABUSE(budget_burst),
	 1500,
	 {QUANTITY_COUNT, 1, 1000000, false}},
	{"proved-for", "proved_for", ABUSE(proved_ms), SECONDS(86400), SPAN(1, 7 * 86400)},
	{0},
};

uint64_t *abuse_member(struct zone_abuse *abuse, const struct abuse_spec *spec)
{
	return (uint64_t *)((char *)abuse + spec->offset);
}

void zone_settings_init(struct zone_settings *settings)
{
	*settings = (struct zone_settings){
		.requests = TG_ZONE_REQUESTS_IN | TG_ZONE_REQUESTS_OUT,
		.slack = 8,
	};
	for (const struct timer_spec *t = timer_specs; t->name; t++)
		*(uint64_t *)((char *)&settings->timers + t->offset) = t->value_ms;
	for (const struct abuse_spec *a = abuse_specs; a->name; a++)
		*abuse_member(&settings->abuse, a) = a->value;
}

const char *zone_settings_clash(const struct zone_settings *settings, uint64_t hook,
				struct complaint *why)
{
	if (settings->single_port && hook != TG_HOOK_TC) {
		complain(why, "XDP comes too early to translate: it takes the hook tc");
		return "single-port";
	}
	if (settings->mark_udp && !settings->mark.mask) {
		complain(why, "there is no mark that tracked UDP could get");
		return "mark-udp";
	}
	return NULL;
}
